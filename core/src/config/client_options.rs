//! The options of a client: one table for all languages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::auth::AuthConfig;
use crate::config::callbacks::Callbacks;
use crate::config::endpoint::TRANSPORTS;
use crate::config::option_table::{Address, options};
use crate::config::profile::{Choice, NAMES};
use crate::util::secret::Secret;

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
