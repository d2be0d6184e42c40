//! Forms, schemas and what servers ask for: any JSON, without harm.

use serde_json::Value;

use crate::protocol::json_schema::{self, SchemaReading};
use crate::protocol::{client_features, elicitation};

/// `input`: the params of a server's request, and behind an LF what the caller's function gave.
///
/// # Panics
/// Where an accepted form lacks what it requires.
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
                assert!(result["content"].get(name).is_some(), "{name} is required, and not in {result}");
            }
        }
    }
    // What can be checked of a schema accepts all that the whole schema accepts.
    let whole = json_schema::compile(&params, SchemaReading::Strict);
    if let (Ok(whole), Ok(part)) = (whole, json_schema::compile(&params, SchemaReading::Lenient)) {
        let fits = |schema| json_schema::fits(schema, &given).is_ok();
        assert!(fits(&part) || !fits(&whole), "{given} fits {params}");
    }
}
