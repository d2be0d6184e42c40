//! Secrets that another origin must not receive, in all forms in which they can be sent.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

pub(super) const KEY: &str = "omni_test_canary_key_0001";
pub(super) const API_KEY_HEADER: &str = "canary-x-api-key-0002";
pub(super) const HEADER: &str = "canary+header/0003";
pub(super) const STICKY: &str = "canary-sticky-0004";
pub(super) const QUERY: &str = "canary-query-0005";
pub(super) const IDEMPOTENCY_KEY: &str = "canary-idempotency-0006";
pub(super) const ARGUMENT: &str = "canary argument/0007";
pub(super) const CLIENT_SECRET: &str = "canary:secret+0008";
pub(super) const PROXY_PASSWORD: &str = "canary-proxy-0009";
pub(super) const RECORD: &str = "canary-record-0010";

/// All secrets that a client has for its server.
pub(super) const ALL: &[&str] =
    &[KEY, API_KEY_HEADER, HEADER, STICKY, QUERY, IDEMPOTENCY_KEY, ARGUMENT, CLIENT_SECRET, RECORD];

/// The canaries in these bytes, unchanged, percent-encoded or in base64.
pub(super) fn found<'a>(bytes: &[u8], canaries: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let is_there = |canary: &&str| forms(canary).iter().any(|form| text.contains(&form.to_ascii_lowercase()));
    canaries.into_iter().filter(is_there).collect()
}

fn forms(canary: &str) -> Vec<String> {
    let percent: String = canary.bytes().map(|byte| escaped(byte, b"%20")).collect();
    let plus: String = canary.bytes().map(|byte| escaped(byte, b"+")).collect();
    let hex = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![canary.to_owned(), percent, plus, hex];
    // Base64 of a text with the canary contains one of these, depending on its offset.
    for before in 0..3 {
        let text = [&[0; 2][..before.min(2)], canary.as_bytes()].concat();
        for engine in [STANDARD, URL_SAFE] {
            let encoded = engine.encode(&text);
            let whole = encoded.trim_end_matches('=').len() - 2;
            forms.push(encoded[if before == 0 { 0 } else { 4 }..whole].to_owned());
        }
    }
    forms
}

fn escaped(byte: u8, space: &[u8]) -> String {
    match byte {
        b' ' => String::from_utf8_lossy(space).into_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_in_each_form() {
        for text in [
            ARGUMENT.to_owned(),
            "?q=canary+argument%2F0007".to_owned(),
            "canary%20argument%2f0007".to_owned(),
            STANDARD.encode(ARGUMENT),
            STANDARD.encode(format!("u:{ARGUMENT}:x")),
            URL_SAFE.encode(format!("user:{ARGUMENT}")),
            STANDARD.encode(format!("{{\"q\":\"{ARGUMENT}\"}}")),
        ] {
            assert_eq!(found(text.as_bytes(), ALL.iter().copied()), [ARGUMENT], "{text}");
        }
        assert!(found(b"canary", ALL.iter().copied()).is_empty());
    }
}
