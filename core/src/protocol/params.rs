//! Checks of params before a request is sent: values without a JSON form are refused here, for all languages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Code, Error, Result};
use crate::util::spelling::Spelling;

/// Maximum nesting depth: the one that serde_json reads.
const MAX_DEPTH: usize = 127;

/// The reason why arguments cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnsendableValue {
    /// NaN or an infinity.
    NotFinite,
    /// A value that contains itself, or nests too deeply.
    TooDeep,
    /// A value without a JSON form.
    NotJson,
    /// A string with a lone surrogate.
    LoneSurrogate,
    /// A value that is not an object.
    NotAnObject,
    /// A key that is not a string.
    BadKey,
}

/// One step from an argument to a value inside it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PathStep {
    /// An item of a list.
    Index(usize),
    /// A member of an object.
    Name(String),
}

impl PathStep {
    /// The steps of a JSON list of names and indexes.
    pub fn read_all(json: &str) -> Vec<Self> {
        serde_json::from_str(json).unwrap_or_default()
    }
}

/// The value that cannot be sent.
pub(crate) struct ValueLocation<'a> {
    /// The argument that contains it.
    pub(crate) field: &'a str,
    /// The steps from the argument to the value.
    pub(crate) path: &'a [PathStep],
    /// The type of the value, as the language of the caller names it.
    pub(crate) got: Option<&'a str>,
}

impl std::fmt::Display for ValueLocation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_plain = |name: &str| {
            !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "_-".contains(character))
        };
        f.write_str(self.field)?;
        self.path.iter().try_for_each(|step| match step {
            PathStep::Index(index) => write!(f, "[{index}]"),
            PathStep::Name(name) if is_plain(name) => write!(f, ".{name}"),
            PathStep::Name(name) => write!(f, "[{name:?}]"),
        })
    }
}

impl UnsendableValue {
    /// The reason by the name that a binding uses.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "not_finite" => Self::NotFinite,
            "too_deep" => Self::TooDeep,
            "not_json" => Self::NotJson,
            "lone_surrogate" => Self::LoneSurrogate,
            "not_an_object" => Self::NotAnObject,
            "bad_key" => Self::BadKey,
            _ => return None,
        })
    }

    /// The `config` error for the argument `field`.
    pub(crate) fn error(self, field: &str) -> Error {
        let allowed = match self {
            Self::NotFinite => "must not contain NaN or Infinity; JSON has no form for them",
            Self::TooDeep => "must not contain itself, nor nest deeper than 127 levels",
            Self::NotJson => "must consist of objects, lists, strings, numbers, booleans and null",
            Self::LoneSurrogate => "must be valid Unicode, without lone surrogates",
            Self::NotAnObject => "must be an object",
            Self::BadKey => "must have strings as keys",
        };
        Error::config(Code::InvalidArgument, field, allowed)
    }

    /// The `config` error for a value inside an argument.
    pub(crate) fn located(self, location: &ValueLocation<'_>, spelling: Spelling) -> Error {
        let at = crate::util::sanitize::preview(location.to_string().as_bytes());
        let message = match (self, location.got) {
            (Self::NotJson, Some(got)) => {
                let got = crate::util::sanitize::preview(got.as_bytes());
                let article = if got.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
                let allowed = match spelling {
                    Spelling::Snake => "dict, list, tuple, str, int, float, bool and None",
                    Spelling::Camel => "objects, arrays, strings, numbers, booleans and null",
                };
                format!("{at} is {article} {got}; allowed are {allowed}")
            }
            (Self::BadKey, Some(got)) => {
                format!("{at}: keys must be strings, got {}", crate::util::sanitize::preview(got.as_bytes()))
            }
            (Self::NotFinite, _) => format!("{at}: must not be NaN or Infinity; JSON has no form for them"),
            (Self::LoneSurrogate, _) => format!("{at}: must be valid Unicode, without lone surrogates"),
            _ => return self.error(location.field),
        };
        Error::new(Code::InvalidArgument, message).with_field(location.field.to_owned())
    }
}

/// The text after the first `\u` of a pair.
const PAIR: usize = "d83d\\ude00".len();

/// A lone surrogate.
enum Half {
    First,
    Second,
}

