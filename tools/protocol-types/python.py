"""The types for Python: bindings-python/python/omni_mcp_py/types.py."""

from __future__ import annotations

import keyword
import subprocess
import sys
from pathlib import Path

from model import Alias, Choice, Constant, Definition, ListOf, MapOf, Member, Model, Named, Object, Plain, Type, Words

_HEAD = '''\
"""The objects of the protocol, of both eras: what only one era has, or requires, is not required.

They are plain dicts, and members beyond those named here are kept. Made by `tools/protocol-types/generate.py` of the
published schemas; not to be edited.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, Union

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:
        # Before 3.12, pydantic reads no other; where it is, this is.
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

'''
_PLAIN = {
    "text": "str",
    "whole": "int",
    "number": "float",
    "flag": "bool",
    "anything": "Any",
    "schema": "dict[str, Any]",
    "object": "dict[str, Any]",
}


def emitted(model: Model, manifest: Path) -> str:
    """The file's text."""
    # Aliases are made when the module is read: of classes, so behind them, and of each other.
    classes = [each for each in model.definitions.values() if isinstance(each, Object)]
    aliases = [each for each in model.definitions.values() if not isinstance(each, Object)]
    placed: list[Definition] = [each for each in aliases if isinstance(each, Words)]
    while len(placed) < len(aliases):
        known = {each.name for each in (*classes, *placed)}
        placed += [each for each in aliases if each not in placed and _needs(each) <= known]
    named = sorted(model.definitions, key=lambda name: (name.lower(), name))
    listed = "__all__ = [\n" + "".join(f'    "{name}",\n' for name in named) + "]\n"
    text = "\n\n".join([_HEAD + listed, *map(_class, classes), *map(_alias, placed)])
    for command in (["check", "--fix", "--exit-zero", "--select=I,RUF022", "-q"], ["format"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", str(manifest), "--stdin-filename", "types.py", "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = ran.stdout
    return text


def _class(definition: Object) -> str:
    required = [member for member in definition.members if member.required]
    optional = [member for member in definition.members if not member.required]
    doc = _doc(definition.said)
    if not required or not optional:
        return _members(definition.name, "TypedDict", definition.members, doc, total=not optional)
    private = f"_{definition.name}"
    return (
        _members(private, "TypedDict", required, "", total=True)
        + "\n\n"
        + _members(definition.name, private, optional, doc, total=False)
    )


def _members(name: str, base: str, members: list[Member], doc: str, *, total: bool) -> str:
    unspeakable = [member for member in members if not member.name.isidentifier() or keyword.iskeyword(member.name)]
    before = ""
    ending = "" if total else ", total=False"
    if unspeakable:
        pairs = "".join(
            f'        "{member.name}": "{_type(member.type)}",  # {member.said}\n' for member in unspeakable
        )
        # A base of its own: the syntax of classes has no such names.
        alone = not doc and len(unspeakable) == len(members)
        inner = name if alone else f"_{name.strip('_')}Keys"
        before = f'{inner} = TypedDict(\n    "{inner}",\n    {{\n{_wrapped(pairs)}    }}{ending},\n)\n\n\n'
        if alone:
            return before
        base = inner if base == "TypedDict" else f"{base}, {inner}"
        members = [member for member in members if member not in unspeakable]
    lines = "".join(f"    {member.name}: {_type(member.type)}\n{_doc(member.said)}" for member in members)
    body = f"{doc}\n{lines}" if lines and doc else doc + lines
    return f"{before}class {name}({base}{ending}):\n{body}"


def _wrapped(pairs: str) -> str:
    # The explanation goes above a line that would be too long with it.
    lines = []
    for line in pairs.splitlines():
        code, said = line.split("  # ", 1)
        lines += [f"        # {said}", code]
    return "".join(f"{line}\n" for line in lines)


def _alias(definition: Definition) -> str:
    if isinstance(definition, Words):
        words = ", ".join(f'"{word}"' for word in definition.words)
        text = f"Literal[{words}]"
    elif isinstance(definition, Choice):
        text = f"Union[{', '.join(map(_type, definition.types))}]"
    else:
        assert isinstance(definition, Alias)
        text = _type(definition.type)
    return f"{definition.name} = {text}\n{_doc(definition.said, 0)}"


def _needs(definition: Definition) -> set[str]:
    kinds = (
        definition.types
        if isinstance(definition, Choice)
        else [definition.type]
        if isinstance(definition, Alias)
        else []
    )
    return {name for kind in kinds for name in _names(kind)}


def _names(kind: Type) -> set[str]:
    if isinstance(kind, Named):
        return {kind.name}
    if isinstance(kind, ListOf):
        return _names(kind.item)
    return _names(kind.value) if isinstance(kind, MapOf) else set()


def _type(kind: Type) -> str:
    if isinstance(kind, Plain):
        return _PLAIN[kind.kind]
    if isinstance(kind, Named):
        return kind.name
    if isinstance(kind, Constant):
        return f'Literal["{kind.text}"]'
    if isinstance(kind, ListOf):
        return f"list[{_type(kind.item)}]"
    if isinstance(kind, MapOf):
        return f"dict[str, {_type(kind.value)}]"
    return f"{_type(kind.inner)} | None"


def _doc(said: str, indent: int = 4) -> str:
    return " " * indent + f'"""{_fitted(said, 120 - indent - 6)}"""\n'


def _fitted(said: str, width: int) -> str:
    if said.endswith('"'):
        said += " "
    if len(said) <= width:
        return said
    raise ValueError(said)
