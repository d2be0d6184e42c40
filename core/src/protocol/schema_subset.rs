//! The subset of a schema that can be evaluated: other keywords are removed, and those of older dialects are translated to
//! 2020-12. The subset accepts every value that the complete schema accepts.

use serde_json::{Map, Value, json};

use crate::protocol::json_schema;
use crate::util::sanitize::preview_of;

/// Maximum number of named places, and maximum length of each in bytes.
const PLACES: usize = 3;
const PLACE_BYTES: usize = 80;

/// The references to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum References {
    /// References within the schema: pointers, anchors and names.
    All,
    /// Pointers from the root of the schema only.
    Pointers,
}

/// Changes of a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Keywords that are not evaluated, with their places.
    pub(crate) unchecked: Places,
    /// Keywords translated from other dialects.
    pub(crate) translated: Places,
}

/// Places in a schema. Only the first ones are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    named: Vec<String>,
    count: usize,
}

impl Places {
    pub(crate) fn add(&mut self, keyword: &str, place: &[String]) {
        self.count += 1;
        if self.named.len() < PLACES {
            let keyword = preview_of(keyword.as_bytes(), PLACE_BYTES);
            let place = preview_of(place.join("/").as_bytes(), PLACE_BYTES);
            self.named.push(if place.is_empty() { keyword } else { format!("{keyword} at {place}") });
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl std::fmt::Display for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.named.join(", "))?;
        match self.count - self.named.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Keywords that do not depend on others: each is tried on its own.
const ALONE: &[&str] = &[
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "minContains",
    "maxContains",
    "format",
    "contentEncoding",
    "contentMediaType",
    "$anchor",
    "$dynamicAnchor",
];

/// Keywords without influence on validity.
const BESIDE: &[&str] = &[
    "$schema",
    "$vocabulary",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentSchema",
    "nullable",
    "additionalItems",
];

/// The subset of `schema` that can be evaluated, in the dialect 2020-12, and the changes.
pub(crate) fn part(schema: &Value, references: References) -> (Value, Changes) {
    let part = |trusts_references| {
        let mut walk = Walk {
            root: schema,
            references,
            trusts_references,
            ignores_siblings: has_old_references(schema),
            place: Vec::new(),
            lost: 0,
            changes: Changes::default(),
        };
        let (part, is_wider) = walk.schema(schema);
        (part, walk.changes, is_wider)
    };
    let (whole, changes, is_wider) = part(true);
    if !is_wider {
        return (whole, changes);
    }
    // The target of a reference may accept more than before.
    let (part, changes, _) = part(false);
    (part, changes)
}

/// Whether a schema, as JSON text, contains the keyword `nullable` (OpenAPI 3.0), which is not part of JSON Schema.
pub(crate) fn uses_nullable(text: &str) -> bool {
    text.contains("\"nullable\":true")
}

/// Up to draft-07, keywords beside `$ref` are not evaluated.
fn has_old_references(schema: &Value) -> bool {
    let dialect = schema["$schema"].as_str().unwrap_or_default();
    ["draft-03", "draft-04", "draft-06", "draft-07"].iter().any(|old| dialect.contains(old))
}

struct Walk<'a> {
    root: &'a Value,
    references: References,
    /// Whether targets of references are unchanged.
    trusts_references: bool,
    ignores_siblings: bool,
    place: Vec<String>,
    /// Number of removed keywords that evaluate properties or items, and of references that may lead to some.
    lost: usize,
    changes: Changes,
}

impl Walk<'_> {
    /// The subset of a schema, and whether it accepts more than the schema.
    fn schema(&mut self, schema: &Value) -> (Value, bool) {
        match schema {
            Value::Bool(_) => (schema.clone(), false),
            Value::Object(members) => self.members(members),
            _ => {
                self.changes.unchecked.add("schema", &self.place);
                (Value::Bool(true), true)
            }
        }
    }

