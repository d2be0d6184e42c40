//! The messages that open a legacy session (specification 2025-11-25, basic/lifecycle).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Result};

pub(crate) const INITIALIZED: &str = "notifications/initialized";

/// What the message of a refused version says of the option.
const OPTION: &str = "; the option protocol_version sets the version to ask for";

/// The params of `initialize`.
pub(crate) fn params(version: &str, capabilities: &str, client_info: &str) -> Vec<u8> {
    format!("{{\"protocolVersion\":\"{version}\",\"capabilities\":{capabilities},\"clientInfo\":{client_info}}}")
        .into_bytes()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Negotiated<'a> {
    #[serde(borrow)]
    protocol_version: Cow<'a, str>,
}

/// The version that the server chose, if we accept it. White space around it is left out where `accepts` allows it.
pub(crate) fn negotiated(
    result: &[u8],
    accepted: &[Cow<'static, str>],
    accepts: impl FnOnce() -> bool,
) -> Result<String, AttemptError> {
    let chosen: Negotiated<'_> = serde_json::from_slice(result).map_err(|_| {
        AttemptError::bad_answer(Code::InvalidAnswer, "the answer to initialize names no protocolVersion")
    })?;
    let named = chosen.protocol_version.trim();
    if let Some(version) = accepted.iter().find(|version| **version == named)
        && (named.len() == chosen.protocol_version.len() || accepts())
    {
        return Ok(version.clone().into_owned());
    }
    let shown = crate::util::sanitize::preview(chosen.protocol_version.as_bytes());
    let message = format!("the server chose protocol version {shown}; accepted are {}{OPTION}", accepted.join(", "));
    Err(AttemptError::new(FailureClass::Refused, Code::UnsupportedVersion, message))
}

/// The newest of `ours` that a server names as it refuses the one that it was asked for, in the data of its error or in the text.
pub(crate) fn named_version(failure: &AttemptError, asked: &str, ours: &[&str]) -> Option<String> {
    let info = failure.error.info();
    if failure.happened != FailureClass::Refused || was_chosen(failure) || !is_about_version(failure) {
        return None;
    }
    let data = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or(Value::Null);
    let mut named = Vec::new();
    versions_in(&data, &mut named);
    if !named.iter().any(|version| version != asked) {
        dates_in(failure.server_text(), &mut named);
    }
    let common = named.into_iter().filter(|version| {
        version != asked && !crate::protocol::era::is_modern(version) && ours.contains(&version.as_str())
    });
    common.max()
}

/// Adds to the message of a refused version which option sets it.
pub(crate) fn with_option(mut failure: AttemptError) -> AttemptError {
    let is_refused = failure.happened == FailureClass::Refused && is_about_version(&failure);
    if is_refused && !was_chosen(&failure) && !failure.server_text().contains("protocol_version") {
        failure.error.info_mut().message.push_str(OPTION);
    }
    failure
}

/// Whether the client refused the version that the server chose. The message names the option already.
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

/// The versions in the data of an error, whatever their member is called, but for the one that it says was asked for.
fn versions_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => dates_in(text, found),
        Value::Array(items) => items.iter().for_each(|item| versions_in(item, found)),
        Value::Object(members) => {
            let of_ours = |name: &str| {
                let name = name.to_ascii_lowercase();
                ["request", "client", "received", "asked", "actual"].iter().any(|word| name.contains(word))
            };
            members.iter().filter(|(name, _)| !of_ours(name)).for_each(|(_, value)| versions_in(value, found));
        }
        _ => {}
    }
}

/// Revisions are dates.
fn dates_in(text: &str, found: &mut Vec<String>) {
    let bytes = text.as_bytes();
    let is_date = |word: &[u8]| {
        word.iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
    };
    let is_part = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric());
    for (at, word) in bytes.windows(10).enumerate() {
        if is_date(word) && !is_part(at.checked_sub(1)) && !is_part(Some(at + 10)) {
            found.push(String::from_utf8_lossy(word).into_owned());
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
                AttemptError::settled(Error::new(Code::InvalidParams, "refused")).with_server_text(message);
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
            // Nothing that we speak, nothing named, or not about versions.
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
