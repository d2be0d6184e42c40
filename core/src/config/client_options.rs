//! The options of a client: one table for all languages, and the settings that follow from them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use url::{Host, Url};

use crate::auth::credentials::{Credentials, bearer, one_word, sensitive};
use crate::config::auth::AuthConfig;
use crate::config::backoff::Backoff;
use crate::config::callbacks::Callbacks;
use crate::config::endpoint::{Route, TRANSPORTS, Tools};
use crate::config::header_rules;
use crate::config::limits::Limits;
use crate::config::option_table::{Address, check_duration, options};
use crate::config::profile::{Choice, NAMES, Profile};
use crate::config::proxies::EnvironmentProxies;
use crate::config::tls::Tls;
use crate::error::{Code, Error, Result};
use crate::observe::log;
use crate::util::secret::Secret;
use crate::util::{environment, headers};

options! {
    /// The options of a client, as the user gave them.
    ClientConfig, "options", CLIENT_OPTIONS;
    /// The API key, sent as a bearer token.
    api_key: Secret = "the environment variable OMNI_API_KEY (profile omni)";
    /// The service's base URL; the profile adds the path of its MCP endpoint.
    base_url: Address = "the environment variable OMNI_CLIENT_API_BASE_URL, else the profile's own";
    /// The exact URL of the MCP endpoint, instead of `base_url`.
    endpoint: Address = "none";
    /// Which service's rules apply: `omni`, `octomind`, `odock` or `generic`, or an object that describes another service.
    profile: Choice = "omni; generic where a command is given", of NAMES;
    /// The slug or id of the server behind a gateway, where the profile's path has one.
    slug: String = "none; required by the profile odock";
    /// How the client proves who it is, where it is not by `api_key`: an object with `type`.
    auth: AuthConfig = "the API key";
    /// The version of OMNI's API to ask for, `YYYY-MM-DD`, sent as `Omni-Version`.
    omni_version: String = "none";
    /// Whether a session is opened by a handshake before the first call.
    handshake: bool = "the profile's (odock: false)";
    /// What carries the messages: `streamable_http`, `sse` (HTTP with SSE, 2024-11-05) or `stdio`.
    transport: String = "stdio where a command is given; else streamable_http, and sse where a server of the profile generic refuses that", of TRANSPORTS;
    /// The program to start, for the transport stdio.
    command: String = "none";
    /// Its arguments.
    args: Vec<Secret> = "none";
    /// Its environment, besides PATH, HOME and the like; no other variables are handed on.
    env: BTreeMap<String, Secret> = "none";
    /// Its working directory.
    cwd: String = "that of this process";
    /// The URL of the proxy to go through: http, https, socks5 or socks5h.
    proxy: Address = "the proxy variables of the environment, which loopback ignores";
    /// Headers for the proxy.
    proxy_headers: BTreeMap<String, Secret> = "none";
    /// The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file.
    ca_certs: String = "those of the system";
    /// The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file.
    client_cert: Secret = "none";
    /// Its private key, not encrypted: PEM text, or the path of a PEM file.
    client_key: Secret = "the one that client_cert holds besides";
    /// The oldest version of TLS to speak: `1.2` or `1.3`.
    min_tls_version: String = "1.2";
    /// The only tools that may be called.
    allowed_tools: Vec<String> = "all; an empty list allows none";
    /// Tools that may not be called, whatever is allowed.
    blocked_tools: Vec<String> = "none";
    /// The name by which the client presents itself to servers.
    client_name: String = "omni-mcp";
    /// The version by which the client presents itself to servers.
    client_version: String = "that of this package";
    /// Sends one tool call at a time, in the order in which they were made.
    force_serial_tool_calls: bool = "false";
    /// Whether the server's own event stream is asked for: by GET, or in the modern era by subscriptions/listen.
    listen: bool = "true where on_notification is given, and in the older era also where a server may ask a function";
    /// The only protocol version to speak, one that the profile accepts.
    protocol_version: String = "the profile's, the newest first";
    /// The load balancer's sticky hint, sent as `x-session-id` on every request.
    x_session_id: String = "none";
    /// Keeps the server's cookies and sends them back to it, as load balancers route by them.
    cookies: bool = "true";
    /// Further headers for every request; the names that the client itself sets are refused.
    headers: BTreeMap<String, Secret> = "none";
    /// How long one attempt may stay without an answer; every byte of the call's own event stream and progress of the call start it anew.
    timeout: Option<Duration> = "20 s";
    /// How long a call may take over all attempts and waits.
    total_timeout: Option<Duration> = "5 min";
    /// How long making a connection may take.
    connect_timeout: Option<Duration> = "10 s";
    /// How long an unused connection is kept.
    pool_idle_timeout: Duration = "50 s where calls carry idempotency keys, else 4 s";
    /// The most calls on their way at once, each on a connection of its own, over HTTP/2 on a stream; further calls wait in order; none is no limit.
    max_connections: Option<u32> = "256";
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
    /// Checks structured results of tools by their output schemas; the list of tools is read first where it is not known.
    validate_output: bool = "false";
    /// Keeps lists and resources for as long as the server says that they hold (ttlMs), or until it says that they changed.
    cache: bool = "true";
    /// How often one call may be asked for input by a server of the newer era.
    max_input_rounds: u32 = "10";
    /// Lets an API key and calls go over plain http to a host that is not loopback.
    allow_http: bool = "false";
    /// The largest answer, in bytes after decompression.
    max_answer_bytes: u64 = "67108864";
    /// The largest event of a stream, or line of a process, in bytes.
    max_event_bytes: u64 = "max_answer_bytes";
    /// How much of an error's body is read, in bytes after decompression.
    max_error_bytes: u64 = "65536";
    /// The most headers of an answer.
    max_headers: u32 = "100";
    /// The most lists and objects in each other, in an answer or a notification.
    max_depth: u32 = "127";
    /// The most notifications that wait for on_notification, records for on_log, and of each call progress for its on_progress, for which its stream waits; further ones are dropped and counted.
    max_queued_notifications: u32 = "1024";
    /// The most requests of a server's own that are answered at once; further ones stay without an answer.
    max_server_requests: u32 = "256";
    /// The least level of what on_log hears: `debug`, `info`, `warn` or `error`.
    log_level: String = "info; in Python without on_log, that of the logger omni_mcp_py";
    /// The most pages that a list is read over.
    max_pages: u32 = "1000";
    /// Refuses everything that is accepted only because servers deviate from the specification, for testing servers.
    strict: bool = "false";
    beside
    /// The caller's own functions.
    hooks: Callbacks;
    /// Whether variables that Node reads are read.
    reads_node_variables: bool;
}

