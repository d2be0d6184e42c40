"""Registries of servers: GAIA's and Sema4.ai's."""

from omni_mcp_py._gaia import AsyncGaiaRegistry, GaiaRegistry
from omni_mcp_py._options import RegistryOptions
from omni_mcp_py._record import ServerRecord
from omni_mcp_py._sema4 import AsyncSema4Registry, Sema4Registry, ServerPage

__all__ = [
    "AsyncGaiaRegistry",
    "AsyncSema4Registry",
    "GaiaRegistry",
    "RegistryOptions",
    "Sema4Registry",
    "ServerPage",
    "ServerRecord",
]

for _public in (AsyncGaiaRegistry, AsyncSema4Registry, GaiaRegistry, Sema4Registry, ServerRecord):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = __name__
del _public
