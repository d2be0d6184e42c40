//! The options of a server, their defaults and checks.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credentials::AuthOptions;
use crate::description::{choices, described};
use crate::faults::Rule;
use crate::oauth::OAuthOptions;
use crate::odock::records;
use crate::omni::auth;
use crate::own_tools::{self, ToolOptions};
use crate::proxy::ProxyOptions;
use crate::reading::Spelling;
use crate::recording;
use crate::registry;
use crate::stdio_options::StdioOptions;
use crate::tls_options::TlsOptions;

/// The key that a server without `keys` accepts, with all scopes.
pub(crate) const DEFAULT_KEY: &str = "omni_test_devserver_0001";

/// The same for the other services, in the form of their keys.
fn default_key(profile: Profile) -> &'static str {
    match profile {
        Profile::Omni | Profile::Generic => DEFAULT_KEY,
        Profile::Octomind => "octo_test_devserver_0001",
        Profile::Odock => "sk_test_devserver_0001",
        Profile::Gaia => "gaia_test_devserver_0001",
        Profile::Sema4 => "sema4_test_devserver_0001",
    }
}

/// The simulated service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// OMNI's hosted MCP service.
    #[default]
    Omni,
    /// A plain MCP server of revision 2025-11-25: with sessions, without idempotency keys.
    Generic,
    /// Octomind's hosted MCP service.
    Octomind,
    /// Odock's gateway, with a server behind it.
    Odock,
    /// GAIA's registry of MCP servers.
    Gaia,
    /// Sema4.ai's registry of MCP servers.
    Sema4,
}

/// The transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Streamable HTTP.
    #[default]
    Http,
    /// Profile `generic`: the HTTP+SSE transport of 2024-11-05.
    Sse,
    /// Profile `generic`: standard input and output. Only the program serves it.
    Stdio,
}

/// The supported eras of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Era {
    /// With a handshake: up to 2025-11-25.
    #[default]
    Legacy,
    /// Without a handshake: from 2026-07-28 on.
    Modern,
    /// Both on one endpoint, chosen by the first request of the client.
    Dual,
}

/// The form of the response to a POST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    /// One JSON body.
    #[default]
    Json,
    /// An event stream that ends with the response.
    Sse,
}

/// What the ledger records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerMode {
    /// Every request and execution with details.
    #[default]
    Full,
    /// The counters only, for long runs.
    Counts,
}

/// How profile `generic` uses sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionMode {
    /// Every request after `initialize` must name one.
    #[default]
    Required,
    /// They are opened, and a request may omit them.
    Optional,
    /// None are opened.
    None,
}

/// How profile `sema4` serves its collection without a trailing slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrailingSlash {
    /// Like the one with a slash.
    #[default]
    Accept,
    /// By a redirect.
    Redirect,
}

/// The body of an error of profile `sema4`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// `{"error": {"code", "message"}}`.
    #[default]
    Error,
    /// `{"detail"}`.
    Detail,
    /// `{"message"}`.
    Message,
}

choices! {
    Profile: Omni, Generic, Octomind, Odock, Gaia, Sema4;
    Transport: Http, Sse, Stdio;
    Era: Legacy, Modern, Dual;
    Answering: Json, Sse;
    LedgerMode: Full, Counts;
    SessionMode: Required, Optional, None;
    TrailingSlash: Accept, Redirect;
    ErrorShape: Error, Detail, Message;
}

described! {
    /// One API key of the server.
    #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct KeyOptions {
        /// The key itself.
        pub key: String,
        /// Its scopes; all if absent.
        #[serde(default)]
        pub scopes: Option<Vec<String>>,
        /// Refuse this key with `auth_rejected`.
        #[serde(default)]
        pub rejected: bool,
        /// Profile `odock`: the slugs that it may use; all if absent.
        #[serde(default)]
        pub grants: Option<Vec<String>>,
        /// Profile `odock`: refuse this key with `api_key_expired`.
        #[serde(default)]
        pub expired: bool,
        /// Profile `odock`: refuse this key with `api_key_revoked`.
        #[serde(default)]
        pub revoked: bool,
    }
}

