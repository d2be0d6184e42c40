use super::*;
use crate::protocol::json_schema::{SchemaReading, compile, fits};

const LOOKAHEAD: &str = "^(?!x)a";

const REMOTE: &str = "http://127.0.0.1:9/never.json";

/// A schema that cannot be evaluated completely, values that it accepts then, and values that it still refuses.
type Row = (Value, Value, Value);

fn check_rows(rows: impl IntoIterator<Item = Row>) {
    for (schema, fit, fit_not) in rows {
        let compiled = compile(&schema, SchemaReading::Lenient).unwrap();
        for value in fit.as_array().unwrap() {
            assert_eq!(fits(&compiled, value), Ok(()), "{schema}");
        }
        for value in fit_not.as_array().unwrap() {
            assert!(fits(&compiled, value).is_err(), "{schema} {value}");
        }
    }
}

#[test]
fn keywords_of_a_wrong_form_are_skipped() {
    check_rows([
        (
            json!({"properties": {"a": {"type": "string", "pattern": LOOKAHEAD}}, "required": ["a"]}),
            json!([{"a": "b"}]),
            json!([{}, {"a": 5}]),
        ),
        (json!({"type": "string", "pattern": "("}), json!(["a"]), json!([5])),
        (json!({"type": "string", "pattern": 5, "maxLength": "3", "minLength": 1.0}), json!(["abcd"]), json!(["", 5])),
        (json!({"type": "int", "minimum": 1}), json!([1, "a"]), json!([0])),
        (json!({"type": ["int", "null"], "maximum": 1}), json!(["a"]), json!([2])),
        (
            json!({"type": "object", "required": null, "properties": null, "title": null, "description": 5}),
            json!([{}]),
            json!([5]),
        ),
        (
            json!({"type": "object", "required": true, "properties": {"a": {"type": "string", "required": true}}}),
            json!([{}]),
            json!([{"a": 1}]),
        ),
        (json!({"type": "object", "properties": [], "required": []}), json!([{"a": 1}]), json!([5])),
    ]);
}

#[test]
fn references_without_a_target_are_skipped() {
    check_rows([
        (
            json!({"properties": {"a": {"$ref": REMOTE}, "b": {"type": "string"}}}),
            json!([{"a": 1, "b": "x"}]),
            json!([{"b": 1}]),
        ),
        (json!({"properties": {"a": {"$ref": "#/$defs/none"}}, "required": ["a"]}), json!([{"a": 1}]), json!([{}])),
        (json!({"properties": {"a": {"$ref": "Other"}}, "required": ["a"]}), json!([{"a": 1}]), json!([{}])),
        (
            json!({"properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": REMOTE}}, "$defs": {"n": {"type": "number"}}}),
            json!([{"a": 1}]),
            json!([{"a": "x"}]),
        ),
        (
            json!({"properties": {"a": {"$ref": "#n"}, "b": {"pattern": "("}}, "$defs": {"n": {"$anchor": "n", "type": "number"}}}),
            json!([{"a": 1}]),
            json!([{"a": "x"}]),
        ),
        (
            json!({"$id": "not an id", "properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "number"}}}),
            json!([{"a": 1}]),
            json!([{"a": "x"}]),
        ),
    ]);
}

#[test]
fn keywords_of_other_dialects_are_translated() {
    check_rows([
        (
            json!({"$schema": "http://json-schema.org/draft-03/schema#", "type": "any", "minimum": 2}),
            json!([2]),
            json!([1]),
        ),
        (json!({"$schema": REMOTE, "type": "number"}), json!([2]), json!(["a"])),
        (json!({"$schema": 5, "type": "number"}), json!([2]), json!(["a"])),
        (
            json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 3, "exclusiveMaximum": false}),
            json!([2, 3]),
            json!([1, 4]),
        ),
        (json!({"$schema": "http://json-schema.org/draft-04/schema#", "exclusiveMinimum": 1}), json!([2]), json!([1])),
        (
            json!({"items": [{"type": "string"}, {"type": "number"}], "additionalItems": false}),
            json!([["a"], ["a", 1]]),
            json!([[1], ["a", 1, 2]]),
        ),
        (json!({"items": [], "type": "array"}), json!([[1]]), json!([1])),
        (
            json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}, "title": 5}),
            json!([{"a": 1, "b": 1}, {}]),
            json!([{"a": 1}, {"c": 1}]),
        ),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/n", "maximum": 1}}, "definitions": {"n": {"type": "number"}}, "title": 5}),
            json!([{"a": 2}]),
            json!([{"a": "x"}]),
        ),
    ]);
}

#[test]
fn nullable_of_openapi_is_translated() {
    check_rows([
        (
            json!({"properties": {"a": {"type": "string", "nullable": true}}}),
            json!([{"a": null}, {"a": "x"}]),
            json!([{"a": 1}]),
        ),
        (json!({"type": "string", "enum": ["x"], "nullable": true}), json!([null, "x"]), json!(["y"])),
        (json!({"const": "x", "nullable": true}), json!([null, "x"]), json!(["y"])),
        (
            json!({"$ref": "#/$defs/n", "nullable": true, "$defs": {"n": {"type": "number"}}}),
            json!([null, 1]),
            json!(["x"]),
        ),
        (json!({"anyOf": [{"type": "number"}], "nullable": true}), json!([null, 1]), json!(["x"])),
        (json!({"allOf": [{"type": ["number", "null"]}], "nullable": true}), json!([null, 1]), json!(["x"])),
    ]);
}

