//! Validation of server requests and their results (specification 2025-11-25 and 2026-07-28, client/sampling, client/roots).

use serde_json::{Value, json};

/// Validates the params of a server request.
pub(crate) fn check(method: &str, params: &Value) -> Result<(), String> {
    if !params.is_object() {
        return Err("params must be an object".to_owned());
    }
    match method {
        "sampling/createMessage" => {
            if !params["messages"].is_array() {
                return Err("params.messages must be a list".to_owned());
            }
            if !params["maxTokens"].is_number() {
                return Err("params.maxTokens must be a number".to_owned());
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The result to send for the result of the callback.
pub(crate) fn result(method: &str, given: Value) -> Result<Value, String> {
    match method {
        "sampling/createMessage" => {
            let is_message = matches!(given["role"].as_str(), Some("assistant" | "user"))
                && given["model"].is_string()
                && (given["content"].is_object() || given["content"].is_array());
            is_message.then_some(given).ok_or_else(|| "it must return role, content and model".to_owned())
        }
        "roots/list" => {
            let roots = if given.is_array() { given } else { given["roots"].clone() };
            let are_roots = roots
                .as_array()
                .is_some_and(|roots| roots.iter().all(|root| root["uri"].as_str().is_some_and(is_file)));
            are_roots
                .then(|| json!({ "roots": roots }))
                .ok_or_else(|| "it must return a list of objects with uri, each beginning with file://".to_owned())
        }
        _ => Ok(given),
    }
}

fn is_file(uri: &str) -> bool {
    uri.starts_with("file://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_checked() {
        let message = json!({"role": "assistant", "model": "m", "content": {"type": "text", "text": "x"}});
        let sampling = "sampling/createMessage";
        assert_eq!(result(sampling, message.clone()).unwrap(), message);
        for wrong in
            [json!(null), json!("x"), json!({"role": "system", "model": "m", "content": {}}), json!({"role": "user"})]
        {
            assert!(result(sampling, wrong.clone()).is_err(), "{wrong}");
        }
        let roots = json!([{"uri": "file:///a"}]);
        assert_eq!(result("roots/list", roots.clone()).unwrap(), json!({"roots": roots}));
        assert!(result("roots/list", json!([{"uri": "http://x"}])).is_err());
        assert!(result("roots/list", json!(3)).is_err());
    }

    #[test]
    fn requests_are_checked() {
        let sampling = "sampling/createMessage";
        check(sampling, &json!({"messages": [], "maxTokens": 5})).unwrap();
        for wrong in [json!([]), json!({}), json!({"messages": {}, "maxTokens": 5}), json!({"messages": []})] {
            assert!(check(sampling, &wrong).is_err(), "{wrong}");
        }
    }
}
