"""The base classes of the clients: how each method calls the native client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _greenlets
from omni_mcp_py._closing import AsyncClosing, Closing, Dropped
from omni_mcp_py._given import NOTHING, call_options
from omni_mcp_py._types import WithMetadata

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from omni_mcp_py import _native


class Calls(Dropped, Closing):
    """The calls of a client that blocks."""

    def _open(self, native: _native.SyncClient) -> None:
        self._native = native

    def _view(self, values: Mapping[str, Any]) -> Any:
        return view(self, values)

    def _call(
        self,
        name: str,
        params: dict[str, Any],
        values: Mapping[str, Any] = NOTHING,
        *,
        with_metadata: bool = False,
    ) -> Any:
        """Make a call; `values` are the arguments of the method."""
        options = call_options(values)
        result = _greenlets.run(self._native.call, name, params, options, values.get("on_progress"), with_metadata)
        return WithMetadata(*result) if with_metadata else result

    def _items(self, name: str, member: str, values: Mapping[str, Any]) -> Iterator[Any]:
        return items(self._native, self._native.pages(name, {}, call_options(values)), member)


class AsyncCalls(Dropped, AsyncClosing):
    """The calls of a client that is awaited."""

    def _open(self, native: _native.AsyncClient) -> None:
        self._native = native
        self._callbacks = None
        if native.inbox is not None:
            from omni_mcp_py._loop_callbacks import LoopCallbacks

            self._callbacks = LoopCallbacks(native.inbox)

    def _view(self, values: Mapping[str, Any]) -> Any:
        return view(self, values)

    def _attach_callbacks(self) -> None:
        if self._callbacks is not None:
            self._callbacks.attach()

    async def _call(
        self,
        name: str,
        params: dict[str, Any],
        values: Mapping[str, Any] = NOTHING,
        *,
        with_metadata: bool = False,
    ) -> Any:
        """Make a call; `values` are the arguments of the method."""
        self._attach_callbacks()
        options = call_options(values)
        on_progress = values.get("on_progress")
        if on_progress is None or not callable(on_progress):
            # The native client refuses a value that cannot be called.
            result = await self._native.call(name, params, options, on_progress, with_metadata)
        else:
            from omni_mcp_py._progress import ProgressCallback

            async with ProgressCallback(on_progress) as callback:
                result = await self._native.call(name, params, options, callback, with_metadata)
        return WithMetadata(*result) if with_metadata else result

    def _items(self, name: str, member: str, values: Mapping[str, Any]) -> AsyncIterator[Any]:
        pages = self._native.pages(name, {}, call_options(values))
        return async_items(self._native, pages, member, before_page=self._attach_callbacks)


def view(client: Calls | AsyncCalls, values: Mapping[str, Any]) -> Any:
    """Return a view of the client; `values` are the arguments of `with_options`."""
    made = object.__new__(type(client))
    # Members of subclasses, too. The client must live as long as its view.
    vars(made).update(vars(client), _native=client._native.with_options(call_options(values)), _client=client)
    return made


def items(native: _native.SyncClient, pages: _native.Pages, member: str) -> Iterator[Any]:
    """Return the items of all pages, which are fetched as they are needed."""
    while (page := _greenlets.run(native.next_page, pages)) is not None:
        yield from page[member]


async def async_items(
    native: _native.AsyncClient,
    pages: _native.Pages,
    member: str,
    *,
    before_page: Callable[[], None] | None = None,
    convert: Callable[[Any], Any] | None = None,
) -> AsyncIterator[Any]:
    """Return the items of all pages, which are fetched as they are needed."""
    while True:
        if before_page is not None:
            before_page()
        page = await native.next_page(pages)
        if page is None:
            return
        for item in page[member]:
            yield item if convert is None else convert(item)
