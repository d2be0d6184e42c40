//! How members of the protocol's objects are read and written.
//!
//! An optional member that is not what it should be reads as absent: a server's slip in a hint must not cost the
//! result of a call that ran.

use serde::de::{DeserializeOwned, Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};
use serde_json::Value;

/// An optional member; absent where it is of another type.
pub(crate) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// An optional whole number; absent where it is none.
pub(crate) fn lenient_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|value| as_whole(&value))
}

/// A whole number, which JSON may write with a fraction of zero.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    as_whole(&value).ok_or_else(|| D::Error::invalid_type(Unexpected::Other(&value.to_string()), &"a whole number"))
}

/// A number, without a fraction where it has none: a server that counts would not want `1.0`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
pub(crate) fn number<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match float_as_whole(*number) {
        Some(whole) => serializer.serialize_i64(whole),
        None => serializer.serialize_f64(*number),
    }
}

/// A [`number`] that is there: absent ones are skipped.
pub(crate) fn some_number<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

fn as_whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(float_as_whole))
}

/// `number`, where nothing of it is lost.
#[expect(clippy::cast_possible_truncation, reason = "within the range that floats hold exactly")]
fn float_as_whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}
