//! Elicitation requests: forms and URLs (specification 2026-07-28, client/elicitation).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::protocol::form_fields::FormFields;
use crate::protocol::json_schema::{self, Compiled, SchemaReading};
use crate::protocol::schema_subset::Places;

pub(crate) const CREATE: &str = "elicitation/create";

/// Maximum number of references to the schema of a form.
const MOST_REFERENCES: usize = 8;

/// A validated elicitation request.
#[derive(Debug)]
pub(crate) enum Elicitation {
    Form(Box<Form>),
    Address,
}

/// A form.
#[derive(Debug)]
pub(crate) struct Form {
    /// Schema of the content.
    pub(crate) check: Arc<Compiled>,
    required: Vec<String>,
    defaults: Map<String, Value>,
    /// Fields that the specification does not allow.
    pub(crate) unusual_fields: Places,
    /// Fields whose default is not a valid value.
    pub(crate) unusable_defaults: Places,
}

/// Validates the params: the fields of a form are plain, a URL is http or https. The error is the reason of a refusal.
pub(crate) fn read(params: &Value, reading: SchemaReading) -> Result<Elicitation, String> {
    if !params["message"].is_string() {
        return Err("params.message must be a string".to_owned());
    }
    match params["mode"].as_str() {
        None if !params["mode"].is_null() => Err("params.mode must be form or url".to_owned()),
        None | Some("form") => Form::read(&params["requestedSchema"], reading).map(Box::new).map(Elicitation::Form),
        Some("url") => {
            let url = params["url"].as_str().and_then(|url| url::Url::parse(url).ok());
            let is_web = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
            is_web.then_some(Elicitation::Address).ok_or_else(|| "params.url must be an http or https URL".to_owned())
        }
        Some(_) => Err("params.mode must be form or url".to_owned()),
    }
}

const NOT_FLAT: &str = "params.requestedSchema must be an object of plain fields";

/// The fields of a form.
fn properties<'a>(
    schema: &'a Value,
    reading: SchemaReading,
    unusual: &mut Places,
) -> Result<Vec<(&'a String, &'a Value)>, String> {
    match &schema["properties"] {
        Value::Object(properties) => Ok(properties.iter().collect()),
        // Some servers omit empty properties, and PHP writes an empty list.
        other
            if reading == SchemaReading::Lenient && schema.is_object() && (other.is_null() || *other == json!([])) =>
        {
            unusual.add("properties", &[]);
            Ok(Vec::new())
        }
        _ => Err(NOT_FLAT.to_owned()),
    }
}

/// The schema of each field, in the form in which values are validated.
fn field_schemas<'a>(
    properties: &[(&'a String, &'a Value)],
    fields: &mut FormFields<'a>,
    reading: SchemaReading,
    unusual: &mut Places,
) -> Result<Map<String, Value>, String> {
    let mut checks = Map::new();
    for (name, field) in properties.iter().copied() {
        let named = |why: &str| format!("{NOT_FLAT}: {} {why}", crate::util::sanitize::identifier(name.as_bytes()));
        if FormFields::is_usual(field) {
            checks.insert(name.clone(), FormFields::usual(field));
        } else if reading == SchemaReading::Strict {
            return Err(named("is not a plain field (see the option strict)"));
        } else {
            unusual.add(name, &[]);
            checks.insert(name.clone(), fields.check(field).ok_or_else(|| named("cannot be shown"))?);
        }
    }
    Ok(checks)
}

