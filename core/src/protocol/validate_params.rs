//! Validation of params before a request is sent.

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::protocol::methods::{METHODS, MethodSpec, TOOLS_CALL};
use crate::protocol::param_spec::ParamSpec;

/// Log levels (specification 2025-11-25 and 2026-07-28, server/utilities/logging, Log Levels).
pub(crate) const LOG_LEVELS: &[&str] =
    &["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// Checks the params of a method of the table by the types of its parameters. Other methods are not checked.
///
/// # Errors
/// A `config` error that names the member.
pub(crate) fn check(method: &str, params: &[u8]) -> Result<()> {
    let is_row = |spec: &&MethodSpec| spec.protocol.is_some_and(|protocol| protocol.name == method);
    let mut members = METHODS.iter().filter(is_row).flat_map(|spec| spec.params).peekable();
    // `params::check_tool_call` checks tools/call without parsing the arguments.
    if method == TOOLS_CALL || members.peek().is_none() {
        return Ok(());
    }
    let params: Value = serde_json::from_slice(params).unwrap_or_default();
    for member in members {
        if let Some(expected) = mismatch(member, &params[member.name]) {
            return Err(Error::config(Code::InvalidArgument, member.name, expected));
        }
    }
    Ok(())
}

/// What the value must be, if it is not. Values of other types are not checked.
fn mismatch(member: &ParamSpec, value: &Value) -> Option<String> {
    if !member.required && value.is_null() {
        return None;
    }
    let (is_valid, expected) = match member.takes {
        "string" if member.required => {
            (value.as_str().is_some_and(|text| !text.is_empty()), "must be a string that is not empty")
        }
        "string" => (value.is_string(), "must be a string"),
        "strings" => (are_strings(value), "must be an object of strings"),
        "CompletionReference" => {
            let expected = "must be an object with type ref/prompt and name, or with type ref/resource and uri";
            (is_reference(value), expected)
        }
        "CompletionArgument" => {
            (value["name"].is_string() && value["value"].is_string(), "must be an object with the strings name, value")
        }
        "CompletionContext" => (is_context(value), "must be an object with arguments, an object of strings"),
        "LoggingLevel" => {
            let is_level = value.as_str().is_some_and(|level| LOG_LEVELS.contains(&level));
            return (!is_level).then(|| format!("must be one of {}", LOG_LEVELS.join(", ")));
        }
        _ => return None,
    };
    (!is_valid).then(|| expected.to_owned())
}

/// Whether it is an object of strings, or absent.
fn are_strings(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(|object| object.values().all(Value::is_string))
}

/// Whether it is an object with `arguments`, or an empty one, or absent.
fn is_context(value: &Value) -> bool {
    let has_arguments =
        |context: &serde_json::Map<String, Value>| context.is_empty() || context.contains_key("arguments");
    value.is_null() || (value.as_object().is_some_and(has_arguments) && are_strings(&value["arguments"]))
}

fn is_reference(value: &Value) -> bool {
    match value["type"].as_str() {
        Some("ref/prompt") => value["name"].is_string(),
        Some("ref/resource") => value["uri"].is_string(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_checked_and_named() {
        for (method, params, field) in [
            ("resources/read", r#"{"uri":""}"#, Some("uri")),
            ("resources/read", r#"{"uri":5}"#, Some("uri")),
            ("resources/read", r#"{"uri":"a"}"#, None),
            ("prompts/get", r#"{"name":"a","arguments":{"n":1}}"#, Some("arguments")),
            ("prompts/get", r#"{"name":"a","arguments":{"n":"1"}}"#, None),
            ("prompts/get", "{}", Some("name")),
            ("completion/complete", r#"{"ref":"x"}"#, Some("ref")),
            ("completion/complete", r#"{"ref":{"type":"ref/prompt"}}"#, Some("ref")),
            (
                "completion/complete",
                r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a"}}"#,
                Some("argument"),
            ),
            ("tools/list", r#"{"cursor":5}"#, Some("cursor")),
            ("logging/setLevel", r#"{"level":"loud"}"#, Some("level")),
            ("tools/list", "{}", None),
        ] {
            let refused = check(method, params.as_bytes()).err();
            let named = refused.as_ref().and_then(|error| error.info().field.as_deref());
            assert_eq!(named, field, "{method} {params}");
        }
    }
}
