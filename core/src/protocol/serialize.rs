//! Params as JSON text, from Rust values. Values without a JSON form are refused instead of sent as null.

use bytes::Bytes;
use serde::Serialize;

use crate::error::Result;
use crate::protocol::methods::MethodSpec;
use crate::protocol::params::UnsendableValue;
use crate::protocol::reject_nan;

/// Params of a method of the table, built from its parameters in order.
pub(crate) struct ParamsBuilder {
    spec: &'static MethodSpec,
    added: usize,
    text: Result<String>,
}

impl ParamsBuilder {
    pub(crate) fn new(spec: &'static MethodSpec) -> Self {
        Self { spec, added: 0, text: Ok("{".to_owned()) }
    }

    /// Adds the next parameter. Absent objects are sent as empty ones; other absent parameters are not sent.
    pub(crate) fn add(self, value: &impl Serialize) -> Self {
        let Some(param) = self.spec.params.get(self.added) else { return self };
        let text = self.text.and_then(|text| {
            let value = match param.takes {
                "object" | "strings" => object(param.name, value)?,
                _ => match json(self.spec.field(), value)? {
                    value if value == "null" && !param.required => return Ok(text),
                    value => value,
                },
            };
            let separator = if text == "{" { "" } else { "," };
            Ok(format!("{text}{separator}\"{}\":{value}", param.name))
        });
        Self { text, added: self.added + 1, ..self }
    }

    pub(crate) fn build(self) -> Result<Bytes> {
        self.text.map(|text| Bytes::from(text + "}"))
    }
}

/// Any params; `()` and `None` are an empty object.
pub(crate) fn params(field: &str, value: &impl Serialize) -> Result<Bytes> {
    object(field, value).map(Bytes::from)
}

fn object(field: &str, value: &impl Serialize) -> Result<String> {
    match json(field, value)? {
        text if text.starts_with('{') => Ok(text),
        text if text == "null" => Ok("{}".to_owned()),
        _ => Err(UnsendableValue::NotAnObject.error(field)),
    }
}

fn json(field: &str, value: &impl Serialize) -> Result<String> {
    reject_nan::check(value).map_err(|_| UnsendableValue::NotFinite.error(field))?;
    serde_json::to_string(value).map_err(|_| UnsendableValue::NotJson.error(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::methods::method;

    fn tool_call(name: &str, arguments: &impl Serialize) -> Result<Bytes> {
        ParamsBuilder::new(method("call_tool").unwrap()).add(&name).add(arguments).build()
    }

    #[test]
    fn values_that_are_not_finite_are_refused() {
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

    #[test]
    fn absent_parameters_are_not_sent() {
        let with = |context: &serde_json::Value| {
            ParamsBuilder::new(method("complete").unwrap()).add(&1).add(&2).add(context).build().unwrap()
        };
        assert_eq!(with(&serde_json::Value::Null), r#"{"ref":1,"argument":2}"#);
        assert_eq!(with(&serde_json::json!({})), r#"{"ref":1,"argument":2,"context":{}}"#);
    }
}
