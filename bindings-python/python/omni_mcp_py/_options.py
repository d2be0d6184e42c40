"""The options of clients, calls and registries. Their names, defaults and explanations are the core's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import timedelta

    from omni_mcp_py._types import LogRecord, Notification, StateChange
    from omni_mcp_py.types import (
        CreateMessageRequestParams,
        CreateMessageResult,
        ElicitRequestParams,
        ElicitResult,
        Root,
    )

    _Seconds = float | timedelta
    _Profile = Literal["omni", "octomind", "odock", "generic"]


class AuthOptions(TypedDict, total=False):
    """How a client proves who it is. Which members belong to which type, they say."""

    type: Literal["none", "bearer", "basic", "oauth2", "header"]
    """`none`, `bearer`, `basic`, `oauth2` (client credentials, RFC 6749 section 4.4) or `header`. Required."""
    token: str
    """The token (type `bearer`). Default: none."""
    username: str
    """The user (type `basic`). Default: none."""
    password: str
    """The password (type `basic`). Default: none."""
    token_url: str
    """The token endpoint (type `oauth2`).

    Default: found by the metadata of the server's own origin (RFC 9728, RFC 8414).
    """
    client_id: str
    """The client's id (type `oauth2`). Default: none."""
    client_secret: str
    """The client's secret (type `oauth2`). Default: none."""
    scope: str
    """The scope to ask for (type `oauth2`). Default: none."""
    audience: str
    """The audience to ask for (type `oauth2`). Default: none."""
    name: str
    """The name of the header (type `header`). Default: Authorization."""
    value: str
    """The whole value of the header (type `header`). Default: none."""


class ProfileOptions(TypedDict, total=False):
    """A service's rules, where they are those of no profile here."""

    name: str
    """The name, for messages. Default: custom."""
    extends: _Profile
    """The profile that this one changes: `generic`, `omni`, `octomind` or `odock`. Default: generic."""
    base_url: str
    """Where the service lives. Default: that of the profile it extends."""
    path: str
    """The path of the MCP endpoint below the base URL; `{slug}` stands for the option of that name.

    Default: that of the profile it extends.
    """
    sse_path: str
    """The path of the event stream of the transport of 2024-11-05. Default: that of the profile it extends."""
    api_key_variable: str
    """The environment variable read where `api_key` is not given. Default: none."""
    base_url_variable: str
    """The environment variable read where `base_url` is not given. Default: none."""
    key_required: bool
    """Whether a key is required. Default: that of the profile it extends."""
    api_key_header: str
    """The header that carries the API key, such as `x-api-key`. Default: Authorization, as a bearer token."""
    versions: Sequence[str]
    """The protocol versions accepted from the server, the one to ask for first.

    Default: those of the profile it extends.
    """
    handshake: bool
    """Whether a session is opened by a handshake before the first call. Default: that of the profile it extends."""
    string_ids: bool
    """Whether JSON-RPC ids are sent as strings. Default: that of the profile it extends."""
    deletes_sessions: bool
    """Whether a session is ended by DELETE. Default: that of the profile it extends."""
    honours_idempotency_keys: bool
    """Whether the server runs a repeated `Idempotency-Key` once, so that every `tools/call` carries one.

    Default: that of the profile it extends.
    """
    sticky: bool
    """Whether the load balancer wants an `x-session-id`, made once per client.

    Default: that of the profile it extends.
    """
    retries_internal_errors: bool
    """Whether a JSON-RPC error on HTTP 500 is worth another attempt. Default: that of the profile it extends."""
    catalogue: Sequence[Mapping[str, Any]]
    """What the service's own error codes mean, before those of the profile it extends.

    Objects with `word`, `code` (one of ours), `happened` (a row of the retry table) and `delivery`. Default: none.
    """
    session_lost: Sequence[Mapping[str, Any]]
    """Answers that say that the session is lost: objects with `status`, and `method` (POST), `rpc_code` and `mentions`.

    Default: none.
    """


class ProvidedToken(TypedDict, total=False):
    """What a token provider gives, if it is more than a string."""

    token: str
    """The token. Required."""
    expires_in: _Seconds
    """How long it holds. Default: until it is refused."""


