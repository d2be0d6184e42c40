"""The sync client: every method, here and in its bases, is one line over `_call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py import _greenlets, _native
from omni_mcp_py._prompts import Prompts
from omni_mcp_py._resource_templates import ResourceTemplates
from omni_mcp_py._resources import Resources
from omni_mcp_py._session import Session
from omni_mcp_py._tools import Tools

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from omni_mcp_py._calls import _OnProgress
    from omni_mcp_py._options import CallOptions, ClientOptions
    from omni_mcp_py._types import WithMetadata


class OmniMCPClient(Session, Tools, Resources, ResourceTemplates, Prompts):
    """A client of one MCP server, whose calls block; any number of threads may share it.

    Nothing is sent until the first call, which connects. The key and the base URL come from the environment variables
    OMNI_API_KEY and OMNI_CLIENT_API_BASE_URL where they are not given.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[ClientOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._open(_native.SyncClient(given))

    @overload
    def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    @overload
    def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[Any]: ...

    def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Send any request and return its result."""
        return self._call(
            "request",
            {"method": method, "params": {} if params is None else params},
            options,
            on_progress,
            with_metadata,
        )

    def notify(self, method: str, params: dict[str, Any] | None = None) -> None:
        """Send any notification. Returns when the server has accepted it."""
        self._call("notify", {"method": method, "params": {} if params is None else params}, {})

    def close(self) -> None:
        """End the session and refuse further calls. Takes 5 s at most, never fails, and may be called again."""
        _greenlets.run(self._native.close)
