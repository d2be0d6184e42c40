"""The definitions, independent of any language."""

from __future__ import annotations

from dataclasses import dataclass, field

import names
from merging import is_anything, is_free
from schemas import Schema, referred
from wording import first_sentence, pascal


@dataclass(frozen=True)
class Plain:
    """`text`, `whole` (number), `number`, `flag`, `anything`, `object` (any) or `schema` (JSON Schema)."""

    kind: str


@dataclass(frozen=True)
class Named:
    """A definition."""

    name: str


@dataclass(frozen=True)
class Constant:
    """Always the same text."""

    text: str


@dataclass(frozen=True)
class ListOf:
    """A list."""

    item: Type


@dataclass(frozen=True)
class MapOf:
    """An object with members of one type."""

    value: Type


@dataclass(frozen=True)
class Nullable:
    """The type, or null."""

    inner: Type


Type = Plain | Named | Constant | ListOf | MapOf | Nullable


@dataclass
class Member:
    """A member of an object."""

    name: str
    type: Type
    required: bool
    doc: str


@dataclass
class Object:
    """An object, which may have members that are not named."""

    name: str
    doc: str
    members: list[Member] = field(default_factory=list)


@dataclass
class Choice:
    """One of several types."""

    name: str
    doc: str
    types: list[Type]


@dataclass
class Enumeration:
    """One of several strings. A closed enumeration distinguishes objects, and has no other values."""

    name: str
    doc: str
    values: list[str]
    closed: bool


@dataclass
class Alias:
    """Another name."""

    name: str
    doc: str
    type: Type


Definition = Object | Choice | Enumeration | Alias


class Model:
    """All definitions by name."""

    def __init__(self, merged: dict[str, Schema]) -> None:
        """Makes the definitions from the merged schemas."""
        self.definitions: dict[str, Definition] = {}
        self._merged = merged
        self._published = set(merged)
        for name, schema in merged.items():
            if not names.left_out(name) and "error" not in schema.get("properties", {}):
                self._define(names.RENAMED.get(name, name), schema)
            else:
                self._inside(name, schema)
        for name, (long, doc) in names.ALSO.items():
            self.definitions[name] = Alias(name, doc, Named(long))
        self.definitions = dict(sorted(self.definitions.items()))

    def _inside(self, name: str, schema: Schema) -> None:
        """Parameters and data of errors that are defined inline in a definition without a type."""
        properties = schema.get("properties", {})
        params = properties.get("params", {})
        if name.endswith("Request") and params.get("properties"):
            self._define(
                f"{name}Params", {"description": f"The parameters of `{properties['method']['const']}`.", **params}
            )
        data = properties.get("error", {}).get("properties", {}).get("data", {})
        if name.endswith("Error") and data.get("properties"):
            self._define(f"{name}Data", data)

    def _define(self, name: str, schema: Schema) -> None:
        doc = self._doc(name, schema)
        if name in self.definitions:
            return
        if schema.get("properties") or (name == "EmptyResult"):
            self._object(name, doc, schema)
        elif "enum" in schema:
            self.definitions[name] = Enumeration(name, doc, schema["enum"], closed=name.endswith("Type"))
        elif "anyOf" in schema or _several(schema):
            self.definitions[name] = Choice(name, doc, self._choices(name, schema))
        else:
            self.definitions[name] = Alias(name, doc, self._type(name, schema))

    def _object(self, name: str, doc: str, schema: Schema) -> None:
        made = Object(name, doc)
        # Before its members, which may refer to it.
        self.definitions[name] = made
        required = schema.get("required", [])
        in_envelope = names.ENVELOPE if "method" in schema["properties"] else ()
        for member, inner in schema["properties"].items():
            if member in in_envelope:
                continue
            needed = member in required or (name, member) in names.REQUIRED
            needed = needed and (member not in names.OPTIONAL or name == names.MARKED)
            made.members.append(
                Member(member, self._member_type(name, member, inner), needed, self._doc(f"{name}.{member}", inner))
            )
        made.members.sort(key=lambda member: not member.required)

    def _member_type(self, name: str, member: str, schema: Schema) -> Type:
        if (name, member) in names.JSON_SCHEMAS:
            return Plain("schema")
        return self._type(f"{name}.{member}", schema)

    def _type(self, path: str, schema: Schema) -> Type:
        if is_anything(schema):
            return Plain("anything")
        name = referred(schema)
        if name in ("JSONObject", "MetaObject"):
            return Plain("object")
        if name is not None:
            return Named(names.RENAMED.get(name, name))
        if "const" in schema and isinstance(schema["const"], str):
            return Constant(schema["const"])
        kind = schema.get("type")
        if isinstance(kind, list) and "null" in kind:
            (left,) = [one for one in kind if one != "null"]
            return Nullable(self._type(path, {**schema, "type": left}))
        if "enum" in schema or "anyOf" in schema or _several(schema) or schema.get("properties"):
            return Named(self._nested(path, schema))
        if kind == "array":
            return ListOf(self._type(f"{path}.item", schema["items"]))
        if is_free(schema, self._merged):
            return Plain("object")
        if kind == "object":
            return MapOf(self._type(f"{path}.value", schema["additionalProperties"]))
        return Plain({"string": "text", "integer": "whole", "number": "number", "boolean": "flag"}[str(kind)])

    def _nested(self, path: str, schema: Schema) -> str:
        own = path.rsplit(".", 1)[-1]
        name = names.NESTED.get(path) or names.SHARED.get(path) or names.SHARED_MEMBERS.get(own) or pascal(path)
        self._define(name, schema)
        return name

    def _choices(self, name: str, schema: Schema) -> list[Type]:
        members = _spread(schema)
        found = list(dict.fromkeys(self._type(f"{name}.choice", member) for member in members))
        # A union that is defined inline again is replaced by its name.
        lists = [choice.item for choice in found if isinstance(choice, ListOf)]
        for item in lists:
            if isinstance(item, Named) and len(found) > 2:
                inner = self._merged[item.name]["anyOf"]
                spelled_out = [self._type(name, member) for member in inner]
                found = [
                    ListOf(item),
                    item,
                    *(choice for choice in found if choice not in (ListOf(item), *spelled_out)),
                ]
        rank: dict[Type, int] = {Named(each): place for place, each in enumerate(names.ORDER)}
        return sorted(found, key=lambda choice: rank.get(choice, -1))

    def _doc(self, path: str, schema: Schema) -> str:
        own = path[path.rfind(".") :] if "." in path else path
        written: str = schema.get("description", "")
        better = [doc for theirs, doc in names.REPLACED_DOCS.items() if theirs in written]
        if better:
            return better[0]
        if path in names.DOCS:
            return names.DOCS[path]
        return first_sentence(written, self._published) if written else names.DOCS[own]


def _spread(schema: Schema) -> list[Schema]:
    """The members of a union, and of unions inside of it."""
    if "anyOf" in schema:
        return [one for member in schema["anyOf"] for one in _spread(member)]
    if _several(schema):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _several(schema: Schema) -> bool:
    return isinstance(schema.get("type"), list) and "null" not in schema["type"]
