//! The options of a client: one table for all languages, and the settings that follow from them.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use url::{Host, Url};

use crate::auth::{Secret, bearer};
use crate::error::{Code, Error, Result};
use crate::headers;
use crate::option::{Address, check_duration, options};
use crate::profile::{OMNI, Profile};
use crate::retry::Backoff;

options! {
    /// The options of a client, as the user gave them.
    ClientConfig, "options", CLIENT_OPTIONS;
    /// The API key, sent as a bearer token.
    api_key: Secret = "the environment variable OMNI_API_KEY (profile omni)";
    /// The service's base URL; the profile adds the path of its MCP endpoint.
    base_url: Address = "the environment variable OMNI_CLIENT_API_BASE_URL, else the profile's own";
    /// The exact URL of the MCP endpoint, instead of `base_url`.
    endpoint: Address = "none";
    /// Which service's rules apply: `omni` or `generic`.
    profile: String = "omni";
    /// The version of OMNI's API to ask for, `YYYY-MM-DD`, sent as `Omni-Version`.
    omni_version: String = "none";
    /// The protocol version to ask for in the handshake, one that the profile accepts.
    protocol_version: String = "the profile's first";
    /// The load balancer's sticky hint, sent as `x-session-id` on every request.
    x_session_id: String = "none";
    /// Further headers for every request; the names that the client itself sets are refused.
    headers: BTreeMap<String, Secret> = "none";
    /// How long one attempt may stay without an answer; progress of the call starts it anew.
    timeout: Option<Duration> = "20 s";
    /// How long a call may take over all attempts and waits.
    total_timeout: Option<Duration> = "5 min";
    /// How long making a connection may take.
    connect_timeout: Option<Duration> = "10 s";
    /// How long an unused connection is kept.
    pool_idle_timeout: Duration = "50 s where calls carry idempotency keys, else 4 s";
    /// How often a call is sent at most.
    max_attempts: u32 = "3";
    /// The wait before the second attempt; it doubles with each further one.
    backoff_initial: Duration = "250 ms";
    /// The longest wait that the doubling reaches.
    backoff_max: Duration = "4 s";
    /// The tokens of the client's retry budget, of which each retry takes 14; none is no limit.
    retry_budget: Option<u32> = "500";
    /// Declares that the server runs a repeated `Idempotency-Key` once, so that calls with one are retried.
    honours_idempotency_keys: bool = "the profile's (omni: true)";
    /// Lets a call without an honoured key be sent again after a 503 with Retry-After.
    retry_unavailable: bool = "false";
    /// Makes a result with `isError` an error of kind `tool`.
    raise_tool_errors: bool = "false";
    /// Lets an API key and calls go over plain http to a host that is not loopback.
    allow_http: bool = "false";
    /// The largest answer or event, in bytes after decompression.
    max_answer_bytes: u64 = "67108864";
    /// The most pages that a list is read over.
    max_pages: u32 = "1000";
}

/// Shorter secrets are not searched for: they would be found in innocent text.
pub(crate) const SHORTEST_SECRET: usize = 6;

/// What the options and the profile come to: checked, and ready for use.
pub(crate) struct Settings {
    pub(crate) profile: &'static Profile,
    pub(crate) endpoint: Url,
    /// Texts that no message may show, whoever said them.
    pub(crate) secrets: Vec<String>,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    pub(crate) protocol_version: &'static str,
    pub(crate) timeout: Option<Duration>,
    pub(crate) total_timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) retry_budget: Option<u32>,
    pub(crate) honours_idempotency_keys: bool,
    pub(crate) retry_unavailable: bool,
    pub(crate) raise_tool_errors: bool,
    pub(crate) max_answer_bytes: usize,
    pub(crate) max_pages: u32,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at ", self.profile.name)?;
        crate::option::write_without_secrets(&self.endpoint, f)
    }
}

