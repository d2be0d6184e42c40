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
    endpoint: str
    profile: str
    omni_version: str
    protocol_version: str
    x_session_id: str
    headers: Mapping[str, str]
    timeout: _Seconds | None
    total_timeout: _Seconds | None
    connect_timeout: _Seconds | None
    pool_idle_timeout: _Seconds
    max_attempts: int
    backoff_initial: _Seconds
    backoff_max: _Seconds
    retry_budget: int | None
    honours_idempotency_keys: bool
    retry_unavailable: bool
    raise_tool_errors: bool
    allow_http: bool
    max_answer_bytes: int
    max_pages: int


class UnkeyedCallOptions(TypedDict, total=False):
    """The options of one call besides its idempotency key; what is not given holds as for the client."""

    timeout: _Seconds | None
    total_timeout: _Seconds | None
    request_id: str
    headers: Mapping[str, str]
    max_attempts: int
    honours_idempotency_keys: bool
    retry_unavailable: bool
    raise_tool_errors: bool


class CallOptions(UnkeyedCallOptions, total=False):
    """The options of one call; what is not given holds as for the client."""

    idempotency_key: str | None


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
