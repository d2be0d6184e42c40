//! Text in headers: encoding is reversible, invalid values are refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::config::header_rules::{MAX_LENGTH, extra, visible};
use crate::protocol::param_headers::{annotations, encode, value_at};
use crate::util::sanitize::preview;
use crate::util::secret::Secret;

/// Some of the reserved names.
const NEVER: &[&str] = &["authorization", "host", "content-length", "transfer-encoding", "idempotency-key"];

/// The error messages, with an empty name.
const OURS: &[&str] = &[
    "headers: the value of \"\" must be visible ASCII characters",
    "headers: \"\" is not a header name",
    "headers: \"\" is set by the client itself; use api_key or auth",
];

/// `input`: a header value; or a name, an LF and a value; or the schema of a tool, an LF and arguments.
///
/// # Panics
/// If encoding is not reversible, or if an invalid header is accepted.
pub fn headers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let value = encode(&text);
    assert!(value.as_bytes().iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')), "{value:?}");
    assert_eq!(decoded(value.as_bytes()), text.as_bytes(), "{value:?}");

    let is_visible = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    assert_eq!(visible("field", &text).is_ok(), is_visible, "{text:?}");

    let (first, second) = text.split_once('\n').unwrap_or((&text, ""));
    of_the_user(first, second);
    if let (Ok(schema), Ok(arguments)) = (serde_json::from_str(first), serde_json::from_str(second)) {
        mirrored(&schema, &arguments);
    }
}

/// Decodes as specified: the base64 form, or the text itself.
fn decoded(value: &[u8]) -> Vec<u8> {
    match value.strip_prefix(b"=?base64?").and_then(|rest| rest.strip_suffix(b"?=")) {
        Some(encoded) => STANDARD.decode(encoded).unwrap_or_else(|why| panic!("{why}")),
        None => {
            assert_eq!(value.trim_ascii(), value, "what servers would trim");
            value.to_vec()
        }
    }
}

fn of_the_user(name: &str, value: &str) {
    let (given, secret) = (name.to_owned(), Secret::from(value));
    match extra("headers", [(&given, &secret)].into_iter()) {
        Ok(headers) => {
            assert_eq!(headers.len(), 1);
            for (name, sent) in &headers {
                assert!(!NEVER.contains(&name.as_str()) && !name.as_str().starts_with("mcp-"));
                assert_eq!(sent.as_bytes(), value.as_bytes());
                assert!(sent.is_sensitive() && sent.to_str().is_ok());
            }
        }
        Err(error) => {
            // Without the name, which may contain the value.
            let shown = error.to_string().replacen(&preview(name.as_bytes()), "", 1);
            let is_ours = OURS.iter().any(|message| message.contains(value));
            assert!(value.len() < 6 || !shown.contains(value) || is_ours, "{error}");
        }
    }
}

fn mirrored(schema: &Value, arguments: &Value) {
    for one in annotations(schema).unwrap_or_default() {
        assert!(one.header.as_str().starts_with("mcp-param-"));
        if let Some(value) = value_at(arguments, &one.path) {
            decoded(value.as_bytes());
        }
    }
}
