"""Sema4.ai's registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from omni_mcp_py._record import ServerRecord, plain
from omni_mcp_py._registry import AsyncRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from typing_extensions import Unpack

    from omni_mcp_py import _native
    from omni_mcp_py._options import CallOptions


class ServerPage(TypedDict):
    """One page of servers, and the token of the next."""

    data: list[ServerRecord]
    next: str | None
    has_more: bool


class Sema4Registry(Registry):
    """A client of a Sema4.ai registry, whose calls block; any number of threads may share it.

    The key and the base URL come from the environment variables SEMA4_API_KEY and SEMA4_BASE_URL where they are not
    given.
    """

    _kind = "sema4"

    def list(self, limit: int | None = None, **options: Unpack[CallOptions]) -> Iterator[ServerRecord]:
        """Return all servers, over all pages, one after the other. A page is fetched when it is come to."""
        return _records(self._native.pages("list", {"limit": limit}, options))

    def list_page(
        self, next: str | None = None, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> ServerPage:
        """Return one page of servers, and the token of the next."""
        return _page(self._call("list_page", {"next": next, "limit": limit}, options))

    def get(self, id: str, **options: Unpack[CallOptions]) -> ServerRecord:
        """Return one server."""
        return ServerRecord(self._call("get", {"id": id}, options))

    def create(self, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Create a server."""
        return ServerRecord(self._call("create", {"server": plain(server)}, options))

    def update(self, id: str, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Replace a server."""
        return ServerRecord(self._call("update", {"id": id, "server": plain(server)}, options))

    def delete(self, id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a server."""
        self._call("delete", {"id": id}, options)


class AsyncSema4Registry(AsyncRegistry):
    """A client of a Sema4.ai registry, whose calls are awaited; usable from any event loop.

    The key and the base URL come from the environment variables SEMA4_API_KEY and SEMA4_BASE_URL where they are not
    given.
    """

    _kind = "sema4"

    def list(self, limit: int | None = None, **options: Unpack[CallOptions]) -> AsyncIterator[ServerRecord]:
        """Return all servers, over all pages, one after the other. A page is fetched when it is come to."""
        return _records_async(self._native.pages("list", {"limit": limit}, options))

    async def list_page(
        self, next: str | None = None, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> ServerPage:
        """Return one page of servers, and the token of the next."""
        return _page(await self._call("list_page", {"next": next, "limit": limit}, options))

    async def get(self, id: str, **options: Unpack[CallOptions]) -> ServerRecord:
        """Return one server."""
        return ServerRecord(await self._call("get", {"id": id}, options))

    async def create(self, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Create a server."""
        return ServerRecord(await self._call("create", {"server": plain(server)}, options))

    async def update(self, id: str, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Replace a server."""
        return ServerRecord(await self._call("update", {"id": id, "server": plain(server)}, options))

    async def delete(self, id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a server."""
        await self._call("delete", {"id": id}, options)


def _page(page: ServerPage) -> ServerPage:
    return {**page, "data": [ServerRecord(server) for server in page["data"]]}


def _records(pages: _native.SyncPages) -> Iterator[ServerRecord]:
    while (page := pages.next()) is not None:
        yield from map(ServerRecord, page["data"])


async def _records_async(pages: _native.AsyncPages) -> AsyncIterator[ServerRecord]:
    while (page := await pages.next()) is not None:
        for server in page["data"]:
            yield ServerRecord(server)
