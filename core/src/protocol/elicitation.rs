//! Forms and addresses that a server asks a person about (specification 2026-07-28, client/elicitation).

use serde_json::{Map, Value};

use super::json_schema;

pub(crate) const CREATE: &str = "elicitation/create";

/// Checks the params: a form's schema is flat, an address is one of the web.
pub(crate) fn check(params: &Value) -> Result<(), String> {
    if !params["message"].is_string() {
        return Err("params.message must be a string".to_owned());
    }
    match params["mode"].as_str() {
        None if !params["mode"].is_null() => Err("params.mode must be form or url".to_owned()),
        None | Some("form") => {
            let properties = params["requestedSchema"]["properties"].as_object();
            let is_flat = properties.is_some_and(|properties| properties.values().all(is_field));
            is_flat.then_some(()).ok_or_else(|| "params.requestedSchema must be an object of plain fields".to_owned())
        }
        Some("url") => {
            let url = params["url"].as_str().and_then(|url| url::Url::parse(url).ok());
            let is_web = url.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
            is_web.then_some(()).ok_or_else(|| "params.url must be an http or https URL".to_owned())
        }
        Some(_) => Err("params.mode must be form or url".to_owned()),
    }
}

fn is_field(schema: &Value) -> bool {
    matches!(schema["type"].as_str(), Some("string" | "number" | "integer" | "boolean" | "array"))
}

/// The result to send: of an accepted form, what was left out has its default, and all of it fits the schema.
pub(crate) fn result(params: &Value, given: Value) -> Result<Value, String> {
    let Value::Object(mut given) = given else { return Err("it must give an object with action".to_owned()) };
    let is_form = params["mode"].as_str() != Some("url");
    match given.get("action").and_then(Value::as_str) {
        Some("accept") if is_form => {
            let content = match given.remove("content") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(content)) => content,
                Some(_) => return Err("content must be an object".to_owned()),
            };
            let content = Value::Object(with_defaults(&params["requestedSchema"], content));
            let form = json_schema::compile(&plain(&params["requestedSchema"]))
                .map_err(|why| format!("the form's schema cannot be used: {why}"))?;
            json_schema::fits(&form, &content).map_err(|why| format!("content does not fit the form: {why}"))?;
            given.insert("content".to_owned(), content);
        }
        Some("accept" | "decline" | "cancel") => {
            // There is nothing to hand over.
            given.remove("content");
        }
        _ => return Err("action must be accept, decline or cancel".to_owned()),
    }
    Ok(Value::Object(given))
}

/// The form as far as the specification has forms: flat, of plain fields. Anything else that a schema could hold would only
/// keep us busy.
fn plain(schema: &Value) -> Value {
    const OF_A_FIELD: &[&str] = &[
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
    let of_field = |field: &Value| -> Map<String, Value> {
        let members = field.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| OF_A_FIELD.contains(&name.as_str()))
            .map(|(name, v)| (name.clone(), v.clone()))
            .collect()
    };
    // Titles are beside the choices.
    let choices = |of: &Value| {
        let titled = ["oneOf", "anyOf"].iter().find_map(|name| of[*name].as_array())?;
        let choices: Vec<Value> = titled.iter().filter_map(|choice| choice.get("const").cloned()).collect();
        (!choices.is_empty()).then_some(Value::Array(choices))
    };
    let mut properties = Map::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let mut plain = of_field(field);
        plain.extend(choices(field).map(|choices| ("enum".to_owned(), choices)));
        if let Some(items) = field.get("items") {
            let mut of_items = of_field(items);
            of_items.extend(choices(items).map(|choices| ("enum".to_owned(), choices)));
            plain.insert("items".to_owned(), Value::Object(of_items));
        }
        properties.insert(name.clone(), Value::Object(plain));
    }
    serde_json::json!({ "type": "object", "properties": properties, "required": schema.get("required").unwrap_or(&Value::Array(Vec::new())) })
}

fn with_defaults(schema: &Value, mut content: Map<String, Value>) -> Map<String, Value> {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(default) = field.get("default").filter(|_| !content.contains_key(name)) {
            content.insert(name.clone(), default.clone());
        }
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form() -> Value {
        json!({"message": "m", "requestedSchema": {"type": "object", "properties": {
            "name": {"type": "string", "default": "John Doe"},
            "age": {"type": "integer", "minimum": 18},
        }, "required": ["age"]}})
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let given = result(&form(), json!({"action": "accept", "content": {"age": 30}})).unwrap();
        assert_eq!(given, json!({"action": "accept", "content": {"age": 30, "name": "John Doe"}}));
    }

    #[test]
    fn what_does_not_fit_is_not_sent() {
        for given in [
            json!({"action": "accept"}),
            json!({"action": "accept", "content": {"age": 3}}),
            json!({"action": "accept", "content": {"age": "30"}}),
            json!({"action": "accept", "content": []}),
            json!({"action": "yes"}),
            json!({}),
            json!("accept"),
        ] {
            assert!(result(&form(), given.clone()).is_err(), "{given}");
        }
    }

    #[test]
    fn choices_are_checked_and_what_no_form_has_is_not_looked_at() {
        let titled = json!([{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]);
        let form = json!({"message": "m", "requestedSchema": {
            "$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}, {"$ref": "#/$defs/x"}]}}, "allOf": [{"$ref": "#/$defs/x"}],
            "type": "object", "properties": {
                "one": {"type": "string", "oneOf": titled},
                "many": {"type": "array", "items": {"anyOf": titled}, "maxItems": 1},
            }
        }});
        let accept = |content: Value| result(&form, json!({"action": "accept", "content": content}));
        assert!(accept(json!({"one": "a", "many": ["b"]})).is_ok());
        for wrong in [json!({"one": "c"}), json!({"many": ["c"]}), json!({"many": ["a", "b"]})] {
            assert!(accept(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn refusals_and_addresses_carry_no_content() {
        let refused = result(&form(), json!({"action": "decline", "content": {"age": 1}})).unwrap();
        assert_eq!(refused, json!({"action": "decline"}));
        let address = json!({"mode": "url", "message": "m", "url": "https://example.com/"});
        assert_eq!(result(&address, json!({"action": "accept"})).unwrap(), json!({"action": "accept"}));
    }

    #[test]
    fn requests_are_checked() {
        check(&form()).unwrap();
        check(&json!({"mode": "url", "message": "m", "url": "https://example.com/"})).unwrap();
        for wrong in [
            json!({"message": "m"}),
            json!({"requestedSchema": {"properties": {}}}),
            json!({"mode": "page", "message": "m"}),
            json!({"mode": 5, "message": "m", "requestedSchema": {"properties": {}}}),
            json!({"mode": "url", "message": "m", "url": "javascript:alert(1)"}),
            json!({"mode": "url", "message": "m"}),
            json!({"message": "m", "requestedSchema": {"properties": {"a": {"type": "object"}}}}),
        ] {
            assert!(check(&wrong).is_err(), "{wrong}");
        }
    }
}
