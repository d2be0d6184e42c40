"""One set of definitions out of several revisions: what holds for all of them."""

from __future__ import annotations

from typing import Any

from schemas import Schema, referred

# The keywords that decide a shape; the others are limits, which types do not have.
_SHAPE = (
    "$ref",
    "type",
    "const",
    "enum",
    "anyOf",
    "oneOf",
    "allOf",
    "items",
    "properties",
    "additionalProperties",
    "required",
)
# Published as "string, integer or boolean" where the source has "number".
_NUMBERLESS = ["string", "integer", "boolean"]
# Defined inline in the parameters of every request by the older revisions.
_REQUEST_META = "RequestMetaObject"


class Merger:
    """Merges the definitions of one revision after the other."""

    def __init__(self) -> None:
        """Makes a merger without definitions."""
        self.definitions: dict[str, Schema] = {}
        self._spelled_out: list[tuple[str, Schema]] = []

    def add(self, revision: dict[str, Schema]) -> None:
        """Adds a newer revision."""
        for name, published in revision.items():
            new = self._flat(published, revision)
            old = self.definitions.get(name)
            self.definitions[name] = new if old is None else self._merged(old, new)
        # An object that one revision defines inline and the other by name is the same.
        for name, inline in self._spelled_out:
            if name in self.definitions:
                self.definitions[name] = self._merged(self.definitions[name], inline)
        self._spelled_out = [(name, inline) for name, inline in self._spelled_out if name not in self.definitions]

    def _merged(self, old: Schema, new: Schema) -> Schema:
        if is_anything(new) or is_anything(old):
            return _described({}, old, new)
        if _shape(old) == _shape(new):
            return _described(new, old, new)
        if is_free(old, self.definitions) and _is_object(new, self.definitions):
            return _described(new, old, new)
        if is_free(new, self.definitions) and _is_object(old, self.definitions):
            return _described(old, old, new)
        for one, other in ((old, new), (new, old)):
            name = referred(one)
            if name is not None and "properties" in other and "properties" in self.definitions.get(name, {}):
                self._spelled_out.append((name, other))
                return _described(one, old, new)
        if "properties" in old and "properties" in new:
            return self._object(old, new)
        if old.get("type") == new.get("type") == "array":
            return _described({"type": "array", "items": self._merged(old["items"], new["items"])}, old, new)
        kinds = {str(old.get("type")), str(new.get("type"))}
        if kinds == {"integer", "number"}:
            return _described({"type": "number"}, old, new)
        if "additionalProperties" in old and "additionalProperties" in new:
            inner = self._merged(old["additionalProperties"], new["additionalProperties"])
            return _described({"type": "object", "additionalProperties": inner}, old, new)
        if "anyOf" in old or "anyOf" in new:
            kept = list(new.get("anyOf", [new]))
            kept += [member for member in old.get("anyOf", [old]) if member not in kept]
            return _described({"anyOf": kept}, old, new)
        return _described({"anyOf": [new, old]}, old, new)

    def _object(self, old: Schema, new: Schema) -> Schema:
        properties = dict(new["properties"])
        for name, schema in old["properties"].items():
            properties[name] = self._merged(schema, properties[name]) if name in properties else schema
        required = [name for name in new.get("required", []) if name in old.get("required", [])]
        return _described({"type": "object", "properties": properties, "required": required}, old, new)

    def _flat(self, schema: Schema, revision: dict[str, Schema]) -> Schema:
        """`schema` with `allOf` resolved, and with a publishing error about numbers corrected."""
        if schema.get("type") == _NUMBERLESS:
            return {**schema, "type": ["string", "number", "boolean"]}
        if "allOf" in schema:
            whole: Schema = {"type": "object", "properties": {}, "required": []}
            for part in schema["allOf"]:
                name = referred(part)
                part = self._flat(revision[name] if name else part, revision)
                whole["properties"].update(part.get("properties", {}))
                whole["required"] += part.get("required", [])
            return _described(whole, schema, schema)
        flat = dict(schema)
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                flat[key] = self._flat(schema[key], revision)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                flat[key] = [self._flat(member, revision) for member in schema[key]]
        if "properties" in schema:
            flat["properties"] = {name: self._flat(member, revision) for name, member in schema["properties"].items()}
            meta = flat["properties"].get("_meta", {})
            if "progressToken" in meta.get("properties", {}):
                self._spelled_out.append((_REQUEST_META, meta))
                flat["properties"]["_meta"] = {"$ref": f"#/$defs/{_REQUEST_META}"}
        return flat


def is_anything(schema: Any) -> bool:
    """Whether any JSON value is valid."""
    return schema is True or not _shape(schema) or referred(schema) == "JSONValue"


def is_free(schema: Schema, definitions: dict[str, Schema]) -> bool:
    """Whether any object is valid."""
    name = referred(schema)
    if name is not None:
        return name in definitions and is_free(definitions[name], definitions)
    inner = schema.get("additionalProperties", {})
    return schema.get("type") == "object" and not schema.get("properties") and (inner is False or is_anything(inner))


def _is_object(schema: Schema, definitions: dict[str, Schema]) -> bool:
    name = referred(schema)
    return (
        _is_object(definitions.get(name, {"type": "object"}), definitions) if name else schema.get("type") == "object"
    )


def _shape(schema: Schema) -> Schema:
    return {key: schema[key] for key in _SHAPE if schema.get(key) not in (None, [])} if schema else {}


def _described(schema: Schema, old: Schema, new: Schema) -> Schema:
    description = new.get("description") or old.get("description")
    return {**schema, "description": description} if description else schema
