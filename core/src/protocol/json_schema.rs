//! JSON Schema, of values that came from elsewhere (specification 2026-07-28, basic/index, JSON Schema Usage): 2020-12 where no
//! other dialect is named. Nothing that a schema refers to is ever fetched.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// The largest schema that is used, in bytes of JSON text: a server must not keep us busy with one.
const LARGEST: usize = 1 << 20;

/// Makes the check of a schema, or says why it cannot be used.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    if schema.to_string().len() > LARGEST {
        return Err(format!("the schema is larger than {LARGEST} bytes"));
    }
    // Patterns in linear time: those of a server must not stand still here.
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| crate::text::preview(error.to_string().as_bytes()))
}

/// Says where a value does not fit a compiled schema.
pub(crate) fn fits(schema: &Validator, value: &Value) -> Result<(), String> {
    schema.validate(value).map_err(|error| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "it".to_owned() } else { place };
        crate::text::preview(format!("{place}: {}", error.masked()).as_bytes())
    })
}

/// Both at once.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    fits(&compile(schema)?, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_checked_and_not_shown() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]});
        check(&schema, &json!({"a": 1})).unwrap();
        let why = check(&schema, &json!({"a": "canary"})).unwrap_err();
        assert!(why.contains("/a") && !why.contains("canary"), "{why}");
        assert!(check(&schema, &json!({})).unwrap_err().contains("a"));
    }

    #[test]
    fn nothing_is_fetched() {
        for schema in [
            json!({"$ref": "http://127.0.0.1:9/never.json"}),
            json!({"$schema": "http://127.0.0.1:9/dialect.json"}),
            json!({"$ref": "file:///etc/passwd"}),
        ] {
            assert!(compile(&schema).is_err(), "{schema}");
        }
        assert!(compile(&json!({"$defs": {"n": {"type": "number"}}, "$ref": "#/$defs/n"})).is_ok());
    }
}
