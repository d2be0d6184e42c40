"""The tools of a server: lists of them, and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py._calls import AsyncCalls, Calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress, _OnProgress
    from omni_mcp_py._options import CallOptions, UnkeyedCallOptions
    from omni_mcp_py._types import WithMetadata
    from omni_mcp_py.types import CallToolResult, ListToolsResult, Tool


class Tools(Calls):
    """The tools of a server: lists of them, and calls."""

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

    def iter_tools(self, **options: Unpack[CallOptions]) -> Iterator[Tool]:
        """Return all tools, one by one; pages are fetched as they are needed."""
        return self._items("iter_tools", "tools", options)

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


class AsyncTools(AsyncCalls):
    """The tools of a server: lists of them, and calls."""

    @overload
    async def list_tools(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    async def list_tools(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    async def list_tools(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
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
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListToolsResult: ...

    @overload
    async def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListToolsResult]: ...

    async def list_tools_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of tools: the first, or the one of a cursor."""
        return await self._call(
            "list_tools_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    def iter_tools(self, **options: Unpack[CallOptions]) -> AsyncIterator[Tool]:
        """Return all tools, one by one; pages are fetched as they are needed."""
        return self._items("iter_tools", "tools", options)

    @overload
    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
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
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[UnkeyedCallOptions],
    ) -> WithMetadata[CallToolResult]: ...

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
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
