"""The base classes of registries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _greenlets, _native
from omni_mcp_py._calls import async_items, items
from omni_mcp_py._closing import AsyncClosing, Closing
from omni_mcp_py._record import ServerRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from typing_extensions import Unpack

    from omni_mcp_py._options import RegistryOptions


class Registry(Closing):
    """A client of one registry, whose calls block; any number of threads may share it."""

    _kind: str

    def __init__(self, api_key: str | None = None, **options: Unpack[RegistryOptions]) -> None:
        """Make a client.

        Args:
            api_key: The API key, sent as a bearer token. Default: the environment variable of the registry.
            **options: See `RegistryOptions`; durations are in seconds.

        Raises:
            ConfigError: An option is missing, or has a value that is not allowed.
        """
        given = options if api_key is None else {"api_key": api_key, **options}
        self._native = _native.SyncClient.of_registry(self._kind, given)

    def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return _greenlets.run(self._native.call, name, params, options, None, False)

    def _records(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Iterator[ServerRecord]:
        return map(ServerRecord, items(self._native, self._native.pages(name, params, options), "data"))


class AsyncRegistry(AsyncClosing):
    """A client of one registry, whose calls are awaited; usable from any event loop."""

    _kind: str

    def __init__(self, api_key: str | None = None, **options: Unpack[RegistryOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._native = _native.AsyncClient.of_registry(self._kind, given)

    __init__.__doc__ = Registry.__init__.__doc__

    async def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return await self._native.call(name, params, options, None, False)

    def _records(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> AsyncIterator[ServerRecord]:
        pages = self._native.pages(name, params, options)
        return async_items(self._native, pages, "data", convert=ServerRecord)
