//! Tools whose arguments are also sent in headers.

use serde_json::{Map, Value, json};

use super::{Decided, Decision, Invocation, Spec};
use crate::modern::PARAMETER;

const NAME: &str = "mirrored";

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: NAME,
        about: "Returns the headers of its parameters, and its arguments.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object",
                "properties": {
                    "region": {"type": "string", "x-mcp-header": "Region"},
                    "count": {"type": "integer", "x-mcp-header": "Count"},
                    "dry": {"type": "boolean", "x-mcp-header": "Dry-Run"},
                    "zone": {
                        "type": "object",
                        "properties": {"name": {"type": "string", "x-mcp-header": "Zone"}}
                    },
                    "query": {"type": "string"}
                }
            }})
        },
        decide: mirror,
    },
    Spec {
        name: "mirrored_wrongly",
        about: "Has an invalid annotation.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object",
                "properties": {"ratio": {"type": "number", "x-mcp-header": "Ratio"}}
            }})
        },
        decide: mirror,
    },
];

/// The entry of a tool after the tools have changed, if it changes.
pub(super) fn changed(name: &str, mut entry: Value) -> Option<Value> {
    entry["inputSchema"]["properties"]["query"]["x-mcp-header"] = "Query".into();
    (name == NAME).then_some(entry)
}

fn mirror(invocation: &Invocation<'_>) -> Decided {
    let sent = invocation.exchange.headers.iter().filter(|(name, _)| name.as_str().starts_with(PARAMETER));
    let headers: Map<String, Value> = sent
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let received = json!({"headers": headers, "arguments": invocation.arguments});
    Ok(Decision::result(&json!({
        "content": [{"type": "text", "text": received.to_string()}],
        "structuredContent": received
    })))
}
