"""The async client: every method is one line over `_call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py import _native
from omni_mcp_py._types import WithMetadata

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from omni_mcp_py._options import AsyncClientOptions, CallOptions, UnkeyedCallOptions
    from omni_mcp_py._types import CallToolResult, Implementation, InitializeResult, ListToolsResult, Progress

    _OnProgress = Callable[[Progress], Awaitable[object] | object]


class AsyncOmniMCPClient:
    """A client of one MCP server, whose calls are awaited; usable from any event loop.

    Nothing is sent until the first call, which connects. The key and the base URL come from the environment variables
    OMNI_API_KEY and OMNI_CLIENT_API_BASE_URL where they are not given.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[AsyncClientOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._open(_native.AsyncClient(given))

    def _open(self, native: _native.AsyncClient) -> None:
        self._native = native
        self._hooks = None
        if native.letters is not None:
            from omni_mcp_py._hooks import LoopHooks

            self._hooks = LoopHooks(native.letters)

    @property
    def server_info(self) -> Implementation | None:
        """Who the server is: name, version, title. None until there was a handshake."""
        return self._native.property("server_info")

    @property
    def server_capabilities(self) -> dict[str, Any] | None:
        """What the server can do. None until there was a handshake."""
        return self._native.property("server_capabilities")

    @property
    def protocol_version(self) -> str | None:
        """The protocol version of the session. None until there was a handshake."""
        return self._native.property("protocol_version")

    @property
    def instructions(self) -> str | None:
        """How to use the server, for a model. None until there was a handshake."""
        return self._native.property("instructions")

    async def connect(self, *, on_progress: _OnProgress | None = None, **options: Unpack[CallOptions]) -> None:
        """Connect, if not yet connected, in the way of the profile."""
        await self._call("connect", {}, options, on_progress)

    @overload
    async def initialize(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> InitializeResult: ...

    @overload
    async def initialize(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[InitializeResult]: ...

    async def initialize(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Connect by a handshake, if there was none yet, and return what the server said."""
        return await self._call("initialize", {}, options, on_progress, with_metadata)

    @overload
    async def ping(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    async def ping(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    async def ping(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Check that the server answers."""
        return await self._call("ping", {}, options, on_progress, with_metadata)

    @overload
    async def list_tools(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    async def list_tools(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    async def list_tools(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all tools, over all pages."""
        return await self._call("list_tools", {}, options, on_progress, with_metadata)

    @overload
    async def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    async def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    async def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of tools: the first, or the one of a cursor."""
        return await self._call(
            "list_tools_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    @overload
    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[UnkeyedCallOptions],
    ) -> CallToolResult: ...

    @overload
    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[UnkeyedCallOptions],
    ) -> WithMetadata[CallToolResult]: ...

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[UnkeyedCallOptions],
    ) -> Any:
        """Call a tool. What it returns is the result, with `isError` where the tool says that it failed."""
        return await self._call(
            "call_tool",
            {"name": name, "arguments": {} if arguments is None else arguments},
            options,
            on_progress,
            with_metadata,
            idempotency_key,
        )

    @overload
    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any: ...

    @overload
    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[Any]: ...

    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        # No option is shown: headers and URLs may hold secrets.
        return f"<{type(self).__name__} at {id(self):#x}>"

    async def _call(
        self,
        name: str,
        params: dict[str, Any],
        options: Mapping[str, object],
        on_progress: _OnProgress | None = None,
        with_metadata: bool = False,
        idempotency_key: str | None = None,
    ) -> Any:
        if self._hooks is not None:
            self._hooks.attach()
        if idempotency_key is not None:
            options = {**options, "idempotency_key": idempotency_key}
        if with_metadata is not False:
            options = {**options, "with_metadata": with_metadata}
        if on_progress is None or not callable(on_progress):
            # What cannot be called is refused there.
            result = await self._native.call(name, params, options, on_progress)
        else:
            from omni_mcp_py._progress import Teller

            async with Teller(on_progress) as teller:
                result = await self._native.call(name, params, options, teller)
        return WithMetadata(*result) if with_metadata is True else result
