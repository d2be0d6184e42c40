"""The shapes of options and results. Results are plain dicts; members beyond those named here are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    _Seconds = float | timedelta

Result = TypeVar("Result")


class ClientOptions(TypedDict, total=False):
    """The options of a client besides its key. Durations are seconds, and None is no limit where that is allowed."""

    base_url: str
    """The service's base URL; the profile adds the path of its MCP endpoint.

    Default: the environment variable OMNI_CLIENT_API_BASE_URL, else the profile's own.
    """
    endpoint: str
    """The exact URL of the MCP endpoint, instead of `base_url`. Default: none."""
    profile: Literal["omni", "generic"]
    """Which service's rules apply: `omni` or `generic`. Default: omni."""
    omni_version: str
    """The version of OMNI's API to ask for, `YYYY-MM-DD`, sent as `Omni-Version`. Default: none."""
    protocol_version: str
    """The protocol version to ask for in the handshake, one that the profile accepts. Default: the profile's first."""
    x_session_id: str
    """The load balancer's sticky hint, sent as `x-session-id` on every request. Default: none."""
    headers: Mapping[str, str]
    """Further headers for every request; the names that the client itself sets are refused. Default: none."""
    timeout: _Seconds | None
    """How long one attempt may stay without an answer; progress of the call starts it anew. Default: 20 s."""
    total_timeout: _Seconds | None
    """How long a call may take over all attempts and waits. Default: 5 min."""
    connect_timeout: _Seconds | None
    """How long making a connection may take. Default: 10 s."""
    pool_idle_timeout: _Seconds
    """How long an unused connection is kept. Default: 50 s where calls carry idempotency keys, else 4 s."""
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
    allow_http: bool
    """Lets an API key and calls go over plain http to a host that is not loopback. Default: false."""
    max_answer_bytes: int
    """The largest answer or event, in bytes after decompression. Default: 67108864."""
    max_pages: int
    """The most pages that a list is read over. Default: 1000."""


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


class CallOptions(UnkeyedCallOptions, total=False):
    """The options of one call; what is not given holds as for the client."""

    idempotency_key: str | None
    """The key by which the server runs the call once, 1 to 255 visible ASCII characters.

    Default: a fresh one where the server honours keys.
    """


class _Implementation(TypedDict):
    name: str
    version: str


class Implementation(_Implementation, total=False):
    """Who a server is."""

    title: str


class _InitializeResult(TypedDict):
    protocolVersion: str
    capabilities: dict[str, Any]
    serverInfo: Implementation


class InitializeResult(_InitializeResult, total=False):
    """What the server said when the session was opened."""

    instructions: str


class _Tool(TypedDict):
    name: str
    inputSchema: dict[str, Any]


class Tool(_Tool, total=False):
    """A tool: the name to call it by, and the JSON Schema of its arguments."""

    title: str
    description: str
    outputSchema: dict[str, Any]
    annotations: dict[str, Any]


class _ListToolsResult(TypedDict):
    tools: list[Tool]


class ListToolsResult(_ListToolsResult, total=False):
    """Tools, all or one page of them; `nextCursor` is there where another page is."""

    nextCursor: str


class _CallToolResult(TypedDict):
    content: list[dict[str, Any]]


class CallToolResult(_CallToolResult, total=False):
    """What a tool returned: items for people, and data."""

    structuredContent: dict[str, Any]
    isError: bool


class _Progress(TypedDict):
    progress: float
    progressToken: str | int


class Progress(_Progress, total=False):
    """How far a call is."""

    total: float
    message: str


class Metadata(TypedDict):
    """What is known of a result besides the result."""

    status: int
    headers: dict[str, str]
    request_id: str | None
    session_id: str | None
    attempts: int
    idempotency_key: str | None
    replayed: bool


@dataclass(frozen=True)
class WithMetadata(Generic[Result]):
    """A result together with its metadata."""

    result: Result
    metadata: Metadata


Delivery = Literal["not_sent", "rejected", "maybe_executed", "executed"]
