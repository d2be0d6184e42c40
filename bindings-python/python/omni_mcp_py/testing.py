"""A server on loopback for tests: it imitates the services, fails on request, and records what ran."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_type_hints

from omni_mcp_py import _native, _testing_tools
from omni_mcp_py._closing import Closing
from omni_mcp_py._testing_tools import ToolContext
from omni_mcp_py._testing_types import HELP, DevServerOptions, Fault, Rule, ToolOptions, ToolResult
from omni_mcp_py._unpack import Unpack

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

__all__ = ["DevServer", "DevServerOptions", "Fault", "Rule", "ToolContext", "ToolOptions", "ToolResult"]


class DevServer(Closing):
    """A dev server on 127.0.0.1, until it is closed.

    All options are optional. TESTING.md, beside this module, describes profiles, options and faults at length.
    """

    def __init__(self, **options: Unpack[DevServerOptions]) -> None:
        paths = {name: os.fspath(value) for name, value in options.items() if isinstance(value, os.PathLike)}
        plain, functions = _testing_tools.split({**options, **paths})
        self._native = _native.DevServer(plain, list(functions))
        if functions:
            _testing_tools.serve(self._native.tool_calls(), functions)
        self._is_closed = False
        # Kept, as a child process cannot ask the server after a fork.
        self._shown = f"{options.get('profile', 'omni')} at {self.url}"

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
        """Return the record so far: requests, executions and counters; of a gateway also `upstream`."""
        ledger: dict[str, Any] = self._native.ledger()
        return ledger

    def reset_ledger(self) -> None:
        """Clear the record."""
        self._native.reset_ledger()

    def script(self, rules: Rule | Sequence[Rule]) -> None:
        """Add a fault rule, or several, after the present ones."""
        self._native.script(rules)

    def clear_script(self) -> None:
        """Remove every fault rule."""
        self._native.clear_script()

    def expire_sessions(self) -> None:
        """End all sessions, as a restarted server does."""
        self._native.expire_sessions()

    def move_sessions(self) -> None:
        """Move all sessions to another replica."""
        self._native.move_sessions()

    def push(self, message: Mapping[str, object]) -> int:
        """Send `{"method", "params"}` on every open stream. Return the number of streams."""
        return self._native.push(message)

    def drop_streams(self) -> None:
        """Disconnect every open stream."""
        self._native.drop_streams()

    def restart(self, *, down: float = 0.0) -> None:
        """Stop with all connections, streams and sessions, and start on the same port after `down` seconds."""
        self._native.restart(down)

    def revoke_tokens(self) -> None:
        """Refuse all tokens that were issued so far."""
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
        """Wait until the count is within the bounds.

        Args:
            count: The count to wait for.
            at_least: The lower bound.
            at_most: The upper bound.
            timeout: How long to wait, in seconds.
            method: Count requests of this JSON-RPC method only.
            tool: Count calls of this tool only.
            http_method: Count requests of this HTTP method only.

        Returns:
            False when the time is over before, or the server is closed.
        """
        bounds = {"at_least": at_least, "at_most": at_most}
        only = {"method": method, "tool": tool, "http_method": http_method}
        return self._native.wait({"count": count, **bounds, **only}, timeout)

    def close(self) -> None:
        """Close every connection and stop. The record can still be read."""
        self._native.close()
        self._is_closed = True

    def __repr__(self) -> str:
        # A constructor that failed started no server.
        shown = getattr(self, "_shown", None)
        description = "" if shown is None else f" {shown}, {'closed' if self._is_closed else 'running'}"
        return f"<{type(self).__name__}{description}>"


def _describe_options() -> None:
    """List the options in the signature and in the documentation of the class."""
    kind = inspect.Parameter.KEYWORD_ONLY
    hints = get_type_hints(DevServerOptions)
    parameters = [inspect.Parameter(name, kind, default=..., annotation=hint) for name, hint in hints.items()]
    DevServer.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    listed = "\n".join(f"        {name}: {text}" for name, text in HELP.items())
    DevServer.__doc__ = f"{inspect.getdoc(DevServer)}\n\n    Args:\n{listed}\n"


_describe_options()

if __name__ == "__main__":
    from omni_mcp_py._testing_program import main

    main(DevServer)
