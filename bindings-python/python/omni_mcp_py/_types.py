"""The shapes of results. Results are plain dicts; members beyond those named here are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypedDict, TypeVar

Result = TypeVar("Result")


# The protocol's own objects, by the names of its schema.


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


DiscoverResult = dict[str, Any]
Resource = dict[str, Any]
ListResourcesResult = dict[str, Any]
ReadResourceResult = dict[str, Any]
ResourceTemplate = dict[str, Any]
ListResourceTemplatesResult = dict[str, Any]
Prompt = dict[str, Any]
ListPromptsResult = dict[str, Any]
GetPromptResult = dict[str, Any]
CompletionReference = dict[str, Any]
CompletionArgument = dict[str, Any]
CompletionContext = dict[str, Any]
CompleteResult = dict[str, Any]
CreateMessageRequestParams = dict[str, Any]
CreateMessageResult = dict[str, Any]
ElicitRequestParams = dict[str, Any]
ElicitResult = dict[str, Any]
Root = dict[str, Any]
LoggingLevel = Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]

# The end of the protocol's own objects.


class _Progress(TypedDict):
    progress: float
    progressToken: str | int


class Progress(_Progress, total=False):
    """How far a call is."""

    total: float
    message: str


class Notification(TypedDict):
    """What a server sent by itself."""

    method: str
    params: dict[str, Any]


class Metadata(TypedDict):
    """What is known of a result besides the result."""

    status: int
    headers: dict[str, str]
    request_id: str | None
    session_id: str | None
    attempts: int
    idempotency_key: str | None
    replayed: bool
    cached: bool
    looks_like_error: bool


@dataclass(frozen=True)
class WithMetadata(Generic[Result]):
    """A result together with its metadata."""

    result: Result
    metadata: Metadata


Delivery = Literal["not_sent", "rejected", "maybe_executed", "executed"]