class ServerOptions(TypedDict, total=False):
    """The options of a client besides its key and its functions."""

    base_url: str
    """The service's base URL; the profile adds the path of its MCP endpoint.

    Default: the environment variable OMNI_CLIENT_API_BASE_URL, else the profile's own.
    """
    endpoint: str
    """The exact URL of the MCP endpoint, instead of `base_url`. Default: none."""
    profile: _Profile | ProfileOptions
    """Which service's rules apply.

    `omni`, `octomind`, `odock` or `generic`, or an object that describes another service. Default: omni; generic where
    a command is given.
    """
    slug: str
    """The slug or id of the server behind a gateway, where the profile's path has one.

    Default: none; required by the profile odock.
    """
    auth: AuthOptions
    """How the client proves who it is, where it is not by `api_key`: an object with `type`. Default: the API key."""
    omni_version: str
    """The version of OMNI's API to ask for, `YYYY-MM-DD`, sent as `Omni-Version`. Default: none."""
    handshake: bool
    """Whether a session is opened by a handshake before the first call. Default: the profile's (odock: false)."""
    transport: Literal["streamable_http", "sse", "stdio"]
    """What carries the messages: `streamable_http`, `sse` (HTTP with SSE, 2024-11-05) or `stdio`.

    Default: stdio where a command is given; else streamable_http, and sse where a server of the profile generic refuses
    that.
    """
    command: str
    """The program to start, for the transport stdio. Default: none."""
    args: Sequence[str]
    """Its arguments. Default: none."""
    env: Mapping[str, str]
    """Its environment, besides PATH, HOME and the like; no other variables are handed on. Default: none."""
    cwd: str
    """Its working directory. Default: that of this process."""
    proxy: str
    """The URL of the proxy to go through: http, https, socks5 or socks5h.

    Default: the proxy variables of the environment, which loopback ignores.
    """
    proxy_headers: Mapping[str, str]
    """Headers for the proxy. Default: none."""
    ca_certs: str
    """The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file.

    Default: those of the system.
    """
    client_cert: str
    """The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file.

    Default: none.
    """
    client_key: str
    """Its private key, not encrypted: PEM text, or the path of a PEM file.

    Default: the one that client_cert holds besides.
    """
    min_tls_version: str
    """The oldest version of TLS to speak: `1.2` or `1.3`. Default: 1.2."""
    allowed_tools: Sequence[str]
    """The only tools that may be called. Default: all; an empty list allows none."""
    blocked_tools: Sequence[str]
    """Tools that may not be called, whatever is allowed. Default: none."""
    client_name: str
    """The name by which the client presents itself to servers. Default: omni-mcp."""
    client_version: str
    """The version by which the client presents itself to servers. Default: that of this package."""
    force_serial_tool_calls: bool
    """Sends one tool call at a time, in the order in which they were made. Default: false."""
    listen: bool
    """Whether the server's own event stream is asked for: by GET, or in the modern era by subscriptions/listen.

    Default: true where on_notification is given, and in the older era also where a server may ask a function.
    """
    protocol_version: str
    """The only protocol version to speak, one that the profile accepts. Default: the profile's, the newest first."""
    x_session_id: str
    """The load balancer's sticky hint, sent as `x-session-id` on every request. Default: none."""
    cookies: bool
    """Keeps the server's cookies and sends them back to it, as load balancers route by them. Default: true."""
    headers: Mapping[str, str]
    """Further headers for every request; the names that the client itself sets are refused. Default: none."""
    timeout: _Seconds | None
    """How long one attempt may stay without an answer; every byte of the call's own event stream and progress of the
    call start it anew. Default: 20 s.
    """
    total_timeout: _Seconds | None
    """How long a call may take over all attempts and waits. Default: 5 min."""
    connect_timeout: _Seconds | None
    """How long making a connection may take. Default: 10 s."""
    pool_idle_timeout: _Seconds
    """How long an unused connection is kept. Default: 50 s where calls carry idempotency keys, else 4 s."""
    max_connections: int | None
    """The most calls on their way at once, each on a connection of its own, over HTTP/2 on a stream; further calls
    wait in order; none is no limit. Default: 256.
    """
    max_attempts: int
    """How often a call is sent at most. Default: 3."""
    backoff_initial: _Seconds
    """The wait before the second attempt; it doubles with each further one. Default: 250 ms."""
    backoff_max: _Seconds
    """The longest wait that the doubling reaches. Default: 4 s."""
    retry_budget: int | None
    """The tokens of the client's retry budget, of which each retry takes 14; none is no limit. Default: 500."""
    honours_idempotency_keys: bool
    """Declares that the server runs a repeated `Idempotency-Key` once, so that calls with one are retried.

    Default: the profile's (omni: true).
    """
    retry_unavailable: bool
    """Lets a call without an honoured key be sent again after a 503 with Retry-After. Default: false."""
    raise_tool_errors: bool
    """Makes a result with `isError` an error of kind `tool`. Default: false."""
    validate_output: bool
    """Checks structured results of tools by their output schemas; the list of tools is read first where it is not
    known.

    Default: false.
    """
    cache: bool
    """Keeps lists and resources for as long as the server says that they hold (ttlMs), or until it says that they
    changed.

    Default: true.
    """
    max_input_rounds: int
    """How often one call may be asked for input by a server of the newer era. Default: 10."""
    allow_http: bool
    """Lets an API key and calls go over plain http to a host that is not loopback. Default: false."""
    max_answer_bytes: int
    """The largest answer, in bytes after decompression. Default: 67108864."""
    max_event_bytes: int
    """The largest event of a stream, or line of a process, in bytes. Default: max_answer_bytes."""
    max_error_bytes: int
    """How much of an error's body is read, in bytes after decompression. Default: 65536."""
    max_headers: int
    """The most headers of an answer. Default: 100."""
    max_depth: int
    """The most lists and objects in each other, in an answer or a notification. Default: 127."""
    max_queued_notifications: int
    """The most notifications that wait for on_notification, records for on_log, and of each call progress for its
    on_progress, for which its stream waits; further ones are dropped and counted.

    Default: 1024.
    """
    max_server_requests: int
    """The most requests of a server's own that are answered at once; further ones stay without an answer.

    Default: 256.
    """
    log_level: str
    """The least level of what on_log hears: `debug`, `info`, `warn` or `error`.

    Default: info; in Python without on_log, that of the logger omni_mcp_py.
    """
    max_pages: int
    """The most pages that a list is read over. Default: 1000."""
    strict: bool
    """Refuses everything that is accepted only because servers deviate from the specification, for testing servers.

    Default: false.
    """


