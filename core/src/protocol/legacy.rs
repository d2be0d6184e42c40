//! The codec of the legacy era (specification 2025-11-25 and before): a handshake opens a session (basic/lifecycle), whose id is
//! in a header of each request.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Result};
use crate::protocol::era::{Execution, HEADER_MISMATCH, RequestParts, UNSUPPORTED_VERSION, is_modern};
use crate::protocol::jsonrpc::INVALID_PARAMS;
use crate::protocol::methods::DISCOVER;
use crate::util::headers;

pub(crate) const INITIALIZED: &str = "notifications/initialized";

/// How a method is carried out in this era.
pub(crate) fn execution(method: &str) -> Execution {
    match method {
        DISCOVER => Execution::Handshake,
        _ => Execution::Request,
    }
}

/// Whether a refusal is that of a server of the modern era.
pub(crate) fn is_contradicted_by(refusal: &AttemptError) -> bool {
    let info = refusal.error.info();
    // A process has no status.
    let is_400 = matches!(info.status, Some(400) | None);
    match info.rpc_code {
        Some(HEADER_MISMATCH | UNSUPPORTED_VERSION) => is_400,
        // The server misses the `_meta` of modern requests.
        Some(INVALID_PARAMS) => is_400 && refusal.server_text().contains("_meta"),
        _ => false,
    }
}

/// Encodes a request: with the id of the session, and with the trace in `_meta` if there are no headers.
pub(crate) fn encode(request: &RequestParts<'_>, headers: &mut HeaderMap) -> Result<Bytes> {
    if let Some(id) = request.session_id {
        headers.insert(headers::MCP_SESSION_ID, id.clone());
    }
    match request.to_process {
        true => request.trace.with_meta(request.params),
        false => Ok(request.params.clone()),
    }
}

/// Converts the result of `initialize` to one of `server/discover`.
pub(crate) fn as_discover_result(initialized: &[u8]) -> Bytes {
    let result: Value = serde_json::from_slice(initialized).unwrap_or_default();
    let mut discovered = json!({
        "supportedVersions": [result["protocolVersion"]],
        "capabilities": result["capabilities"],
        "_meta": { "io.modelcontextprotocol/serverInfo": result["serverInfo"] },
    });
    if let Some(instructions) = result.get("instructions") {
        discovered["instructions"] = instructions.clone();
    }
    discovered.to_string().into()
}

/// The params of `initialize`.
pub(crate) fn initialize_params(version: &str, capabilities: &str, client_info: &str) -> Vec<u8> {
    format!("{{\"protocolVersion\":\"{version}\",\"capabilities\":{capabilities},\"clientInfo\":{client_info}}}")
        .into_bytes()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Negotiated<'a> {
    #[serde(borrow)]
    protocol_version: Cow<'a, str>,
}

/// The version that the server chose, if the client accepts it. White space around it is removed if `accepts` allows that.
pub(crate) fn negotiated(
    result: &[u8],
    accepted: &[Cow<'static, str>],
    accepts: impl FnOnce() -> bool,
) -> Result<String, AttemptError> {
    let chosen: Negotiated<'_> = serde_json::from_slice(result).map_err(|_| {
        AttemptError::bad_answer(Code::InvalidAnswer, "the result of initialize has no protocolVersion")
    })?;
    let named = chosen.protocol_version.trim();
    if let Some(version) = accepted.iter().find(|version| **version == named)
        && (named.len() == chosen.protocol_version.len() || accepts())
    {
        return Ok(version.clone().into_owned());
    }
    let shown = crate::util::sanitize::preview(chosen.protocol_version.as_bytes());
    let message = format!("the server chose protocol version {shown}; accepted are {}", accepted.join(", "));
    Err(AttemptError::new(FailureClass::Refused, Code::UnsupportedVersion, message))
}

/// The newest of `accepted` that a server names in the refusal of version `requested`, in the data of its error or in its message.
pub(crate) fn named_version(failure: &AttemptError, requested: &str, accepted: &[&str]) -> Option<String> {
    let info = failure.error.info();
    if failure.class != FailureClass::Refused || was_chosen(failure) || !is_about_version(failure) {
        return None;
    }
    let data = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or(Value::Null);
    let mut named = Vec::new();
    versions_in(&data, &mut named);
    if !named.iter().any(|version| version != requested) {
        dates_in(failure.server_text(), &mut named);
    }
    let common = named
        .into_iter()
        .filter(|version| version != requested && !is_modern(version) && accepted.contains(&version.as_str()));
    common.max()
}

/// Whether the server refused a protocol version, or the client the one that the server chose.
pub(crate) fn is_refused_version(failure: &AttemptError) -> bool {
    failure.class == FailureClass::Refused && is_about_version(failure)
}

