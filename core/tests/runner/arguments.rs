//! Arguments that JSON has no form for, as Rust values.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// A value in which `{"$value": "nan"}` and its like stand for themselves.
pub(crate) struct Special(pub(crate) Value);

impl Serialize for Special {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Array(items) => serializer.collect_seq(items.iter().map(|item| Special(item.clone()))),
            Value::Object(members) => match members.get("$value").and_then(Value::as_str) {
                Some("nan") => serializer.serialize_f64(f64::NAN),
                Some("infinity") => serializer.serialize_f64(f64::INFINITY),
                Some("deep") => (0..200).fold(json!(1), |inner, _| json!([inner])).serialize(serializer),
                Some(other) => panic!("Rust has no value {other}"),
                None => {
                    let mut map = serializer.serialize_map(Some(members.len()))?;
                    for (name, value) in members {
                        map.serialize_entry(name, &Special(value.clone()))?;
                    }
                    map.end()
                }
            },
            other => other.serialize(serializer),
        }
    }
}
