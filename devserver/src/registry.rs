//! Common parts of the two registries of MCP servers, and the recording of changes.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::exchange::Exchange;
use crate::ledger::ExecutionRecord;
use crate::server_state::Shared;

/// The fields of one record.
pub(crate) type Fields = Map<String, Value>;

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Flag,
    Number,
    Array,
    Object,
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Flag => "a boolean",
            Self::Number => "a number",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// Names the field that has the wrong type.
pub(crate) fn check_types(fields: &Fields, types: &[(&str, Type)], null_is_none: bool) -> Result<(), String> {
    for (name, wanted) in types {
        match fields.get(*name) {
            Some(Value::Null) if null_is_none => {}
            Some(value) if !wanted.fits(value) => return Err(format!("{name} must be {}", wanted.name())),
            _ => {}
        }
    }
    Ok(())
}

/// A field that is present and not empty.
pub(crate) fn required<'a>(fields: &'a Fields, name: &str) -> Result<&'a str, String> {
    match fields.get(name).and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("{name} is required")),
    }
}

/// Checks the records of the options.
pub(crate) fn check_servers(servers: &[Value]) -> Result<(), String> {
    for (at, server) in servers.iter().enumerate() {
        if !server.get("name").is_some_and(Value::is_string) {
            return Err(format!("servers[{at}] must be an object with a name"));
        }
        if server.get("id").is_some_and(|id| !id.is_string()) {
            return Err(format!("servers[{at}].id must be a string"));
        }
    }
    Ok(())
}

/// The records of the options, which must have been checked.
pub(crate) fn from_options(servers: Option<&Vec<Value>>) -> impl Iterator<Item = Fields> {
    servers.into_iter().flatten().filter_map(|server| server.as_object().cloned())
}

/// A pending change; the ledger records it as an execution once it took effect.
pub(crate) struct Change {
    shared: Arc<Shared>,
    tool: String,
    arguments: Value,
    idempotency_key: Option<String>,
    key: usize,
    request_seq: u64,
}

impl Change {
    pub(crate) fn new(shared: &Arc<Shared>, exchange: &Exchange, key: usize, tool: &str, arguments: Value) -> Self {
        Self {
            shared: Arc::clone(shared),
            tool: tool.to_owned(),
            arguments,
            idempotency_key: exchange.header(crate::headers::IDEMPOTENCY_KEY).map(str::to_owned),
            key,
            request_seq: exchange.entry.seq,
        }
    }

    pub(crate) fn made(self) {
        self.shared.ledger.executed(|seq| ExecutionRecord {
            seq,
            tool: self.tool,
            arguments: self.arguments,
            idempotency_key: self.idempotency_key,
            api_key: Some(format!("key#{}", self.key + 1)),
            request_seq: self.request_seq,
            ok: true,
        });
    }
}
