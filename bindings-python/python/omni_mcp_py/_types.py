"""The shapes of what the client gives besides the protocol's own objects, which are in `types`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar

if TYPE_CHECKING:
    from omni_mcp_py.types import CallToolResult as CallToolResult
    from omni_mcp_py.types import Implementation as Implementation
    from omni_mcp_py.types import InitializeResult as InitializeResult
    from omni_mcp_py.types import ListToolsResult as ListToolsResult
    from omni_mcp_py.types import Progress as Progress

Result = TypeVar("Result")


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
    looks_like_error: bool


@dataclass(frozen=True)
class WithMetadata(Generic[Result]):
    """A result together with its metadata."""

    result: Result
    metadata: Metadata


Delivery = Literal["not_sent", "rejected", "maybe_executed", "executed"]