/// Whether the text after a `\u` is a lone surrogate. The other half of a pair is skipped.
fn is_lone_half(behind: &mut std::slice::Iter<'_, u8>) -> bool {
    let rest = behind.as_slice();
    let second = rest.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(half);
    match (half(rest), second) {
        (None, _) => false,
        (Some(Half::First), Some(Half::Second)) => {
            behind.nth(PAIR - 1);
            false
        }
        _ => true,
    }
}

/// The value of the four digits of an escape, if it is a surrogate.
fn half(digits: &[u8]) -> Option<Half> {
    match digits {
        [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => Some(Half::First),
        [b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..] => Some(Half::Second),
        _ => None,
    }
}

/// Checks params that a binding has written as JSON text.
///
/// # Errors
/// A `config` error on `field` if the text is not an object, nests too deeply or contains a lone surrogate.
pub(crate) fn check(field: &str, params: &[u8]) -> Result<()> {
    let mut depth = 0_usize;
    let mut deepest = 0;
    let mut in_string = false;
    let mut is_lone = false;
    let mut bytes = params.iter();
    while let Some(byte) = bytes.next() {
        match (byte, in_string) {
            (b'"', _) => in_string = !in_string,
            (b'\\', true) => {
                is_lone |= bytes.next() == Some(&b'u') && is_lone_half(&mut bytes);
            }
            (b'{' | b'[', false) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (b'}' | b']', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if deepest > MAX_DEPTH {
        return Err(UnsendableValue::TooDeep.error(field));
    }
    if !params.starts_with(b"{") {
        return Err(UnsendableValue::NotAnObject.error(field));
    }
    if is_lone {
        return Err(UnsendableValue::LoneSurrogate.error(field));
    }
    Ok(())
}

/// Checks the params of `tools/call`: arguments are an object or absent. Returns the name.
///
/// # Errors
/// A `config` error on `name` or `arguments`.
pub(crate) fn check_tool_call(params: &[u8]) -> Result<Cow<'_, str>> {
    let call: ToolCall<'_> = serde_json::from_slice(params).map_err(|_| UnsendableValue::NotJson.error("params"))?;
    let name: Cow<'_, str> =
        call.name.and_then(|name| serde_json::from_str::<ToolName<'_>>(name.get()).ok()).unwrap_or_default().0;
    if name.is_empty() {
        return Err(Error::config(Code::InvalidArgument, "name", "must be a string that is not empty"));
    }
    if call.arguments.is_some_and(|arguments| !arguments.get().starts_with('{')) {
        return Err(UnsendableValue::NotAnObject.error("arguments"));
    }
    Ok(name)
}

/// The name of the tool in the params of a call, which may be invalid otherwise.
pub(crate) fn tool_name(params: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    serde_json::from_slice(params).ok().map(|Named { name }| name)
}

/// Whether the name of a tool is an object.
pub(crate) fn has_object_as_name(params: &[u8]) -> bool {
    let call: Option<ToolCall<'_>> = serde_json::from_slice(params).ok();
    call.and_then(|call| call.name).is_some_and(|name| name.get().starts_with('{'))
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct ToolName<'a>(#[serde(borrow)] Cow<'a, str>);

/// Adds `_meta.progressToken` to params. All other bytes stay the same.
pub(crate) fn with_progress_token(params: &[u8], token: &str) -> Result<Vec<u8>> {
    let token = serde_json::to_string(token).map_err(|_| UnsendableValue::NotJson.error("params"))?;
    with_meta(params, &format!("\"progressToken\":{token}"), |name| name == "progressToken")
}

/// Adds members, as JSON text, to the `_meta` of params. All other bytes stay the same. The caller must not set the members for
/// which `is_ours` is true.
pub(crate) fn with_meta(params: &[u8], members: &str, is_ours: impl Fn(&str) -> bool) -> Result<Vec<u8>> {
    let not_json = |_| UnsendableValue::NotJson.error("params");
    let params = if params.is_empty() { b"{}" } else { params };
    let object: BTreeMap<String, &RawValue> = serde_json::from_slice(params).map_err(not_json)?;
    let meta = match object.get("_meta").map(|meta| meta.get()) {
        Some(meta) if meta.starts_with('{') => {
            let given: serde_json::Map<String, serde_json::Value> = serde_json::from_str(meta).map_err(not_json)?;
            if let Some(name) = given.keys().find(|name| is_ours(name)) {
                let allowed = format_args!("must not hold {name}: the client sets it");
                return Err(Error::config(Code::InvalidArgument, "_meta", allowed));
            }
            let comma = if given.is_empty() { "" } else { "," };
            format!("{}{comma}{members}}}", &meta[..meta.len() - 1])
        }
        _ => format!("{{{members}}}"),
    };
    let mut text = format!("{{\"_meta\":{meta}");
    for (name, value) in object.iter().filter(|(name, _)| *name != "_meta") {
        text.push(',');
        text.push_str(&serde_json::to_string(name).map_err(not_json)?);
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(text.into_bytes())
}

/// Sets members, as JSON text, in params. All other bytes stay the same.
pub(crate) fn with_members(params: &[u8], members: &[(&str, String)]) -> Result<Vec<u8>> {
    let not_json = |_| UnsendableValue::NotJson.error("params");
    let params = if params.is_empty() { b"{}" } else { params };
    let object: BTreeMap<String, &RawValue> = serde_json::from_slice(params).map_err(not_json)?;
    let kept = object.iter().filter(|(name, _)| !members.iter().any(|(ours, _)| ours == name));
    let all =
        kept.map(|(name, value)| (name.as_str(), value.get())).chain(members.iter().map(|(n, v)| (*n, v.as_str())));
    let mut text = String::from("{");
    for (name, value) in all {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(name).map_err(not_json)?);
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    Ok(text.into_bytes())
}

/// Whether params are absent or empty.
pub(crate) fn are_empty(params: &[u8]) -> bool {
    let params = params.trim_ascii();
    let inner = params.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    params.is_empty() || inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    #[test]
    fn empty_params_are_detected() {
        for (params, expected) in
            [("", true), ("{}", true), (" { \n\t} ", true), ("{\"a\":{}}", false), ("{\"a\":1}", false), ("[]", false)]
        {
            assert_eq!(super::are_empty(params.as_bytes()), expected, "{params}");
        }
    }

    use super::*;

    #[test]
    fn values_with_a_json_form_pass() {
        // The last number is not exact in all languages.
        let emoji = r#"{"a":"\ud83d\ude00","b":"\\ud800"}"#;
        for text in ["{}", emoji, r#"{"a":"{[\"{["}"#, r#"{"a":"\ud83d\uDE00","n":1e400}"#] {
            check("arguments", text.as_bytes()).unwrap();
        }
    }

    #[test]
    fn errors_name_the_reason() {
        let deep = format!("{}{}", "{\"a\":".repeat(200), "1}".repeat(200));
        for text in [r#"{"a":"\udc00"}"#, r#"{"a":"\ud800\ud800"}"#, r#"{"a":"\uD800x"}"#, r#"{"a":"\ude00\ud83d"}"#] {
            assert!(check("arguments", text.as_bytes()).unwrap_err().to_string().contains("surrogates"), "{text}");
        }
        for (text, reason) in [(r#"{"a":"\ud800"}"#, "surrogates"), ("[]", "an object"), (&deep, "deeper")] {
            let error = check("arguments", text.as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with("arguments: ") && error.to_string().contains(reason));
        }
    }

    #[test]
    fn members_are_replaced() {
        let params = br#"{"name":"t","requestState":"old","arguments":{"n":1e400}}"#;
        let text = with_members(params, &[("requestState", r#""a\u0041""#.to_owned())]).unwrap();
        assert_eq!(text, br#"{"arguments":{"n":1e400},"name":"t","requestState":"a\u0041"}"#);
        assert_eq!(with_members(b"", &[("a", "1".to_owned())]).unwrap(), br#"{"a":1}"#);
    }

    #[test]
    fn a_progress_token_is_added_to_meta() {
        let text = with_progress_token(br#"{"name":"t","_meta":{"a":1.0},"arguments":{"n":1e400}}"#, "p").unwrap();
        let expected = r#"{"_meta":{"a":1.0,"progressToken":"p"},"arguments":{"n":1e400},"name":"t"}"#;
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert!(with_progress_token(br#"{"_meta":{"progressToken":1}}"#, "p").is_err());
        assert_eq!(with_progress_token(b"{}", "p").unwrap(), br#"{"_meta":{"progressToken":"p"}}"#);
        assert_eq!(with_progress_token(br#"{"_meta":{ }}"#, "p").unwrap(), br#"{"_meta":{ "progressToken":"p"}}"#);
    }
}
