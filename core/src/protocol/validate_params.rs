//! What the params of the protocol's own methods must hold, checked before anything is sent.

use serde_json::Value;

use crate::error::{Code, Error, Result};

/// The levels of log messages (specification 2025-11-25 and 2026-07-28, server/utilities/logging, Log Levels).
pub(crate) const LOG_LEVELS: &[&str] =
    &["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// What a member must be.
enum Must {
    /// A string that is not empty.
    Text,
    /// An object with these strings.
    Object(&'static [&'static str]),
    /// Absent, or an object of strings.
    Strings,
    /// Absent, or a string.
    Cursor,
    /// A prompt by its name, or a resource by its address.
    Reference,
    /// Absent, or an object of which `arguments`, where they are there, are strings.
    Context,
    /// One of the levels.
    Level,
}

const MEMBERS: &[(&str, &str, Must)] = &[
    ("resources/read", "uri", Must::Text),
    ("resources/subscribe", "uri", Must::Text),
    ("resources/unsubscribe", "uri", Must::Text),
    ("prompts/get", "name", Must::Text),
    ("prompts/get", "arguments", Must::Strings),
    ("tools/list", "cursor", Must::Cursor),
    ("prompts/list", "cursor", Must::Cursor),
    ("resources/list", "cursor", Must::Cursor),
    ("resources/templates/list", "cursor", Must::Cursor),
    ("completion/complete", "ref", Must::Reference),
    ("completion/complete", "argument", Must::Object(&["name", "value"])),
    ("completion/complete", "context", Must::Context),
    ("logging/setLevel", "level", Must::Level),
];

/// Checks the params of a method; those of other methods are not looked at.
///
/// # Errors
/// A `config` error that names the member.
pub(crate) fn check(method: &str, params: &[u8]) -> Result<()> {
    if !MEMBERS.iter().any(|(of, ..)| *of == method) {
        return Ok(());
    }
    let params: Value = serde_json::from_slice(params).unwrap_or_default();
    for (_, name, must) in MEMBERS.iter().filter(|(of, ..)| *of == method) {
        let value = &params[*name];
        let refuse = |allowed: String| Err(Error::config(Code::InvalidArgument, name, allowed));
        match must {
            Must::Text if value.as_str().is_none_or(str::is_empty) => {
                return refuse("must be a string that is not empty".to_owned());
            }
            Must::Object(strings) if !strings.iter().all(|string| value[*string].is_string()) => {
                return refuse(format!("must be an object with the strings {}", strings.join(", ")));
            }
            Must::Strings if !are_strings(value) => return refuse("must be an object of strings".to_owned()),
            Must::Cursor if !value.is_null() && !value.is_string() => return refuse("must be a string".to_owned()),
            Must::Reference if !is_reference(value) => {
                let allowed = "must be an object with type ref/prompt and name, or with type ref/resource and uri";
                return refuse(allowed.to_owned());
            }
            Must::Context if !is_context(value) => {
                return refuse("must be an object with arguments, an object of strings".to_owned());
            }
            Must::Level if !value.as_str().is_some_and(|level| LOG_LEVELS.contains(&level)) => {
                return refuse(format!("must be one of {}", LOG_LEVELS.join(", ")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether it is an object of strings, or absent.
fn are_strings(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(|object| object.values().all(Value::is_string))
}

/// Whether it is an object in which nothing but `arguments` is meant, or absent.
fn is_context(value: &Value) -> bool {
    let holds_them = |context: &serde_json::Map<String, Value>| context.is_empty() || context.contains_key("arguments");
    value.is_null() || (value.as_object().is_some_and(holds_them) && are_strings(&value["arguments"]))
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
