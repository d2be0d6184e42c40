//! JSON Schema, of values that came from elsewhere (specification 2026-07-28, basic/index, JSON Schema Usage): 2020-12 where no
//! other dialect is named. Nothing that a schema refers to is ever fetched.

use std::sync::Arc;
use std::time::Duration;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationOptions, Validator};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use crate::protocol::schema_subset::{self, References};

pub(crate) use crate::protocol::schema_subset::Changes;

/// The largest schema that is used, in bytes of JSON text: a server must not keep us busy with one.
const LARGEST: usize = 1 << 20;
/// How long a check may take: some schemas take as good as for ever.
const CHECK_WITHIN: Duration = Duration::from_secs(5);
/// The most checks that go on at once beside the calls, those that nobody waits for any more included.
static BESIDE: Semaphore = Semaphore::const_new(2);
/// Keywords by which the work grows faster than the schema and the value do.
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

/// A schema that is ready to check with.
#[derive(Debug)]
pub(crate) struct Compiled {
    validator: Validator,
    is_costly: bool,
    /// What was changed so that it can be checked.
    pub(crate) changes: Changes,
}

/// What is done with a schema of which not everything can be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaReading {
    /// It is refused.
    Strict,
    /// The rest is checked.
    Lenient,
}

/// Makes the check of a schema, or says why it cannot be used.
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
        ValidationErrorKind::Referencing(_) => "it refers to what is not in it, and nothing is fetched".to_owned(),
        _ => crate::util::sanitize::preview(error.to_string().as_bytes()),
    })?;
    let text = schema.to_string();
    Ok(Compiled { validator, is_costly: COSTLY.iter().any(|word| text.contains(&format!("\"{word}\""))), changes })
}

/// Patterns in linear time: those of a server must not block the client. What needs more, such as look-ahead, is not evaluated.
fn options() -> ValidationOptions<'static> {
    jsonschema::options().with_pattern_options(PatternOptions::regex())
}

/// Whether a keyword can be evaluated with this value, in the dialect 2020-12.
pub(crate) fn is_usable(keyword: &str, value: &Value) -> bool {
    options().build(&serde_json::json!({ keyword: value })).is_ok()
}

/// Says where a value does not fit a compiled schema.
pub(crate) fn fits(schema: &Compiled, value: &Value) -> Result<(), String> {
    schema.validator.validate(value).map_err(|error| {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        crate::util::sanitize::preview(format!("{place}{}", error.masked()).as_bytes())
    })
}

/// Does work of which nobody knows how long it takes on a thread of its own, so that calls go on, and does not wait for ever.
/// `None` where it took too long.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let done = async {
        let turn = BESIDE.acquire().await.ok()?;
        let (tell, told) = oneshot::channel();
        std::thread::Builder::new()
            .name("omni-mcp-schema".to_owned())
            .spawn(move || {
                // Held to the end of the work, and not of the waiting for it.
                let _turn = turn;
                drop(tell.send(work()));
            })
            .ok()?;
        told.await.ok()
    };
    tokio::time::timeout(CHECK_WITHIN, done).await.ok().flatten()
}

/// As [`fits`], beside the calls where it may take its time. `None` where it took too long.
pub(crate) async fn fits_in_time(schema: Arc<Compiled>, value: Value) -> Option<Result<(), String>> {
    match schema.is_costly {
        true => beside(move || fits(&schema, &value)).await,
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
    async fn a_check_beside_gives_its_word() {
        let schema = Arc::new(compile(&json!({"allOf": [{"type": "string"}]}), SchemaReading::Strict).unwrap());
        assert!(schema.is_costly);
        assert_eq!(fits_in_time(Arc::clone(&schema), json!("x")).await, Some(Ok(())));
        assert!(matches!(fits_in_time(schema, json!(5)).await, Some(Err(_))));
    }
}