impl fmt::Debug for KeyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyOptions")
            .field("key", &"[redacted]")
            .field("scopes", &self.scopes)
            .field("rejected", &self.rejected)
            .field("grants", &self.grants)
            .field("expired", &self.expired)
            .field("revoked", &self.revoked)
            .finish()
    }
}

described! {
    /// The rate limit of each key, for `tools/list` and `tools/call`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct RateLimit {
        /// Calls per minute.
        pub per_minute: u32,
        /// Calls that are possible at once; `per_minute` if absent.
        #[serde(default)]
        pub burst: Option<u32>,
        /// The seconds in `Retry-After`; the time until the next call is allowed if absent.
        #[serde(default)]
        pub retry_after: Option<u64>,
    }
}

described! {
    /// The options of a server. As JSON, every field is optional.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct Options {
        /// The service to simulate.
        pub profile: Profile,
        /// The transport.
        pub transport: Transport,
        /// The port on 127.0.0.1; 0 for any free one.
        pub port: u16,
        /// Use https, with certificates that are created at the start.
        pub tls: Option<TlsOptions>,
        /// A proxy beside the server.
        pub proxy: Option<ProxyOptions>,
        /// Profile `generic`: the supported eras.
        pub era: Era,
        /// Profile `generic`: resources, prompts, completion, and tools for everything that a server can request or return.
        pub everything: bool,
        /// The `ttlMs` of cacheable results, in the modern era.
        pub ttl_ms: u64,
        /// JSON bodies or event streams.
        pub answer: Answering,
        /// Event streams begin with a priming event, have ids and can be resumed.
        pub sse_event_ids: bool,
        /// The `retry` field of the priming event, in milliseconds.
        pub sse_retry_ms: Option<u64>,
        /// The accepted keys; one default key with all scopes if empty.
        pub keys: Vec<KeyOptions>,
        /// Profile `generic`: require one of the keys. OMNI always does.
        pub require_key: bool,
        /// Profile `generic`: the credentials that `/mcp` requires.
        pub auth: Option<AuthOptions>,
        /// A token endpoint; profile `generic` then requires one of its tokens.
        pub oauth: Option<OAuthOptions>,
        /// Profile `generic`: whether requests need a session.
        pub sessions: SessionMode,
        /// The rate limit of each key.
        pub rate_limit: Option<RateLimit>,
        /// Profile `omni`: 404 for a session id that this server did not issue.
        pub require_session: bool,
        /// Progress notifications before the response to a call with a progress token.
        pub progress: u32,
        /// Pause after each progress notification, in milliseconds.
        pub progress_interval_ms: u64,
        /// Log notifications before the response to a call.
        pub log_messages: u32,
        /// Tools per page of `tools/list`; all on one page if absent.
        pub tools_page_size: Option<usize>,
        /// Tools of your own, instead of the sample tools of the profile. In Python and Node also functions by name.
        pub tools: Vec<ToolOptions>,
        /// Additional tools `tool.001`, `tool.002`, … that do nothing.
        pub extra_tools: usize,
        /// Additional tools of these names, which return their arguments.
        pub tool_names: Vec<String>,
        /// The JSON-RPC code of an idempotency key in flight.
        pub conflict_rpc_code: i64,
        /// The `omni_code`, chosen by this emulator, for a used key with another payload (HTTP 422).
        pub changed_payload_code: String,
        /// The version in the response to an unsupported one; that of the profile if absent.
        pub default_version: Option<String>,
        /// The versions that are accepted as requested; those of the profile if absent.
        pub supported_versions: Option<Vec<String>>,
        /// The seed of rules with a probability.
        pub seed: u64,
        /// What the ledger records.
        pub ledger: LedgerMode,
        /// Interval of comments on open streams, in milliseconds.
        pub keep_alive_ms: u64,
        /// Send `Deprecation`, `Sunset` and `Link` on `/sse`.
        pub deprecated_sse: bool,
        /// `Set-Cookie` headers of every response.
        pub set_cookies: Vec<String>,
        /// A load balancer in front of two replicas, each with its own sessions; it is sticky by a cookie.
        pub sticky_cookie: bool,
        /// 413 for requests with larger bodies, in bytes, before the body is read; then the connection is closed.
        pub early_413_above: Option<u64>,
        /// GET opens a stream; if false, the response is 405.
        pub get_stream: bool,
        /// One request is served at a time, until the end of its response; an open stream blocks all others.
        pub one_worker: bool,
        /// Transport `sse`: the data of the endpoint event; `$SESSION` and `$ORIGIN` are replaced.
        pub endpoint_event: Option<String>,
        /// Transport `sse`: delay of the endpoint event, in milliseconds.
        pub endpoint_event_late_ms: u64,
        /// Transport `sse`: the data of a second endpoint event, after the first response.
        pub second_endpoint_event: Option<String>,
        /// Transport `sse`: no endpoint event is sent.
        pub no_endpoint_event: bool,
        /// Transport `stdio`: its own options.
        pub stdio: StdioOptions,
        /// Record the session of a client with the server `upstream` in this file.
        pub record: Option<PathBuf>,
        /// Play a recorded session back.
        pub replay: Option<PathBuf>,
        /// The URL of the server for `record`; of profile `odock` options of the server behind it, in addition to its defaults.
        pub upstream: Option<Value>,
        /// Profile `odock`: terms that no request may contain.
        pub keywords: Vec<String>,
        /// Profile `odock`: refuse requests with `budget_exceeded`.
        pub budget_spent: bool,
        /// Profile `odock`: refuse requests with `quota_exceeded`.
        pub quota_spent: bool,
        /// Profile `odock`: a rate limit also sets `Retry-After`.
        pub retry_after_header: bool,
        /// Profile `odock`: the servers of the gateway. Profiles `gaia` and `sema4`: the records at the
        /// start.
        pub servers: Option<Vec<Value>>,
        /// Profile `gaia`: the path of the registry.
        pub path: Option<String>,
        /// Profile `gaia`: the existing projects; any if absent.
        pub projects: Option<Vec<String>>,
        /// Profile `sema4`: the existing tenant; any if absent.
        pub tenant: Option<String>,
        /// Profile `sema4`: records per page, if the request has no limit.
        pub page_size: usize,
        /// Profile `sema4`: every page names the same next page.
        pub loop_next: bool,
        /// Profile `sema4`: how the collection without a trailing slash is served.
        pub trailing_slash: TrailingSlash,
        /// Profile `sema4`: target of that redirect; the path with a slash if absent.
        pub redirect_location: Option<String>,
        /// Profile `sema4`: the body of an error.
        pub error_shape: ErrorShape,
        /// The fault rules at the start.
        pub faults: Vec<Rule>,
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            transport: Transport::default(),
            port: 0,
            tls: None,
            proxy: None,
            era: Era::default(),
            everything: false,
            ttl_ms: 0,
            answer: Answering::default(),
            sse_event_ids: false,
            sse_retry_ms: None,
            keys: Vec::new(),
            require_key: false,
            auth: None,
            oauth: None,
            sessions: SessionMode::default(),
            rate_limit: None,
            require_session: false,
            progress: 0,
            progress_interval_ms: 0,
            log_messages: 0,
            tools_page_size: None,
            tools: Vec::new(),
            extra_tools: 0,
            tool_names: Vec::new(),
            conflict_rpc_code: -32602,
            changed_payload_code: "idempotency_payload_mismatch".to_owned(),
            default_version: None,
            supported_versions: None,
            seed: 0,
            ledger: LedgerMode::default(),
            keep_alive_ms: 15_000,
            deprecated_sse: false,
            set_cookies: Vec::new(),
            sticky_cookie: false,
            early_413_above: None,
            get_stream: true,
            one_worker: false,
            endpoint_event: None,
            endpoint_event_late_ms: 0,
            second_endpoint_event: None,
            no_endpoint_event: false,
            stdio: StdioOptions::default(),
            record: None,
            replay: None,
            upstream: None,
            keywords: Vec::new(),
            budget_spent: false,
            quota_spent: false,
            retry_after_header: false,
            servers: None,
            path: None,
            projects: None,
            tenant: None,
            page_size: 50,
            loop_next: false,
            trailing_slash: TrailingSlash::default(),
            redirect_location: None,
            error_shape: ErrorShape::default(),
            faults: Vec::new(),
        }
    }
}