impl ClientConfig {
    /// Checks the options and fills in what was not given. `environment` looks a variable up.
    pub(crate) fn resolve(&self, environment: impl Fn(&str) -> Option<String>) -> Result<Settings> {
        let profile = self.chosen_profile()?;
        let from_environment = |name: Option<&str>| name.and_then(&environment).filter(|value| !value.is_empty());
        let endpoint = self.endpoint_url(profile, from_environment(profile.environment.base_url))?;
        self.refuse_plain_http(&endpoint)?;

        let key = match &self.api_key {
            Some(key) => Some(key.clone()),
            None => from_environment(profile.environment.api_key).map(Secret::from),
        };
        let mut common = headers::extra(self.headers.iter().flatten())?;
        match &key {
            Some(key) => drop(common.insert(http::header::AUTHORIZATION, bearer(key)?)),
            None if profile.key_required => {
                let allowed = match profile.environment.api_key {
                    Some(name) => format!("is required; give it or set {name}"),
                    None => "is required".to_owned(),
                };
                return Err(Error::config(Code::MissingOption, "api_key", allowed));
            }
            None => {}
        }
        if let Some(version) = &self.omni_version {
            if !is_date(version) {
                return Err(Error::config(Code::InvalidOption, "omni_version", "must be a date, YYYY-MM-DD"));
            }
            if profile.omni_version {
                common.insert(headers::OMNI_VERSION, headers::visible("omni_version", version)?);
            }
        }
        let sticky = match &self.x_session_id {
            Some(id) => Some(id.clone()),
            None => profile.sticky.then(|| uuid::Uuid::new_v4().to_string()),
        };
        if let Some(id) = sticky {
            common.insert(headers::X_SESSION_ID, headers::visible("x_session_id", &id)?);
        }

        let honours_idempotency_keys = self.honours_idempotency_keys.unwrap_or(profile.honours_idempotency_keys);
        let idle = Duration::from_secs(if honours_idempotency_keys { 50 } else { 4 });
        let backoff = Backoff {
            initial: required("backoff_initial", self.backoff_initial, Duration::from_millis(250))?,
            max: required("backoff_max", self.backoff_max, Duration::from_secs(4))?,
        };
        Ok(Settings {
            profile,
            endpoint,
            secrets: self.secrets(key.as_ref()),
            headers: common,
            protocol_version: self.version_to_ask_for(profile)?,
            timeout: optional("timeout", self.timeout, Duration::from_secs(20))?,
            total_timeout: optional("total_timeout", self.total_timeout, Duration::from_secs(300))?,
            connect_timeout: optional("connect_timeout", self.connect_timeout, Duration::from_secs(10))?,
            pool_idle_timeout: required("pool_idle_timeout", self.pool_idle_timeout, idle)?,
            max_attempts: positive("max_attempts", self.max_attempts.unwrap_or(3))?,
            backoff,
            retry_budget: self.retry_budget.unwrap_or(Some(500)),
            honours_idempotency_keys,
            retry_unavailable: self.retry_unavailable.unwrap_or(false),
            raise_tool_errors: self.raise_tool_errors.unwrap_or(false),
            max_answer_bytes: usize::try_from(self.max_answer_bytes.unwrap_or(64 << 20)).unwrap_or(usize::MAX),
            max_pages: positive("max_pages", self.max_pages.unwrap_or(1000))?,
        })
    }

    fn secrets(&self, key: Option<&Secret>) -> Vec<String> {
        let all = key.into_iter().chain(self.headers.iter().flat_map(BTreeMap::values));
        all.map(|secret| secret.expose().to_owned()).filter(|secret| secret.len() >= SHORTEST_SECRET).collect()
    }

    fn chosen_profile(&self) -> Result<&'static Profile> {
        let Some(name) = &self.profile else { return Ok(&OMNI) };
        Profile::named(name).ok_or_else(|| {
            let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.name).collect();
            Error::config(Code::InvalidOption, "profile", format_args!("must be one of {}", names.join(", ")))
        })
    }

    fn version_to_ask_for(&self, profile: &'static Profile) -> Result<&'static str> {
        let Some(asked) = &self.protocol_version else { return Ok(profile.versions[0]) };
        profile.versions.iter().copied().find(|version| version == asked).ok_or_else(|| {
            let allowed = format!("must be one of {}", profile.versions.join(", "));
            Error::config(Code::InvalidOption, "protocol_version", allowed)
        })
    }

    fn endpoint_url(&self, profile: &Profile, base_from_environment: Option<String>) -> Result<Url> {
        match (&self.endpoint, &self.base_url) {
            (Some(_), Some(_)) => {
                Err(Error::config(Code::InvalidOption, "endpoint", "cannot be given together with base_url"))
            }
            (Some(endpoint), None) => web_url("endpoint", endpoint.as_str()),
            (None, given) => {
                let base = given.as_ref().map(|given| given.as_str().to_owned());
                let base = base.or(base_from_environment).or(profile.base_url.map(str::to_owned));
                let Some(base) = base else {
                    let allowed = format!("is required under the profile {}", profile.name);
                    return Err(Error::config(Code::MissingOption, "endpoint", allowed));
                };
                let mut url = web_url("base_url", &base)?;
                let base = url.path().trim_end_matches('/').to_owned();
                // Whoever gives the endpoint's own address means it.
                if !base.ends_with(profile.path) || profile.path.is_empty() {
                    url.set_path(&format!("{base}{}", profile.path));
                }
                Ok(url)
            }
        }
    }

    fn refuse_plain_http(&self, url: &Url) -> Result<()> {
        if url.scheme() == "https" || self.allow_http == Some(true) || is_loopback(url) {
            return Ok(());
        }
        let field = if self.endpoint.is_some() { "endpoint" } else { "base_url" };
        Err(Error::config(
            Code::InvalidOption,
            field,
            "must be https, unless the host is loopback or allow_http is set",
        ))
    }
}

/// Whether requests to `url` stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn web_url(field: &'static str, text: &str) -> Result<Url> {
    let refuse = |allowed: &str| Err(Error::config(Code::InvalidOption, field, allowed));
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("must be an absolute URL, such as https://host/path");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("must be an http or https URL");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not contain credentials; give them as options");
    }
    if url.fragment().is_some() {
        return refuse("must not have a fragment");
    }
    Ok(url)
}

