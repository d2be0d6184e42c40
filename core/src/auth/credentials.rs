//! Credentials, and how they go onto a request.

use http::{HeaderName, HeaderValue};

use crate::auth::client_credentials::ClientCredentials;
use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;

/// What a client shows to the server.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// Nothing.
    None,
    /// A header that stays the same; the secret in it, which no message may show.
    Fixed(HeaderName, HeaderValue, Vec<Secret>),
    /// A token from a token endpoint.
    OAuth2(Box<ClientCredentials>),
    /// A token from the caller's own function.
    Provided,
}

impl Credentials {
    /// Whether they are a token that ends, and is followed by another.
    pub(crate) fn are_renewed(&self) -> bool {
        matches!(self, Self::OAuth2(_) | Self::Provided)
    }
}

/// `Authorization: Bearer …`, marked sensitive. `field` names the option in messages.
///
/// # Errors
/// `config` where the token is empty or has a character that a header cannot carry.
pub(crate) fn bearer(field: &str, token: &Secret) -> Result<HeaderValue> {
    let token = one_word(field, token)?;
    sensitive(field, &format!("Bearer {token}"))
}

/// A secret that is one word of visible ASCII.
pub(crate) fn one_word<'a>(field: &str, secret: &'a Secret) -> Result<&'a str> {
    let text = secret.expose();
    if text.trim().is_empty() {
        return Err(Error::config(Code::MissingOption, field, "must not be empty"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let allowed = "must be visible ASCII characters, without spaces or control characters";
        return Err(Error::config(Code::InvalidOption, field, allowed));
    }
    Ok(text)
}

/// A header value that is not shown.
pub(crate) fn sensitive(field: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(text)
        .ok()
        .filter(|value| value.to_str().is_ok())
        .ok_or_else(|| Error::config(Code::InvalidOption, field, "must be visible ASCII characters"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::from("omni_live_canary");
        assert_eq!(format!("{secret:?}"), "[redacted]");
        let header = bearer("api_key", &secret).unwrap();
        assert!(!format!("{header:?}").contains("canary"));
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_refused_without_being_shown() {
        for key in ["", "  ", "omni\nlive", "omni_live_é", "with space"] {
            let error = bearer("api_key", &Secret::from(key)).unwrap_err();
            assert_eq!(error.info().field.as_deref(), Some("api_key"));
            assert!(key.trim().is_empty() || !error.to_string().contains(key.trim()));
        }
    }
}
