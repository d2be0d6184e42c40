//! Tools whose arguments are mirrored into headers.

use serde_json::{Map, Value, json};

use super::{Decided, Decision, Spec, Turn};
use crate::modern::PARAMETER;

const NAME: &str = "mirrored";

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: NAME,
        about: "Answers the headers of its parameters, and its arguments.",
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
        about: "Has an annotation that no client accepts.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object",
                "properties": {"ratio": {"type": "number", "x-mcp-header": "Ratio"}}
            }})
        },
        decide: mirror,
    },
];

/// The entry of a tool once the tools have changed, where it changes.
pub(super) fn changed(name: &str, mut entry: Value) -> Option<Value> {
    entry["inputSchema"]["properties"]["query"]["x-mcp-header"] = "Query".into();
    (name == NAME).then_some(entry)
}

fn mirror(turn: &Turn<'_>) -> Decided {
    let sent = turn.exchange.headers.iter().filter(|(name, _)| name.as_str().starts_with(PARAMETER));
    let headers: Map<String, Value> = sent
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect();
    let told = json!({"headers": headers, "arguments": turn.arguments});
    Ok(Decision::result(&json!({
        "content": [{"type": "text", "text": told.to_string()}],
        "structuredContent": told
    })))
}
