"""The base class of the exceptions; those of each kind are in `_errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omni_mcp_py._kinds import ErrorCode, ErrorKind
    from omni_mcp_py._types import Delivery


class OmniMCPError(Exception):
    """A failed call. `str()` is one line: method, tool and server, what failed, and the most important facts."""

    kind: ErrorKind = "internal"
    """The kind, to branch on; each has a class."""
    code: ErrorCode | None = None
    """The stable code, more specific than the kind."""
    message: str = ""
    """Description for people, without the server and the other facts of `str()`. Not to be parsed."""
    server: str | None = None
    """The server: the origin of its endpoint, or the name of its program."""
    method: str | None = None
    """The method of the protocol, such as `tools/call`; of a registry, the name of the method."""
    tool: str | None = None
    """The tool that was called."""
    status_code: int | None = None
    """HTTP status of the last response."""
    rpc_code: int | None = None
    """JSON-RPC error code of the last response."""
    service_code: str | None = None
    """Error code of the service (OMNI: `omni_code`)."""
    request_id: str | None = None
    """Request id for support."""
    retryable: bool = False
    """Whether the same call may succeed later."""
    retry_after: float | None = None
    """Delay requested by the server (Retry-After), in seconds."""
    attempts: int = 0
    """Number of HTTP attempts, including a failed handshake."""
    idempotency_key: str | None = None
    """Idempotency key of all attempts. Reuse it to repeat the call with the same arguments."""
    delivery: Delivery = "maybe_executed"
    """Whether the call ran: not_sent, rejected, maybe_executed (also if unknown) or executed."""
    required_scopes: tuple[str, ...] = ()
    """Scopes required for the call."""
    field: str | None = None
    """Option or argument of a `config` error."""
    exit_code: int | None = None
    """Exit code of the server process (stdio), or the negated number of the signal that ended it."""
    os_error: int | None = None
    """Error number of the operating system for a connection, as in `errno`."""
    stderr: list[str]
    """Last lines of the standard error of the server process (stdio)."""
    data: Any = None
    """`error.data` of a JSON-RPC error, or the result of a failed tool."""

    def __init__(
        self, text: str = "", facts: Mapping[str, Any] | None = None, data: Any = None, /, **info: Any
    ) -> None:
        super().__init__(text)
        self.stderr = []
        self._take(text, facts, data)
        for name, value in info.items():
            if name not in OmniMCPError.__annotations__:
                raise TypeError(f"{type(self).__name__} has no attribute {name!r}")
            setattr(self, name, value)

    # Task queues rebuild an exception as `cls(*args)`, from args that they wrote as JSON. What cannot be written
    # becomes its repr, and so `data`, which may be anything, is apart from the facts.
    @property
    def args(self) -> tuple[Any, ...]:
        """The text, the facts but for `data`, and `data`: `type(error)(*error.args)` has the same attributes."""
        facts = {name: getattr(self, name) for name in _FACTS if hasattr(self, name)}
        # A list, as in JSON, so that a round trip changes nothing.
        facts["required_scopes"] = list(self.required_scopes)
        return (self._text, facts, self.data)

    @args.setter
    def args(self, given: Iterable[Any]) -> None:
        self._take(*tuple(given)[:3])

    def _take(self, text: object = "", facts: object = None, data: object = None, /) -> None:
        self._text = text if isinstance(text, str) else str(text)
        self.message = self.message or self._text
        if data is not None:
            self.data = data
        # Never refused: the facts may come from another version, or be incomplete.
        if not isinstance(facts, Mapping):
            return
        for name in _FACTS:
            if name in facts:
                setattr(self, name, facts[name])
        for name, shape in (("required_scopes", tuple), ("stderr", list)):
            value = facts.get(name)
            setattr(self, name, shape(value) if isinstance(value, (list, tuple)) else shape())
        if self.delivery not in _DELIVERIES:
            self.delivery = OmniMCPError.delivery

    @property
    def omni_code(self) -> str | None:
        """Alias of `service_code`."""
        return self.service_code

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        info = {name: value for name, value in self.__dict__.items() if name in OmniMCPError.__annotations__}
        rest = {name: value for name, value in self.__dict__.items() if name not in info}
        return _again, (type(self), self._text, info), rest


_FACTS = tuple(name for name in OmniMCPError.__annotations__ if name not in ("kind", "data"))
_DELIVERIES = ("not_sent", "rejected", "maybe_executed", "executed")


def _again(made: type[OmniMCPError], text: str, info: dict[str, Any]) -> OmniMCPError:
    # Without the constructor of a subclass, which may take something else.
    error = made.__new__(made)
    OmniMCPError.__init__(error, text, **info)
    return error


CLASSES: dict[str, type[OmniMCPError]] = {}
"""The class of each kind, as `_errors` defines them."""


def from_native(info: dict[str, Any]) -> OmniMCPError:
    """Make the exception of an error that crossed from the core."""
    text = info.pop("text")
    made = CLASSES.get(info.pop("kind"), OmniMCPError)
    info["status_code"] = info.pop("status", None)
    info["required_scopes"] = tuple(info.get("required_scopes", ()))
    return made(text, **info)
