//! A profile of the user's own, as configuration.

use std::borrow::Cow;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::config::option_table::{Address, OptionValue, Spelling, inside, options};
use crate::config::profile::{Profile, ServiceCode, SessionSign, Text, VariableNames};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Error, Result};

options! {
    /// The facts about a service that has no profile here; what is not given is as in the profile that it extends.
    ProfileConfig, "profile", PROFILE_OPTIONS;
    /// The name, for messages.
    name: String = "custom";
    /// The profile that this one changes: `generic`, `omni`, `octomind` or `odock`.
    extends: String = "generic", of NAMES;
    /// Where the service lives.
    base_url: Address = "that of the profile it extends";
    /// The path of the MCP endpoint below the base URL; `{slug}` stands for the option of that name.
    path: String = "that of the profile it extends";
    /// The path of the event stream of the transport of 2024-11-05.
    sse_path: String = "that of the profile it extends";
    /// The environment variable read where `api_key` is not given.
    api_key_variable: String = "none";
    /// The environment variable read where `base_url` is not given.
    base_url_variable: String = "none";
    /// Whether a key is required.
    key_required: bool = "that of the profile it extends";
    /// The header that carries the API key, such as `x-api-key`.
    api_key_header: String = "Authorization, as a bearer token";
    /// The protocol versions accepted from the server, the one to ask for first.
    versions: Vec<String> = "those of the profile it extends";
    /// Whether a session is opened by a handshake before the first call.
    handshake: bool = "that of the profile it extends";
    /// Whether JSON-RPC ids are sent as strings.
    string_ids: bool = "that of the profile it extends";
    /// Whether a session is ended by DELETE.
    deletes_sessions: bool = "that of the profile it extends";
    /// Whether the server runs a repeated `Idempotency-Key` once, so that every `tools/call` carries one.
    honours_idempotency_keys: bool = "that of the profile it extends";
    /// Whether the load balancer wants an `x-session-id`, made once per client.
    sticky: bool = "that of the profile it extends";
    /// Whether a JSON-RPC error on HTTP 500 is worth another attempt.
    retries_internal_errors: bool = "that of the profile it extends";
    /// What the service's own error codes mean, before those of the profile it extends: objects with `word`, `code` (one of ours), `happened` (a row of the retry table) and `delivery`.
    catalogue: Vec<ServiceCode> = "none";
    /// Answers that say that the session is lost: objects with `status`, and `method` (POST), `rpc_code` and `mentions`.
    session_lost: Vec<SessionSign> = "none";
}

/// The names of the profiles here.
pub(crate) const NAMES: &[&str] = &["omni", "octomind", "odock", "generic"];

impl ProfileConfig {
    fn resolve(&self) -> Result<Profile> {
        let mut profile = by_name("extends", self.extends.as_deref().unwrap_or("generic"))?.clone();
        profile.name = Cow::Owned(match self.name.as_deref() {
            None => "custom".to_owned(),
            Some(name) if !name.trim().is_empty() => crate::util::sanitize::preview(name.as_bytes()),
            Some(_) => return Err(Error::config(Code::InvalidOption, "name", "must not be empty")),
        });
        // The key of one service must not go to another by the way of the environment.
        profile.environment = VariableNames {
            api_key: self.api_key_variable.clone().map(Cow::Owned),
            base_url: self.base_url_variable.clone().map(Cow::Owned),
        };
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
        if let Some(versions) = &self.versions {
            if versions.is_empty() || !versions.iter().all(|version| is_word(version)) {
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
            if row.happened.is_sent_again_to_all() && row.delivery > Delivery::Rejected {
                let allowed = format!(
                    "\"{}\" is sent again whatever it was: its delivery must be not_sent or rejected",
                    row.word
                );
                return Err(Error::config(Code::InvalidOption, "catalogue", allowed));
            }
        }
        let own = self.catalogue.iter().flatten();
        profile.catalogue = own.chain(profile.catalogue.iter()).cloned().collect();
        let own = self.session_lost.iter().flatten();
        profile.session_lost = own.chain(profile.session_lost.iter()).cloned().collect();
        Ok(profile)
    }
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn by_name(field: &str, name: &str) -> Result<&'static Profile> {
    Profile::named(name).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| &*profile.name).collect();
        Error::config(Code::InvalidOption, field, format_args!("must be one of {}", names.join(", ")))
    })
}

/// The option `profile`: a name, or a profile of the user's own.
#[derive(Debug, Clone)]
pub enum Choice {
    /// One of the profiles here.
    Named(String),
    /// The user's own.
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
    word: String,
    code: String,
    happened: FailureClass,
    delivery: Option<Delivery>,
}

impl OptionValue for Vec<ServiceCode> {
    const TAKES: &'static str = "a list of objects with word, code, happened and delivery";
    const KIND: &'static str = "objects";

    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_array()?.iter().map(|row| service_code(row).ok()).collect()
    }

    /// Tells which of the rows it is.
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
        .ok_or_else(|| format!("{} is no code of an error", crate::util::sanitize::preview(row.code.as_bytes())))?;
    Ok(ServiceCode {
        code,
        delivery: row.delivery.unwrap_or(row.happened.delivery()),
        happened: row.happened,
        word: Cow::Owned(row.word),
    })
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
