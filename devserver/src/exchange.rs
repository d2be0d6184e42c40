//! One HTTP request, read completely.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

use crate::ledger::Entry;

/// One HTTP request, read completely, with the properties that all parts of the server need.
pub(crate) struct Exchange {
    pub(crate) http_method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body as JSON; a string where it is not JSON.
    pub(crate) body: Arc<Value>,
    pub(crate) is_json: bool,
    /// The id that the response has in `X-Request-Id`.
    pub(crate) request_id: HeaderValue,
    pub(crate) entry: Entry,
}

impl Exchange {
    pub(crate) fn rpc_method(&self) -> Option<&str> {
        rpc_method(&self.body)
    }

    pub(crate) fn tool(&self) -> Option<&str> {
        tool(&self.body)
    }

    /// The id of the JSON-RPC message, or null.
    pub(crate) fn rpc_id(&self) -> Value {
        self.body.get("id").cloned().unwrap_or(Value::Null)
    }

    /// The value of a text header, trimmed.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }

    /// The value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.query.as_deref()?;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(crate) fn request_id_text(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }
}

pub(crate) fn rpc_method(body: &Value) -> Option<&str> {
    body.get("method")?.as_str()
}

pub(crate) fn tool(body: &Value) -> Option<&str> {
    match rpc_method(body)? {
        "tools/call" => body.get("params")?.get("name")?.as_str(),
        _ => None,
    }
}

/// The body as JSON, and whether it was JSON; null without a body.
pub(crate) fn read_body(bytes: &Bytes) -> (Value, bool) {
    if bytes.is_empty() {
        return (Value::Null, false);
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => (value, true),
        Err(_) => (Value::String(String::from_utf8_lossy(bytes).into_owned()), false),
    }
}
