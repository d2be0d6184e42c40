//! The option `auth`: credentials of a client.

use base64::Engine;
use http::header::AUTHORIZATION;
use serde_json::Value;
use url::Url;

use crate::auth::client_credentials::ClientCredentials;
use crate::auth::credentials::{Credentials, bearer, sensitive};
use crate::config::header_rules;
use crate::config::option_table::{Address, OptionValue, inside, options};
use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;
use crate::util::suggestion::did_you_mean;

options! {
    /// Credentials of a client. Start from one of the constructors.
    AuthConfig, "auth", AUTH_OPTIONS;
    /// Type of credentials: `none`, `bearer`, `basic`, `oauth2` (client credentials, RFC 6749 section 4.4) or `header`.
    r#type: String = "required", of TYPES;
    /// Token (type `bearer`).
    token: Secret = "none";
    /// User name (type `basic`).
    username: String = "none";
    /// Password (type `basic`).
    password: Secret = "none";
    /// URL of the token endpoint (type `oauth2`).
    token_url: Address = "discovered from the metadata on the origin of the server (RFC 9728, RFC 8414)";
    /// Client id (type `oauth2`).
    client_id: String = "none";
    /// Client secret (type `oauth2`).
    client_secret: Secret = "none";
    /// Requested scope (type `oauth2`).
    scope: String = "none";
    /// Requested audience (type `oauth2`).
    audience: String = "none";
    /// Header name (type `header`).
    name: String = "Authorization";
    /// Complete header value (type `header`).
    value: Secret = "none";
}

/// Credential types.
const TYPES: &[&str] = &["none", "bearer", "basic", "oauth2", "header"];

/// Required and optional members of each type.
const MEMBERS: &[(&str, &[&str], &[&str])] = &[
    ("none", &[], &[]),
    ("bearer", &["token"], &[]),
    ("basic", &["username", "password"], &[]),
    ("oauth2", &["client_id", "client_secret"], &["token_url", "scope", "audience"]),
    ("header", &["value"], &["name"]),
];

