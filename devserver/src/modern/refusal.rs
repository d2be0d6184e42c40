//! The errors of the modern era, with their HTTP status.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::jsonrpc;

const HEADER_MISMATCH: i64 = -32020;
const MISSING_CAPABILITY: i64 = -32021;
const UNSUPPORTED_VERSION: i64 = -32022;

/// An error response.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Refusal {
    pub(crate) fn invalid_params(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: jsonrpc::INVALID_PARAMS, message: message.into(), data: None }
    }

    pub(super) fn header_mismatch(message: String) -> Self {
        Self { status: 400, code: HEADER_MISMATCH, message: format!("Header mismatch: {message}"), data: None }
    }

    /// The capabilities are those that the client would have to declare.
    pub(crate) fn missing_capability(required: Map<String, Value>) -> Self {
        let names: Vec<&str> = required.keys().map(String::as_str).collect();
        let message = format!("The client did not declare what this needs: {}", names.join(", "));
        let data = Some(json!({"requiredCapabilities": required}));
        Self { status: 400, code: MISSING_CAPABILITY, message, data }
    }

    pub(super) fn unsupported_version(supported: &[String], requested: Option<&str>) -> Self {
        Self {
            status: 400,
            code: UNSUPPORTED_VERSION,
            message: format!("Unsupported protocol version; this server supports {}", supported.join(", ")),
            data: Some(json!({"supported": supported, "requested": requested.unwrap_or_default()})),
        }
    }

    pub(super) fn method_not_found() -> Self {
        let message = "Method not found".to_owned();
        Self { status: 404, code: jsonrpc::METHOD_NOT_FOUND, message, data: None }
    }

    pub(crate) fn into_answer(self, id: &Value) -> Answer {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(data) = self.data {
            error["data"] = data;
        }
        Answer::error(self.status, id.clone(), &error)
    }
}
