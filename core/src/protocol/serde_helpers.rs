//! Serialization of members of protocol types.
//!
//! Invalid optional members are read as absent, so that the result of a call is not lost because of an invalid hint.

use serde::de::{DeserializeOwned, Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

/// An optional member; absent if it has another type.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// An optional whole number; absent if it is not one.
pub(crate) fn lenient_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|value| as_whole(&value))
}

/// A whole number; `1.0` is one.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_whole(&value).ok_or_else(|| D::Error::invalid_type(Unexpected::Other(&value.to_string()), &"a whole number"))
}

/// A number. Whole numbers are written without a fraction.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match float_as_whole(*number) {
        Some(whole) => serializer.serialize_i64(whole),
        None => serializer.serialize_f64(*number),
    }
}

/// An optional [`number`], for members that are skipped if absent.
pub(crate) fn some_number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

fn as_whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(float_as_whole))
}

/// `number` as an integer, if it is exact.
#[expect(clippy::cast_possible_truncation, reason = "within the range that floats hold exactly")]
fn float_as_whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