impl Options {
    /// The options with defaults for absent fields, or what is wrong with them.
    pub(crate) fn checked(mut self, spelling: Spelling) -> Result<Self, String> {
        if self.keys.is_empty() {
            self.keys.push(KeyOptions { key: default_key(self.profile).to_owned(), ..KeyOptions::default() });
        }
        if self.profile == Profile::Octomind {
            // The service has no other transport.
            self.answer = Answering::Sse;
        }
        self.check_profile(spelling)?;
        self.check_values(spelling)?;
        self.check_parts(spelling)?;
        Ok(self)
    }

    /// Checks options that belong to some profiles only.
    fn check_profile(&self, spelling: Spelling) -> Result<(), String> {
        if self.transport != Transport::Http && self.profile != Profile::Generic {
            return Err("transports other than http belong to profile generic".to_owned());
        }
        if (self.era != Era::Legacy || self.everything) && self.profile != Profile::Generic {
            return Err("era and everything belong to profile generic".to_owned());
        }
        if self.era != Era::Legacy && self.transport == Transport::Sse {
            return Err("transport sse is of the legacy era alone".to_owned());
        }
        if self.profile == Profile::Omni
            && let Some(at) = self.keys.iter().position(|k| !auth::looks_like_a_key(&k.key))
        {
            return Err(format!("keys[{at}].key must be omni_live_… or omni_test_… in visible ASCII"));
        }
        if self.profile == Profile::Odock {
            records::check(self, spelling)?;
        }
        if matches!(self.profile, Profile::Gaia | Profile::Sema4) {
            registry::check_servers(self.servers.as_deref().unwrap_or_default())?;
        }
        Ok(())
    }