/// Shorter secrets are not searched for: they would be found in innocent text.
pub(crate) const SHORTEST_SECRET: usize = 6;

/// What the options and the profile come to: checked, and ready for use.
pub(crate) struct Settings {
    pub(crate) profile: Arc<Profile>,
    pub(crate) route: Route,
    pub(crate) credentials: Credentials,
    pub(crate) hooks: Callbacks,
    pub(crate) proxy: Option<(Url, HeaderMap)>,
    pub(crate) environment_proxies: EnvironmentProxies,
    /// Whether the server's cookies are kept.
    pub(crate) cookies: bool,
    pub(crate) tls: Tls,
    pub(crate) tools: Tools,
    pub(crate) force_serial_tool_calls: bool,
    pub(crate) handshake: bool,
    /// Whether notifications are listened for.
    pub(crate) listen: bool,
    /// Whether a server may ask on its own stream.
    pub(crate) hears_requests: bool,
    /// Who the client is, as JSON text.
    pub(crate) client_info: String,
    /// Texts that no message may show, whoever said them.
    pub(crate) secrets: Vec<String>,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    /// The only version to speak, where one was asked for.
    pub(crate) pinned_version: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) total_timeout: Option<Duration>,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) max_connections: Option<u32>,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) retry_budget: Option<u32>,
    pub(crate) honours_idempotency_keys: bool,
    pub(crate) retry_unavailable: bool,
    pub(crate) raise_tool_errors: bool,
    pub(crate) validate_output: bool,
    pub(crate) cache: bool,
    pub(crate) max_input_rounds: u32,
    pub(crate) limits: Limits,
    pub(crate) max_server_requests: u32,
    pub(crate) max_pages: u32,
    /// Whether deviations of servers are refused.
    pub(crate) strict: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {:?}", self.profile.name, self.route)
    }
}

