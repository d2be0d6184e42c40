"""What all methods of a client call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _greenlets
from omni_mcp_py._closing import AsyncClosing, Closing, Dropped
from omni_mcp_py._types import WithMetadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from omni_mcp_py import _native
    from omni_mcp_py.types import Progress

    _OnProgress = Callable[[Progress], object]
    _AsyncOnProgress = Callable[[Progress], Awaitable[object] | object]


class Calls(Dropped, Closing):
    """The calls of a client that blocks."""

    def _open(self, native: _native.SyncClient) -> None:
        self._native = native

    def _call(
        self,
        name: str,
        params: dict[str, Any],
        options: Mapping[str, object],
        on_progress: _OnProgress | None = None,
        idempotency_key: str | None = None,
        with_metadata: bool = False,
    ) -> Any:
        if idempotency_key is not None:
            options = {**options, "idempotency_key": idempotency_key}
        result = _greenlets.run(self._native.call, name, params, options, on_progress, with_metadata)
        return WithMetadata(*result) if with_metadata else result

    def _items(self, name: str, member: str, options: Mapping[str, object]) -> Iterator[Any]:
        return _each(self._native.pages(name, {}, options), member)


class AsyncCalls(Dropped, AsyncClosing):
    """The calls of a client that is awaited."""

    def _open(self, native: _native.AsyncClient) -> None:
        self._native = native
        self._hooks = None
        if native.letters is not None:
            from omni_mcp_py._hooks import LoopHooks

            self._hooks = LoopHooks(native.letters)

    async def _call(
        self,
        name: str,
        params: dict[str, Any],
        options: Mapping[str, object],
        on_progress: _AsyncOnProgress | None = None,
        idempotency_key: str | None = None,
        with_metadata: bool = False,
    ) -> Any:
        if self._hooks is not None:
            self._hooks.attach()
        if idempotency_key is not None:
            options = {**options, "idempotency_key": idempotency_key}
        if on_progress is None or not callable(on_progress):
            # What cannot be called is refused there.
            result = await self._native.call(name, params, options, on_progress, with_metadata)
        else:
            from omni_mcp_py._progress import Teller

            async with Teller(on_progress) as teller:
                result = await self._native.call(name, params, options, teller, with_metadata)
        return WithMetadata(*result) if with_metadata else result

    def _items(self, name: str, member: str, options: Mapping[str, object]) -> AsyncIterator[Any]:
        return self._each(self._native.pages(name, {}, options), member)

    async def _each(self, pages: _native.AsyncPages, member: str) -> AsyncIterator[Any]:
        while True:
            if self._hooks is not None:
                self._hooks.attach()
            page = await pages.next()
            if page is None:
                return
            for item in page[member]:
                yield item


def _each(pages: _native.SyncPages, member: str) -> Iterator[Any]:
    while (page := _greenlets.run(pages.next)) is not None:
        yield from page[member]
