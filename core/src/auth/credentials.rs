//! Credentials, and their headers.

use http::{HeaderName, HeaderValue};

use crate::auth::client_credentials::ClientCredentials;
use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;

/// The credentials of a client.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// Nothing.
    None,
    /// A constant header, and the secrets in it, which no message may show.
    Fixed(HeaderName, HeaderValue, Vec<Secret>),
    /// A token from a token endpoint.
    OAuth2(Box<ClientCredentials>),
    /// A token from a callback.
    Provided,
}

impl Credentials {
    /// Whether they are a token that expires and is renewed.
    pub(crate) fn are_renewed(&self) -> bool {
        matches!(self, Self::OAuth2(_) | Self::Provided)
    }
}

/// `Authorization: Bearer …`, marked sensitive. `field` names the option in messages.
///
/// # Errors
/// `config` if the token is empty or has characters that cannot be sent in a header.
pub(crate) fn bearer(field: &str, token: &Secret) -> Result<HeaderValue> {
    let token = one_word(field, token)?;
    sensitive(field, &format!("Bearer {token}"))
}

/// A secret of visible ASCII characters.
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

/// A header value that is marked sensitive.
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
    fn an_invalid_key_is_refused_and_not_shown() {
        for key in ["", "  ", "omni\nlive", "omni_live_é", "with space"] {
            let error = bearer("api_key", &Secret::from(key)).unwrap_err();
            assert_eq!(error.info().field.as_deref(), Some("api_key"));
            assert!(key.trim().is_empty() || !error.to_string().contains(key.trim()));
        }
    }
}