impl ClientConfig {
    /// Checks the options and fills in what was not given. `variables` looks a variable of the environment up.
    pub(crate) fn resolve(&self, variables: impl Fn(&str) -> Option<OsString>) -> Result<Settings> {
        let profile = match &self.profile {
            Some(choice) => choice.resolve()?,
            None if self.command.is_some() => Choice::from("generic").resolve()?,
            None => Profile::usual(),
        };
        self.resolve_under(profile, variables)
    }

    /// As [`resolve`](Self::resolve), under a profile that no option names.
    pub(crate) fn resolve_under(
        &self,
        profile: Arc<Profile>,
        variables: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Settings> {
        let environment = |name: &str| variables(name)?.into_string().ok();
        let from_environment =
            |name: &Option<_>| name.as_deref().and_then(&environment).filter(|value: &String| !value.is_empty());
        let route = self.route(&profile, from_environment(&profile.environment.base_url), &variables)?;
        let credentials = self.credentials(&profile, &route, from_environment(&profile.environment.api_key))?;

        let mut common = header_rules::extra("headers", self.headers.iter().flatten())?;
        if let Credentials::Fixed(name, value, _) = &credentials {
            common.insert(name.clone(), value.clone());
        }
        if let Some(version) = &self.omni_version {
            if !is_date(version) {
                return Err(Error::config(Code::InvalidOption, "omni_version", "must be a date, YYYY-MM-DD"));
            }
            if profile.omni_version {
                common.insert(headers::OMNI_VERSION, header_rules::visible("omni_version", version)?);
            }
        }
        let sticky = match &self.x_session_id {
            Some(id) => Some(id.clone()),
            None => profile.sticky.then(|| uuid::Uuid::new_v4().to_string()),
        };
        if let Some(id) = sticky {
            common.insert(headers::X_SESSION_ID, header_rules::visible("x_session_id", &id)?);
        }

        // A key is a header: a process gets none.
        let honours_idempotency_keys =
            route.url().is_some() && self.honours_idempotency_keys.unwrap_or(profile.honours_idempotency_keys);
        let idle = Duration::from_secs(if honours_idempotency_keys { 50 } else { 4 });
        let backoff = Backoff {
            initial: required("backoff_initial", self.backoff_initial, Duration::from_millis(250))?,
            max: required("backoff_max", self.backoff_max, Duration::from_secs(4))?,
        };
        Ok(Settings {
            secrets: self.secrets(&credentials, &route, environment),
            proxy: self.way_through(&route, &credentials, &common)?,
            environment_proxies: EnvironmentProxies::read(environment),
            cookies: self.cookies.unwrap_or(true),
            tls: Tls::read(self, environment)?,
            tools: Tools::new(&self.allowed_tools, &self.blocked_tools)?,
            force_serial_tool_calls: self.force_serial_tool_calls.unwrap_or(false),
            handshake: self.handshake.unwrap_or(profile.handshake),
            listen: self.listen.unwrap_or(self.hooks.notification.is_some()),
            hears_requests: self.listen.unwrap_or(true) && !self.hooks.answers.is_empty(),
            client_info: self.client_info()?,
            hooks: self.hooks_at_their_level()?,
            route,
            credentials,
            headers: common,
            pinned_version: self.version_to_ask_for(&profile)?,
            timeout: optional("timeout", self.timeout, Duration::from_secs(20))?,
            total_timeout: optional("total_timeout", self.total_timeout, Duration::from_secs(300))?,
            connect_timeout: optional("connect_timeout", self.connect_timeout, Duration::from_secs(10))?,
            pool_idle_timeout: required("pool_idle_timeout", self.pool_idle_timeout, idle)?,
            max_connections: self
                .max_connections
                .unwrap_or(Some(256))
                .map(|most| positive("max_connections", most))
                .transpose()?,
            max_attempts: positive("max_attempts", self.max_attempts.unwrap_or(3))?,
            backoff,
            retry_budget: self.retry_budget.unwrap_or(Some(500)),
            honours_idempotency_keys,
            retry_unavailable: self.retry_unavailable.unwrap_or(false),
            raise_tool_errors: self.raise_tool_errors.unwrap_or(false),
            validate_output: self.validate_output.unwrap_or(false),
            cache: self.cache.unwrap_or(true),
            max_input_rounds: positive("max_input_rounds", self.max_input_rounds.unwrap_or(10))?,
            limits: Limits::of(self)?,
            max_server_requests: positive("max_server_requests", self.max_server_requests.unwrap_or(256))?,
            max_pages: positive("max_pages", self.max_pages.unwrap_or(1000))?,
            strict: self.strict.unwrap_or(false),
            profile,
        })
    }

    fn hooks_at_their_level(&self) -> Result<Callbacks> {
        if let Some(word) = &self.log_level {
            let Some(level) = log::level(word) else {
                let known: Vec<_> = log::LEVELS.iter().map(|(known, _)| *known).collect();
                let allowed = format!("must be one of {}", known.join(", "));
                return Err(Error::config(Code::InvalidOption, "log_level", allowed));
            };
            self.hooks.log.hear_from(Some(level));
        }
        Ok(self.hooks.clone())
    }

    fn client_info(&self) -> Result<String> {
        let name = self.client_name.as_deref().unwrap_or("omni-mcp");
        let version = self.client_version.as_deref().unwrap_or(env!("CARGO_PKG_VERSION"));
        for (option, given) in [("client_name", name), ("client_version", version)] {
            if given.is_empty() {
                return Err(Error::config(Code::InvalidOption, option, "must not be empty"));
            }
        }
        Ok(serde_json::json!({ "name": name, "title": name, "version": version }).to_string())
    }

    fn secrets(
        &self,
        credentials: &Credentials,
        route: &Route,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let own = match credentials {
            Credentials::Fixed(_, _, secrets) => secrets.clone(),
            Credentials::OAuth2(client) => client.secrets(),
            Credentials::None | Credentials::Provided => Vec::new(),
        };
        let maps = [&self.headers, &self.proxy_headers, &self.env];
        let all = own.iter().chain(maps.into_iter().flatten().flat_map(BTreeMap::values));
        let from_environment = environment::PROXIES.iter().filter_map(|name| environment(name));
        let proxies = self.proxy.iter().map(|proxy| proxy.as_str().to_owned()).chain(from_environment);
        let proxies = proxies.flat_map(|proxy| crate::config::endpoint::secrets_of_proxy(&proxy));
        let all = all.map(|secret| secret.expose().to_owned()).chain(route.secrets()).chain(proxies);
        all.filter(|secret| secret.len() >= SHORTEST_SECRET).collect()
    }

    fn credentials(&self, profile: &Profile, route: &Route, from_environment: Option<String>) -> Result<Credentials> {
        let provided = self.hooks.token.is_some();
        for (name, given) in [("auth", self.auth.is_some()), ("token_provider", provided)] {
            if given && self.api_key.is_some() {
                return Err(Error::config(Code::InvalidOption, name, "cannot be given together with api_key"));
            }
            if given && route.url().is_none() {
                return Err(Error::config(Code::InvalidOption, name, "does not belong to the transport stdio"));
            }
        }
        match (&self.auth, provided) {
            (Some(_), true) => {
                return Err(Error::config(Code::InvalidOption, "token_provider", "cannot be given together with auth"));
            }
            (Some(auth), false) => {
                return auth.resolve(|field, text| {
                    let url = web_url(field, text)?;
                    self.refuse_plain_http(field, &url)?;
                    Ok(url)
                });
            }
            (None, true) => return Ok(Credentials::Provided),
            (None, false) => {}
        }
        let Some(key) = self.api_key.clone().or(from_environment.map(Secret::from)) else {
            if profile.key_required && route.url().is_some() {
                let allowed = match &profile.environment.api_key {
                    Some(name) => format!("is required; give it or set {name}"),
                    None => "is required".to_owned(),
                };
                return Err(Error::config(Code::MissingOption, "api_key", allowed));
            }
            return Ok(Credentials::None);
        };
        let (name, value) = match &profile.api_key_header {
            Some(name) => {
                let name = header_rules::credential_name(name)
                    .map_err(|error| crate::config::option_table::inside("profile.api_key_header", error))?;
                (name, sensitive("api_key", one_word("api_key", &key)?)?)
            }
            None => (http::header::AUTHORIZATION, bearer("api_key", &key)?),
        };
        Ok(Credentials::Fixed(name, value, vec![key]))
    }

    fn version_to_ask_for(&self, profile: &Profile) -> Result<Option<String>> {
        let Some(asked) = &self.protocol_version else { return Ok(None) };
        if profile.versions.iter().any(|version| version == asked) {
            return Ok(Some(asked.clone()));
        }
        let allowed = format!("must be one of {}", profile.versions.join(", "));
        Err(Error::config(Code::InvalidOption, "protocol_version", allowed))
    }

    /// Plain http would show the credentials and the calls to everyone on the way.
    pub(crate) fn refuse_plain_http(&self, field: &str, url: &Url) -> Result<()> {
        if url.scheme() == "https" || self.allow_http == Some(true) || is_loopback(url) {
            return Ok(());
        }
        Err(Error::config(
            Code::InvalidOption,
            field,
            "must be https, unless the host is loopback or allow_http is set",
        ))
    }

    fn way_through(
        &self,
        route: &Route,
        credentials: &Credentials,
        headers: &HeaderMap,
    ) -> Result<Option<(Url, HeaderMap)>> {
        let Some(proxy) = &self.proxy else {
            return match &self.proxy_headers {
                Some(_) => Err(Error::config(Code::InvalidOption, "proxy_headers", "needs a proxy")),
                None => Ok(None),
            };
        };
        let url = Url::parse(proxy.as_str().trim()).ok().filter(|url| url.host().is_some());
        let url =
            url.filter(|url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")).ok_or_else(|| {
                let allowed = "must be an absolute URL of the scheme http, https, socks5 or socks5h";
                Error::config(Code::InvalidOption, "proxy", allowed)
            })?;
        let own = header_rules::for_proxy("proxy_headers", self.proxy_headers.iter().flatten())?;
        if !own.is_empty() && url.scheme().starts_with("socks") {
            return Err(Error::config(Code::InvalidOption, "proxy_headers", "does not belong to a SOCKS proxy"));
        }
        // In plain http the proxy's headers and the server's are the same ones.
        let shared = route.url().is_some_and(|endpoint| endpoint.scheme() == "http");
        if let Some(name) = own.keys().find(|name| shared && headers.contains_key(*name)) {
            let allowed = format!("\"{name}\" is the server's own; over plain http it cannot be the proxy's as well");
            return Err(Error::config(Code::InvalidOption, "proxy_headers", allowed));
        }
        let token_url = match credentials {
            Credentials::OAuth2(client) => client.token_url.as_ref(),
            _ => None,
        };
        let reads = [route.url(), token_url].into_iter().flatten().any(|url| url.scheme() == "http");
        if reads && !is_loopback(&url) && self.allow_http != Some(true) {
            let allowed = "must be loopback for an http URL, which it can read, unless allow_http is set";
            return Err(Error::config(Code::InvalidOption, "proxy", allowed));
        }
        Ok(Some((url, own)))
    }
}

