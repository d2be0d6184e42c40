"""The shapes of what the client gives besides the protocol's own objects, which are in `types`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypedDict, TypeVar

Result = TypeVar("Result")


class Notification(TypedDict):
    """What a server sent by itself."""

    method: str
    params: dict[str, Any]


class LogRecord(TypedDict):
    """What `on_log` hears."""

    level: Literal["debug", "info", "warn", "error"]
    message: str
    fields: dict[str, Any]


State = Literal["idle", "connecting", "ready", "recovering", "closed"]


class StateChange(TypedDict):
    """What `on_state` hears."""

    state: State
    previous: State


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
    warnings: list[str]
    looks_like_error: bool


@dataclass(frozen=True)
class WithMetadata(Generic[Result]):
    """A result together with its metadata."""

    result: Result
    metadata: Metadata


Delivery = Literal["not_sent", "rejected", "maybe_executed", "executed"]
