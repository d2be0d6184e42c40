"""A server on loopback to test against: it plays the services, fails as told, and remembers what ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from omni_mcp_py import _native
from omni_mcp_py._closing import Closing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    _Count = Literal[
        "requests",
        "answers",
        "executions",
        "disconnects",
        "connections",
        "open_connections",
        "sessions_opened",
        "sessions_closed",
        "streams",
        "running",
    ]

__all__ = ["DevServer"]


class DevServer(Closing):
    """A dev server on a free port of 127.0.0.1, until it is closed.

    The options are those of the server's own table, such as `profile`, `answer`, `progress` and `faults`.
    """

    def __init__(self, **options: object) -> None:
        self._native = _native.DevServer(options)

    @property
    def url(self) -> str:
        """The base URL, as `OmniMCPClient` takes it; of profile generic the endpoint is this and `/mcp`."""
        return self._native.url

    @property
    def api_key(self) -> str:
        """A key that the server accepts."""
        return self._native.api_key

    @property
    def ca(self) -> str | None:
        """With `tls`: the certificate of the server's authority, as PEM, for `ca_certs`."""
        return self._native.ca

    @property
    def client_cert(self) -> str | None:
        """With `tls`: a certificate for the client, as PEM."""
        return self._native.client_cert

    @property
    def client_key(self) -> str | None:
        """With `tls`: its key, as PEM."""
        return self._native.client_key

    @property
    def proxy(self) -> str | None:
        """With `proxy`: the host and port of the proxy, without a scheme."""
        return self._native.proxy

    def ledger(self) -> dict[str, Any]:
        """Return what happened so far: requests, executions, and counters; behind a gateway's, `upstream`."""
        ledger: dict[str, Any] = self._native.ledger()
        return ledger

    def reset_ledger(self) -> None:
        """Forget what happened so far."""
        self._native.reset_ledger()

    def script(self, rules: Sequence[Mapping[str, object]]) -> None:
        """Add fault rules behind those in force."""
        self._native.script(rules)

    def clear_script(self) -> None:
        """Remove every fault rule."""
        self._native.clear_script()

    def expire_sessions(self) -> None:
        """End every session, as a server that was restarted would."""
        self._native.expire_sessions()

    def move_sessions(self) -> None:
        """Have every session live on another replica from now on."""
        self._native.move_sessions()

    def push(self, message: Mapping[str, object]) -> int:
        """Send `{"method", "params"}` on every stream that is held open, and return on how many."""
        return self._native.push(message)

    def drop_streams(self) -> None:
        """Cut every stream that is held open."""
        self._native.drop_streams()

    def restart(self, *, down: float = 0.0) -> None:
        """Die with all connections, streams and sessions, and come back on the same port after `down` seconds."""
        self._native.restart(down)

    def revoke_tokens(self) -> None:
        """Refuse every token that was given out so far."""
        self._native.revoke_tokens()

    def wait(
        self,
        count: _Count,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
        timeout: float = 5.0,
        method: str | None = None,
        tool: str | None = None,
        http_method: str | None = None,
    ) -> bool:
        """Wait until so many are counted. False when the time is over before, or the server is closed."""
        bounds = {"at_least": at_least, "at_most": at_most}
        only = {"method": method, "tool": tool, "http_method": http_method}
        return self._native.wait({"count": count, **bounds, **only}, timeout)

    def close(self) -> None:
        """Close every connection and stop. The ledger can still be read."""
        self._native.close()

    def __repr__(self) -> str:
        return f"DevServer(url={self.url!r})"
