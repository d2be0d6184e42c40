//! Results as JSON text, with metadata.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::call_target::CallTarget;
use crate::error::{Code, Error};
use crate::protocol::lenient_json;
use crate::util::headers;

/// A result as JSON text, with metadata.
#[derive(Clone, Default)]
pub(crate) struct RawReply {
    pub(crate) result: Bytes,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) request_id: Option<String>,
    pub(crate) session_id: Option<HeaderValue>,
    pub(crate) idempotency_key: Option<String>,
    /// Whether it comes from the result cache.
    pub(crate) cached: bool,
    /// Whether it is an input request instead of the final result.
    pub(crate) input_required: bool,
    /// Warnings for the caller.
    pub(crate) warnings: Vec<String>,
    /// The target of the finished call, for errors about its result.
    pub(crate) target: Option<Arc<CallTarget>>,
}

/// Metadata of a result.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    /// The HTTP status.
    pub status: u16,
    /// Response headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Request id for support.
    pub request_id: Option<String>,
    /// Session id.
    pub session_id: Option<String>,
    /// Number of HTTP attempts.
    pub attempts: u32,
    /// Idempotency key of all attempts.
    pub idempotency_key: Option<String>,
    /// Whether the server replayed the response of an earlier call with the same idempotency key.
    pub replayed: bool,
    /// Whether the result comes from the result cache of the client.
    pub cached: bool,
    /// Warnings, such as the reason why a tool was left out of a list.
    pub warnings: Vec<String>,
    /// Whether a tool result without `isError` looks like a failure: its first text begins with `Error:`. A hint, never an
    /// error.
    pub looks_like_error: bool,
}

impl std::fmt::Debug for RawReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Payload, session id and cookies are omitted.
        f.debug_struct("RawReply")
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl RawReply {
    /// Whether the server replayed the response of an earlier call with the same idempotency key.
    pub(crate) fn is_replayed(&self) -> bool {
        let replayed = headers::text(&self.headers, &headers::IDEMPOTENCY_REPLAYED);
        replayed.is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn metadata(&self) -> Metadata {
        let as_text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        Metadata {
            status: self.status.as_u16(),
            headers: self
                .headers
                .iter()
                // Cookies may be credentials.
                .filter(|(name, _)| *name != http::header::SET_COOKIE && name.as_str() != "set-cookie2")
                .filter_map(|(name, value)| Some((name.to_string(), as_text(value)?)))
                .collect(),
            request_id: headers::text(&self.headers, &headers::X_REQUEST_ID)
                .map(str::to_owned)
                .or_else(|| self.request_id.clone()),
            session_id: self.session_id.as_ref().and_then(as_text),
            attempts: self.attempts,
            idempotency_key: self.idempotency_key.clone(),
            replayed: self.is_replayed(),
            cached: self.cached,
            warnings: self.warnings.clone(),
            looks_like_error: looks_like_error(&self.result),
        }
    }
}

impl RawReply {
    /// Error for an invalid result: the call was executed.
    pub(crate) fn unexpected(&self, code: Code, message: impl Into<String>) -> Error {
        let mut error = Error::new(code, message).executed();
        let info = error.info_mut();
        info.status = Some(self.status.as_u16());
        info.attempts = self.attempts;
        info.request_id = self.metadata().request_id;
        info.idempotency_key.clone_from(&self.idempotency_key);
        match &self.target {
            Some(target) => target.add_to(error),
            None => error,
        }
    }
}

/// See [`Metadata::looks_like_error`].
pub(crate) fn looks_like_error(result: &[u8]) -> bool {
    // Fast path: most results are classified without parsing.
    if !result.windows(6).any(|window| window == b"Error:") {
        return false;
    }
    let (is_error, first) = lenient_json::tool_result(result);
    !is_error && first.is_some_and(|text| text.starts_with("Error:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_text_that_begins_with_error_looks_like_an_error() {
        for (result, expected) in [
            (r#"{"content":[{"type":"text","text":"Error: API request failed."}]}"#, true),
            (r#"{"content":[{"type":"image"},{"type":"text","text":"Error: x"}],"isError":false}"#, true),
            (r#"{"content":[{"type":"text","text":"Error: x"}],"isError":true}"#, false),
            (r#"{"content":[{"type":"text","text":"No Error: x"}]}"#, false),
            (r#"{"content":[{"type":"text","text":"fine"},{"type":"text","text":"Error: x"}]}"#, false),
            (r#"{"structuredContent":{"a":"Error:"}}"#, false),
        ] {
            assert_eq!(looks_like_error(result.as_bytes()), expected, "{result}");
        }
    }
}
