//! Validation by JSON Schema (specification 2026-07-28, basic/index, JSON Schema Usage). The default dialect is 2020-12. External
//! references are never fetched.

use std::sync::Arc;
use std::time::Duration;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationOptions, Validator};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use crate::protocol::schema_subset::{self, References};

pub(crate) use crate::protocol::schema_subset::Changes;

/// Maximum size of a schema, in bytes of JSON text. Limits the work that a server can cause.
const LARGEST: usize = 1 << 20;
/// Timeout of a validation.
const CHECK_WITHIN: Duration = Duration::from_secs(5);
/// Maximum number of concurrent validations on their own threads, including those whose timeout has passed.
static THREADS: Semaphore = Semaphore::const_new(2);
/// Keywords whose cost grows faster than the sizes of the schema and the value.
const COSTLY: &[&str] = &[
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "dependentSchemas",
    "dependencies",
    "contains",
    "unevaluatedProperties",
    "unevaluatedItems",
    "patternProperties",
    "propertyNames",
    "uniqueItems",
];

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct Compiled {
    validator: Validator,
    is_costly: bool,
    /// Changes that made it possible to compile the schema.
    pub(crate) changes: Changes,
}

/// How to handle a schema with keywords that cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaReading {
    /// Refuse the schema.
    Strict,
    /// Evaluate the other keywords.
    Lenient,
}

/// Compiles a schema. The error is the reason why it cannot be used.
pub(crate) fn compile(schema: &Value, reading: SchemaReading) -> Result<Compiled, String> {
    let text = schema.to_string();
    if text.len() > LARGEST {
        return Err(format!("the schema is larger than {LARGEST} bytes"));
    }
    let why = match reading {
        SchemaReading::Lenient if schema_subset::uses_nullable(&text) => String::new(),
        _ => match whole(schema, Changes::default()) {
            Err(why) if reading == SchemaReading::Lenient => why,
            compiled => return compiled,
        },
    };
    for references in [References::All, References::Pointers] {
        let (part, changes) = schema_subset::part(schema, references);
        if let Ok(compiled) = whole(&part, changes) {
            return Ok(compiled);
        }
    }
    Err(why)
}

fn whole(schema: &Value, changes: Changes) -> Result<Compiled, String> {
    let validator = options().build(schema).map_err(|error| match error.kind() {
        ValidationErrorKind::Referencing(_) => "it has external references, which are not fetched".to_owned(),
        _ => crate::util::sanitize::preview(error.to_string().as_bytes()),
    })?;
    let text = schema.to_string();
    Ok(Compiled {
        validator,
        is_costly: COSTLY.iter().any(|keyword| text.contains(&format!("\"{keyword}\""))),
        changes,
    })
}

/// Patterns run in linear time, so that a server cannot block the client. Look-around and back references are not supported.
fn options() -> ValidationOptions<'static> {
    jsonschema::options().with_pattern_options(PatternOptions::regex())
}

/// Whether a keyword can be evaluated with this value, in the dialect 2020-12.
pub(crate) fn is_usable(keyword: &str, value: &Value) -> bool {
    options().build(&serde_json::json!({ keyword: value })).is_ok()
}

/// Validates a value. The error names the place of the first mismatch.
pub(crate) fn fits(schema: &Compiled, value: &Value) -> Result<(), String> {
    schema.validator.validate(value).map_err(|error| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        crate::util::sanitize::preview(format!("{place}{}", error.masked()).as_bytes())
    })
}

/// Runs work of unknown duration on its own thread, so that it does not block calls. `None` after the timeout.
pub(crate) async fn on_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = async {
        let permit = THREADS.acquire().await.ok()?;
        let (sender, done) = oneshot::channel();
        std::thread::Builder::new()
            .name("omni-mcp-schema".to_owned())
            .spawn(move || {
                // Held until the work has ended, even if the timeout passes before.
                let _permit = permit;
                drop(sender.send(work()));
            })
            .ok()?;
        done.await.ok()
    };
    tokio::time::timeout(CHECK_WITHIN, done).await.ok().flatten()
}

/// As [`fits`], on its own thread if the schema is costly. `None` after the timeout.
pub(crate) async fn fits_in_time(schema: Arc<Compiled>, value: Value) -> Option<Result<(), String>> {
    match schema.is_costly {
        true => on_own_thread(move || fits(&schema, &value)).await,
        false => Some(fits(&schema, &value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_checked_and_not_shown() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]});
        let schema = compile(&schema, SchemaReading::Strict).unwrap();
        fits(&schema, &json!({"a": 1})).unwrap();
        let why = fits(&schema, &json!({"a": "canary"})).unwrap_err();
        assert!(why.contains("/a") && !why.contains("canary"), "{why}");
        assert!(fits(&schema, &json!({})).unwrap_err().contains("a"));
    }

    #[test]
    fn nothing_is_fetched() {
        for schema in [
            json!({"$ref": "http://127.0.0.1:9/never.json"}),
            json!({"$schema": "http://127.0.0.1:9/dialect.json"}),
            json!({"$ref": "file:///etc/passwd"}),
        ] {
            assert!(compile(&schema, SchemaReading::Strict).is_err(), "{schema}");
        }
        assert!(
            compile(&json!({"$defs": {"n": {"type": "number"}}, "$ref": "#/$defs/n"}), SchemaReading::Strict).is_ok()
        );
    }

    #[tokio::test]
    async fn a_validation_on_its_own_thread_returns_its_result() {
        let schema = Arc::new(compile(&json!({"allOf": [{"type": "string"}]}), SchemaReading::Strict).unwrap());
        assert!(schema.is_costly);
        assert_eq!(fits_in_time(Arc::clone(&schema), json!("x")).await, Some(Ok(())));
        assert!(matches!(fits_in_time(schema, json!(5)).await, Some(Err(_))));
    }
}
