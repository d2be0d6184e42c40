"""The base classes of registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _greenlets, _native
from omni_mcp_py._calls import async_items, items
from omni_mcp_py._closing import AsyncClosing, Closing
from omni_mcp_py._given import call_options
from omni_mcp_py._record import ServerRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping


class Registry(Closing):
    """A client of one registry, whose calls block; any number of threads may share it."""

    _kind: str

    def _open(self, options: Mapping[str, object]) -> None:
        self._native = _native.SyncClient.of_registry(self._kind, options)

    def _call(self, name: str, params: dict[str, Any], values: Mapping[str, Any]) -> Any:
        return _greenlets.run(self._native.call, name, params, call_options(values), None, False)

    def _records(self, name: str, params: dict[str, Any], values: Mapping[str, Any]) -> Iterator[ServerRecord]:
        pages = self._native.pages(name, params, call_options(values))
        return map(ServerRecord, items(self._native, pages, "data"))


class AsyncRegistry(AsyncClosing):
    """A client of one registry, whose calls are awaited; usable from any event loop."""

    _kind: str

    def _open(self, options: Mapping[str, object]) -> None:
        self._native = _native.AsyncClient.of_registry(self._kind, options)

    async def _call(self, name: str, params: dict[str, Any], values: Mapping[str, Any]) -> Any:
        return await self._native.call(name, params, call_options(values), None, False)

    def _records(self, name: str, params: dict[str, Any], values: Mapping[str, Any]) -> AsyncIterator[ServerRecord]:
        pages = self._native.pages(name, params, call_options(values))
        return async_items(self._native, pages, "data", convert=ServerRecord)
