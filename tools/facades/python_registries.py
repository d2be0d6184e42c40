"""The module of the registries: `registry.py`."""

from __future__ import annotations

import python_methods
from python_text import REFUSED, Flavor, docstring, keywords, options_doc
from tables import Tables

_TITLES = {"gaia": "GAIA", "sema4": "Sema4.ai"}
_HEAD = '''\
"""Registries of servers: GAIA's and Sema4.ai's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal

import omni_mcp_py as omni
from omni_mcp_py import _greenlets
from omni_mcp_py._given import UNSET, client_options
from omni_mcp_py._options import RegistryCallOptions, RegistryOptions
from omni_mcp_py._record import ServerPage, ServerRecord, page_of, plain
from omni_mcp_py._registry import AsyncRegistry, Registry
from omni_mcp_py._unpack import Unpack

# In the classes `list` is the name of a method.
Records = list[ServerRecord]

'''
_TAIL = """
# Tracebacks and help() show where it is imported from.
ServerRecord.__module__ = __name__
"""


def registries(tables: Tables) -> str:
    """The classes of all registries."""
    flavors = [Flavor(False), Flavor(True)]
    classes = [_class(tables, kind, flavor) for kind in tables.registries for flavor in flavors]
    names = [f"{flavor.prefix}{kind.capitalize()}Registry" for kind in tables.registries for flavor in flavors]
    listed = "".join(
        f'    "{name}",\n' for name in [*names, "RegistryCallOptions", "RegistryOptions", "ServerPage", "ServerRecord"]
    )
    return _HEAD + f"__all__ = [\n{listed}]\n\n" + "\n\n".join(classes) + _TAIL


def _class(tables: Tables, kind: str, flavor: Flavor) -> str:
    if flavor.is_async:
        purpose = f"A client of a {_TITLES[kind]} registry, whose calls are awaited; usable from any event loop."
    else:
        purpose = f"A client of a {_TITLES[kind]} registry, whose calls block; any number of threads may share it."
    variables = f"{kind.upper()}_API_KEY and {kind.upper()}_BASE_URL"
    absent = f"The key and the base URL come from the environment variables {variables} where they are not given."
    name = f"{flavor.prefix}{kind.capitalize()}Registry"
    rows = [row for row in tables.registry_methods if row.registry == kind]
    methods = "\n".join(python_methods.registry_method(row, flavor, tables) for row in rows)
    options = tables.registry_constructor_options
    parameters = ", ".join(["self", "api_key: str | None = None", *keywords(options, flavor)])
    key = f"api_key: API key, sent as a bearer token. Default: the environment variable {kind.upper()}_API_KEY."
    doc = docstring(["Make a client."], 8, {"Args": [key, *options_doc(options)], "Raises": [REFUSED]})
    constructor = f"    def __init__({parameters}) -> None:\n{doc}        self._open(client_options(locals()))\n\n"
    head = f'class {name}({flavor.prefix}Registry):\n{docstring([purpose, absent], 4)}\n    _kind = "{kind}"\n\n'
    return head + constructor + methods
