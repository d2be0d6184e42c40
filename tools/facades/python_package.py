"""The package itself and the classes of its errors: `__init__.py` and `_errors.py`."""

from __future__ import annotations

from python_clients import tables_types
from python_text import docstring, quoted
from tables import Kind, Tables

_DOC = '''\
"""A client for hosted MCP servers that loses no call and runs none twice.

from omni_mcp_py import OmniMCPClient

with OmniMCPClient(api_key="omni_live_...") as client:
    result = client.call_tool("fred.search", {"q": "inflation", "limit": 5})
    print(result["structuredContent"])
"""
'''
_CLIENTS = {
    "_async_client": ["AsyncClientWithMetadata", "AsyncOmniMCPClient", "connect_async"],
    "_client": ["ClientWithMetadata", "OmniMCPClient", "connect"],
}
_TYPES = {
    "_counters": ["Counters"],
    "_native": ["__version__", "looks_like_error"],
    "_options": [
        "AsyncClientOptions",
        "AuthOptions",
        "CallOptions",
        "ClientOptions",
        "ProfileOptions",
        "ProvidedToken",
        "UnkeyedCallOptions",
    ],
    "_types": ["Delivery", "LogRecord", "Metadata", "Notification", "State", "StateChange", "WithMetadata"],
}
_TAIL = """
for _public in (
    AsyncClientWithMetadata,
    AsyncOmniMCPClient,
    ClientWithMetadata,
    OmniMCPClient,
    connect,
    connect_async,
    OmniMCPError,
    *OmniMCPError.__subclasses__(),
):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = __name__
del _public


def __getattr__(name: str) -> Any:
    # Imported on first use: most programs do not need them.
    if name in ("registry", "testing", "types"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if name in __all__:
        from omni_mcp_py import types

        return getattr(types, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
"""


def package(tables: Tables) -> str:
    """What the package exports."""
    protocol = sorted({*tables_types(tables), "Progress"})
    imported = {
        **_CLIENTS,
        "_error": ["OmniMCPError"],
        "_errors": [row.class_name for row in tables.kinds],
        **_TYPES,
    }
    imports = "".join(f"from omni_mcp_py.{module} import {', '.join(names)}\n" for module, names in imported.items())
    listed = sorted([*protocol, *(name for names in imported.values() for name in names)])
    return f"""\
{_DOC}
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _loading as _loading

# isort: split
from omni_mcp_py import _bundling as _bundling
{imports}
if TYPE_CHECKING:
    from omni_mcp_py.types import {", ".join(protocol)}

__all__ = [{", ".join(map(quoted, listed))}]
{_TAIL}"""


def error_classes(tables: Tables) -> str:
    """One class for each kind of errors."""
    return f'''\
"""The exceptions: one class for each kind."""

from __future__ import annotations

from omni_mcp_py._error import CLASSES, OmniMCPError
from omni_mcp_py._error import from_native as from_native

{"".join(map(_error_class, tables.kinds))}
CLASSES.update({{made.kind: made for made in ({", ".join(row.class_name for row in tables.kinds)})}})
'''


def _error_class(row: Kind) -> str:
    bases = f"OmniMCPError, {row.python_base}" if row.python_base else "OmniMCPError"
    note = " asyncio's own CancelledError is never replaced by it." if row.kind == "cancelled" else ""
    doc = docstring([row.help + note], 4)
    return f'\nclass {row.class_name}({bases}):\n{doc}\n    kind = "{row.kind}"\n\n'
