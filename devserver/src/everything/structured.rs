//! Tools with an output schema.

use serde_json::{Value, json};

use super::{Decided, Decision, Invocation, Spec};

/// The tool whose schema refers to another document.
pub(super) const REMOTE: &str = "structured_remote";

/// The document that a client must not fetch.
const NEVER_FETCHED: &str = "/never-fetched.json";

pub(super) const SPECS: &[Spec] = &[Spec {
    name: "structured",
    about: "Returns structured content that matches its schema, or does not.",
    schemas: || {
        json!({
            "inputSchema": {"type": "object", "properties": {"bad": {"type": "boolean", "default": false}}},
            "outputSchema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"temperature": {"type": "number"}, "conditions": {"type": "string"}},
                "required": ["temperature", "conditions"]
            }
        })
    },
    decide: answer,
}];

fn result(content: &Value) -> Decision {
    Decision::result(&json!({
        "content": [{"type": "text", "text": content.to_string()}],
        "structuredContent": content
    }))
}

fn answer(invocation: &Invocation<'_>) -> Decided {
    Ok(result(&match invocation.flag("bad")? {
        false => json!({"temperature": 22.5, "conditions": "sunny"}),
        true => json!({"temperature": "warm"}),
    }))
}

/// The entry of the tool whose schema refers to a document of this server.
pub(super) fn remote(url: &str) -> Value {
    // A server without an address has no such document.
    let origin = if url.is_empty() { "http://127.0.0.1:9" } else { url };
    json!({
        "description": "Answers structured content whose schema is elsewhere.",
        "inputSchema": {"type": "object", "properties": {}},
        "outputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"value": {"$ref": format!("{origin}{NEVER_FETCHED}")}},
            "required": ["value"]
        }
    })
}

pub(super) fn answer_remote() -> Decision {
    result(&json!({"value": 1}))
}
