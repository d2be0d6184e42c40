"""What the clients of all registries have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _greenlets, _native
from omni_mcp_py._closing import AsyncClosing, Closing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from omni_mcp_py._options import CallOptions, RegistryOptions


class Registry(Closing):
    """A client of one registry, whose calls block; any number of threads may share it."""

    _kind: str

    def __init__(self, api_key: str | None = None, **options: Unpack[RegistryOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._native = _native.SyncClient.of_registry(self._kind, given)

    def request(self, method: str, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Any:
        """Send any request below the base URL."""
        return self._call("request", {"method": method, "path": path, "body": body}, options)

    def close(self) -> None:
        """Refuse further calls."""
        _greenlets.run(self._native.close)

    def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return _greenlets.run(self._native.call, name, params, options, None)


class AsyncRegistry(AsyncClosing):
    """A client of one registry, whose calls are awaited; usable from any event loop."""

    _kind: str

    def __init__(self, api_key: str | None = None, **options: Unpack[RegistryOptions]) -> None:
        given = options if api_key is None else {"api_key": api_key, **options}
        self._native = _native.AsyncClient.of_registry(self._kind, given)

    async def request(self, method: str, path: str, body: Any = None, **options: Unpack[CallOptions]) -> Any:
        """Send any request below the base URL."""
        return await self._call("request", {"method": method, "path": path, "body": body}, options)

    async def close(self) -> None:
        """Refuse further calls."""
        await self._native.close()

    async def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return await self._native.call(name, params, options, None)
