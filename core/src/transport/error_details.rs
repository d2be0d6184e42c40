//! Reads the bodies of error responses: JSON-RPC errors, the error objects of services, and other texts.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::protocol::jsonrpc::RpcError;

/// The content of an error body.
#[derive(Default)]
pub(super) struct ErrorBody {
    pub(super) message: String,
    pub(super) rpc_code: Option<i64>,
    /// Whether the JSON-RPC error has the id of a request.
    pub(super) has_id: bool,
    /// Whether it is a JSON-RPC error, also one without a code.
    pub(super) is_rpc: bool,
    pub(super) service_code: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) retry_after: Option<f64>,
    pub(super) data: Option<Box<RawValue>>,
    /// Why the body was not read to its end.
    pub(super) truncated_because: Option<String>,
    /// Whether the part that was not read may contain a code.
    pub(super) may_lack_code: bool,
}

/// Whether a body with this beginning may be JSON. An HTML page contains no code.
pub(super) fn may_be_json(beginning: &[u8]) -> bool {
    let text = beginning.trim_ascii_start();
    text.is_empty() || text.starts_with(b"{") || text.starts_with(b"[")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    omni_code: Option<String>,
    request_id: Option<String>,
}

/// `{"error": {"code": "…", …}}`: the code is a string, unlike that of JSON-RPC.
#[derive(Deserialize)]
struct Rest {
    error: RestError,
}

/// Error bodies of services without such an object: a text, or a list of problems.
#[derive(Deserialize)]
struct PlainErrorBody {
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    detail: Option<Value>,
}

impl PlainErrorBody {
    fn text(self) -> Option<String> {
        let as_text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            // {"error": {"message": "…"}} without a code.
            Value::Object(members) if members.get("message").is_some_and(Value::is_string) => {
                members["message"].as_str().map(str::to_owned)
            }
            other => Some(other.to_string()),
        };
        let texts: Vec<_> = [self.message, self.error, self.detail].into_iter().flatten().filter_map(as_text).collect();
        (!texts.is_empty()).then(|| texts.join(": "))
    }
}

#[derive(Deserialize)]
struct RestError {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    retry_after: Option<f64>,
}

impl ErrorBody {
    pub(super) fn by_rpc(error: RpcError) -> Self {
        let details: Details =
            error.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default();
        Self {
            message: error.message,
            rpc_code: error.code,
            has_id: error.has_id,
            is_rpc: true,
            service_code: details.omni_code,
            request_id: details.request_id,
            retry_after: None,
            data: error.data,
            truncated_because: None,
            may_lack_code: false,
        }
    }

    pub(super) fn by_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Rest>(body) {
            Ok(Rest { error }) => Self {
                message: error.message,
                service_code: Some(error.code),
                request_id: error.request_id,
                retry_after: error.retry_after,
                ..Self::default()
            },
            Err(_) => {
                let message = serde_json::from_slice::<PlainErrorBody>(body).ok().and_then(PlainErrorBody::text);
                let text = || String::from_utf8_lossy(body).trim().to_owned();
                Self { message: message.unwrap_or_else(text), ..Self::default() }
            }
        }
    }
}