/// Whether the client refused the version that the server chose.
fn was_chosen(failure: &AttemptError) -> bool {
    let info = failure.error.info();
    info.code == Code::UnsupportedVersion && info.rpc_code.is_none()
}

fn is_about_version(failure: &AttemptError) -> bool {
    let info = failure.error.info();
    let names = |text: &str| text.to_ascii_lowercase().contains("version");
    info.code == Code::UnsupportedVersion
        || names(failure.server_text())
        || info.data.as_ref().is_some_and(|data| names(data.get()))
}

/// The versions in the data of an error, whatever their member is called, except those that the client requested.
fn versions_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => dates_in(text, found),
        Value::Array(items) => items.iter().for_each(|item| versions_in(item, found)),
        Value::Object(members) => {
            let is_requested = |name: &str| {
                let name = name.to_ascii_lowercase();
                ["request", "client", "received", "asked", "actual"].iter().any(|part| name.contains(part))
            };
            members.iter().filter(|(name, _)| !is_requested(name)).for_each(|(_, value)| versions_in(value, found));
        }
        _ => {}
    }
}

/// Revisions are dates.
fn dates_in(text: &str, found: &mut Vec<String>) {
    let bytes = text.as_bytes();
    let is_date = |candidate: &[u8]| {
        candidate
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
    };
    let is_part = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric());
    for (at, candidate) in bytes.windows(10).enumerate() {
        if is_date(candidate) && !is_part(at.checked_sub(1)) && !is_part(Some(at + 10)) {
            found.push(String::from_utf8_lossy(candidate).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn versions_are_found_wherever_a_refusal_names_them() {
        let ours = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
        let named = |message: &str, data: &str| {
            let mut failure =
                AttemptError::not_retried(Error::new(Code::InvalidParams, "refused")).with_server_text(message, true);
            failure.error.info_mut().data = serde_json::from_str(data).ok();
            named_version(&failure, "2025-11-25", &ours)
        };
        let refused = "Unsupported protocol version: 2025-11-25";
        for (message, data, expected) in [
            (refused, r#"{"supported":["2024-11-05","2025-06-18"],"requested":"2025-11-25"}"#, Some("2025-06-18")),
            (refused, r#"{"supportedVersions":["2024-11-05"]}"#, Some("2024-11-05")),
            (refused, r#"{"supported_versions":"2025-03-26, 2024-11-05"}"#, Some("2025-03-26")),
            (
                refused,
                r#"{"details":{"server":{"versions":["2025-06-18"]},"clientVersion":"2025-03-26"}}"#,
                Some("2025-06-18"),
            ),
            (refused, r#"["2025-06-18"]"#, Some("2025-06-18")),
            (refused, r#""2025-06-18""#, Some("2025-06-18")),
            (
                "Bad Request: Unsupported protocol version (supported versions: 2025-06-18, 2024-11-05)",
                "null",
                Some("2025-06-18"),
            ),
            ("version 2025-11-25 is unknown; use <2025-03-26>", r#"{"requested":"2025-11-25"}"#, Some("2025-03-26")),
            // No accepted version, no version at all, or not about versions.
            (refused, r#"{"supported":["2099-01-01","2026-07-28"]}"#, None),
            (refused, r#"{"supported":["2025-11-25"]}"#, None),
            (refused, r#"{"requested":"2025-06-18"}"#, None),
            (refused, "null", None),
            ("Invalid request id 12025-06-18", "null", None),
            ("Invalid date 2025-06-18", "null", None),
        ] {
            assert_eq!(named(message, data).as_deref(), expected, "{message} {data}");
        }
    }

    #[test]
    fn a_version_is_one_that_is_accepted() {
        let accepted = [Cow::Borrowed("2025-11-25"), Cow::Borrowed("2025-06-18")];
        for (result, expected) in [
            (r#"{"protocolVersion":"2025-06-18"}"#, Some("2025-06-18")),
            (r#"{"protocolVersion":" 2025-06-18\n"}"#, Some("2025-06-18")),
            (r#"{"protocolVersion":"2025-06-18","capabilities":null,"serverInfo":null}"#, Some("2025-06-18")),
            (r#"{"protocolVersion":"2099-01-01"}"#, None),
            (r#"{"protocolVersion":20250618}"#, None),
            (r#"{"protocolVersion":null}"#, None),
            (r#"{}"#, None),
        ] {
            assert_eq!(negotiated(result.as_bytes(), &accepted, || true).ok().as_deref(), expected, "{result}");
            let is_exact = !result.contains(['\\', ' ']);
            let refused = negotiated(result.as_bytes(), &accepted, || false);
            assert_eq!(refused.ok().as_deref(), expected.filter(|_| is_exact), "{result}");
        }
    }
}