class ClientOptions(ServerOptions, total=False):
    """The options of a client besides its key. Durations are seconds, and None is no limit where that is allowed."""

    on_notification: Callable[[Notification], object] | None
    """Hears each notification that the server sends by itself: its method and its params."""
    on_log: Callable[[LogRecord], object] | None
    """Hears what the client does: level, message and fields, such as method, tool, attempt, status and request_id.

    No payloads, no secrets. Called in the midst of calls, from any thread; without it, records go to the logger
    `omni_mcp_py`.
    """
    on_state: Callable[[StateChange], object] | None
    """Hears each change of the client's state: state and previous, of idle, connecting, ready, recovering and closed.

    Called in the midst of calls, from any thread.
    """
    token_provider: Callable[[], str | ProvidedToken] | None
    """Gives the bearer token: a string, or an object with token and expires_in.

    Asked again when it expires or is refused.
    """
    on_sampling: Callable[[CreateMessageRequestParams], CreateMessageResult] | None
    """Has a model of the caller's answer a server's sampling/createMessage.

    It gets its params, and gives role, content and model.
    """
    on_elicitation: Callable[[ElicitRequestParams], ElicitResult] | None
    """Has a person answer a server's elicitation/create.

    It gets its params, and gives action and, of a form, content; what is left out of it has the form's defaults.
    """
    on_roots: Callable[[], list[Root]] | None
    """Gives the folders that a server may work in: a list of objects with uri and name."""


class AsyncClientOptions(ServerOptions, total=False):
    """The options of an async client besides its key; its functions may be coroutine functions."""

    on_notification: Callable[[Notification], Awaitable[object] | object] | None
    """Hears each notification that the server sends by itself: its method and its params."""
    on_log: Callable[[LogRecord], object] | None
    """Hears what the client does: level, message and fields, such as method, tool, attempt, status and request_id.

    No payloads, no secrets. Called in the midst of calls, from any thread; without it, records go to the logger
    `omni_mcp_py`.
    """
    on_state: Callable[[StateChange], object] | None
    """Hears each change of the client's state: state and previous, of idle, connecting, ready, recovering and closed.

    Called in the midst of calls, from any thread.
    """
    token_provider: Callable[[], Awaitable[str | ProvidedToken] | str | ProvidedToken] | None
    """Gives the bearer token: a string, or an object with token and expires_in.

    Asked again when it expires or is refused.
    """
    on_sampling: Callable[[CreateMessageRequestParams], Awaitable[CreateMessageResult] | CreateMessageResult] | None
    """Has a model of the caller's answer a server's sampling/createMessage.

    It gets its params, and gives role, content and model.
    """
    on_elicitation: Callable[[ElicitRequestParams], Awaitable[ElicitResult] | ElicitResult] | None
    """Has a person answer a server's elicitation/create.

    It gets its params, and gives action and, of a form, content; what is left out of it has the form's defaults.
    """
    on_roots: Callable[[], Awaitable[list[Root]] | list[Root]] | None
    """Gives the folders that a server may work in: a list of objects with uri and name."""