impl Form {
    fn read(schema: &Value, reading: SchemaReading) -> Result<Self, String> {
        let mut unusual_fields = Places::default();
        let mut fields = FormFields::of(schema);
        let whole = schema;
        let schema = if reading == SchemaReading::Lenient { target(schema) } else { schema };
        let properties = properties(schema, reading, &mut unusual_fields)?;
        if !std::ptr::eq(whole, schema) {
            unusual_fields.add("$ref", &[]);
        }
        let checks = field_schemas(&properties, &mut fields, reading, &mut unusual_fields)?;
        let required = match &schema["required"] {
            Value::Null if reading == SchemaReading::Lenient => json!([]),
            Value::Null if schema.get("required").is_none() => json!([]),
            required => required.clone(),
        };
        if !required.is_array() {
            unusual_fields.add("required", &[]);
        }
        let names = required.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let mut check = json!({ "type": "object", "properties": checks });
        if reading == SchemaReading::Strict {
            check["required"] = required;
        }
        let compiled = json_schema::compile(&check, reading);
        let mut form = Self {
            check: Arc::new(compiled.map_err(|why| format!("params.requestedSchema cannot be used: {why}"))?),
            required: names,
            defaults: Map::new(),
            unusual_fields,
            unusable_defaults: Places::default(),
        };
        for (name, field) in properties {
            let Some(default) = fields.default(field) else { continue };
            let alone = json!({ name: default });
            if reading == SchemaReading::Strict || json_schema::fits(&form.check, &alone).is_ok() {
                form.defaults.insert(name.clone(), default.clone());
            } else {
                form.unusable_defaults.add(name, &[]);
            }
        }
        Ok(form)
    }

    /// The content, with defaults for absent fields.
    fn filled(&self, mut content: Map<String, Value>) -> Result<Value, String> {
        for (name, default) in &self.defaults {
            if !content.contains_key(name) {
                content.insert(name.clone(), default.clone());
            }
        }
        match self.required.iter().find(|name| !content.contains_key(*name)) {
            Some(missing) => {
                let missing = crate::util::sanitize::identifier(missing.as_bytes());
                Err(format!("content does not match the form: \"{missing}\" is a required property"))
            }
            None => Ok(Value::Object(content)),
        }
    }
}

/// The target of a reference.
fn target(schema: &Value) -> &Value {
    let mut target = schema;
    for _ in 0..MOST_REFERENCES {
        let pointer = target["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        match pointer.filter(|_| target.get("properties").is_none()).and_then(|pointer| schema.pointer(pointer)) {
            Some(next) => target = next,
            None => break,
        }
    }
    target
}

/// The result to send. The content of an accepted form must be validated before, see [`to_check`].
pub(crate) fn result(elicitation: &Elicitation, given: Value) -> Result<Value, String> {
    let Value::Object(mut given) = given else { return Err("it must return an object with action".to_owned()) };
    match (given.get("action").and_then(Value::as_str), elicitation) {
        (Some("accept"), Elicitation::Form(form)) => {
            let content = match given.remove("content") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(content)) => content,
                Some(_) => return Err("content must be an object".to_owned()),
            };
            given.insert("content".to_owned(), form.filled(content)?);
        }
        (Some("accept" | "decline" | "cancel"), _) => {
            // Only accepted forms have content.
            given.remove("content");
        }
        _ => return Err("action must be accept, decline or cancel".to_owned()),
    }
    Ok(Value::Object(given))
}

