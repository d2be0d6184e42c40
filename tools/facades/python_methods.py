"""Methods in Python, from a row of a table of methods."""

from __future__ import annotations

import re

from python_text import Flavor, docstring, imperative, keywords, of_package, options_doc, param_type, type_of
from tables import Method, Option, Param, Tables

# The method whose documentation lists the options of one call.
_DOCUMENTED = "call_tool"
_OPTIONS = "{}, …: Options of this call; see `{}`. Durations are in seconds, or a `timedelta`."
_RAISES = "OmniMCPError: The call failed; `kind`, `code` and `delivery` name the reason and whether it ran."


def method(row: Method, flavor: Flavor, tables: Tables) -> str:
    """A method of a client."""
    if not row.params and not row.options:
        return _native_method(row, flavor)
    members = _members(row, tables)
    call = f'self._call("{row.name}", {members}{", locals()" if row.options else ""})'
    if row.iterates:
        call = f'self._items("{row.name}", "{row.pages}", locals())'
    return _defined(row, flavor, call, tables)


def method_with_metadata(row: Method, flavor: Flavor, tables: Tables, client: str) -> str:
    """The same method of the accessor, whose result comes with its metadata."""
    assert row.result is not None
    members = _members(row, tables)
    call = f'self._client._call("{row.name}", {members}, locals(), with_metadata=True)'
    doc = docstring([f"{imperative(row.help)} As `{client}.{row.name}`, with the metadata of the result."], 8)
    result = of_package(f"WithMetadata[{type_of(row.result.type)}]")
    signature = _signature(row, flavor, tables)
    return f"    {flavor.define} {row.name}({signature}) -> {result}:\n{doc}        return {flavor.awaits}{call}\n"


def registry_method(row: Method, flavor: Flavor, tables: Tables) -> str:
    """A method of a registry."""
    if not row.params and not row.options:
        return _native_method(row, flavor)
    members = ", ".join(f'"{param.name}": {_value(param)}' for param in row.params)
    if row.iterates:
        call = f'self._records("{row.name}", {{{members}}}, locals())'
    else:
        call = f'{flavor.awaits}self._call("{row.name}", {{{members}}}, locals())'
        wraps = {
            "ServerRecord": "ServerRecord({})",
            "ServerRecord[]": "[ServerRecord(record) for record in {}]",
            "ServerPage": "page_of({})",
        }
        call = wraps.get(row.result.type if row.result else "", "{}").format(call)
    return _defined(row, flavor, call, tables, adds_await=False)


def _defined(row: Method, flavor: Flavor, call: str, tables: Tables, *, adds_await: bool = True) -> str:
    result = type_of(row.result.type).replace("list[ServerRecord]", "Records") if row.result else "None"
    result = result if row.registry else of_package(result)
    define, awaits = flavor.define, flavor.awaits if adds_await else ""
    if row.iterates:
        result, define, awaits = f"{flavor.iterator}[{result}]", "def", ""
    body = f"{'return ' if row.result else ''}{awaits}{call}"
    signature = _signature(row, flavor, tables)
    return f"    {define} {row.name}({signature}) -> {result}:\n{_doc(row, tables)}        {body}\n"


def _native_method(row: Method, flavor: Flavor) -> str:
    native = f"self._native.{row.name}"
    call = f"await {native}()" if flavor.is_async else f"_greenlets.run({native})"
    return f"    {flavor.define} {row.name}(self) -> None:\n{docstring([imperative(row.help)], 8)}        {call}\n"


def _call_options(row: Method, tables: Tables) -> list[Option]:
    """The options that are keyword parameters, and no other parameters."""
    if row.registry:
        return tables.registry_call_options
    params = [param.name for param in row.params]
    return [option for option in tables.call_options if option.name not in params]


def _signature(row: Method, flavor: Flavor, tables: Tables) -> str:
    parts = [
        "self",
        *(
            f"{_name(param)}: {of_package(param_type(param))}{'' if param.required else ' = None'}"
            for param in row.params
        ),
    ]
    if row.options:
        written = keywords(_call_options(row, tables), flavor, tables.keyed_options)
        if row.registry is None and not row.iterates:
            written.insert(1, f"on_progress: omni.{flavor.on_progress} | None = None")
        parts += written
    return ", ".join(parts)


def _doc(row: Method, tables: Tables) -> str:
    arguments = [f"{_name(param)}: {param.help}" for param in row.params]
    if row.options:
        if row.registry is None and not row.iterates:
            arguments.append("on_progress: Called with each progress of the call.")
        options = _call_options(row, tables)
        if row.name == _DOCUMENTED:
            arguments += options_doc(options)
        else:
            see = "RegistryCallOptions" if row.registry else "CallOptions"
            arguments.append(_OPTIONS.format(options[0].name, see))
    sections = {
        "Args": arguments,
        "Returns": [row.result.help] if row.result else [],
        "Raises": [_RAISES],
    }
    return docstring([imperative(row.help)], 8, sections)


def _members(row: Method, tables: Tables) -> str:
    """The params of the call; options that are parameters are not among them."""
    params = [param for param in row.params if param.name not in tables.keyed_options]
    always = [f'"{param.name}": {_value(param)}' for param in params if param.required or _is_object(param)]
    sometimes = [
        f'({{}} if {_name(param)} is None else {{"{param.name}": {_name(param)}}})'
        for param in params
        if not param.required and not _is_object(param)
    ]
    parts = [f"{{{', '.join(always)}}}"] if always or not sometimes else []
    written = " | ".join(parts + sometimes)
    return written[1:-1] if len(sometimes) == 1 and not parts else written


def _name(param: Param) -> str:
    """The name in Python: `task_id` for `taskId`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", param.name).lower()


def _value(param: Param) -> str:
    name = _name(param)
    if param.type == "ServerRecord":
        return f"plain({name})"
    return f"{{}} if {name} is None else {name}" if _is_object(param) else name


def _is_object(param: Param) -> bool:
    return not param.required and param.type in {"object", "strings"}