class UnkeyedCallOptions(TypedDict, total=False):
    """The options of one call besides its idempotency key; what is not given holds as for the client."""

    timeout: _Seconds | None
    """How long one attempt may stay without an answer. Default: the client's."""
    total_timeout: _Seconds | None
    """How long the call may take over all attempts and waits. Default: the client's."""
    request_id: str
    """The id that the service's logs will show; further attempts append -2, -3 and so on.

    Default: a fresh one for each attempt.
    """
    headers: Mapping[str, str]
    """Further headers; the names that the client itself sets are refused. Default: none."""
    max_attempts: int
    """How often the call is sent at most. Default: the client's."""
    honours_idempotency_keys: bool
    """Declares that the server runs a repeated `Idempotency-Key` once. Default: the client's."""
    retry_unavailable: bool
    """Lets a call without an honoured key be sent again after a 503 with Retry-After. Default: the client's."""
    raise_tool_errors: bool
    """Makes a result with `isError` an error of kind `tool`. Default: the client's."""
    validate_output: bool
    """Checks the structured result of a tool by its output schema. Default: the client's."""
    fresh: bool
    """Asks the server even where its last answer still holds. Default: false."""
    traceparent: str
    """The W3C traceparent of the trace that the call belongs to: sent as a header, and in `_meta` to servers of the
    newer era and processes.

    Default: none.
    """
    tracestate: str
    """The W3C tracestate that goes with it. Default: none."""
    baggage: str
    """W3C baggage, sent in the same way. Default: none."""


class CallOptions(UnkeyedCallOptions, total=False):
    """The options of one call; what is not given holds as for the client."""

    idempotency_key: str | None
    """The key by which the server runs the call once, 1 to 255 visible ASCII characters.

    Default: a fresh one where the server honours keys.
    """


class RegistryOptions(TypedDict, total=False):
    """The options of a registry's client besides its key. Durations are seconds, and None is no limit where allowed."""

    auth: AuthOptions
    """How the client proves who it is, where it is not by `api_key`. Default: the API key."""
    base_url: str
    """Where the registry lives. Without `tenant`, Sema4.ai's whole base, `https://host/tenants/{tenant}/api/v2`.

    Default: the environment variable GAIA_BASE_URL or SEMA4_BASE_URL.
    """
    tenant: str
    """The tenant (Sema4.ai): the base is then `{base_url}/tenants/{tenant}/api/v2`. Default: none."""
    path: str
    """The path of the collection below the base URL (GAIA). Default: /api/mcp/servers."""
    headers: Mapping[str, str]
    """Further headers for every request. Default: none."""
    timeout: _Seconds | None
    """How long one attempt may stay without an answer. Default: 20 s."""
    total_timeout: _Seconds | None
    """How long a call may take over all attempts and waits. Default: 5 min."""
    connect_timeout: _Seconds | None
    """How long making a connection may take. Default: 10 s."""
    max_attempts: int
    """How often a request is sent at most. Default: 3."""
    backoff_initial: _Seconds
    """The wait before the second attempt; it doubles with each further one. Default: 250 ms."""
    backoff_max: _Seconds
    """The longest wait that the doubling reaches. Default: 4 s."""
    retry_budget: int | None
    """The tokens of the retry budget, of which each retry takes 14; none is no limit. Default: 500."""
    proxy: str
    """The URL of the proxy to go through. Default: the proxy variables of the environment, which loopback ignores."""
    proxy_headers: Mapping[str, str]
    """Headers for the proxy. Default: none."""
    ca_certs: str
    """The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file.

    Default: those of the system.
    """
    client_cert: str
    """The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file.

    Default: none.
    """
    client_key: str
    """Its private key, not encrypted: PEM text, or the path of a PEM file.

    Default: the one that client_cert holds besides.
    """
    min_tls_version: str
    """The oldest version of TLS to speak: `1.2` or `1.3`. Default: 1.2."""
    allow_http: bool
    """Lets the key go over plain http to a host that is not loopback. Default: false."""
    max_answer_bytes: int
    """The largest answer, in bytes after decompression. Default: 67108864."""
    max_pages: int
    """The most pages that a list is read over. Default: 1000."""