/// The schema of the content of a result, and the content.
pub(crate) fn to_check<'a>(elicitation: &Elicitation, result: &'a Value) -> Option<(Arc<Compiled>, &'a Value)> {
    match elicitation {
        Elicitation::Form(form) => result.get("content").map(|content| (Arc::clone(&form.check), content)),
        Elicitation::Address => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result that is sent for a result of the callback.
    fn sent(params: &Value, given: Value, reading: SchemaReading) -> Result<Value, String> {
        let elicitation = read(params, reading)?;
        let result = result(&elicitation, given)?;
        match to_check(&elicitation, &result) {
            Some((check, content)) => json_schema::fits(&check, content).map(|()| result.clone()),
            None => Ok(result),
        }
    }

    fn form() -> Value {
        json!({"message": "m", "requestedSchema": {"type": "object", "properties": {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "minimum": 18},
        }, "required": ["age"]}})
    }

    #[test]
    fn absent_fields_have_their_default() {
        let given = sent(&form(), json!({"action": "accept", "content": {"age": 30}}), SchemaReading::Strict).unwrap();
        assert_eq!(given, json!({"action": "accept", "content": {"age": 30, "name": "John Doe"}}));
    }

    #[test]
    fn invalid_content_is_not_sent() {
        for given in [
            json!({"action": "accept"}),
            json!({"action": "accept", "content": {"age": 3}}),
            json!({"action": "accept", "content": {"age": "30"}}),
            json!({"action": "accept", "content": []}),
            json!({"action": "yes"}),
            json!({}),
            json!("accept"),
        ] {
            for reading in [SchemaReading::Strict, SchemaReading::Lenient] {
                assert!(sent(&form(), given.clone(), reading).is_err(), "{given}");
            }
        }
    }

    #[test]
    fn choices_are_validated_and_other_keywords_are_ignored() {
        let titled = json!([{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]);
        let form = json!({"message": "m", "requestedSchema": {
            "$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}]}}, "allOf": [{"$ref": "#/$defs/x"}],
            "type": "object", "properties": {
                "one": {"type": "string", "oneOf": titled},
                "many": {"type": "array", "items": {"anyOf": titled}, "maxItems": 1},
            }
        }});
        for reading in [SchemaReading::Strict, SchemaReading::Lenient] {
            let accept = |content: Value| sent(&form, json!({"action": "accept", "content": content}), reading);
            assert!(accept(json!({"one": "a", "many": ["b"]})).is_ok());
            for wrong in [json!({"one": "c"}), json!({"many": ["c"]}), json!({"many": ["a", "b"]})] {
                assert!(accept(wrong.clone()).is_err(), "{wrong}");
            }
        }
    }

    #[test]
    fn refusals_and_urls_have_no_content() {
        let refused =
            sent(&form(), json!({"action": "decline", "content": {"age": 1}}), SchemaReading::Strict).unwrap();
        assert_eq!(refused, json!({"action": "decline"}));
        let address = json!({"mode": "url", "message": "m", "url": "https://example.com/"});
        assert_eq!(
            sent(&address, json!({"action": "accept"}), SchemaReading::Strict).unwrap(),
            json!({"action": "accept"})
        );
    }

    #[test]
    fn requests_are_checked() {
        read(&form(), SchemaReading::Strict).unwrap();
        read(&json!({"mode": "url", "message": "m", "url": "https://example.com/"}), SchemaReading::Strict).unwrap();
        for wrong in [
            json!({"message": "m"}),
            json!({"requestedSchema": {"properties": {}}}),
            json!({"mode": "page", "message": "m"}),
            json!({"mode": 5, "message": "m", "requestedSchema": {"properties": {}}}),
            json!({"mode": "url", "message": "m", "url": "javascript:alert(1)"}),
            json!({"mode": "url", "message": "m"}),
            json!({"message": "m", "requestedSchema": {"properties": {"a": {"type": "object"}}}}),
        ] {
            for reading in [SchemaReading::Strict, SchemaReading::Lenient] {
                assert!(read(&wrong, reading).is_err(), "{wrong}");
            }
        }
    }

    /// Checks a field as a library writes it: values that fit, and values that do not. It is reported, or usable in strict mode.
    fn check_field(field: &Value, fits: &Value, fits_not: &Value) {
        let form = json!({"message": "m", "requestedSchema": {
            "type": "object", "properties": {"a": field}, "required": ["a"],
            "$defs": {"Size": {"type": "string", "enum": ["s", "m"]}}
        }});
        let accept =
            |value: &Value, reading| sent(&form, json!({"action": "accept", "content": {"a": value}}), reading);
        for value in fits.as_array().unwrap() {
            assert_eq!(
                accept(value, SchemaReading::Lenient).map(|sent| sent["content"]["a"].clone()).as_ref(),
                Ok(value),
                "{field}"
            );
        }
        for value in fits_not.as_array().unwrap() {
            assert!(accept(value, SchemaReading::Lenient).is_err(), "{field} {value}");
        }
        let Ok(Elicitation::Form(read)) = read(&form, SchemaReading::Lenient) else { panic!("{field}") };
        let is_reported = !read.unusual_fields.is_empty() || read.check.changes != json_schema::Changes::default();
        assert!(
            is_reported || accept(&fits[0], SchemaReading::Strict).is_ok(),
            "{field} is reported, or has nothing to report"
        );
    }

    fn titled() -> Value {
        json!([{"const": "s", "title": "Small"}, {"const": "m", "title": "Medium"}])
    }

    #[test]
    fn fields_of_zod_are_read() {
        let zod_email =
            r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";
        let titled = titled();
        for (field, fits, fits_not) in [
            // zod: look-ahead; the length is still checked.
            (
                json!({"type": "string", "pattern": zod_email, "maxLength": 15}),
                json!(["ann@example.com"]),
                json!([5, "ann.lee@example.com"]),
            ),
            (json!({"type": "string", "pattern": r"(?<=a)b"}), json!(["x"]), json!([5])),
            (json!({"type": "string", "pattern": r"^(a)\1$"}), json!(["x"]), json!([true])),
            (json!({"enum": ["s", "m"]}), json!(["s", "m"]), json!(["l", 5, null])),
            (json!({"oneOf": titled}), json!(["s"]), json!(["l", "Small"])),
            (json!({"anyOf": titled}), json!(["m"]), json!(["Medium"])),
            (json!({"const": true}), json!([true]), json!([false])),
        ] {
            check_field(&field, &fits, &fits_not);
        }
    }

    #[test]
    fn fields_of_pydantic_are_read() {
        for (field, fits, fits_not) in [
            // pydantic: Optional[…], an Enum, a Literal.
            (
                json!({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}),
                json!([1, null]),
                json!([0, "1"]),
            ),
            (json!({"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]}), json!(["s", null]), json!(["l"])),
            (json!({"$ref": "#/$defs/Size"}), json!(["s"]), json!(["l", null])),
            (json!({"allOf": [{"$ref": "#/$defs/Size"}], "title": "Size"}), json!(["m"]), json!(["l"])),
            (json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), json!([1, "1"]), json!([true])),
            (
                json!({"type": "string", "anyOf": [{"maxLength": 1}, {"pattern": "^x"}]}),
                json!(["a", "xyz"]),
                json!(["abc", 1]),
            ),
        ] {
            check_field(&field, &fits, &fits_not);
        }
    }

    #[test]
    fn fields_of_gson_and_dotnet_are_read() {
        let titled = titled();
        for (field, fits, fits_not) in [
            // Gson and .NET.
            (json!({"type": ["string", "null"]}), json!(["a", null]), json!([1])),
            (json!({"type": ["string", "null"], "enum": ["a", null]}), json!(["a", null]), json!(["b"])),
            (
                json!({"type": "integer", "format": "int32", "minimum": 1.0, "nullable": true}),
                json!([1, null]),
                json!([0]),
            ),
            (json!({"type": "string", "minLength": 1.0, "maxLength": "9"}), json!(["a", "0123456789"]), json!([""])),
            (json!({"type": "string", "minLength": null, "enum": null}), json!(["a"]), json!([1])),
            (json!({"type": "number", "minimum": 1, "exclusiveMinimum": true}), json!([2]), json!([1])),
            (json!({"type": "text"}), json!(["a"]), json!([])),
            (json!({"$ref": "#/$defs/missing", "maxLength": 2}), json!(["a"]), json!(["abc"])),
            (json!({"$ref": "https://example.com/Size.json"}), json!(["a"]), json!([])),
            (json!(true), json!(["a", 1]), json!([])),
            (json!({"title": "Anything"}), json!(["a", 1]), json!([])),
            (
                json!({"type": ["array", "null"], "items": {"anyOf": titled}, "maxItems": 1}),
                json!([["s"], null]),
                json!([["l"], ["s", "m"]]),
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/$defs/Size"}, "nullable": true}),
                json!([["s"]]),
                json!([["l"]]),
            ),
        ] {
            check_field(&field, &fits, &fits_not);
        }
    }

    #[test]
    fn fields_that_cannot_be_filled_in_are_refused() {
        for field in [
            json!({"type": "object"}),
            json!({"type": "object", "properties": {"b": {"type": "string"}}}),
            json!({"properties": {"b": {"type": "string"}}}),
            json!({"type": ["object", "null"]}),
            json!({"$ref": "#/$defs/Address"}),
            json!({"anyOf": [{"$ref": "#/$defs/Address"}, {"type": "null"}]}),
            json!({"allOf": [{"$ref": "#/$defs/Address"}]}),
            json!({"$ref": "#/$defs/Endless"}),
            json!({"anyOf": [{"type": "null"}]}),
            json!(false),
            json!(null),
            json!("string"),
            json!([]),
        ] {
            let form = json!({"message": "m", "requestedSchema": {
                "type": "object", "properties": {"a": field},
                "$defs": {"Address": {"type": "object"}, "Endless": {"allOf": [{"$ref": "#/$defs/Endless"}, {"$ref": "#/$defs/Endless"}]}}
            }});
            assert!(read(&form, SchemaReading::Lenient).unwrap_err().contains("a cannot be shown"), "{field}");
        }
    }

    #[test]
    fn invalid_defaults_are_not_used() {
        for (field, expected) in [
            (json!({"type": "string", "default": null}), None),
            (json!({"type": ["string", "null"], "default": null}), Some(json!(null))),
            (json!({"type": "integer", "default": "5"}), None),
            (json!({"type": "integer", "default": 5.0}), Some(json!(5.0))),
            (json!({"type": "boolean", "default": "true"}), None),
            (json!({"type": "string", "enum": ["a"], "default": "b"}), None),
            (json!({"type": "string", "enum": ["a"], "default": "a"}), Some(json!("a"))),
            (json!({"type": "string", "minLength": 1, "default": ""}), None),
            (json!({"type": "array", "items": {"enum": ["a"]}, "default": "a"}), None),
            (json!({"allOf": [{"$ref": "#/$defs/Size"}], "default": "s"}), Some(json!("s"))),
            (json!({"$ref": "#/$defs/Size"}), Some(json!("m"))),
        ] {
            let mut form = json!({"message": "m", "requestedSchema": {
                "type": "object", "properties": {"a": field}, "$defs": {"Size": {"enum": ["s", "m"], "default": "m"}}
            }});
            let accept = |form: &Value| sent(form, json!({"action": "accept"}), SchemaReading::Lenient);
            let sent = accept(&form).unwrap();
            assert_eq!(sent["content"].get("a"), expected.as_ref(), "{field}");
            form["requestedSchema"]["required"] = json!(["a"]);
            assert_eq!(accept(&form).is_ok(), expected.is_some(), "{field}: required fields stay required");
        }
    }

    #[test]
    fn other_forms_of_schemas_are_accepted() {
        for schema in [
            json!({"type": "object"}),
            json!({"type": "object", "properties": null, "required": null}),
            json!({"type": "object", "properties": [], "required": []}),
            json!({"$ref": "#/definitions/M", "definitions": {"M": {"type": "object", "properties": {"a": {"type": "string"}}}}}),
            json!({"properties": {"a": {"type": "string"}}, "required": ["a", 5]}),
        ] {
            let form = json!({"message": "m", "requestedSchema": schema});
            let accept = |reading| sent(&form, json!({"action": "accept", "content": {"a": "x"}}), reading);
            assert!(accept(SchemaReading::Lenient).is_ok(), "{schema}");
            assert!(accept(SchemaReading::Strict).is_err(), "{schema}");
        }
        for schema in [json!(null), json!(true), json!([]), json!({"properties": "a"}), json!({"$ref": "#"})] {
            let form = json!({"message": "m", "requestedSchema": schema});
            let refused = read(&form, SchemaReading::Lenient).is_err();
            assert_eq!(refused, schema != json!({"$ref": "#"}), "{schema}");
        }
    }

    #[test]
    fn many_references_take_linear_time() {
        let large: Vec<String> = (0..10_000).map(|n| format!("choice {n}")).collect();
        let fields: Map<String, Value> =
            (0..2_000).map(|n| (format!("f{n}"), json!({"$ref": "#/$defs/Large"}))).collect();
        let form = json!({"message": "m", "requestedSchema": {
            "type": "object", "properties": fields, "$defs": {"Large": {"enum": large}}
        }});
        let begun = std::time::Instant::now();
        read(&form, SchemaReading::Lenient).unwrap();
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