    fn at(&mut self, name: &str, schema: &Value) -> (Value, bool) {
        self.place.push(name.to_owned());
        let part = self.schema(schema);
        self.place.pop();
        part
    }

    fn unchecked(&mut self, keyword: &str) {
        self.changes.unchecked.add(keyword, &self.place);
    }

    fn translated(&mut self, keyword: &str) {
        self.changes.translated.add(keyword, &self.place);
    }

    fn members(&mut self, members: &Map<String, Value>) -> (Value, bool) {
        let mut part = Map::new();
        let (mut is_wider, lost) = (false, self.lost);
        let only_reference = self.ignores_siblings && members.get("$ref").is_some_and(Value::is_string);
        for (keyword, value) in members {
            if only_reference && !matches!(keyword.as_str(), "$ref" | "$defs" | "definitions") {
                continue;
            }
            let keyword = keyword.as_str();
            is_wider |= match (keyword, value) {
                ("exclusiveMinimum" | "exclusiveMaximum", Value::Bool(is_exclusive)) => {
                    self.exclusive(keyword, *is_exclusive, members, &mut part)
                }
                ("maxContains", _) => false,
                _ if ALONE.contains(&keyword) => self.alone(keyword, value, &mut part),
                _ if BESIDE.contains(&keyword) => false,
                ("$ref" | "$dynamicRef" | "$recursiveRef", _) => self.reference(keyword, value, &mut part),
                ("$id", _) => self.id(value, &mut part),
                ("not" | "if", _) => self.exact(keyword, value, members, &mut part),
                // Handled with `if`.
                ("then" | "else", _) => false,
                ("items", Value::Array(_)) => self.items(value, members, &mut part),
                (
                    "items"
                    | "contains"
                    | "additionalProperties"
                    | "unevaluatedProperties"
                    | "unevaluatedItems"
                    | "propertyNames",
                    _,
                ) => {
                    let (schema, mut is_wider) = self.at(keyword, value);
                    part.insert(keyword.to_owned(), schema);
                    match members.get("maxContains").filter(|_| keyword == "contains") {
                        // More items are valid than before.
                        Some(_) if is_wider => self.unchecked("maxContains"),
                        Some(most) => is_wider |= self.alone("maxContains", most, &mut part),
                        None => {}
                    }
                    is_wider
                }
                ("allOf" | "anyOf" | "oneOf" | "prefixItems", _) => self.list(keyword, value, &mut part),
                ("properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas", _) => {
                    self.map(keyword, value, &mut part)
                }
                ("dependencies", _) => self.dependencies(value, &mut part),
                // Unknown keywords are not evaluated, but may be targets of references.
                _ => {
                    part.insert(keyword.to_owned(), value.clone());
                    false
                }
            };
        }
        self.without_the_rest(members, &mut part, lost);
        if members.get("nullable") == Some(&Value::Bool(true)) {
            self.nullable(&mut part);
        }
        (Value::Object(part), is_wider)
    }

    fn alone(&mut self, keyword: &str, value: &Value, part: &mut Map<String, Value>) -> bool {
        let is_name = keyword.ends_with("nchor");
        if is_name && self.references == References::Pointers {
            return false;
        }
        if !json_schema::is_usable(keyword, value) {
            self.unchecked(keyword);
            return !is_name;
        }
        part.insert(keyword.to_owned(), value.clone());
        false
    }

    /// Draft-04: a flag beside `minimum` or `maximum`.
    fn exclusive(
        &mut self,
        keyword: &str,
        is_exclusive: bool,
        members: &Map<String, Value>,
        part: &mut Map<String, Value>,
    ) -> bool {
        let limit = if keyword == "exclusiveMinimum" { "minimum" } else { "maximum" };
        match members.get(limit).filter(|limit| is_exclusive && limit.is_number()) {
            Some(limit) => {
                part.insert(keyword.to_owned(), limit.clone());
                self.translated(keyword);
            }
            None if is_exclusive => self.unchecked(keyword),
            None => self.translated(keyword),
        }
        false
    }

