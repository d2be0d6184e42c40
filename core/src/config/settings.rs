//! Validated settings of a client, from its options and profile.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use url::Url;

use crate::auth::credentials::{Credentials, bearer, one_word, sensitive};
use crate::config::backoff::Backoff;
use crate::config::callbacks::Callbacks;
use crate::config::client_options::ClientConfig;
use crate::config::endpoint::{Route, Tools};
use crate::config::header_rules;
use crate::config::limits::Limits;
use crate::config::profile::{Choice, Profile};
use crate::config::proxies::{EnvironmentProxies, UsedProxy};
use crate::config::tls::Tls;
use crate::config::urls::{is_loopback, looks_like_url, refuse_plain_http, web_url};
use crate::config::values::{is_date, optional, positive, required};
use crate::error::{Code, Error, Result};
use crate::observe::log;
use crate::util::secret::{SHORTEST_SECRET, Secret};
use crate::util::spelling::Spelling;
use crate::util::suggestion::did_you_mean;
use crate::util::{environment, headers};

/// Validated settings of a client.
pub(crate) struct Settings {
    /// Spelling of names in messages.
    pub(crate) spelling: Spelling,
    pub(crate) profile: Arc<Profile>,
    pub(crate) route: Route,
    /// The server in messages and log records.
    pub(crate) server: Arc<str>,
    pub(crate) credentials: Credentials,
    /// Where the API key was given, if it is used: `option api_key`, or a variable.
    pub(crate) api_key_source: Option<String>,
    pub(crate) callbacks: Callbacks,
    pub(crate) proxy: Option<UsedProxy>,
    pub(crate) environment_proxies: EnvironmentProxies,
    /// Whether cookies are stored.
    pub(crate) cookies: bool,
    pub(crate) tls: Tls,
    pub(crate) tools: Tools,
    pub(crate) force_serial_tool_calls: bool,
    pub(crate) handshake: bool,
    /// Whether a stream for server-initiated messages is opened.
    pub(crate) listen: bool,
    /// Whether the stream may carry server requests.
    pub(crate) has_request_callbacks: bool,
    /// `clientInfo` as JSON text.
    pub(crate) client_info: String,
    /// Secrets, for redaction.
    pub(crate) secrets: Vec<String>,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    /// The option `protocol_version`.
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
    /// Validates the options and applies defaults. `variables` looks up environment variables.
    pub(crate) fn resolve(&self, variables: impl Fn(&str) -> Option<OsString>) -> Result<Settings> {
        let profile = match &self.profile {
            Some(choice) => choice.resolve()?,
            None if self.command.is_some() => Choice::from("generic").resolve()?,
            None => Profile::usual(),
        };
        self.resolve_under(profile, variables)
    }