fn types() -> String {
    MEMBERS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

impl AuthConfig {
    fn of(kind: &str) -> Self {
        Self::default().r#type(kind)
    }

    /// No credentials.
    pub fn none() -> Self {
        Self::of("none")
    }

    /// A static bearer token.
    pub fn bearer_token(token: impl Into<Secret>) -> Self {
        Self::of("bearer").token(token)
    }

    /// User name and password (RFC 7617).
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::of("basic").username(username).password(password)
    }

    /// OAuth 2.0 client credentials (RFC 6749, section 4.4). The token is cached and renewed shortly before it expires.
    /// `scope`, `audience` and `token_url` are optional.
    pub fn client_credentials(client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        Self::of("oauth2").client_id(client_id).client_secret(client_secret)
    }

    /// A custom header.
    pub fn header(name: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self::of("header").name(name).value(value)
    }

    /// `check_url` returns whether a secret may be sent to a URL.
    pub(crate) fn resolve(&self, check_url: impl Fn(&'static str, &str) -> Result<Url>) -> Result<Credentials> {
        self.resolve_inside(check_url).map_err(|error| inside("auth", error))
    }

    fn resolve_inside(&self, check_url: impl Fn(&'static str, &str) -> Result<Url>) -> Result<Credentials> {
        let Some(kind) = self.r#type.as_deref() else {
            return Err(Error::config(Code::MissingOption, "type", format_args!("is required: one of {}", types())));
        };
        let Some((kind, required, allowed)) = MEMBERS.iter().find(|(name, ..)| *name == kind) else {
            let meant = did_you_mean(kind, TYPES.iter().copied());
            return Err(Error::config(Code::InvalidOption, "type", format_args!("must be one of {}{meant}", types())));
        };
        self.check_members(kind, required, allowed)?;
        let secret = |secret: &Option<Secret>| secret.clone().unwrap_or_default();
        Ok(match *kind {
            "bearer" => {
                let token = secret(&self.token);
                Credentials::Fixed(AUTHORIZATION, bearer("token", &token)?, vec![token])
            }
            "basic" => self.basic_credentials()?,
            "oauth2" => {
                let client_id = self.client_id.clone().unwrap_or_default();
                if client_id.is_empty() {
                    return Err(Error::config(Code::MissingOption, "client_id", "must not be empty"));
                }
                let token_url = self.token_url.as_ref().map(|url| check_url("token_url", url.as_str())).transpose()?;
                Credentials::OAuth2(Box::new(ClientCredentials {
                    token_url,
                    client_id,
                    client_secret: secret(&self.client_secret),
                    scope: self.scope.clone(),
                    audience: self.audience.clone(),
                }))
            }
            "header" => {
                let name = self.name.as_deref().unwrap_or("Authorization");
                let name = header_rules::credential_name(name)?;
                let value = secret(&self.value);
                // The token of a value such as "Bearer x" is redacted on its own, too.
                let token = value.expose().rsplit(' ').next().unwrap_or_default().to_owned();
                Credentials::Fixed(name, sensitive("value", value.expose())?, vec![value, token.into()])
            }
            _ => Credentials::None,
        })
    }

    /// Refuses members that are missing, or that do not belong to the type.
    fn check_members(&self, kind: &str, required: &[&str], allowed: &[&str]) -> Result<()> {
        for spec in AUTH_OPTIONS.iter().filter(|spec| spec.name != "type") {
            let belongs = required.contains(&spec.name) || allowed.contains(&spec.name);
            if self.given(spec.name) && !belongs {
                let message = format!("does not belong to the type {kind}");
                return Err(Error::config(Code::InvalidOption, spec.name, message));
            }
            if required.contains(&spec.name) && !self.given(spec.name) {
                return Err(Error::config(
                    Code::MissingOption,
                    spec.name,
                    format_args!("is required by the type {kind}"),
                ));
            }
        }
        Ok(())
    }

    fn basic_credentials(&self) -> Result<Credentials> {
        let (username, password) =
            (self.username.clone().unwrap_or_default(), self.password.clone().unwrap_or_default());
        if username.contains(':') || username.chars().any(char::is_control) {
            let allowed = "must have no colon and no control characters (RFC 7617 section 2)";
            return Err(Error::config(Code::InvalidOption, "username", allowed));
        }
        if password.expose().chars().any(char::is_control) {
            return Err(Error::config(Code::InvalidOption, "password", "must have no control characters"));
        }
        let both = format!("{username}:{}", password.expose());
        let encoded = base64::engine::general_purpose::STANDARD.encode(both);
        let value = sensitive("password", &format!("Basic {encoded}"))?;
        Ok(Credentials::Fixed(AUTHORIZATION, value, vec![password, encoded.into()]))
    }
}

impl OptionValue for AuthConfig {
    const TAKES: &'static str = "an object with type, and what belongs to the type";
    const KIND: &'static str = "auth";

    fn read(_: &Value, _: Spelling) -> Option<Self> {
        None
    }

    fn read_as(name: &str, value: &Value, spelling: Spelling) -> Result<Self> {
        match value {
            Value::Object(members) => Self::from_object(members.clone(), spelling).map_err(|error| inside(name, error)),
            _ => Err(Error::config(Code::InvalidOption, name, format_args!("must be {}", Self::TAKES))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(auth: AuthConfig) -> String {
        auth.resolve(|_, _| unreachable!()).unwrap_err().info().field.clone().unwrap()
    }

    #[test]
    fn types_are_those_of_the_table() {
        assert_eq!(TYPES.join(", "), types());
    }

    #[test]
    fn members_belong_to_their_type() {
        assert_eq!(refusal(AuthConfig::default()), "auth.type");
        assert_eq!(refusal(AuthConfig::of("BASIC")), "auth.type");
        assert_eq!(refusal(AuthConfig::of("basic").username("a")), "auth.password");
        assert_eq!(refusal(AuthConfig::bearer_token("t").scope("s")), "auth.scope");
        assert_eq!(refusal(AuthConfig::basic("a:b", "c")), "auth.username");
        assert_eq!(refusal(AuthConfig::client_credentials("", "c")), "auth.client_id");
        assert_eq!(refusal(AuthConfig::header("Host", "c")), "auth.name");
    }

    #[test]
    fn basic_is_that_of_the_standard() {
        // The example of RFC 7617, section 2.
        let credentials = AuthConfig::basic("Aladdin", "open sesame").resolve(|_, _| unreachable!()).unwrap();
        let Credentials::Fixed(_, value, _) = credentials else { panic!() };
        assert_eq!(value.as_bytes(), b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
