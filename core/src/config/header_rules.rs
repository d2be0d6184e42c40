//! Validation of headers in options.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;

/// Headers that the client sets itself, or that affect message framing.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "last-event-id",
    "omni-version",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
    "x-session-id",
];

/// Maximum length of a header value from an option.
pub(crate) const MAX_LENGTH: usize = 255;

/// Header value from an option: 1 to 255 visible ASCII characters.
pub(crate) fn visible(field: &str, text: &str) -> Result<HeaderValue> {
    let fits = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| HeaderValue::from_str(text).ok()).flatten().ok_or_else(|| {
        Error::config(Code::InvalidArgument, field, "must be 1 to 255 visible ASCII characters, without spaces")
    })
}

/// Validated user headers, marked sensitive.
pub(crate) fn extra<'a>(field: &str, given: impl Iterator<Item = (&'a String, &'a Secret)>) -> Result<HeaderMap> {
    let headers = checked(field, given)?;
    if headers.contains_key(http::header::AUTHORIZATION) {
        let allowed = "\"authorization\" is set by the client itself; use api_key or auth";
        return Err(Error::config(Code::InvalidOption, field, allowed));
    }
    without_reserved(field, headers, &[])
}

/// Proxy headers, including credentials.
pub(crate) fn for_proxy<'a>(field: &str, given: impl Iterator<Item = (&'a String, &'a Secret)>) -> Result<HeaderMap> {
    without_reserved(field, checked(field, given)?, &["authorization", "proxy-authorization"])
}

fn without_reserved(field: &str, headers: HeaderMap, but: &[&str]) -> Result<HeaderMap> {
    match headers.keys().find(|name| is_reserved(name) && !but.contains(&name.as_str())) {
        Some(name) => {
            Err(Error::config(Code::InvalidOption, field, format_args!("\"{name}\" is set by the client itself")))
        }
        None => Ok(headers),
    }
}

fn checked<'a>(field: &str, given: impl Iterator<Item = (&'a String, &'a Secret)>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let refuse = |allowed: String| Error::config(Code::InvalidOption, field, allowed);
        let shown = crate::util::sanitize::preview(name.as_bytes());
        let name =
            HeaderName::try_from(name.as_str()).map_err(|_| refuse(format!("\"{shown}\" is not a header name")))?;
        let mut value = HeaderValue::try_from(value.expose())
            .ok()
            .filter(|value| value.to_str().is_ok())
            .ok_or_else(|| refuse(format!("the value of \"{name}\" must be visible ASCII characters")))?;
        value.set_sensitive(true);
        if headers.insert(&name, value).is_some() {
            return Err(refuse(format!("\"{name}\" is given twice")));
        }
    }
    Ok(headers)
}

/// Name of a credentials header.
pub(crate) fn credential_name(name: &str) -> Result<HeaderName> {
    let refuse = |allowed| Error::config(Code::InvalidOption, "name", allowed);
    let name = HeaderName::try_from(name).map_err(|_| refuse("must be the name of a header"))?;
    let free = name == http::header::AUTHORIZATION || !is_reserved(&name);
    if free { Ok(name) } else { Err(refuse("must not be a header that the client sets for something else")) }
}

fn is_reserved(name: &HeaderName) -> bool {
    RESERVED.contains(&name.as_str()) || name.as_str().starts_with("mcp-")
}

/// Header values, for redaction.
pub(crate) fn texts(headers: &HeaderMap) -> Vec<String> {
    let values = headers.values().filter_map(|value| value.to_str().ok()).map(str::to_owned);
    values.filter(|value| value.len() >= crate::util::secret::SHORTEST_SECRET).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, value: &str) -> String {
        let (name, value) = (name.to_owned(), Secret::from(value));
        extra("headers", [(&name, &value)].into_iter()).unwrap_err().to_string()
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in ["Authorization", "MCP-Session-Id", "mcp-anything", "Idempotency-Key", "Host"] {
            assert!(refused(name, "x").contains("set by the client itself"), "{name}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_sent_is_refused_and_not_shown() {
        assert!(!refused("x-a", "canary\r\nx-b: 1").contains("canary"));
        assert!(refused("x a", "1").contains("not a header name"));
    }

    #[test]
    fn our_values_are_visible_ascii() {
        assert!(visible("f", "req_1").is_ok());
        for text in ["", "a b", "é", "a\n", &"x".repeat(256)] {
            assert!(visible("f", text).is_err(), "{text:?}");
        }
    }
}
