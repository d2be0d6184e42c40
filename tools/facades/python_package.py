"""The package itself and the classes of its errors: `__init__.py` and `_errors.py`."""

from __future__ import annotations

import textwrap

from python_clients import tables_types
from python_text import docstring, literal, quoted
from tables import Kind, Tables

_DOC = '''\
"""A client for hosted MCP servers, for programs whose calls cost money.

from omni_mcp_py import OmniMCPClient

with OmniMCPClient(api_key="omni_live_...") as client:
    result = client.call_tool("fred.search", {"q": "inflation", "limit": 5})
    print(result.get("structuredContent"))
"""
'''
# Imported at once, by module.
_AT_ONCE = {
    "_client": ["ClientWithMetadata", "OmniMCPClient", "connect"],
    "_error": ["OmniMCPError"],
    # `typing.get_type_hints(OmniMCPError)` looks them up in the package.
    "_kinds": ["ErrorCode", "ErrorKind"],
    "_native": ["__version__", "looks_like_error"],
    "_text": ["text_of"],
    "_types": [
        "Delivery",
        "LogRecord",
        "Metadata",
        "Notification",
        "RequestInfo",
        "ResponseInfo",
        "State",
        "StateChange",
        "WithMetadata",
    ],
}
# Imported on first use.
_LATER = {
    "_async_client": ["AsyncClientWithMetadata", "AsyncOmniMCPClient", "connect_async"],
    "_counters": ["Counters"],
    "_options": [
        "AsyncClientOptions",
        "AsyncOnProgress",
        "AuthOptions",
        "CallOptions",
        "ClientOptions",
        "NoOptions",
        "OnProgress",
        "ProfileName",
        "ProfileOptions",
        "ProvidedToken",
        "Seconds",
        "UnkeyedCallOptions",
    ],
}
_TAIL = """
for _public in (ClientWithMetadata, OmniMCPClient, OmniMCPError, *OmniMCPError.__subclasses__()):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = __name__
del _public


def __getattr__(name: str) -> Any:
    # Imported on first use: most programs do not need them.
    import importlib

    if name in ("registry", "testing", "types"):
        return importlib.import_module(f"{__name__}.{name}")
    if name in __all__:
        found = getattr(importlib.import_module(f"{__name__}.{_LATER.get(name, 'types')}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
"""


def package(tables: Tables) -> str:
    """What the package exports."""
    protocol = sorted({*tables_types(tables), "Progress"})
    at_once = {**_AT_ONCE, "_errors": [row.class_name for row in tables.kinds]}
    later = {name: module for module, names in _LATER.items() for name in names}
    listed = sorted([*protocol, *later, *(name for names in at_once.values() for name in names)])
    return f"""\
{_DOC}
from typing import TYPE_CHECKING, Any

from omni_mcp_py import _loading as _loading

# isort: split
from omni_mcp_py import _bundling as _bundling
{_imports(at_once)}
if TYPE_CHECKING:
{textwrap.indent(_imports({**_LATER, "types": protocol}), "    ")}

__all__ = [{", ".join(map(quoted, listed))}]

# The modules of the other names are imported on first use; those that are not here are in `types`.
_LATER = {{{", ".join(f"{quoted(name)}: {quoted(module)}" for name, module in later.items())}}}
{_TAIL}"""


def _imports(names: dict[str, list[str]]) -> str:
    return "".join(f"from omni_mcp_py.{module} import {', '.join(listed)}\n" for module, listed in names.items())


def kinds(tables: Tables) -> str:
    """The types of an error's `kind` and `code`."""
    return f'''\
"""The kinds and codes of errors."""

from __future__ import annotations

from typing import Literal

ErrorKind = {literal([row.kind for row in tables.kinds])}
ErrorCode = {literal(tables.codes)}
'''


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
