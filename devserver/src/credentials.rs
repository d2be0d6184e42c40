//! Credentials that a request must have, other than an API key of the options.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use crate::description::described;
use crate::omni::auth;

described! {
    /// Credentials that `/mcp` of profile `generic` requires.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    pub enum AuthOptions {
        /// `Authorization: Bearer …`.
        Bearer {
            /// The token.
            token: String,
        },
        /// `Authorization: Basic …`.
        Basic {
            /// The user's name.
            username: String,
            /// The password.
            password: String,
        },
        /// A header of any name.
        ApiKeyHeader {
            /// The name of the header.
            name: String,
            /// Its value.
            value: String,
        },
    }
}

impl fmt::Debug for AuthOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer { .. } => "Bearer([redacted])",
            Self::Basic { .. } => "Basic([redacted])",
            Self::ApiKeyHeader { .. } => "ApiKeyHeader([redacted])",
        })
    }
}

impl AuthOptions {
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::ApiKeyHeader { name, .. } if HeaderName::try_from(name).is_err() => {
                Err("name is not the name of a header")
            }
            Self::ApiKeyHeader { value, .. } if HeaderValue::try_from(value).is_err() => {
                Err("value cannot be sent in a header")
            }
            Self::Bearer { token } if token.is_empty() => Err("token must not be empty"),
            _ => Ok(()),
        }
    }

    /// The challenge for a request without the credentials; `None` if it has them.
    pub(crate) fn refuses(&self, headers: &HeaderMap) -> Option<&'static str> {
        let (fits, challenge) = match self {
            Self::Bearer { token } => (auth::bearer(headers) == Some(token), "Bearer"),
            Self::Basic { username, password } => {
                let given = basic(headers);
                let fits = given.is_some_and(|(name, secret)| name == *username && secret == *password);
                (fits, "Basic realm=\"mcp\"")
            }
            Self::ApiKeyHeader { name, value } => {
                (headers.get(name).is_some_and(|given| given.as_bytes() == value.as_bytes()), "ApiKey")
            }
        };
        (!fits).then_some(challenge)
    }
}

/// The name and password in `Basic`.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}
