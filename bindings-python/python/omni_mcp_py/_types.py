"""Types of callbacks' arguments and of metadata. The objects of the protocol are in `types`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypedDict, TypeVar

Result = TypeVar("Result")


class Notification(TypedDict):
    """A notification of the server: the argument of `on_notification`."""

    method: str
    params: dict[str, Any]


class LogRecord(TypedDict):
    """A log record: the argument of `on_log`."""

    level: Literal["debug", "info", "warn", "error"]
    message: str
    fields: dict[str, Any]


State = Literal["idle", "connecting", "ready", "recovering", "closed"]


class StateChange(TypedDict):
    """A change of the client's state: the argument of `on_state`."""

    state: State
    previous: State


class RequestInfo(TypedDict):
    """An HTTP request of an attempt: the argument of `on_request`."""

    method: str
    """The method of the protocol, such as `tools/call`."""
    tool: str | None
    """The tool that is called."""
    attempt: int
    """The number of the attempt, from 1."""
    request_id: str
    url: str
    """The address, without query."""
    headers: dict[str, str]
    """The headers, by lower-case name. Values that may be secret are `[redacted]`."""


class ResponseInfo(RequestInfo):
    """The end of an HTTP request: the argument of `on_response`. `headers` are those of the response."""

    status: int | None
    """The HTTP status; None if no response arrived."""
    code: str | None
    """The code of the failure if no response arrived. None also if the attempt was ended before: by a timeout, or
    because the call was cancelled."""
    duration_ms: float
    """The time until the head of the response arrived, or until the failure."""


class Metadata(TypedDict):
    """Metadata of a result."""

    status: int
    """The HTTP status of the response."""
    headers: dict[str, str]
    """The headers of the response, by lower-case name."""
    request_id: str | None
    """Request id for support."""
    session_id: str | None
    """Session id."""
    attempts: int
    """Number of HTTP attempts."""
    idempotency_key: str | None
    """Idempotency key of all attempts."""
    replayed: bool
    """Whether the server replayed the response of an earlier call with the same idempotency key."""
    cached: bool
    """Whether the result comes from the result cache of the client."""
    warnings: list[str]
    """Warnings about the result, such as a tool that was left out of a list. Each is also issued as a warning."""
    looks_like_error: bool
    """Whether a tool result without `isError` looks like a failure. A hint."""


@dataclass(frozen=True)
class WithMetadata(Generic[Result]):
    """A result with its metadata; `result, metadata = response` unpacks it."""

    result: Result
    metadata: Metadata

    def __iter__(self) -> Iterator[Any]:
        yield self.result
        yield self.metadata


Delivery = Literal["not_sent", "rejected", "maybe_executed", "executed"]
