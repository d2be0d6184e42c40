use super::*;
use crate::protocol::json_schema::{SchemaReading, compile, fits};

const LOOKAHEAD: &str = "^(?!x)a";

/// A schema of which not everything can be evaluated, what it accepts then, and what it still refuses.
#[test]
fn the_rest_of_a_schema_is_checked() {
    let remote = "http://127.0.0.1:9/never.json";
    for (schema, fit, fit_not) in [
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
        // References.
        (
            json!({"properties": {"a": {"$ref": remote}, "b": {"type": "string"}}}),
            json!([{"a": 1, "b": "x"}]),
            json!([{"b": 1}]),
        ),
        (json!({"properties": {"a": {"$ref": "#/$defs/none"}}, "required": ["a"]}), json!([{"a": 1}]), json!([{}])),
        (json!({"properties": {"a": {"$ref": "Other"}}, "required": ["a"]}), json!([{"a": 1}]), json!([{}])),
        (
            json!({"properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": remote}}, "$defs": {"n": {"type": "number"}}}),
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
        // Dialects.
        (
            json!({"$schema": "http://json-schema.org/draft-03/schema#", "type": "any", "minimum": 2}),
            json!([2]),
            json!([1]),
        ),
        (json!({"$schema": remote, "type": "number"}), json!([2]), json!(["a"])),
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
        // OpenAPI 3.0.
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
        // Keywords by which a value is refused where others accept it: they go with what they depend on.
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
            json!({"allOf": [{"$ref": remote}], "unevaluatedProperties": false, "type": "object"}),
            json!([{"ab": 1}]),
            json!([5]),
        ),
        (json!({"contains": {"pattern": LOOKAHEAD}, "maxContains": 1}), json!([["a", "b"]]), json!([[]])),
        (json!({"contains": {"type": "number"}, "maxContains": 1, "title": 5}), json!([[1]]), json!([[], [1, 2]])),
        (json!({"anyOf": [], "type": "number"}), json!([1]), json!(["x"])),
        (json!({"allOf": [{"type": "number"}, null]}), json!([1]), json!(["x"])),
        (json!({"additionalProperties": null, "items": null, "type": "object"}), json!([{"a": 1}]), json!([1])),
    ] {
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
fn what_is_not_checked_is_named() {
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
fn a_schema_that_is_valid_is_not_changed() {
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
fn a_schema_that_is_read_strictly_is_whole() {
    for schema in [json!({"pattern": LOOKAHEAD}), json!({"exclusiveMinimum": true}), json!({"$ref": "#/none"})] {
        assert!(compile(&schema, SchemaReading::Strict).is_err(), "{schema}");
    }
}