fn is_date(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| {
        if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

pub(crate) fn optional(name: &str, given: Option<Option<Duration>>, default: Duration) -> Result<Option<Duration>> {
    check_duration(name, given.unwrap_or(Some(default)))
}

fn required(name: &str, given: Option<Duration>, default: Duration) -> Result<Duration> {
    Ok(check_duration(name, Some(given.unwrap_or(default)))?.unwrap_or(default))
}

pub(crate) fn positive(name: &str, number: u32) -> Result<u32> {
    if number == 0 {
        return Err(Error::config(Code::InvalidOption, name, "must be a whole number greater than zero"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::option::Spelling;

    fn resolve(json: &str) -> Result<Settings> {
        ClientConfig::from_json(json, Spelling::Snake)?.resolve(|_| None)
    }

    fn refusal(json: &str) -> (String, &'static str) {
        let error = resolve(json).unwrap_err();
        (error.info().field.clone().unwrap(), error.code())
    }

    #[test]
    fn defaults_are_those_that_the_table_states() {
        let settings = resolve(r#"{"api_key": "omni_test_1"}"#).unwrap();
        assert_eq!(settings.endpoint.as_str(), "https://api.omnibrief.app/mcp");
        assert_eq!(settings.protocol_version, "2025-11-05");
        assert_eq!(settings.timeout, Some(Duration::from_secs(20)));
        assert_eq!(settings.total_timeout, Some(Duration::from_secs(300)));
        assert_eq!(settings.pool_idle_timeout, Duration::from_secs(50));
        assert!(settings.honours_idempotency_keys);
    }

    #[test]
    fn the_environment_counts_only_where_the_option_is_absent() {
        let environment = |name: &str| match name {
            "OMNI_API_KEY" => Some("omni_test_env".to_owned()),
            "OMNI_CLIENT_API_BASE_URL" => Some("http://127.0.0.1:9".to_owned()),
            _ => None,
        };
        let settings = ClientConfig::default().resolve(environment).unwrap();
        assert_eq!(settings.endpoint.as_str(), "http://127.0.0.1:9/mcp");
        let given = ClientConfig::default().base_url("https://example.com/x/");
        assert_eq!(given.resolve(environment).unwrap().endpoint.as_str(), "https://example.com/x/mcp");
        let whole = ClientConfig::default().base_url("https://example.com/mcp");
        assert_eq!(whole.resolve(environment).unwrap().endpoint.as_str(), "https://example.com/mcp");
        let generic = ClientConfig::default().profile("generic").resolve(environment).unwrap_err();
        assert_eq!(generic.info().field.as_deref(), Some("endpoint"));
    }

    #[test]
    fn bad_options_are_named() {
        let key = r#""api_key": "k""#;
        for (json, field, code) in [
            ("{}".to_owned(), "api_key", "missing_option"),
            (r#"{"api_key": ""}"#.to_owned(), "api_key", "missing_option"),
            (r#"{"api_key": 5}"#.to_owned(), "api_key", "invalid_option"),
            (format!(r#"{{{key}, "base_url": "http://example.com"}}"#), "base_url", "invalid_option"),
            (format!(r#"{{{key}, "base_url": "/mcp"}}"#), "base_url", "invalid_option"),
            (format!(r#"{{{key}, "base_url": "https://u:p@example.com"}}"#), "base_url", "invalid_option"),
            (format!(r#"{{{key}, "endpoint": "ftp://example.com"}}"#), "endpoint", "invalid_option"),
            (format!(r#"{{{key}, "profile": "x"}}"#), "profile", "invalid_option"),
            (format!(r#"{{{key}, "timeout": -1}}"#), "timeout", "invalid_option"),
            (format!(r#"{{{key}, "max_attempts": 0}}"#), "max_attempts", "invalid_option"),
            (format!(r#"{{{key}, "omni_version": "soon"}}"#), "omni_version", "invalid_option"),
            (format!(r#"{{{key}, "headers": {{"authorization": "x"}}}}"#), "headers", "invalid_option"),
            (format!(r#"{{{key}, "retries": 3}}"#), "retries", "unknown_option"),
        ] {
            assert_eq!(refusal(&json), (field.to_owned(), code), "{json}");
        }
    }

    #[test]
    fn none_is_no_deadline() {
        assert_eq!(resolve(r#"{"api_key": "k", "timeout": null}"#).unwrap().timeout, None);
    }

    #[test]
    fn a_config_never_shows_its_secrets() {
        let config = ClientConfig::default()
            .api_key("canary-key")
            .headers(BTreeMap::from([("x-a".to_owned(), Secret::from("canary-header"))]));
        assert!(!format!("{config:?}").contains("canary"));
        assert!(!format!("{:?}", config.resolve(|_| None).unwrap()).contains("canary"));
    }
}
