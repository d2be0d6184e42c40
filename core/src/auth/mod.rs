//! Credentials, and how they go onto a request.

use std::fmt;

use http::HeaderValue;

use crate::error::{Code, Error, Result};

/// A text that no message, log or `Debug` shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// `Authorization: Bearer …`, marked sensitive.
///
/// # Errors
/// `config` where the key is empty or has a character that a header cannot carry.
pub(crate) fn bearer(key: &Secret) -> Result<HeaderValue> {
    if key.expose().trim().is_empty() {
        return Err(Error::config(Code::MissingOption, "api_key", "must not be empty"));
    }
    if !key.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        let allowed = "must be visible ASCII characters, without spaces or control characters";
        return Err(Error::config(Code::InvalidOption, "api_key", allowed));
    }
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose()))
        .map_err(|_| Error::config(Code::InvalidOption, "api_key", "cannot be sent in a header"))?;
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
        let header = bearer(&secret).unwrap();
        assert!(!format!("{header:?}").contains("canary"));
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_refused_without_being_shown() {
        for key in ["", "  ", "omni\nlive", "omni_live_é", "with space"] {
            let error = bearer(&Secret::from(key)).unwrap_err();
            assert_eq!(error.info().field.as_deref(), Some("api_key"));
            assert!(key.trim().is_empty() || !error.to_string().contains(key.trim()));
        }
    }
}
