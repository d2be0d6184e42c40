//! Forms, schemas and server requests: any JSON.

use serde_json::Value;

use crate::protocol::json_schema::{self, SchemaReading};
use crate::protocol::{client_features, elicitation};

/// `input`: the params of a server request, an LF, and the result of the callback.
///
/// # Panics
/// If the content of an accepted form lacks a required field.
pub fn forms(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n').map(serde_json::from_slice::<Value>);
    let Some(Ok(params)) = parts.next() else { return };
    let given = parts.next().and_then(Result::ok).unwrap_or_default();
    for method in ["sampling/createMessage", "roots/list", "other"] {
        let _ = client_features::check(method, &params);
        let _ = client_features::result(method, given.clone());
    }
    for reading in [SchemaReading::Strict, SchemaReading::Lenient] {
        if let Ok(elicitation) = elicitation::read(&params, reading)
            && let Ok(result) = elicitation::result(&elicitation, given.clone())
            && result["action"] == "accept"
            && params["mode"] != "url"
        {
            let required = params["requestedSchema"]["required"].as_array().into_iter().flatten();
            for name in required.filter_map(Value::as_str) {
                assert!(result["content"].get(name).is_some(), "{name} is required but not in {result}");
            }
        }
    }
    // The lenient validation accepts all values that the strict one accepts.
    let whole = json_schema::compile(&params, SchemaReading::Strict);
    if let (Ok(whole), Ok(part)) = (whole, json_schema::compile(&params, SchemaReading::Lenient)) {
        let fits = |schema| json_schema::fits(schema, &given).is_ok();
        assert!(fits(&part) || !fits(&whole), "{given} fits {params}");
    }
}
