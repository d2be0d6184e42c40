//! API keys and their scopes.

use http::{HeaderMap, header};

use crate::options::KeyOptions;

/// Whether a text has the form of a key.
pub(crate) fn looks_like_a_key(text: &str) -> bool {
    let rest = text.strip_prefix("omni_live_").or_else(|| text.strip_prefix("omni_test_"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic()))
}

/// The text after `Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The index of the key of a request, or the code of the error.
pub(crate) fn check(keys: &[KeyOptions], headers: &HeaderMap) -> Result<usize, &'static str> {
    let token = bearer(headers).ok_or("missing_api_key")?;
    let at = keys.iter().position(|known| known.key == token).ok_or("invalid_api_key")?;
    match keys[at].rejected {
        true => Err("auth_rejected"),
        false => Ok(at),
    }
}

/// Whether a key has all these scopes.
pub(crate) fn has_scopes(key: &KeyOptions, required: &[&str]) -> bool {
    key.scopes.as_ref().is_none_or(|own| required.iter().all(|scope| own.iter().any(|o| o == scope)))
}