    /// Checks numbers, paths and headers.
    fn check_values(&self, spelling: Spelling) -> Result<(), String> {
        let too_small = |name: &str| Err(format!("{} must be at least 1", spelling.spell(name)));
        let no_header = |name: &str| Err(format!("{} cannot be sent in a header", spelling.spell(name)));
        if self.tools_page_size == Some(0) {
            return too_small("tools_page_size");
        }
        if self.page_size == 0 {
            return too_small("page_size");
        }
        if self.path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err("path must begin with /".to_owned());
        }
        if self.redirect_location.as_ref().is_some_and(|location| http::HeaderValue::try_from(location).is_err()) {
            return no_header("redirect_location");
        }
        if self.set_cookies.iter().any(|cookie| http::HeaderValue::try_from(cookie).is_err()) {
            return no_header("set_cookies");
        }
        if self.keep_alive_ms == 0 {
            return too_small("keep_alive_ms");
        }
        if let Some(limit) = self.rate_limit
            && (limit.per_minute == 0 || limit.burst == Some(0))
        {
            return too_small("rate_limit.per_minute and rate_limit.burst");
        }
        Ok(())
    }

    /// Checks the options that are objects.
    fn check_parts(&self, spelling: Spelling) -> Result<(), String> {
        if let Some(tls) = &self.tls {
            tls.check(spelling).map_err(|what| format!("tls{what}"))?;
        }
        if let Some(proxy) = &self.proxy {
            proxy.check().map_err(|what| format!("proxy.{what}"))?;
        }
        if usize::from(self.auth.is_some()) + usize::from(self.oauth.is_some()) + usize::from(self.require_key) > 1
            && self.profile == Profile::Generic
        {
            return Err(format!("give only one of auth, oauth and {}", spelling.spell("require_key")));
        }
        if let Some(auth) = &self.auth {
            auth.check().map_err(|what| format!("auth.{what}"))?;
        }
        if let Some(oauth) = &self.oauth {
            oauth.check().map_err(|what| format!("oauth.{what}"))?;
        }
        own_tools::check(self.profile, &self.tools, spelling)?;
        recording::check(self, spelling)?;
        for (at, rule) in self.faults.iter().enumerate() {
            rule.check(spelling).map_err(|what| format!("faults[{at}]: {what}"))?;
        }
        Ok(())
    }
}
