//! Values of modern requests that are repeated in headers (specification 2026-07-28, basic/transports/streamable-http, Request
//! Metadata): the method, the name, and the arguments that a tool's schema annotates.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

/// Maximum number of arguments of one tool in headers. Servers and proxies accept about a hundred headers.
const MOST: usize = 64;

/// The path of an argument and its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParamHeader {
    pub(crate) path: Vec<String>,
    pub(crate) header: HeaderName,
}

/// A text as a header value: unchanged if possible, else in the base64 form.
pub(crate) fn encode(text: &str) -> HeaderValue {
    let is_plain = text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'))
        && text.trim_matches([' ', '\t']) == text
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    let plain = is_plain.then(|| HeaderValue::from_str(text).ok()).flatten();
    plain.unwrap_or_else(|| {
        let encoded = format!("=?base64?{}?=", STANDARD.encode(text));
        HeaderValue::try_from(encoded).unwrap_or_else(|_| HeaderValue::from_static(""))
    })
}

/// The annotations of a tool's `inputSchema`. The error is the reason why the tool must not be used.
pub(crate) fn annotations(schema: &Value) -> Result<Vec<ParamHeader>, String> {
    let mut found: Vec<ParamHeader> = Vec::new();
    let mut path = Vec::new();
    walk(schema, true, &mut path, &mut found)?;
    if found.len() > MOST {
        return Err(format!("x-mcp-header occurs more than {MOST} times"));
    }
    let mut names = HashSet::new();
    // `HeaderName` is in lower case.
    match found.iter().find(|one| !names.insert(&one.header)) {
        Some(one) => Err(format!("x-mcp-header {} is given twice", one.header)),
        None => Ok(found),
    }
}

/// `reachable`: whether the path contains `properties` only.
fn walk(schema: &Value, reachable: bool, path: &mut Vec<String>, found: &mut Vec<ParamHeader>) -> Result<(), String> {
    match schema {
        Value::Object(members) => {
            if let Some(name) = members.get("x-mcp-header") {
                if !reachable || path.is_empty() {
                    return Err("x-mcp-header is at a place that is not the path of an argument".to_owned());
                }
                found.push(ParamHeader { path: path.clone(), header: header_name(name, members)? });
            }
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("properties", Value::Object(properties)) => {
                        for (property, schema) in properties {
                            path.push(property.clone());
                            walk(schema, reachable, path, found)?;
                            path.pop();
                        }
                    }
                    // Members are schemas.
                    ("patternProperties" | "$defs" | "definitions" | "dependentSchemas", Value::Object(schemas)) => {
                        schemas.values().try_for_each(|schema| walk(schema, false, path, found))?;
                    }
                    // Members are values, not schemas.
                    ("enum" | "const" | "default" | "examples" | "x-mcp-header", _) => {}
                    (_, member) => walk(member, false, path, found)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| walk(item, false, path, found)),
        _ => Ok(()),
    }
}

fn header_name(name: &Value, schema: &Map<String, Value>) -> Result<HeaderName, String> {
    let name = name.as_str().filter(|name| !name.is_empty()).ok_or("x-mcp-header must be a name")?;
    if !is_plain(schema) {
        return Err(format!("x-mcp-header {name} must be on a string, an integer or a boolean"));
    }
    HeaderName::try_from(format!("mcp-param-{name}")).map_err(|_| format!("x-mcp-header {name} is not a header name"))
}

/// Whether a schema describes a string, an integer or a boolean, optionally with null. Libraries write optional arguments and
/// choices like this.
fn is_plain(schema: &Map<String, Value>) -> bool {
    let is_plain_type = |name: &Value| matches!(name.as_str(), Some("string" | "integer" | "boolean"));
    let is_plain_value = |value: &Value| value.is_string() || value.is_boolean() || value.is_i64() || value.is_u64();
    let plain_or_null = |values: &[Value], is_plain: &dyn Fn(&Value) -> bool, is_null: &dyn Fn(&Value) -> bool| {
        values.iter().any(is_plain) && values.iter().all(|value| is_plain(value) || is_null(value))
    };
    match (schema.get("type"), schema.get("enum"), schema.get("anyOf").or_else(|| schema.get("oneOf"))) {
        (Some(Value::Array(names)), ..) => plain_or_null(names, &is_plain_type, &|name| name == "null"),
        (Some(name), ..) => is_plain_type(name),
        (None, Some(Value::Array(values)), _) => plain_or_null(values, &is_plain_value, &Value::is_null),
        (None, None, Some(Value::Array(choices))) => plain_or_null(
            choices,
            &|choice| is_plain_type(&choice["type"]) || choice.get("const").is_some_and(is_plain_value),
            &|choice| choice["type"] == "null",
        ),
        _ => schema.get("const").is_some_and(is_plain_value),
    }
}

