//! Custom profiles, from configuration.

use std::borrow::Cow;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::config::option_table::{Address, OptionValue, inside, options};
use crate::config::profile::{Profile, ServiceCode, SessionSign, Text, VariableNames};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Error, Result};
use crate::util::spelling::Spelling;
use crate::util::suggestion::did_you_mean;

options! {
    /// A custom service profile. Absent options have the value of the extended profile.
    ProfileConfig, "profile", PROFILE_OPTIONS;
    /// Name of the profile, used in messages.
    name: String = "custom";
    /// Profile to extend: `generic`, `omni`, `octomind` or `odock`.
    extends: String = "generic", of NAMES;
    /// Base URL of the service.
    base_url: Address = "the value of the extended profile";
    /// Path of the MCP endpoint below the base URL. `{slug}` is replaced by the option of that name.
    path: String = "the value of the extended profile";
    /// Path of the event stream of the HTTP+SSE transport (2024-11-05).
    sse_path: String = "the value of the extended profile";
    /// Environment variable with the default of `api_key`.
    api_key_variable: String = "none";
    /// Environment variable with the default of `base_url`.
    base_url_variable: String = "none";
    /// Require an API key.
    key_required: bool = "the value of the extended profile";
    /// Header that carries the API key, such as `x-api-key`.
    api_key_header: String = "Authorization, as a bearer token";
    /// Accepted protocol versions. The first one is requested.
    versions: Vec<String> = "the value of the extended profile";
    /// Perform the `initialize` handshake before the first call.
    handshake: bool = "the value of the extended profile";
    /// Send JSON-RPC ids as strings.
    string_ids: bool = "the value of the extended profile";
    /// End sessions by DELETE.
    deletes_sessions: bool = "the value of the extended profile";
    /// The server runs requests with the same `Idempotency-Key` once. Every `tools/call` then carries a key.
    honours_idempotency_keys: bool = "the value of the extended profile";
    /// Send an `x-session-id`, generated once per client (load balancer affinity).
    sticky: bool = "the value of the extended profile";
    /// Retry after a JSON-RPC error with HTTP 500.
    retries_internal_errors: bool = "the value of the extended profile";
    /// Error codes of the service, in addition to those of the extended profile: objects with `service_code`, `code` (an error code of this library), `failure_class` (a row of the retry table) and `delivery`.
    catalogue: Vec<ServiceCode> = "none";
    /// Responses that mean that the session is lost: objects with `status`, and `method` (default: POST), `rpc_code` and `mentions`.
    session_lost: Vec<SessionSign> = "none";
}

/// Names of the built-in profiles.
pub(crate) const NAMES: &[&str] = &["omni", "octomind", "odock", "generic"];

impl ProfileConfig {
    fn resolve(&self) -> Result<Profile> {
        let mut profile = by_name("extends", self.extends.as_deref().unwrap_or("generic"))?.clone();
        profile.name = Cow::Owned(match self.name.as_deref() {
            None => "custom".to_owned(),
            Some(name) if !name.trim().is_empty() => crate::util::sanitize::preview(name.as_bytes()),
            Some(_) => return Err(Error::config(Code::InvalidOption, "name", "must not be empty")),
        });
        // The key of one service must not be sent to another because of an environment variable.
        profile.environment = VariableNames {
            api_key: self.api_key_variable.clone().map(Cow::Owned),
            base_url: self.base_url_variable.clone().map(Cow::Owned),
        };
        self.set_addresses(&mut profile)?;
        if let Some(versions) = &self.versions {
            if versions.is_empty() || !versions.iter().all(|version| is_version(version)) {
                let allowed = "must be a list of protocol versions, such as 2025-11-25";
                return Err(Error::config(Code::InvalidOption, "versions", allowed));
            }
            profile.versions = versions.iter().cloned().map(Cow::Owned).collect();
        }
        for (given, fact) in [
            (self.key_required, &mut profile.key_required),
            (self.handshake, &mut profile.handshake),
            (self.string_ids, &mut profile.string_ids),
            (self.deletes_sessions, &mut profile.deletes_sessions),
            (self.honours_idempotency_keys, &mut profile.honours_idempotency_keys),
            (self.sticky, &mut profile.sticky),
            (self.retries_internal_errors, &mut profile.retries_internal_errors),
        ] {
            *fact = given.unwrap_or(*fact);
        }
        for row in self.catalogue.iter().flatten() {
            if row.failure_class.retries_plain_calls() && row.delivery > Delivery::Rejected {
                let allowed =
                    format!("\"{}\" is always retried: its delivery must be not_sent or rejected", row.service_code);
                return Err(Error::config(Code::InvalidOption, "catalogue", allowed));
            }
        }
        let own = self.catalogue.iter().flatten();
        profile.catalogue = own.chain(profile.catalogue.iter()).cloned().collect();
        let own = self.session_lost.iter().flatten();
        profile.session_lost = own.chain(profile.session_lost.iter()).cloned().collect();
        Ok(profile)
    }

