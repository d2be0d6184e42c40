"""The async client: every method, here and in its bases, is one line over `_call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py import _native
from omni_mcp_py._prompts import AsyncPrompts
from omni_mcp_py._resource_templates import AsyncResourceTemplates
from omni_mcp_py._resources import AsyncResources
from omni_mcp_py._session import AsyncSession
from omni_mcp_py._tools import AsyncTools

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress
    from omni_mcp_py._options import AsyncClientOptions, CallOptions
    from omni_mcp_py._types import WithMetadata


class AsyncOmniMCPClient(AsyncSession, AsyncTools, AsyncResources, AsyncResourceTemplates, AsyncPrompts):
    """A client of one MCP server, whose calls are awaited; usable from any event loop.

    Nothing is sent until the first call, which connects. The key and the base URL come from the environment variables
    OMNI_API_KEY and OMNI_CLIENT_API_BASE_URL where they are not given.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[AsyncClientOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._open(_native.AsyncClient(given))

    @overload
    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    @overload
    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[Any]: ...

    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Send any request and return its result."""
        return await self._call(
            "request",
            {"method": method, "params": {} if params is None else params},
            options,
            on_progress,
            with_metadata,
        )

    async def notify(self, method: str, params: dict[str, Any] | None = None) -> None:
        """Send any notification. Returns when the server has accepted it."""
        await self._call("notify", {"method": method, "params": {} if params is None else params}, {})

    async def close(self) -> None:
        """End the session and refuse further calls. Takes 5 s at most, never fails, and may be called again."""
        await self._native.close()
