"""Methods in Python, from a row of a table of methods."""

from __future__ import annotations

import re

from python_text import Flavor, docstring, imperative, param_type, type_of
from tables import Method, Param

_OPTIONS = "**options: Options of this call; durations are in seconds."
_RAISES = "OmniMCPError: The call failed; `kind`, `code` and `delivery` name the reason and whether it ran."


def method(row: Method, flavor: Flavor, keyed: list[str]) -> str:
    """A method of a client. `keyed` are the options that are parameters of a method."""
    if not row.params and not row.options:
        return _native_method(row, flavor)
    params = [param for param in row.params if param.name not in keyed]
    arguments = [f'"{row.name}"', _members(params), "options" if row.options else "{}"]
    if row.options and not row.iterates:
        arguments += ["on_progress", *(_name(param) for param in row.params if param.name in keyed)]
    call = f"self._call({', '.join(arguments)})"
    if row.iterates:
        call = f'self._items("{row.name}", "{row.pages}", options)'
    return _defined(row, flavor, call, _signature(row, flavor, keyed))


def method_with_metadata(row: Method, flavor: Flavor, keyed: list[str], client: str) -> str:
    """The same method of the accessor, whose result comes with its metadata."""
    assert row.result is not None
    arguments = [f'"{row.name}"', _members([param for param in row.params if param.name not in keyed])]
    arguments += ["options", "on_progress", *(_name(param) for param in row.params if param.name in keyed)]
    call = f"self._client._call({', '.join(arguments)}, with_metadata=True)"
    doc = docstring([f"{imperative(row.help)} As `{client}.{row.name}`, with the metadata of the result."], 8)
    result = f"WithMetadata[{type_of(row.result.type)}]"
    signature = _signature(row, flavor, keyed)
    return f"    {flavor.define} {row.name}({signature}) -> {result}:\n{doc}        return {flavor.awaits}{call}\n"


def registry_method(row: Method, flavor: Flavor) -> str:
    """A method of a registry."""
    if not row.params and not row.options:
        return _native_method(row, flavor)
    members = ", ".join(f'"{param.name}": {_value(param)}' for param in row.params)
    if row.iterates:
        call = f'self._records("{row.name}", {{{members}}}, options)'
    else:
        call = f'{flavor.awaits}self._call("{row.name}", {{{members}}}, options)'
        wraps = {
            "ServerRecord": "ServerRecord({})",
            "ServerRecord[]": "[ServerRecord(record) for record in {}]",
            "ServerPage": "page_of({})",
        }
        call = wraps.get(row.result.type if row.result else "", "{}").format(call)
    return _defined(row, flavor, call, _signature(row, flavor, None), adds_await=False)


def _defined(row: Method, flavor: Flavor, call: str, signature: str, *, adds_await: bool = True) -> str:
    result = type_of(row.result.type).replace("list[ServerRecord]", "_Records") if row.result else "None"
    define, awaits = flavor.define, flavor.awaits if adds_await else ""
    if row.iterates:
        result, define, awaits = f"{flavor.iterator}[{result}]", "def", ""
    body = f"{'return ' if row.result else ''}{awaits}{call}"
    return f"    {define} {row.name}({signature}) -> {result}:\n{_doc(row)}        {body}\n"


def _native_method(row: Method, flavor: Flavor) -> str:
    native = f"self._native.{row.name}"
    call = f"await {native}()" if flavor.is_async else f"_greenlets.run({native})"
    return f"    {flavor.define} {row.name}(self) -> None:\n{docstring([imperative(row.help)], 8)}        {call}\n"


def _signature(row: Method, flavor: Flavor, keyed: list[str] | None) -> str:
    parts = [
        "self",
        *(f"{_name(param)}: {param_type(param)}{'' if param.required else ' = None'}" for param in row.params),
    ]
    if row.options:
        has_progress = keyed is not None and not row.iterates
        parts += ["*", f"on_progress: {flavor.on_progress} | None = None"] if has_progress else []
        is_keyed = keyed is not None and any(param.name in keyed for param in row.params)
        options = "UnkeyedCallOptions" if is_keyed else "RegistryCallOptions" if row.registry else "CallOptions"
        parts.append(f"**options: Unpack[{options}]")
    return ", ".join(parts)


def _doc(row: Method) -> str:
    arguments = [f"{_name(param)}: {param.help}" for param in row.params]
    if row.options:
        if row.registry is None and not row.iterates:
            arguments.append("on_progress: Called with each progress of the call.")
        arguments.append(_OPTIONS)
    sections = {
        "Args": arguments,
        "Returns": [row.result.help] if row.result else [],
        "Raises": [_RAISES],
    }
    return docstring([imperative(row.help)], 8, sections)


def _members(params: list[Param]) -> str:
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
