"""The templates by which a server makes addresses of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from omni_mcp_py._calls import AsyncCalls, Calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from typing_extensions import Unpack

    from omni_mcp_py._calls import _AsyncOnProgress, _OnProgress
    from omni_mcp_py._options import CallOptions
    from omni_mcp_py._types import WithMetadata
    from omni_mcp_py.types import ListResourceTemplatesResult, ResourceTemplate


class ResourceTemplates(Calls):
    """The templates by which a server makes addresses of resources."""

    @overload
    def list_resource_templates(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourceTemplatesResult: ...

    @overload
    def list_resource_templates(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourceTemplatesResult]: ...

    def list_resource_templates(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all templates of resources, over all pages."""
        return self._call("list_resource_templates", {}, options, on_progress, with_metadata)

    @overload
    def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourceTemplatesResult: ...

    @overload
    def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourceTemplatesResult]: ...

    def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _OnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of templates of resources: the first, or the one of a cursor."""
        return self._call(
            "list_resource_templates_page",
            {} if cursor is None else {"cursor": cursor},
            options,
            on_progress,
            with_metadata,
        )

    def iter_resource_templates(self, **options: Unpack[CallOptions]) -> Iterator[ResourceTemplate]:
        """Return all templates of resources, one by one; pages are fetched as they are needed."""
        return self._items("iter_resource_templates", "resourceTemplates", options)


class AsyncResourceTemplates(AsyncCalls):
    """The templates by which a server makes addresses of resources."""

    @overload
    async def list_resource_templates(
        self,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourceTemplatesResult: ...

    @overload
    async def list_resource_templates(
        self,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourceTemplatesResult]: ...

    async def list_resource_templates(
        self,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return all templates of resources, over all pages."""
        return await self._call("list_resource_templates", {}, options, on_progress, with_metadata)

    @overload
    async def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[False] = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> ListResourceTemplatesResult: ...

    @overload
    async def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: Literal[True],
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> WithMetadata[ListResourceTemplatesResult]: ...

    async def list_resource_templates_page(
        self,
        cursor: str | None = None,
        *,
        with_metadata: bool = False,
        on_progress: _AsyncOnProgress | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Return one page of templates of resources: the first, or the one of a cursor."""
        return await self._call(
            "list_resource_templates_page",
            {} if cursor is None else {"cursor": cursor},
            options,
            on_progress,
            with_metadata,
        )

    def iter_resource_templates(self, **options: Unpack[CallOptions]) -> AsyncIterator[ResourceTemplate]:
        """Return all templates of resources, one by one; pages are fetched as they are needed."""
        return self._items("iter_resource_templates", "resourceTemplates", options)
