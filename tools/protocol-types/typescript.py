"""The types for TypeScript: bindings-node/ts/protocol.ts."""

from __future__ import annotations

from model import Alias, Constant, Definition, ListOf, MapOf, Model, Named, Object, Plain, Type, Words

_HEAD = """\
/**
 * The objects of the protocol, of both eras: what only one era has, or requires, is optional.
 *
 * Made by `tools/protocol-types/generate.py` of the published schemas; not to be edited.
 */
"""
_PLAIN = {
    "text": "string",
    "whole": "number",
    "number": "number",
    "flag": "boolean",
    "anything": "unknown",
    "schema": "Record<string, unknown>",
    "object": "Record<string, unknown>",
}
# A member's type that the caller may know better.
_GENERIC = {("CallToolResult", "structuredContent"): ("T", "T = Record<string, unknown>")}
_WIDTH = 120


def emitted(model: Model) -> str:
    """The file's text."""
    return "\n".join([_HEAD, *map(_definition, model.definitions.values())])


def _definition(definition: Definition) -> str:
    said = _doc(definition.said, "")
    if isinstance(definition, Object):
        return said + _object(definition)
    if isinstance(definition, Alias):
        return f"{said}export type {definition.name} = {_type(definition.type)};\n"
    if isinstance(definition, Words):
        members = [f'"{word}"' for word in definition.words]
    else:
        members = [_type(member) for member in definition.types]
    line = f"export type {definition.name} = {' | '.join(members)};"
    if len(line) > _WIDTH:
        line = f"export type {definition.name} =\n" + "\n".join(f"  | {member}" for member in members) + ";"
    return f"{said}{line}\n"


def _object(definition: Object) -> str:
    parameters = ""
    lines = ""
    for member in definition.members:
        generic = _GENERIC.get((definition.name, member.name))
        kind = _type(member.type)
        if generic is not None:
            kind, parameters = generic[0], f"<{generic[1]}>"
        name = member.name if member.name.isidentifier() else f'"{member.name}"'
        lines += f"{_doc(member.said, '  ')}  {name}{'' if member.required else '?'}: {kind};\n"
    return f"export interface {definition.name}{parameters} {{\n{lines}  [member: string]: unknown;\n}}\n"


def _type(kind: Type) -> str:
    if isinstance(kind, Plain):
        return _PLAIN[kind.kind]
    if isinstance(kind, Named):
        return kind.name
    if isinstance(kind, Constant):
        return f'"{kind.text}"'
    if isinstance(kind, ListOf):
        return f"{_type(kind.item)}[]"
    if isinstance(kind, MapOf):
        return f"Record<string, {_type(kind.value)}>"
    return f"{_type(kind.inner)} | null"


def _doc(said: str, indent: str) -> str:
    return f"{indent}/** {said} */\n"