/// Whether requests to `url` stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // Under schemes that are not of the web, such as socks5, an address is read as a name.
            let is_address = name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
            name == "localhost" || name.ends_with(".localhost") || is_address
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(crate) fn web_url(field: &'static str, text: &str) -> Result<Url> {
    let refuse = |allowed: &str| Err(Error::config(Code::InvalidOption, field, allowed));
    // The parser would leave out line ends and take \ for /: what is read must be what is meant.
    let is_whole = !text.trim().contains(|character: char| character.is_control() || character == '\\');
    let Some(url) = Some(text.trim()).filter(|_| is_whole).and_then(|text| Url::parse(text).ok()) else {
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

impl Settings {
    /// The proxy for requests to `url`, and the headers for it. That of the environment is not for loopback.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<(Url, HeaderMap)> {
        let of_environment = || self.environment_proxies.of(url).filter(|_| !is_loopback(url));
        self.proxy.clone().or_else(|| of_environment().map(|proxy| (proxy, HeaderMap::new())))
    }

    /// The versions that may be spoken: the one that was asked for, or all of the profile.
    pub(crate) fn versions(&self) -> Vec<&str> {
        match &self.pinned_version {
            Some(version) => vec![version],
            None => self.profile.versions.iter().map(|version| &**version).collect(),
        }
    }

    /// The version to ask for in a handshake.
    pub(crate) fn handshake_version(&self) -> &str {
        self.versions().into_iter().find(|version| !crate::protocol::era::is_modern(version)).unwrap_or("2025-11-25")
    }
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
    use crate::config::option_table::Spelling;

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
        assert_eq!(settings.route.url().unwrap().as_str(), "https://api.omnibrief.app/mcp");
        assert_eq!(settings.handshake_version(), "2025-11-05");
        assert_eq!(settings.timeout, Some(Duration::from_secs(20)));
        assert_eq!(settings.total_timeout, Some(Duration::from_secs(300)));
        assert_eq!(settings.pool_idle_timeout, Duration::from_secs(50));
        assert!(settings.honours_idempotency_keys);
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(10)));
        assert_eq!(settings.limits.answer.most, 64 << 20);
        let generic = resolve(r#"{"profile": "generic", "endpoint": "https://a.example/mcp"}"#).unwrap();
        assert_eq!(generic.pool_idle_timeout, Duration::from_secs(4));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is = |url: &str| is_loopback(&Url::parse(url).unwrap());
        for url in
            ["http://localhost:1/", "http://a.localhost/", "http://127.9.9.9/", "http://[::1]/", "http://0x7f.1/"]
        {
            assert!(is(url), "{url}");
        }
        assert!(is("socks5://127.0.0.1:1080"));
        for url in [
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://notlocalhost/",
            "http://localhost./",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://10.0.0.1/",
            "socks5://127.0.0.1.example:1080",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn plain_http_is_refused_wherever_others_could_read_it() {
        let key = r#""api_key": "k""#;
        for (json, field) in [
            (format!(r#"{{{key}, "endpoint": "http://a.example/"}}"#), "endpoint"),
            (format!(r#"{{{key}, "endpoint": "http://127.0.0.1/", "proxy": "http://a.example:3128"}}"#), "proxy"),
            (format!(r#"{{{key}, "endpoint": "http://127.0.0.1/", "proxy": "socks5://a.example:1080"}}"#), "proxy"),
        ] {
            assert_eq!(refusal(&json), (field.to_owned(), "invalid_option"), "{json}");
            assert!(resolve(&json.replace(key, r#""api_key": "k", "allow_http": true"#)).is_ok(), "{json}");
        }
        assert!(
            resolve(&format!(r#"{{{key}, "endpoint": "https://a.example/", "proxy": "http://b.example:1"}}"#)).is_ok()
        );
    }

    #[test]
    fn the_environment_counts_only_where_the_option_is_absent() {
        let environment = |name: &str| match name {
            "OMNI_API_KEY" => Some("omni_test_env".into()),
            "OMNI_CLIENT_API_BASE_URL" => Some("http://127.0.0.1:9".into()),
            _ => None,
        };
        let settings = ClientConfig::default().resolve(environment).unwrap();
        assert_eq!(settings.route.url().unwrap().as_str(), "http://127.0.0.1:9/mcp");
        let given = ClientConfig::default().base_url("https://example.com/x/");
        assert_eq!(given.resolve(environment).unwrap().route.url().unwrap().as_str(), "https://example.com/x/mcp");
        let whole = ClientConfig::default().base_url("https://example.com/mcp");
        assert_eq!(whole.resolve(environment).unwrap().route.url().unwrap().as_str(), "https://example.com/mcp");
        let generic = ClientConfig::default().profile("generic").resolve(environment).unwrap_err();
        assert_eq!(generic.info().field.as_deref(), Some("endpoint"));
    }

    #[test]
    fn a_process_gets_what_the_given_environment_has() {
        let environment = |name: &str| match name {
            "PATH" => Some("/of/the/caller".into()),
            "OMNI_API_KEY" => Some("none of its business".into()),
            _ => None,
        };
        let settings = ClientConfig::default().command("server").resolve(environment).unwrap();
        let Route::Stdio(program) = settings.route else { panic!("not a process") };
        assert_eq!(program.inherited, [("PATH".to_owned(), OsString::from("/of/the/caller"))]);
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
