"""The modules of the clients: `_client.py` and `_async_client.py`."""

from __future__ import annotations

import python_methods
from python_text import REFUSED, Flavor, docstring, keywords, of_package, option_doc, options_doc, type_of
from tables import Property, Tables

_URL_OR_KEY = "url_or_key: URL of an MCP server, with the profile generic unless another is given; or the API key."
_KEY_VARIABLES = (
    "Nothing is sent until the first call, which connects. The key and the base URL come from the environment "
    "variables OMNI_API_KEY and OMNI_CLIENT_API_BASE_URL where they are not given."
)
_ACCESSOR = """\
    __slots__ = ("_client",)

    def __init__(self, client: {}) -> None:
        self._client = client
"""
_ASYNC_TAIL = """\

for _public in (AsyncClientWithMetadata, AsyncOmniMCPClient):
    # Tracebacks and help() show where it is imported from.
    _public.__module__ = omni.__name__
del _public
"""


def client(tables: Tables, *, is_async: bool) -> str:
    """A module with one client class, its accessor for metadata, and `connect`."""
    flavor = Flavor(is_async)
    name, accessor = f"{flavor.prefix}OmniMCPClient", f"{flavor.prefix}ClientWithMetadata"
    described = [row for row in tables.methods if row.result is not None and not row.iterates]
    parts = [
        f'"""The {"async" if is_async else "sync"} client."""\n',
        _imports(flavor),
        f"class {name}({flavor.prefix}Calls):\n" + docstring([_purpose(flavor), _KEY_VARIABLES], 4),
        _constructor(tables, flavor),
        *(_property(row) for row in tables.properties),
        _accessor_property(accessor),
        _with_options(tables, flavor, name),
        *(python_methods.method(row, flavor, tables) for row in tables.methods),
        f"\nclass {accessor}:\n"
        + docstring([f"The calls of a client whose results come with their metadata: `{name}.with_metadata`."], 4),
        _ACCESSOR.format(name),
        *(python_methods.method_with_metadata(row, flavor, tables, name) for row in described),
        _connect(tables, flavor, name),
        *([_ASYNC_TAIL] if is_async else []),
    ]
    return "\n".join(parts)


def tables_types(tables: Tables) -> list[str]:
    """The types of the protocol that the tables name."""
    methods = [*tables.methods]
    named = [param.type for row in methods for param in row.params]
    named += [row.result.type for row in methods if row.result]
    named += [row.type for row in tables.properties]
    for row in tables.callbacks:
        named += [name for name in (row.param, row.result) if name]
    ours = {
        "State", "Counters", "Notification", "LogRecord", "StateChange", "ProvidedToken", "RequestInfo", "ResponseInfo",
    }  # fmt: skip
    found = {name.removesuffix("[]") for name in named} - ours
    return sorted(name for name in found if name[0].isupper())


def _imports(flavor: Flavor) -> str:
    return f"""\
from __future__ import annotations

from collections.abc import Awaitable, Callable, {flavor.iterator}, Mapping, Sequence
from typing import Any, Literal

import omni_mcp_py as omni
from omni_mcp_py import _greenlets, _native
from omni_mcp_py._calls import {flavor.prefix}Calls
from omni_mcp_py._given import UNSET, client_options
from omni_mcp_py._unpack import Unpack

"""


def _purpose(flavor: Flavor) -> str:
    if flavor.is_async:
        return "A client of one MCP server, whose calls are awaited; usable from any event loop."
    return "A client of one MCP server, whose calls block; any number of threads may share it."


def _constructor(tables: Tables, flavor: Flavor) -> str:
    doc = docstring(["Make a client."], 8, {"Args": [_URL_OR_KEY, *arguments(tables)], "Raises": [REFUSED]})
    options = keywords(tables.constructor_options, flavor)
    written = ", ".join(["self", "url_or_key: str | None = None", "/", "*", "api_key: str | None = None", *options[1:]])
    return f"""\
    def __init__({written}) -> None:
{doc}        self._open(_native.{flavor.prefix or "Sync"}Client(client_options(locals()), url_or_key))
"""


def _parameters(first: str, tables: Tables, flavor: Flavor) -> str:
    written = [first, "api_key: str | None = None", *keywords(tables.constructor_options, flavor)]
    return ", ".join(written)


def arguments(tables: Tables) -> list[str]:
    """The arguments of a constructor, explained."""
    (key,) = (row for row in tables.client_options if row.name == "api_key")
    return [f"api_key: {option_doc(key)}", *options_doc(tables.constructor_options)]


def _property(row: Property) -> str:
    absent = " None until connected." if row.member else ""
    written = of_package(type_of(row.type)) + (" | None" if row.member else "")
    return f"""\
    @property
    def {row.name}(self) -> {written}:
{docstring([row.help + absent], 8)}        return self._native.property("{row.name}")
"""


def _accessor_property(accessor: str) -> str:
    return f"""\
    @property
    def with_metadata(self) -> {accessor}:
        \"\"\"The same calls, whose results come with their metadata: `client.with_metadata.call_tool(…)`.\"\"\"
        return {accessor}(self)
"""


def _with_options(tables: Tables, flavor: Flavor, name: str) -> str:
    paragraphs = [
        "Return a view of the client whose calls have these options as defaults.",
        "A view shares the session, the connections and the callbacks of the client. The options of a call take "
        "precedence over those of its view, and those over the options of the client; headers are joined. A view of a "
        "view has the options of both. Closing a view does nothing: close the client.",
    ]
    sections = {
        "Args": options_doc(tables.view_options),
        "Returns": ["The view, which has the methods of a client."],
        "Raises": [REFUSED],
    }
    signature = ", ".join(["self", *keywords(tables.view_options, flavor)])
    return f"""\
    def with_options({signature}) -> {name}:
{docstring(paragraphs, 8, sections)}        return self._view(locals())
"""


def _connect(tables: Tables, flavor: Flavor, name: str) -> str:
    sections = {
        "Args": [
            "record: A server's record, of GAIA, Sema4.ai or Odock.",
            *arguments(tables),
        ],
        "Returns": ["The client, connected. Options take precedence over the record."],
        "Raises": ["OmniMCPError: The record or an option is not allowed, or the connection failed."],
    }
    function = f"connect{'_async' if flavor.is_async else ''}"
    doc = docstring(["Make a client of a record, and connect it."], 4, sections)
    return f"""\

{flavor.define} {function}(
    {_parameters("record: Mapping[str, Any]", tables, flavor)}
) -> {name}:
{doc}    given = client_options(locals())
    client = {name}.__new__({name})
    client._open(_native.{flavor.prefix or "Sync"}Client.of_record(dict(record), given))
    try:
        {flavor.awaits}client.connect()
    except BaseException:
        {flavor.awaits}client.close()
        raise
    return client
"""
