"""GAIA's registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omni_mcp_py._record import ServerRecord, plain
from omni_mcp_py._registry import AsyncRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

    from omni_mcp_py._options import CallOptions

    _Records = list[ServerRecord]


class GaiaRegistry(Registry):
    """A client of a GAIA registry, whose calls block; any number of threads may share it.

    The key and the base URL come from the environment variables GAIA_API_KEY and GAIA_BASE_URL where they are not
    given.
    """

    _kind = "gaia"

    def create(self, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Create a server. After an ambiguous failure it is looked up by its name."""
        return ServerRecord(self._call("create", {"server": plain(server)}, options))

    def list(self, project_id: str, **options: Unpack[CallOptions]) -> _Records:
        """Return the servers of a project."""
        return [ServerRecord(server) for server in self._call("list", {"project_id": project_id}, options)]


class AsyncGaiaRegistry(AsyncRegistry):
    """A client of a GAIA registry, whose calls are awaited; usable from any event loop.

    The key and the base URL come from the environment variables GAIA_API_KEY and GAIA_BASE_URL where they are not
    given.
    """

    _kind = "gaia"

    async def create(self, server: Mapping[str, Any], **options: Unpack[CallOptions]) -> ServerRecord:
        """Create a server. After an ambiguous failure it is looked up by its name."""
        return ServerRecord(await self._call("create", {"server": plain(server)}, options))

    async def list(self, project_id: str, **options: Unpack[CallOptions]) -> _Records:
        """Return the servers of a project."""
        return [ServerRecord(server) for server in await self._call("list", {"project_id": project_id}, options)]
