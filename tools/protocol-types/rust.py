"""The types for Rust: core/src/protocol/schema.rs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from model import Alias, Choice, Constant, Definition, ListOf, MapOf, Member, Model, Named, Object, Plain, Type, Words
from wording import pascal, snake

_HEAD = """\
//! The objects of the protocol, of both eras: what only one era has, or requires, is optional.
//!
//! Made by `tools/protocol-types/generate.py` of the published schemas; not to be edited.

// A box around the larger variants would be in the way of everyone who looks inside.
#![allow(clippy::large_enum_variant)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::member;
"""
_PLAIN = {
    "text": "String",
    "whole": "i64",
    "number": "f64",
    "flag": "bool",
    "anything": "Value",
    "schema": "Value",
    "object": "Map<String, Value>",
}
_KEYWORDS = ("type", "enum", "const", "ref")
# Required, and yet left out by servers that otherwise work.
_FORGIVEN = {
    ("CallToolResult", "content"),
    ("Implementation", "version"),
    ("InitializeResult", "capabilities"),
    ("InitializeResult", "serverInfo"),
    ("Tool", "inputSchema"),
}
_ENDINGS = (
    "ResourceContents",
    "Content",
    "EnumSchema",
    "Schema",
    "Notification",
    "Request",
    "Result",
    "Reference",
    "Params",
)


def emitted(model: Model, manifest: Path) -> str:
    """The file's text."""
    parts = [_HEAD, _tags(model)]
    parts += [_definition(definition, model) for definition in model.definitions.values()]
    ran = subprocess.run(
        ["rustfmt", "--edition", "2024", "--config-path", str(manifest.parent)],
        input="\n".join(parts), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ran.stdout


def _tags(model: Model) -> str:
    texts: set[str] = set()
    for definition in model.definitions.values():
        if isinstance(definition, Object):
            texts |= {member.type.text for member in definition.members if isinstance(member.type, Constant)}
    # rustfmt leaves what is inside of a macro as it is.
    lines = "".join(f"        {_tag(text)} = {_quoted(text)};\n" for text in sorted(texts))
    return (
        "/// Members that are always the same text, by which objects are told apart.\n"
        f"pub mod tags {{\n    use crate::protocol::tag::tags;\n\n    tags! {{\n{lines}    }}\n}}\n"
    )


def _definition(definition: Definition, model: Model) -> str:
    said = _doc(definition.said)
    if isinstance(definition, Object):
        return said + _object(definition, model)
    if isinstance(definition, Choice):
        return said + _choice(definition, model)
    if isinstance(definition, Words):
        return said + _words(definition)
    return said + f"pub type {definition.name} = {_type(definition.type)};\n"


def _object(definition: Object, model: Model) -> str:
    fields = "".join(_field(definition.name, member) for member in definition.members)
    default = "Default, " if _has_default(Named(definition.name), model) else ""
    return (
        f"#[derive(Debug, Clone, {default}PartialEq, Serialize, Deserialize)]\n"
        f"pub struct {definition.name} {{\n{fields}"
        "/// Members not named here.\n#[serde(flatten)]\npub extra: Map<String, Value>,\n}\n"
    )


def _field(owner: str, member: Member) -> str:
    name = snake(member.name)
    rules = [] if member.name == name else [f"rename = {_quoted(member.name)}"]
    kind = member.type.kind if isinstance(member.type, Plain) else None
    spelled = _type(member.type)
    if not member.required:
        rules += ["default", 'skip_serializing_if = "Option::is_none"']
        if kind not in ("anything", "schema") and not isinstance(member.type, Constant):
            rules.append(f'deserialize_with = "member::{"lenient_whole" if kind == "whole" else "lenient"}"')
        if kind == "number":
            rules.append('serialize_with = "member::some_number"')
        spelled = f"Option<{spelled}>"
    else:
        if (owner, member.name) in _FORGIVEN:
            rules.append("default")
        if kind == "whole":
            rules.append('deserialize_with = "member::whole"')
        if kind == "number":
            rules.append('serialize_with = "member::number"')
    attribute = f"#[serde({', '.join(rules)})]\n" if rules else ""
    name = f"r#{name}" if name in _KEYWORDS else name
    return f"{_doc(member.said)}{attribute}pub {name}: {spelled},\n"


def _choice(definition: Choice, model: Model) -> str:
    variants = ""
    for member in definition.types:
        rule = '#[serde(serialize_with = "member::number")] ' if member == Plain("number") else ""
        variants += f"{_doc(_said(member, model))}{_variant(member, definition)}({rule}{_type(member)}),\n"
    inner = [model.definitions[member.name] for member in definition.types if isinstance(member, Named)]
    # A union inside takes in whatever comes.
    if not any(isinstance(each, Choice) for each in inner):
        variants += "/// What is not known here, as it came.\nOther(Value),\n"
    return (
        "#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]\n#[serde(untagged)]\n"
        f"pub enum {definition.name} {{\n{variants}}}\n"
    )


def _words(definition: Words) -> str:
    variants = "".join(
        f"/// `{word}`.\n#[serde(rename = {_quoted(word)})]\n{pascal(word)},\n" for word in definition.words
    )
    if not definition.closed:
        variants += "/// A word that is not known here.\n#[serde(untagged)]\nOther(String),\n"
    return (
        "#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]\n"
        f"pub enum {definition.name} {{\n{variants}}}\n"
    )


def _variant(member: Type, definition: Choice) -> str:
    if isinstance(member, ListOf):
        return "Many" if member.item in definition.types and isinstance(member.item, Named) else "List"
    if isinstance(member, Named):
        if ListOf(member) in definition.types:
            return "One"
        name = member.name
        ending = next((ending for ending in _ENDINGS if name.endswith(ending)), "")
        name = name.removeprefix("ElicitRequest") if name.startswith("ElicitRequest") and ending == "Params" else name
        return pascal(name.removesuffix(ending)).replace("URL", "Url")
    assert isinstance(member, Plain)
    return {"text": "Text", "whole": "Integer", "number": "Number", "flag": "Bool"}[member.kind]


def _said(member: Type, model: Model) -> str:
    if isinstance(member, Named):
        return model.definitions[member.name].said
    if isinstance(member, ListOf):
        return "Several."
    assert isinstance(member, Plain)
    return {"text": "Text.", "whole": "A whole number.", "number": "A number.", "flag": "True or false."}[member.kind]


def _type(kind: Type) -> str:
    if isinstance(kind, Plain):
        return _PLAIN[kind.kind]
    if isinstance(kind, Named):
        return kind.name
    if isinstance(kind, Constant):
        return f"tags::{_tag(kind.text)}"
    if isinstance(kind, ListOf):
        return f"Vec<{_type(kind.item)}>"
    if isinstance(kind, MapOf):
        return f"BTreeMap<String, {_type(kind.value)}>"
    return f"Option<{_type(kind.inner)}>"


def _has_default(kind: Type, model: Model) -> bool:
    if not isinstance(kind, Named):
        return True
    definition = model.definitions[kind.name]
    if isinstance(definition, Alias):
        return _has_default(definition.type, model)
    if isinstance(definition, Object):
        return all(not member.required or _has_default(member.type, model) for member in definition.members)
    return False


def _tag(text: str) -> str:
    return f"{pascal(text)}Tag"


def _doc(said: str) -> str:
    return "/// " + said.replace("[", "\\[").replace("]", "\\]") + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'
