"""The resources of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py._calls import AsyncCalls, Calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress, _OnProgress
    from omni_mcp_py._options import CallOptions
    from omni_mcp_py._types import WithMetadata
    from omni_mcp_py.types import ListResourcesResult, ReadResourceResult, Resource


class Resources(Calls):
    """The resources of a server."""

    @overload
    def list_resources(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourcesResult: ...

    @overload
    def list_resources(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourcesResult]: ...

    def list_resources(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all resources, over all pages."""
        return self._call("list_resources", {}, options, on_progress, with_metadata)

    @overload
    def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourcesResult: ...

    @overload
    def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourcesResult]: ...

    def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of resources: the first, or the one of a cursor."""
        return self._call(
            "list_resources_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    def iter_resources(self, **options: Unpack[CallOptions]) -> Iterator[Resource]:
        """Return all resources, one by one; pages are fetched as they are needed."""
        return self._items("iter_resources", "resources", options)

    @overload
    def read_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ReadResourceResult: ...

    @overload
    def read_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ReadResourceResult]: ...

    def read_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Read a resource."""
        return self._call("read_resource", {"uri": uri}, options, on_progress, with_metadata)

    @overload
    def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Have the server tell of changes of a resource, also in a later session, by notifications."""
        return self._call("subscribe_resource", {"uri": uri}, options, on_progress, with_metadata)

    @overload
    def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Have the server tell of changes of a resource no more."""
        return self._call("unsubscribe_resource", {"uri": uri}, options, on_progress, with_metadata)


class AsyncResources(AsyncCalls):
    """The resources of a server."""

    @overload
    async def list_resources(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourcesResult: ...

    @overload
    async def list_resources(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourcesResult]: ...

    async def list_resources(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all resources, over all pages."""
        return await self._call("list_resources", {}, options, on_progress, with_metadata)

    @overload
    async def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourcesResult: ...

    @overload
    async def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourcesResult]: ...

    async def list_resources_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of resources: the first, or the one of a cursor."""
        return await self._call(
            "list_resources_page", {} if cursor is None else {"cursor": cursor}, options, on_progress, with_metadata
        )

    def iter_resources(self, **options: Unpack[CallOptions]) -> AsyncIterator[Resource]:
        """Return all resources, one by one; pages are fetched as they are needed."""
        return self._items("iter_resources", "resources", options)

    @overload
    async def read_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ReadResourceResult: ...

    @overload
    async def read_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ReadResourceResult]: ...

    async def read_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Read a resource."""
        return await self._call("read_resource", {"uri": uri}, options, on_progress, with_metadata)

    @overload
    async def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    async def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    async def subscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Have the server tell of changes of a resource, also in a later session, by notifications."""
        return await self._call("subscribe_resource", {"uri": uri}, options, on_progress, with_metadata)

    @overload
    async def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]: ...

    @overload
    async def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[dict[str, Any]]: ...

    async def unsubscribe_resource(
        self,
        uri: str,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Have the server tell of changes of a resource no more."""
        return await self._call("unsubscribe_resource", {"uri": uri}, options, on_progress, with_metadata)
