//! The options of a client: one table for all languages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::auth::AuthConfig;
use crate::config::callbacks::{CALLBACK_NAMES, Callbacks};
use crate::config::endpoint::TRANSPORTS;
use crate::config::option_table::{Address, options};
use crate::config::profile::{Choice, NAMES};
use crate::observe::log::LEVELS;
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;

/// Values of the option `min_tls_version`.
pub(crate) const TLS_VERSIONS: &[&str] = &["1.2", "1.3"];

options! {
    /// Options of a client.
    ClientConfig, "options", CLIENT_OPTIONS, callbacks CALLBACK_NAMES;
    /// API key, sent as a bearer token.
    api_key: Secret = "the environment variable OMNI_API_KEY (profile omni)";
    /// Base URL of the service; the profile appends the path of its MCP endpoint.
    base_url: Address = "the environment variable OMNI_CLIENT_API_BASE_URL, else the URL of the profile";
    /// Full URL of the MCP endpoint. Replaces `base_url`.
    endpoint: Address = "none";
    /// Service profile: `omni`, `octomind`, `odock` or `generic`, or an object that describes another service.
    profile: Choice = "omni; generic if a command is given", of NAMES;
    /// Slug or id of the server behind a gateway, for profiles whose path contains one.
    slug: String = "none; required by profile odock";
    /// Credentials other than `api_key`: an object with `type`.
    auth: AuthConfig = "the API key, as a bearer token";
    /// Version of the OMNI API, `YYYY-MM-DD`, sent as `Omni-Version`.
    omni_version: String = "none";
    /// Perform the `initialize` handshake before the first call.
    handshake: bool = "set by the profile (odock: false)";
    /// Transport: `streamable_http`, `sse` (HTTP with SSE, 2024-11-05) or `stdio`.
    transport: String = "stdio if a command is given; else streamable_http, with fallback to sse in profile generic", of TRANSPORTS;
    /// Program to start (stdio transport).
    command: String = "none";
    /// Arguments of the program (stdio transport).
    args: Vec<Secret> = "none";
    /// Environment variables of the program (stdio transport), in addition to PATH, HOME and similar ones. No other variables are inherited.
    env: BTreeMap<String, Secret> = "none";
    /// Working directory of the program (stdio transport).
    cwd: String = "the current directory";
    /// Proxy URL: http, https, socks5 or socks5h.
    proxy: Address = "the proxy environment variables; loopback is never proxied";
    /// HTTP headers sent to the proxy.
    proxy_headers: BTreeMap<String, Secret> = "none";
    /// Trusted certificate authorities, instead of the system's: PEM text, or the path of a PEM file.
    ca_certs: String = "the system's certificate store";
    /// Client certificate with its intermediate certificates (mutual TLS): PEM text, or the path of a PEM file.
    client_cert: Secret = "none";
    /// Private key of `client_cert`, unencrypted: PEM text, or the path of a PEM file.
    client_key: Secret = "the key in client_cert";
    /// Minimum TLS version: `1.2` or `1.3`.
    min_tls_version: String = "1.2", of TLS_VERSIONS;
    /// Tools that may be called. An empty list allows none.
    allowed_tools: Vec<String> = "all tools";
    /// Tools that may not be called. Takes precedence over `allowed_tools`.
    blocked_tools: Vec<String> = "none";
    /// Client name in `clientInfo`.
    client_name: String = "omni-mcp";
    /// Client version in `clientInfo`.
    client_version: String = "the version of this package";
    /// Send one tool call at a time, in call order.
    force_serial_tool_calls: bool = "false";
    /// Open a stream for server-initiated messages: by GET, or by `subscriptions/listen` since 2026-07-28.
    listen: bool = "true if on_notification is given, and before 2026-07-28 also if a callback for server requests is given";
    /// Use this protocol version only. Must be one that the profile accepts.
    protocol_version: String = "the versions of the profile, newest first";
    /// Load balancer affinity hint, sent as `x-session-id` with every request.
    x_session_id: String = "none";
    /// Store the server's cookies and send them back (load balancer affinity).
    cookies: bool = "true";
    /// Additional HTTP headers for every request. Headers that the client sets itself are refused.
    headers: BTreeMap<String, Secret> = "none";
    /// Idle timeout of one attempt. Progress notifications, and any bytes on the event stream of the call, restart it. None: no limit.
    timeout: Option<Duration> = "20 s";
    /// Total timeout of a call, including all attempts and waits. None: no limit.
    total_timeout: Option<Duration> = "5 min";
    /// Timeout for establishing a connection. None: no limit.
    connect_timeout: Option<Duration> = "10 s";
    /// Time after which an idle pooled connection is closed.
    pool_idle_timeout: Duration = "50 s if calls carry idempotency keys, else 4 s";
    /// Maximum number of concurrent calls. Each uses one connection, or one stream over HTTP/2; further calls wait in order. None: no limit.
    max_connections: Option<u32> = "256";
    /// Maximum number of attempts, including the first. 1: no retries.
    max_attempts: u32 = "3";
    /// Delay before the second attempt. It doubles with each further attempt.
    backoff_initial: Duration = "250 ms";
    /// Maximum delay between attempts.
    backoff_max: Duration = "4 s";
    /// Retry budget of the client, in tokens. A retry takes 14. None: no limit.
    retry_budget: Option<u32> = "500";
    /// Declare that the server runs requests with the same `Idempotency-Key` once. Calls with a key are then retried.
    honours_idempotency_keys: bool = "set by the profile (omni: true)";
    /// Retry calls without an honoured idempotency key after a 503 with Retry-After.
    retry_unavailable: bool = "false";
    /// Report a tool result with `isError` as an error of kind `tool`.
    raise_tool_errors: bool = "false";
    /// Validate structured tool results against the output schema. Lists the tools first if they are not known.
    validate_output: bool = "false";
    /// Cache lists and resources for the `ttlMs` that the server states, or until it reports a change.
    cache: bool = "true";
    /// Maximum number of input rounds of one call (multi round-trip requests, since 2026-07-28).
    max_input_rounds: u32 = "10";
    /// Allow plain http for calls and API keys to hosts other than loopback.
    allow_http: bool = "false";
    /// Maximum response size after decompression, in bytes.
    max_answer_bytes: u64 = "67108864 (64 MiB)";
    /// Maximum size of one stream event, or of one line of a process, in bytes.
    max_event_bytes: u64 = "max_answer_bytes";
    /// Maximum size of an error body after decompression, in bytes. The rest is not read.
    max_error_bytes: u64 = "65536 (64 KiB)";
    /// Maximum number of response headers.
    max_headers: u32 = "100";
    /// Maximum nesting depth of JSON in responses and notifications.
    max_depth: u32 = "127";
    /// Maximum number of messages queued for each callback: notifications, log records and, for each call, progress. Further ones are dropped and counted; a stream waits while the progress queue of its call is full.
    max_queued_notifications: u32 = "1024";
    /// Maximum number of server requests handled at once. Further ones are ignored and counted.
    max_server_requests: u32 = "256";
    /// Minimum level of records for `on_log`: `debug`, `info`, `warn` or `error`.
    log_level: String = "info; in Python without on_log, the level of the logger omni_mcp_py", of LEVELS;
    /// Maximum number of pages read for one list.
    max_pages: u32 = "1000";
    /// Refuse known deviations from the specification that are otherwise accepted. For testing servers.
    strict: bool = "false";
    beside
    /// Callbacks.
    callbacks: Callbacks;
    /// Spelling of names in messages. With that of Node, the environment variables of Node are read, too.
    spelling: Spelling;
}