    fn reference(&mut self, keyword: &str, value: &Value, part: &mut Map<String, Value>) -> bool {
        let Some(target) = value.as_str().filter(|target| self.is_within(target)) else {
            self.lost += 1;
            self.unchecked(keyword);
            return true;
        };
        let keyword = if keyword == "$recursiveRef" { "$ref" } else { keyword };
        part.insert(keyword.to_owned(), target.into());
        self.lost += usize::from(!self.trusts_references);
        !self.trusts_references
    }

    fn is_within(&self, target: &str) -> bool {
        let Some(fragment) = target.strip_prefix('#') else { return self.references == References::All };
        match fragment.is_empty() || fragment.starts_with('/') {
            true => percent_encoding::percent_decode_str(fragment)
                .decode_utf8()
                .is_ok_and(|pointer| self.root.pointer(&pointer).is_some_and(|to| to.is_object() || to.is_boolean())),
            false => self.references == References::All,
        }
    }

    fn id(&mut self, value: &Value, part: &mut Map<String, Value>) -> bool {
        if self.references == References::All {
            part.insert("$id".to_owned(), value.clone());
        }
        false
    }

    /// Negated schemas, and schemas that others depend on: they are kept unchanged or removed.
    fn exact(
        &mut self,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        part: &mut Map<String, Value>,
    ) -> bool {
        let (schema, is_wider) = self.at(keyword, value);
        if is_wider {
            self.lost += 1;
            self.unchecked(keyword);
            return true;
        }
        part.insert(keyword.to_owned(), schema);
        let mut is_wider = false;
        if keyword == "if" {
            for branch in ["then", "else"] {
                if let Some(value) = members.get(branch) {
                    let (schema, is_wider_branch) = self.at(branch, value);
                    part.insert(branch.to_owned(), schema);
                    is_wider |= is_wider_branch;
                }
            }
        }
        is_wider
    }

    /// Up to 2019-09: a list applies to the first items, `additionalItems` to the others.
    fn items(&mut self, value: &Value, members: &Map<String, Value>, part: &mut Map<String, Value>) -> bool {
        self.translated("items");
        let mut is_wider = false;
        if value.as_array().is_some_and(|items| !items.is_empty()) {
            is_wider |= self.list("items", value, part);
            if let Some(items) = part.remove("items") {
                part.insert("prefixItems".to_owned(), items);
            }
        }
        if let Some(rest) = members.get("additionalItems") {
            let (schema, is_wider_rest) = self.at("additionalItems", rest);
            part.insert("items".to_owned(), schema);
            is_wider |= is_wider_rest;
        }
        is_wider
    }

    fn list(&mut self, keyword: &str, value: &Value, part: &mut Map<String, Value>) -> bool {
        let Some(schemas) = value.as_array().filter(|schemas| !schemas.is_empty()) else {
            self.lost += 1;
            self.unchecked(keyword);
            return true;
        };
        self.place.push(keyword.to_owned());
        let mut is_wider = false;
        let mut parts = Vec::new();
        for (index, schema) in schemas.iter().enumerate() {
            let (schema, is_wider_one) = self.at(&index.to_string(), schema);
            parts.push(schema);
            is_wider |= is_wider_one;
        }
        self.place.pop();
        if keyword == "oneOf" && is_wider {
            // A value may match several of them now.
            let any = json!({ "anyOf": parts });
            match part.get_mut("allOf").and_then(Value::as_array_mut) {
                Some(all) => all.push(any),
                None => drop(part.insert("allOf".to_owned(), json!([any]))),
            }
        } else {
            let before = part.insert(keyword.to_owned(), Value::Array(parts));
            if let (Some(Value::Array(before)), Some(Value::Array(now))) = (before, part.get_mut(keyword)) {
                now.extend(before);
            }
        }
        is_wider
    }