    /// As [`resolve`](Self::resolve), with a given profile.
    pub(crate) fn resolve_under(
        &self,
        profile: Arc<Profile>,
        variables: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Settings> {
        let environment = |name: &str| variables(name)?.into_string().ok();
        let from_environment =
            |name: &Option<_>| name.as_deref().and_then(&environment).filter(|value: &String| !value.is_empty());
        let route = self.route(&profile, from_environment(&profile.environment.base_url), &variables)?;
        let key_of_environment = from_environment(&profile.environment.api_key);
        let credentials = self.credentials(&profile, &route, key_of_environment)?;
        let common = self.common_headers(&profile, &credentials)?;
        let server: Arc<str> = route.server().into();
        // Keys are sent in a header, which stdio does not have.
        let honours_idempotency_keys =
            route.url().is_some() && self.honours_idempotency_keys.unwrap_or(profile.honours_idempotency_keys);
        let idle = Duration::from_secs(if honours_idempotency_keys { 50 } else { 4 });
        let backoff = Backoff {
            initial: required("backoff_initial", self.backoff_initial, Duration::from_millis(250))?,
            max: required("backoff_max", self.backoff_max, Duration::from_secs(4))?,
        };
        Ok(Settings {
            spelling: self.spelling,
            secrets: self.secrets(&credentials, &route, environment),
            proxy: self.proxy_with_headers(&route, &credentials, &common)?,
            environment_proxies: EnvironmentProxies::read(environment),
            cookies: self.cookies.unwrap_or(true),
            tls: Tls::read(self, environment)?,
            tools: Tools::new(&self.allowed_tools, &self.blocked_tools)?,
            force_serial_tool_calls: self.force_serial_tool_calls.unwrap_or(false),
            handshake: self.handshake.unwrap_or(profile.handshake),
            listen: self.listen.unwrap_or(self.callbacks.notification.is_some()),
            has_request_callbacks: self.listen.unwrap_or(true) && !self.callbacks.requests.is_empty(),
            client_info: self.client_info()?,
            callbacks: self.named_callbacks(&server)?,
            server,
            route,
            api_key_source: self.api_key_source(&profile, &credentials),
            credentials,
            headers: common,
            pinned_version: self.requested_version(&profile)?,
            timeout: optional("timeout", self.timeout, Duration::from_secs(20))?,
            total_timeout: optional("total_timeout", self.total_timeout, Duration::from_secs(300))?,
            connect_timeout: optional("connect_timeout", self.connect_timeout, Duration::from_secs(10))?,
            pool_idle_timeout: required("pool_idle_timeout", self.pool_idle_timeout, idle)?,
            max_connections: self.connection_limit()?,
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

    fn connection_limit(&self) -> Result<Option<u32>> {
        self.max_connections.unwrap_or(Some(256)).map(|most| positive("max_connections", most)).transpose()
    }

    /// The headers of every request.
    fn common_headers(&self, profile: &Profile, credentials: &Credentials) -> Result<HeaderMap> {
        let mut common = header_rules::extra("headers", self.headers.iter().flatten())?;
        if let Credentials::Fixed(name, value, _) = credentials {
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
        Ok(common)
    }

    /// The callbacks, with a log that has the minimum level and names the client.
    fn named_callbacks(&self, server: &Arc<str>) -> Result<Callbacks> {
        if let Some(name) = &self.log_level {
            let Some(level) = log::level(name) else {
                let meant = did_you_mean(name, log::LEVELS.iter().copied());
                let allowed = format!("must be one of {}{meant}", log::LEVELS.join(", "));
                return Err(Error::config(Code::InvalidOption, "log_level", allowed));
            };
            self.callbacks.log.set_level(Some(level));
        }
        let mut callbacks = self.callbacks.clone();
        callbacks.log =
            callbacks.log.of_client(server, &crate::util::sanitize::identifier(self.shown_name().as_bytes()));
        Ok(callbacks)
    }

    fn shown_name(&self) -> &str {
        self.client_name.as_deref().unwrap_or("omni-mcp")
    }

    fn client_info(&self) -> Result<String> {
        let name = self.shown_name();
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
        let provided = self.callbacks.token.is_some();
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
                    refuse_plain_http(field, &url, self.allow_http == Some(true))?;
                    Ok(url)
                });
            }
            (None, true) => return Ok(Credentials::Provided),
            (None, false) => {}
        }
        let Some(key) = self.api_key.clone().or(from_environment.map(Secret::from)) else {
            if profile.key_required && route.url().is_some() {
                let hint = profile.hint(self.spelling);
                let allowed = match &profile.environment.api_key {
                    Some(name) => format!("is required; give it or set {name}{hint}"),
                    None => "is required".to_owned(),
                };
                return Err(Error::config(Code::MissingOption, "api_key", allowed));
            }
            return Ok(Credentials::None);
        };
        let variable = profile.environment.api_key.as_deref().filter(|_| self.api_key.is_none());
        self.refuse_url_as_key(key.expose(), variable)?;
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

    /// The URL of a server must not be sent to another one as its key.
    fn refuse_url_as_key(&self, key: &str, variable: Option<&str>) -> Result<()> {
        if !looks_like_url(key) {
            return Ok(());
        }
        let source = variable.map(|name| format!("the value of {name} ")).unwrap_or_default();
        let profile = self.spelling.assignment("profile", "generic");
        let allowed = "looks like a URL; for an MCP server at a URL, give the URL alone as the first argument";
        Err(Error::config(
            Code::InvalidOption,
            "api_key",
            format_args!("{source}{allowed}, or as endpoint with {profile}"),
        ))
    }

    fn api_key_source(&self, profile: &Profile, credentials: &Credentials) -> Option<String> {
        match (credentials, &self.auth, &self.api_key, &profile.environment.api_key) {
            (Credentials::Fixed(..), None, Some(_), _) => Some(format!("option {}", self.spelling.name("api_key"))),
            (Credentials::Fixed(..), None, None, Some(variable)) => Some(format!("variable {variable}")),
            _ => None,
        }
    }

    fn requested_version(&self, profile: &Profile) -> Result<Option<String>> {
        let Some(version) = &self.protocol_version else { return Ok(None) };
        if profile.versions.iter().any(|known| known == version) {
            return Ok(Some(version.clone()));
        }
        let allowed = format!("must be one of {}", profile.versions.join(", "));
        Err(Error::config(Code::InvalidOption, "protocol_version", allowed))
    }

    fn proxy_with_headers(
        &self,
        route: &Route,
        credentials: &Credentials,
        headers: &HeaderMap,
    ) -> Result<Option<UsedProxy>> {
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
        // Over plain http, the proxy and the server receive the same headers.
        let shared = route.url().is_some_and(|endpoint| endpoint.scheme() == "http");
        if let Some(name) = own.keys().find(|name| shared && headers.contains_key(*name)) {
            let allowed =
                format!("\"{name}\" is also sent to the server; over plain http, the proxy receives the same headers");
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
        Ok(Some(UsedProxy { url, headers: own, source: "option proxy".to_owned() }))
    }
}

impl Settings {
    /// The proxy for requests to `url`.
    pub(crate) fn proxy_of(&self, url: &Url) -> Option<UsedProxy> {
        self.proxy.clone().or_else(|| self.environment_proxies.of(url))
    }

    /// Accepted protocol versions: the option `protocol_version`, or all of the profile.
    pub(crate) fn versions(&self) -> Vec<&str> {
        match &self.pinned_version {
            Some(version) => vec![version],
            None => self.profile.versions.iter().map(|version| &**version).collect(),
        }
    }

    /// Names the profile for other servers, in the errors of the default profile.
    pub(crate) fn profile_hint(&self) -> String {
        self.profile.hint(self.spelling)
    }

    /// The protocol version requested in a handshake.
    pub(crate) fn handshake_version(&self) -> &str {
        crate::protocol::era::version_with_handshake(&self.versions()).unwrap_or("2025-11-25")
    }
}

#[cfg(test)]
mod tests;
