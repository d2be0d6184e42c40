"""The sync client: every method is one line over `_call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py import _native
from omni_mcp_py._types import WithMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from omni_mcp_py._options import CallOptions, ClientOptions, UnkeyedCallOptions
    from omni_mcp_py._types import CallToolResult, Implementation, InitializeResult, ListToolsResult, Progress

    _OnProgress = Callable[[Progress], object]


class OmniMCPClient:
    """A client of one MCP server, whose calls block; any number of threads may share it.

    Nothing is sent until the first call, which connects. The key and the base URL come from the environment variables
    OMNI_API_KEY and OMNI_CLIENT_API_BASE_URL where they are not given.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[ClientOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._open(_native.SyncClient(given))

    def _open(self, native: _native.SyncClient) -> None:
        self._native = native

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

    def connect(self, *, on_progress: _OnProgress | None = None, **options: Unpack[CallOptions]) -> None:
        """Connect, if not yet connected, in the way of the profile."""
        self._call("connect", {}, options, on_progress)

    @overload
    def initialize(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> InitializeResult: ...

    @overload
    def initialize(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[InitializeResult]: ...

    def initialize(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Connect by a handshake, if there was none yet, and return what the server said."""
        return self._call("initialize", {}, options, on_progress, with_metadata)

    @overload
    def ping(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    def ping(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    def ping(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Check that the server answers."""
        return self._call("ping", {}, options, on_progress, with_metadata)

    @overload
    def list_tools(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    def list_tools(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    def list_tools(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all tools, over all pages."""
        return self._call("list_tools", {}, options, on_progress, with_metadata)

    @overload
    def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of tools: the first, or the one of a cursor."""
        return self._call(
            "list_tools_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    @overload
    def call_tool(
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
    def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[UnkeyedCallOptions],
    ) -> WithMetadata[CallToolResult]: ...

    def call_tool(
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
        return self._call(
            "call_tool",
            {"name": name, "arguments": {} if arguments is None else arguments},
            options,
            on_progress,
            with_metadata,
            idempotency_key,
        )

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
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        # No option is shown: headers and URLs may hold secrets.
        return f"<{type(self).__name__} at {id(self):#x}>"

    def _call(
        self,
        name: str,
        params: dict[str, Any],
        options: Mapping[str, object],
        on_progress: _OnProgress | None = None,
        with_metadata: bool = False,
        idempotency_key: str | None = None,
    ) -> Any:
        if idempotency_key is not None:
            options = {**options, "idempotency_key": idempotency_key}
        if with_metadata is not False:
            options = {**options, "with_metadata": with_metadata}
        result = self._native.call(name, params, options, on_progress)
        return WithMetadata(*result) if with_metadata is True else result