/// The header value of an argument; `None` if it is absent or null.
pub(crate) fn value_at(arguments: &Value, path: &[String]) -> Option<HeaderValue> {
    let value = path.iter().try_fold(arguments, |value, name| value.get(name))?;
    match value {
        Value::String(text) => Some(encode(text)),
        Value::Bool(flag) => Some(encode(&flag.to_string())),
        Value::Number(number) => Some(encode(&number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The examples of the specification.
    #[test]
    fn values_are_encoded_where_they_must_be() {
        for (text, expected) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
            ("", ""),
        ] {
            assert_eq!(encode(text), expected, "{text:?}");
        }
    }

    #[test]
    fn annotations_are_found_by_their_path() {
        let schema = json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "nested": {"type": "object", "properties": {"dry": {"type": "boolean", "x-mcp-header": "Dry-Run"}}},
            "query": {"type": "string"},
        }});
        let found = annotations(&schema).unwrap();
        assert_eq!(found.len(), 2);
        let arguments = json!({"region": "us-west1", "nested": {"dry": true}, "query": "x"});
        let values: Vec<_> =
            found.iter().map(|one| (one.header.as_str(), value_at(&arguments, &one.path).unwrap())).collect();
        assert!(values.contains(&("mcp-param-region", HeaderValue::from_static("us-west1"))));
        assert!(values.contains(&("mcp-param-dry-run", HeaderValue::from_static("true"))));
        assert_eq!(value_at(&json!({"region": null}), &["region".to_owned()]), None);
        assert_eq!(value_at(&json!({}), &["region".to_owned()]), None);
    }

    #[test]
    fn arguments_may_be_optional_or_choices() {
        for (property, is_plain) in [
            (json!({"type": ["string", "null"]}), true),
            (json!({"type": ["string", "integer"]}), true),
            (json!({"type": ["null"]}), false),
            (json!({"type": ["string", "object"]}), false),
            (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), true),
            (json!({"anyOf": [{"type": "string"}, {"type": "array"}]}), false),
            (json!({"oneOf": [{"const": "s", "title": "Small"}, {"const": 5}]}), true),
            (json!({"enum": ["s", "m", null]}), true),
            (json!({"enum": ["s", 1.5]}), false),
            (json!({"enum": []}), false),
            (json!({"const": true}), true),
            (json!({"type": "string", "nullable": true}), true),
        ] {
            let mut property = property;
            property["x-mcp-header"] = "A".into();
            let schema = json!({"type": "object", "properties": {"a": property}});
            assert_eq!(annotations(&schema).is_ok(), is_plain, "{schema}");
        }
    }

    #[test]
    fn invalid_annotations_refuse_the_tool() {
        let of = |property: Value| json!({"type": "object", "properties": {"a": property}});
        for schema in [
            of(json!({"type": "string", "x-mcp-header": ""})),
            of(json!({"type": "string", "x-mcp-header": "a b"})),
            of(json!({"type": "string", "x-mcp-header": "a\r\nb"})),
            of(json!({"type": "string", "x-mcp-header": 5})),
            of(json!({"type": "number", "x-mcp-header": "A"})),
            of(json!({"type": "object", "x-mcp-header": "A"})),
            of(json!({"x-mcp-header": "A"})),
            of(json!({"type": "array", "items": {"type": "string", "x-mcp-header": "A"}})),
            of(json!({"anyOf": [{"type": "string", "x-mcp-header": "A"}]})),
            json!({"type": "object", "x-mcp-header": "A"}),
            json!({"$defs": {"d": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"$defs": {"default": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"patternProperties": {"enum": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"properties": {"a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"}}}),
        ] {
            assert!(annotations(&schema).is_err(), "{schema}");
        }
    }
}