    fn map(&mut self, keyword: &str, value: &Value, part: &mut Map<String, Value>) -> bool {
        let Some(schemas) = value.as_object() else {
            // PHP writes empty objects as empty lists.
            if *value != json!([]) {
                self.lost += 1;
                self.unchecked(keyword);
                return true;
            }
            return false;
        };
        self.place.push(keyword.to_owned());
        let mut is_wider = false;
        let mut parts = Map::new();
        for (name, schema) in schemas {
            if keyword == "patternProperties" && !json_schema::is_usable("pattern", &name.as_str().into()) {
                self.lost += 1;
                self.unchecked(name);
                is_wider = true;
                continue;
            }
            let (schema, is_wider_one) = self.at(name, schema);
            parts.insert(name.clone(), schema);
            is_wider |= is_wider_one;
        }
        self.place.pop();
        part.insert(keyword.to_owned(), Value::Object(parts));
        is_wider
    }

    fn dependencies(&mut self, value: &Value, part: &mut Map<String, Value>) -> bool {
        let Some(dependencies) = value.as_object() else {
            self.unchecked("dependencies");
            return true;
        };
        self.translated("dependencies");
        let (lists, schemas): (Map<_, _>, Map<_, _>) =
            dependencies.clone().into_iter().partition(|(_, dependency)| dependency.is_array());
        let mut is_wider = false;
        if !lists.is_empty() && !part.contains_key("dependentRequired") {
            is_wider |= self.alone("dependentRequired", &Value::Object(lists), part);
        }
        if !schemas.is_empty() && !part.contains_key("dependentSchemas") {
            is_wider |= self.map("dependentSchemas", &Value::Object(schemas), part);
        }
        is_wider
    }

    /// Removes keywords for unevaluated properties and items if keywords that evaluate them were removed. `lost` is the number of
    /// those before this schema.
    fn without_the_rest(&mut self, members: &Map<String, Value>, part: &mut Map<String, Value>, lost: usize) {
        let len = |map: &Map<String, Value>, keyword: &str| match map.get(keyword) {
            Some(Value::Object(schemas)) => Some(schemas.len()),
            Some(Value::Array(schemas)) if schemas.is_empty() => None,
            Some(_) => Some(0),
            None => None,
        };
        let mut without = Vec::new();
        if ["properties", "patternProperties"].iter().any(|keyword| len(members, keyword) != len(part, keyword)) {
            without.push("additionalProperties");
        }
        if self.lost > lost {
            without.extend(["unevaluatedProperties", "unevaluatedItems"]);
        }
        for keyword in without {
            if part.remove(keyword).is_some() {
                self.unchecked(keyword);
            }
        }
    }

    /// OpenAPI 3.0: null is also valid.
    fn nullable(&mut self, part: &mut Map<String, Value>) {
        self.translated("nullable");
        match part.get_mut("type") {
            Some(Value::String(name)) if name != "null" => {
                let both = json!([name, "null"]);
                part.insert("type".to_owned(), both);
            }
            Some(Value::Array(names)) if !names.contains(&"null".into()) => names.push("null".into()),
            _ => {}
        }
        match part.get_mut("enum") {
            Some(Value::Array(values)) if !values.contains(&Value::Null) => values.push(Value::Null),
            _ => {}
        }
        if let Some(value) = part.remove("const") {
            part.insert("enum".to_owned(), json!([value, null]));
        }
        if let Some(target) = part.remove("$ref") {
            let either = json!({ "anyOf": [{ "$ref": target }, { "type": "null" }] });
            match part.get_mut("allOf").and_then(Value::as_array_mut) {
                Some(all) => all.push(either),
                None => drop(part.insert("allOf".to_owned(), json!([either]))),
            }
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(schemas)) = part.get_mut(keyword) {
                schemas.push(json!({ "type": "null" }));
            }
        }
    }
}

#[cfg(test)]
mod tests;