    fn set_addresses(&self, profile: &mut Profile) -> Result<()> {
        if let Some(url) = &self.base_url {
            profile.base_url = Some(Cow::Owned(url.as_str().to_owned()));
        }
        for (name, given, path) in
            [("path", &self.path, &mut profile.path), ("sse_path", &self.sse_path, &mut profile.sse_path)]
        {
            if let Some(given) = given {
                if !(given.is_empty() || given.starts_with('/')) || given.contains(['?', '#']) {
                    return Err(Error::config(Code::InvalidOption, name, "must be a path that begins with /"));
                }
                *path = Cow::Owned(given.clone());
            }
        }
        if let Some(name) = &self.api_key_header {
            http::HeaderName::try_from(name.as_str())
                .map_err(|_| Error::config(Code::InvalidOption, "api_key_header", "must be the name of a header"))?;
            profile.api_key_header = Some(Cow::Owned(name.clone()));
        }
        Ok(())
    }
}

fn is_version(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn by_name(field: &str, name: &str) -> Result<&'static Profile> {
    Profile::named(name).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| &*profile.name).collect();
        let meant = did_you_mean(name, names.iter().copied());
        Error::config(Code::InvalidOption, field, format_args!("must be one of {}{meant}", names.join(", ")))
    })
}

/// The option `profile`: the name of a built-in profile, or a custom profile.
#[derive(Debug, Clone)]
pub enum Choice {
    /// A built-in profile.
    Named(String),
    /// A custom profile.
    Own(Box<ProfileConfig>),
}

impl Choice {
    pub(crate) fn resolve(&self) -> Result<Arc<Profile>> {
        match self {
            Self::Named(name) => by_name("profile", name).cloned().map(Arc::new),
            Self::Own(own) => own.resolve().map(Arc::new).map_err(|error| inside("profile", error)),
        }
    }
}

impl From<&str> for Choice {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for Choice {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<ProfileConfig> for Choice {
    fn from(own: ProfileConfig) -> Self {
        Self::Own(Box::new(own))
    }
}

impl OptionValue for Choice {
    const TAKES: &'static str = "the name of a profile, or an object that describes one";
    const KIND: &'static str = "profile";

    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_str().map(Self::from)
    }

    fn read_as(name: &str, value: &Value, spelling: Spelling) -> Result<Self> {
        match value {
            Value::Object(members) => {
                let own = ProfileConfig::from_object(members.clone(), spelling).map_err(|error| inside(name, error))?;
                Ok(own.into())
            }
            Value::String(text) => Ok(text.as_str().into()),
            _ => Err(Error::config(Code::InvalidOption, name, format_args!("must be {}", Self::TAKES))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeRow {
    #[serde(alias = "serviceCode")]
    service_code: String,
    code: String,
    #[serde(alias = "failureClass")]
    failure_class: FailureClass,
    delivery: Option<Delivery>,
}

impl OptionValue for Vec<ServiceCode> {
    const TAKES: &'static str = "a list of objects with service_code, code, failure_class and delivery";
    const KIND: &'static str = "objects";

    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_array()?.iter().map(|row| service_code(row).ok()).collect()
    }

    /// Errors name the invalid row.
    fn read_as(name: &str, value: &Value, _: Spelling) -> Result<Self> {
        let refused = |why: &dyn std::fmt::Display| Error::config(Code::InvalidOption, name, why);
        let Some(rows) = value.as_array() else { return Err(refused(&format_args!("must be {}", Self::TAKES))) };
        let rows = rows.iter().enumerate().map(|(index, row)| {
            service_code(row)
                .map_err(|why| refused(&format_args!("must be {}; entry {}: {why}", Self::TAKES, index + 1)))
        });
        rows.collect()
    }
}

fn service_code(row: &Value) -> std::result::Result<ServiceCode, String> {
    let row: CodeRow = serde_json::from_value(row.clone())
        .map_err(|error| crate::util::sanitize::preview(error.to_string().as_bytes()))?;
    let code = Code::named(&row.code)
        .ok_or_else(|| format!("{} is not an error code", crate::util::sanitize::preview(row.code.as_bytes())))?;
    let delivery = row.delivery.unwrap_or(row.failure_class.delivery());
    Ok(ServiceCode { code, delivery, failure_class: row.failure_class, service_code: Cow::Owned(row.service_code) })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignRow {
    status: u16,
    method: Option<String>,
    #[serde(alias = "rpcCode")]
    rpc_code: Option<i64>,
    mentions: Option<String>,
}

impl OptionValue for Vec<SessionSign> {
    const TAKES: &'static str = "a list of objects with status, method, rpc_code and mentions";
    const KIND: &'static str = "objects";

    fn read(value: &Value, _: Spelling) -> Option<Self> {
        let rows: Vec<SignRow> = serde_json::from_value(value.clone()).ok()?;
        let rows = rows.into_iter().map(|row| {
            Some(SessionSign {
                method: Method::from_bytes(row.method.as_deref().unwrap_or("POST").as_bytes()).ok()?,
                status: StatusCode::from_u16(row.status).ok()?,
                rpc_code: row.rpc_code,
                mentions: row.mentions.map(Text::Owned),
            })
        });
        rows.collect()
    }
}
