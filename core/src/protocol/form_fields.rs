//! Fields of forms: those of the specification, and those that libraries generate from the types of a language.

use serde_json::{Map, Value, json};

/// Maximum size of all referenced text, in bytes.
const REFERENCES_BYTES: usize = 256 << 10;
/// Maximum nesting of references and choices.
const DEPTH: usize = 8;

/// Keywords that are evaluated in a field.
const CHECKED: &[&str] = &[
    "type",
    "enum",
    "const",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
];

/// The fields of one form.
pub(super) struct FormFields<'a> {
    form: &'a Value,
    /// Remaining size of referenced text.
    left: usize,
}

impl<'a> FormFields<'a> {
    pub(super) fn of(form: &'a Value) -> Self {
        Self { form, left: REFERENCES_BYTES }
    }

    /// Whether the specification allows a field: one plain type, with choices by `enum` or by titled constants.
    pub(super) fn is_usual(field: &Value) -> bool {
        let is_plain = matches!(field["type"].as_str(), Some("string" | "number" | "integer" | "boolean" | "array"));
        let has_more = ["$ref", "allOf", "nullable"].iter().any(|keyword| field.get(*keyword).is_some());
        let only_constants = ["oneOf", "anyOf"].iter().all(|keyword| match &field[*keyword] {
            Value::Null => true,
            Value::Array(choices) => choices.iter().all(|choice| choice.get("const").is_some()),
            _ => false,
        });
        is_plain && !has_more && only_constants
    }

    /// The schema of such a field.
    pub(super) fn usual(field: &Value) -> Value {
        let mut check = checked(field);
        check.extend(choices(field).map(|choices| ("enum".to_owned(), choices)));
        if let Some(items) = field.get("items") {
            let mut of_items = checked(items);
            of_items.extend(choices(items).map(|choices| ("enum".to_owned(), choices)));
            check.insert("items".to_owned(), Value::Object(of_items));
        }
        Value::Object(check)
    }

    /// The schema of any other field; `None` if a person cannot fill it in, as for an object.
    pub(super) fn check(&mut self, field: &Value) -> Option<Value> {
        self.within(field, DEPTH)
    }

    fn within(&mut self, field: &Value, depth: usize) -> Option<Value> {
        if *field == Value::Bool(true) {
            return Some(field.clone());
        }
        let members = field.as_object()?;
        let depth = depth.checked_sub(1)?;
        if is_object(members) {
            return None;
        }
        let mut check = checked(field);
        if let Some(nullable) = members.get("nullable") {
            check.insert("nullable".to_owned(), nullable.clone());
        }
        let mut all = Vec::new();
        if let Some(reference) = members.get("$ref") {
            match self.target(reference) {
                Some(target) => all.push(self.within(target, depth)?),
                // Removed and reported, like all keywords that cannot be evaluated.
                None => drop(check.insert("$ref".to_owned(), reference.clone())),
            }
        }
        for part in members.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            all.push(self.within(part, depth)?);
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(choices) = members.get(keyword).and_then(Value::as_array).filter(|any| !any.is_empty()) else {
                continue;
            };
            let checks: Vec<_> = choices.iter().filter_map(|choice| self.within(choice, depth)).collect();
            if !checks.iter().any(|check| *check != json!({ "type": "null" })) {
                return None;
            }
            // Choices that cannot be shown are not validated.
            if checks.len() == choices.len() {
                all.push(json!({ "anyOf": checks }));
            }
        }
        if let Some(items @ Value::Object(_)) = members.get("items") {
            let items = self.within(items, depth).unwrap_or(Value::Bool(true));
            check.insert("items".to_owned(), items);
        }
        if !all.is_empty() {
            check.insert("allOf".to_owned(), Value::Array(all));
        }
        Some(Value::Object(check))
    }

    /// The target of a reference within the form.
    fn target(&mut self, reference: &Value) -> Option<&'a Value> {
        let pointer = reference.as_str()?.strip_prefix('#')?;
        let target = self.form.pointer(&percent_encoding::percent_decode_str(pointer).decode_utf8().ok()?)?;
        // Not counted after the limit, because counting takes time.
        self.left = match self.left {
            0 => 0,
            left => left.saturating_sub(target.to_string().len()),
        };
        (self.left > 0).then_some(target)
    }

    /// The default of a field.
    pub(super) fn default(&mut self, field: &'a Value) -> Option<&'a Value> {
        field.get("default").or_else(|| self.target(field.get("$ref")?)?.get("default"))
    }
}

fn checked(field: &Value) -> Map<String, Value> {
    let members = field.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| CHECKED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The constants of titled choices.
fn choices(of: &Value) -> Option<Value> {
    let titled = ["oneOf", "anyOf"].iter().find_map(|name| of[*name].as_array())?;
    let choices: Vec<Value> = titled.iter().filter_map(|choice| choice.get("const").cloned()).collect();
    (!choices.is_empty()).then_some(Value::Array(choices))
}

fn is_object(members: &Map<String, Value>) -> bool {
    match members.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => {
            names.iter().any(|name| name == "object") && names.iter().all(|name| name == "object" || name == "null")
        }
        _ => ["properties", "additionalProperties", "patternProperties"].iter().any(|name| members.contains_key(*name)),
    }
}
