//! The JSON-RPC envelope.

use serde_json::{Map, Value};

use crate::answer::Outcome;

pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;

/// A valid request.
pub(crate) struct Request<'a> {
    pub(crate) id: &'a Value,
    pub(crate) method: &'a str,
    pub(crate) params: Option<&'a Map<String, Value>>,
}

impl<'a> Request<'a> {
    pub(crate) fn param(&self, name: &str) -> Option<&'a Value> {
        self.params?.get(name)
    }

    /// The progress token, if the caller requests progress.
    pub(crate) fn progress_token(&self) -> Option<&'a Value> {
        self.param("_meta")?.get("progressToken")
    }
}

/// A message of a client.
pub(crate) enum Incoming<'a> {
    Request(Request<'a>),
    /// The response to a request of the server: it needs no response.
    Response,
    /// A notification.
    NothingOwed,
}

/// Validates a message; the error states what is wrong.
pub(crate) fn read(body: &Value) -> Result<Incoming<'_>, &'static str> {
    let Value::Object(message) = body else {
        return Err(match body {
            Value::Array(_) => "batches are not supported",
            _ => "a message is a JSON object",
        });
    };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("jsonrpc must be \"2.0\"");
    }
    let id = match message.get("id") {
        None => None,
        Some(id) if id.is_string() || id.is_i64() || id.is_u64() => Some(id),
        Some(_) => return Err("id must be a string or an integer"),
    };
    let method = match message.get("method") {
        Some(Value::String(method)) => method,
        Some(_) => return Err("method must be a string"),
        None if id.is_some() && message.contains_key("result") != message.contains_key("error") => {
            return Ok(Incoming::Response);
        }
        None => return Err("method is missing"),
    };
    let params = match message.get("params") {
        None => None,
        Some(Value::Object(params)) => Some(params),
        Some(_) => return Err("params must be an object"),
    };
    Ok(match id {
        Some(id) => Incoming::Request(Request { id, method, params }),
        None => Incoming::NothingOwed,
    })
}

/// The text of a response.
pub(crate) fn render(id: &Value, outcome: &Outcome) -> String {
    let (name, value) = match outcome {
        Outcome::Result(result) => ("result", result),
        Outcome::Error(error) => ("error", error),
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"{name}":{value}}}"#)
}

/// The text of a notification.
pub(crate) fn notification(method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#)
}
