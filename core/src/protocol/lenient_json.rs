//! Valid JSON that serde_json refuses: lone surrogates in escapes, numbers outside all types, deep nesting. Single members can
//! still be read from it.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// A string in which lone surrogates are replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LossyString(pub(crate) String);

impl Borrow<str> for LossyString {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for LossyString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = LossyString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LossyString, E> {
                Ok(LossyString(text.to_owned()))
            }

            fn visit_bytes<E: Error>(self, text: &[u8]) -> Result<LossyString, E> {
                Ok(LossyString(String::from_utf8_lossy(text).into_owned()))
            }
        }
        // serde_json accepts lone surrogates only in bytes.
        deserializer.deserialize_bytes(Reader)
    }
}

/// The members of an object; the last one of each name. Empty if it is not an object.
pub(crate) fn members(text: &[u8]) -> BTreeMap<LossyString, &RawValue> {
    serde_json::from_slice(text).unwrap_or_default()
}

/// The value of a JSON string; `None` if it is not a string.
pub(crate) fn string(json: &str) -> Option<String> {
    serde_json::from_str(json).ok().map(|LossyString(text)| text)
}

/// Whether a tool result has `isError`, and its first text.
pub(crate) fn tool_result(result: &[u8]) -> (bool, Option<String>) {
    let members = members(result);
    let is_error = members.get("isError").is_some_and(|flag| flag.get() == "true");
    let items: Vec<&RawValue> =
        members.get("content").and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
    let text = |item: &&RawValue| self::members(item.get().as_bytes()).get("text").and_then(|text| string(text.get()));
    (is_error, items.iter().find_map(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced() {
        assert_eq!(string(r#""a\ud800b""#).unwrap(), "a\u{fffd}\u{fffd}\u{fffd}b");
        assert_eq!(string(r#""\u0061\n\ud83d\ude00""#).unwrap(), "a\n😀");
        for none in ["1", "null", "[97]", "{}"] {
            assert_eq!(string(none), None, "{none}");
        }
    }

    #[test]
    fn a_result_is_read_beside_members_that_cannot_be() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for beside in [r#""\ud800""#, "1e400", "-0", &deep] {
            for name in ["x", r"\ud800"] {
                let result = format!(
                    r#"{{"{name}":{beside},"content":[{beside},{{"type":"text","text":5}},{{"y":{beside},"text":"no"}}],"isError":true}}"#
                );
                assert_eq!(tool_result(result.as_bytes()), (true, Some("no".to_owned())), "{name} {beside}");
            }
        }
        assert_eq!(tool_result(br#"{"isError":false}"#), (false, None));
        assert_eq!(tool_result(b"[]"), (false, None));
    }
}
