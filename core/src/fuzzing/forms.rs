//! Forms, schemas and what servers ask for: any JSON, without harm.

use serde_json::Value;

use crate::protocol::{asked, elicitation, json_schema};

/// `input`: the params of a server's request, and behind an LF what the caller's function gave.
///
/// # Panics
/// Where an accepted form lacks what it requires.
pub fn forms(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n').map(serde_json::from_slice::<Value>);
    let Some(Ok(params)) = parts.next() else { return };
    let given = parts.next().and_then(Result::ok).unwrap_or_default();
    for method in [elicitation::CREATE, "sampling/createMessage", "roots/list", "other"] {
        let _ = asked::check(method, &params);
        let _ = asked::result(method, &params, given.clone());
    }
    if elicitation::check(&params).is_ok()
        && let Ok(result) = elicitation::result(&params, given.clone())
        && result["action"] == "accept"
        && params["mode"] != "url"
    {
        let required = params["requestedSchema"]["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            assert!(result["content"].get(name).is_some(), "{name} is required, and not in {result}");
        }
    }
    if let Ok(schema) = json_schema::compile(&params) {
        let _ = json_schema::fits(&schema, &given);
    }
}