/// Keywords that refuse a value which their subschema accepts are skipped together with a part of it.
#[test]
fn negations_and_choices_with_skipped_keywords_are_skipped() {
    check_rows([
        (json!({"not": {"pattern": LOOKAHEAD}, "type": "string"}), json!(["a", "b"]), json!([5])),
        (
            json!({"not": {"$ref": "#/$defs/p"}, "type": "string", "$defs": {"p": {"pattern": LOOKAHEAD}}}),
            json!(["a", "b"]),
            json!([5]),
        ),
        (
            json!({"oneOf": [{"pattern": LOOKAHEAD}, {"type": "string"}, {"type": "number"}]}),
            json!(["a", "xa", 5]),
            json!([]),
        ),
        (
            json!({"oneOf": [{"type": "string", "pattern": LOOKAHEAD}, {"type": "number"}], "allOf": [{"not": {"const": "q"}}]}),
            json!(["a", 5]),
            json!([true, "q"]),
        ),
        (
            json!({"if": {"pattern": LOOKAHEAD}, "then": {"maxLength": 1}, "else": {"minLength": 9}, "type": "string"}),
            json!(["a", "aaaa"]),
            json!([5]),
        ),
        (
            json!({"if": {"type": "string"}, "then": {"pattern": LOOKAHEAD, "maxLength": 2}}),
            json!(["xa", 5]),
            json!(["xaa"]),
        ),
    ]);
}

#[test]
fn limits_that_depend_on_skipped_keywords_are_skipped() {
    check_rows([
        (
            json!({"patternProperties": {LOOKAHEAD: {"type": "number"}, "^b": {"type": "number"}}, "additionalProperties": false}),
            json!([{"a": 1}, {"b": 1}]),
            json!([{"b": "x"}]),
        ),
        (
            json!({"properties": {"a": {"pattern": LOOKAHEAD}}, "additionalProperties": false}),
            json!([{"a": "x"}]),
            json!([{"b": "x"}]),
        ),
        (
            json!({"allOf": [{"patternProperties": {LOOKAHEAD: true}}], "unevaluatedProperties": false, "type": "object"}),
            json!([{"ab": 1}]),
            json!([5]),
        ),
        (
            json!({"allOf": [{"$ref": REMOTE}], "unevaluatedProperties": false, "type": "object"}),
            json!([{"ab": 1}]),
            json!([5]),
        ),
        (json!({"contains": {"pattern": LOOKAHEAD}, "maxContains": 1}), json!([["a", "b"]]), json!([[]])),
        (json!({"contains": {"type": "number"}, "maxContains": 1, "title": 5}), json!([[1]]), json!([[], [1, 2]])),
        (json!({"anyOf": [], "type": "number"}), json!([1]), json!(["x"])),
        (json!({"allOf": [{"type": "number"}, null]}), json!([1]), json!(["x"])),
        (json!({"additionalProperties": null, "items": null, "type": "object"}), json!([{"a": 1}]), json!([1])),
    ]);
}

#[test]
fn skipped_keywords_are_named() {
    let unchecked = |schema: Value| compile(&schema, SchemaReading::Lenient).unwrap().changes.unchecked.to_string();
    let of = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let schema = json!({"properties": {"a": of(LOOKAHEAD), "b": {"properties": {"c": of("(")}}}});
    assert_eq!(unchecked(schema), "pattern at properties/a, pattern at properties/b/properties/c");
    let many: Map<String, Value> = (0..9).map(|n| (n.to_string(), of("("))).collect();
    assert!(unchecked(json!({ "properties": many })).ends_with(" and 6 more"));
    assert_eq!(unchecked(json!({"type": "integer", "format": "uint32"})), "", "formats that are unknown are none");
    let translated =
        compile(&json!({"type": "string", "nullable": true}), SchemaReading::Lenient).unwrap().changes.translated;
    assert_eq!(translated.to_string(), "nullable");
}

#[test]
fn valid_schemas_are_not_changed() {
    for schema in [
        json!(true),
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}], "definitions": {}}),
        json!({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true}),
        json!({"$id": "https://example.com/a", "$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}),
        json!({"type": "object", "properties": {"nullable": {"type": "boolean"}}}),
    ] {
        assert_eq!(compile(&schema, SchemaReading::Lenient).unwrap().changes, Changes::default(), "{schema}");
    }
}

#[test]
fn strict_reading_skips_nothing() {
    for schema in [json!({"pattern": LOOKAHEAD}), json!({"exclusiveMinimum": true}), json!({"$ref": "#/none"})] {
        assert!(compile(&schema, SchemaReading::Strict).is_err(), "{schema}");
    }
}
