//! Rust values to params as JSON text, where a value that JSON cannot carry is refused and not turned into null.

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Result;
use crate::protocol::params::UnsendableValue;
use crate::protocol::reject_nan;

/// The params of `tools/call`.
pub(crate) fn tool_call(name: &str, arguments: &impl Serialize) -> Result<Bytes> {
    #[derive(Serialize)]
    struct Params<'a> {
        name: &'a str,
        arguments: Box<RawValue>,
    }
    let text = text("arguments", arguments)?;
    let arguments = RawValue::from_string(text).map_err(|_| UnsendableValue::NotJson.error("arguments"))?;
    let params = serde_json::to_vec(&Params { name, arguments });
    params.map(Bytes::from).map_err(|_| UnsendableValue::NotJson.error("arguments"))
}

/// Any params; `()` and `None` are an empty object.
pub(crate) fn params(field: &str, value: &impl Serialize) -> Result<Bytes> {
    text(field, value).map(Bytes::from)
}

fn text(field: &str, value: &impl Serialize) -> Result<String> {
    reject_nan::check(value).map_err(|_| UnsendableValue::NotFinite.error(field))?;
    let text = serde_json::to_string(value).map_err(|_| UnsendableValue::NotJson.error(field))?;
    match text.as_str() {
        "null" => Ok("{}".to_owned()),
        text if !text.starts_with('{') => Err(UnsendableValue::NotAnObject.error(field)),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_refused() {
        let error = tool_call("t", &std::collections::BTreeMap::from([("x", f64::NAN)])).unwrap_err();
        assert_eq!(error.info().field.as_deref(), Some("arguments"));
        assert!(error.to_string().contains("NaN"));
        assert!(params("params", &[Some(f32::INFINITY)]).is_err());
    }

    #[test]
    fn objects_pass_and_nothing_is_an_empty_object() {
        assert_eq!(tool_call("t", &()).unwrap(), r#"{"name":"t","arguments":{}}"#);
        assert_eq!(params("params", &serde_json::json!({"a": 1.5})).unwrap(), r#"{"a":1.5}"#);
        assert!(params("params", &3).is_err());
    }
}
