"""What the clients of all registries have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py import _native

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from omni_mcp_py._options import CallOptions, RegistryOptions


class Registry:
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

    def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return self._native.call(name, params, options, None)


class AsyncRegistry:
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        # No option is shown: headers and URLs may hold secrets.
        return f"<{type(self).__name__} at {id(self):#x}>"

    async def _call(self, name: str, params: dict[str, Any], options: Mapping[str, object]) -> Any:
        return await self._native.call(name, params, options, None)
