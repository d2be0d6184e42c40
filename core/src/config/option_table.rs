//! Description of options, their names in each language, and their JSON parser.
//!
//! A table of options is written once with `options!`; the struct, its setters, its reader and its
//! description for the other languages all come from that table.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;
use crate::util::suggestion::closest;

/// One row of a table of options.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OptionSpec {
    /// Name, as used in messages.
    pub name: &'static str,
    /// Allowed values, as used in messages.
    #[serde(rename = "type")]
    pub takes: &'static str,
    /// The type of its values: `string`, `boolean`, `integer`, `duration`, `strings` (an object of strings), `list` (of
    /// strings), `objects` (a list of them), `profile` or `auth`.
    pub kind: &'static str,
    /// Whether null is a value, distinct from an absent option.
    pub nullable: bool,
    /// Allowed values of an enumeration.
    pub choices: &'static [&'static str],
    /// Default, with unit.
    pub default: &'static str,
    /// Description, without the default. Durations have no unit here: each language adds its own.
    pub help: &'static str,
    #[serde(skip)]
    pub(crate) is_duration: bool,
}

impl OptionSpec {
    /// The name in the spelling of a language.
    pub fn spelled(&self, spelling: Spelling) -> String {
        if self.is_duration { spelling.duration(self.name) } else { spelling.name(self.name) }
    }
}

/// A type of option values.
pub(crate) trait OptionValue: Sized {
    /// Allowed values, as used in messages.
    const TAKES: &'static str;
    /// The type, as in [`OptionSpec::kind`].
    const KIND: &'static str;
    const IS_DURATION: bool = false;
    /// Whether null is a value, distinct from an absent option.
    const NULL_IS_A_VALUE: bool = false;
    /// Maximum of numbers.
    const AT_MOST: Option<&'static str> = None;
    /// Parses a value; `None` if it is not allowed.
    fn read(value: &Value, spelling: Spelling) -> Option<Self>;

    /// The value of the option `name`.
    ///
    /// # Errors
    /// A `config` error that names the option or its invalid member.
    fn read_as(name: &str, value: &Value, spelling: Spelling) -> Result<Self> {
        Self::read(value, spelling).ok_or_else(|| {
            let refused =
                |why: String| Error::config(Code::InvalidOption, name, format_args!("must be {}{why}", Self::TAKES));
            let is_large = value.as_f64().is_some_and(|number| number > f64::from(u32::MAX));
            match Self::AT_MOST.filter(|_| is_large) {
                Some(most) => refused(format!(", at most {most}")),
                None => refused(got(value).to_owned()),
            }
        })
    }
}

impl OptionValue for String {
    const TAKES: &'static str = "a string";
    const KIND: &'static str = "string";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

/// A URL as given by the user. `Debug` omits credentials and query.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Address {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A text that is not a URL may be a misplaced key.
        match url::Url::parse(&self.0) {
            Ok(url) => write_without_secrets(&url, f),
            Err(_) => f.write_str("[not a URL]"),
        }
    }
}

/// Scheme, host, port and path: neither credentials nor query.
pub(crate) fn write_without_secrets(url: &url::Url, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    write!(f, "{}{}", url.origin().ascii_serialization(), url.path())
}

impl OptionValue for Address {
    const TAKES: &'static str = "a string";
    const KIND: &'static str = "string";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_str().map(Self::from)
    }
}

impl OptionValue for Secret {
    const TAKES: &'static str = "a string";
    const KIND: &'static str = "string";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_str().map(Secret::from)
    }
}

impl OptionValue for bool {
    const TAKES: &'static str = "true or false";
    const KIND: &'static str = "boolean";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_bool()
    }
}

impl OptionValue for u32 {
    const TAKES: &'static str = "a whole number greater than zero";
    const KIND: &'static str = "integer";
    const AT_MOST: Option<&'static str> = Some("4294967295");
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        whole(value)?.try_into().ok().filter(|number| *number > 0)
    }
}

impl OptionValue for u64 {
    const TAKES: &'static str = "a whole number greater than zero";
    const KIND: &'static str = "integer";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        whole(value).filter(|number| *number > 0)
    }
}

impl OptionValue for Option<u32> {
    const TAKES: &'static str = "a whole number greater than zero, or none";
    const KIND: &'static str = "integer";
    const AT_MOST: Option<&'static str> = u32::AT_MOST;
    const NULL_IS_A_VALUE: bool = true;
    fn read(value: &Value, spelling: Spelling) -> Option<Self> {
        if value.is_null() { Some(None) } else { u32::read(value, spelling).map(Some) }
    }
}

impl OptionValue for Duration {
    const TAKES: &'static str = "a duration greater than zero";
    const KIND: &'static str = "duration";
    const AT_MOST: Option<&'static str> = Some("1000 years");
    const IS_DURATION: bool = true;
    fn read(value: &Value, spelling: Spelling) -> Option<Self> {
        let number = value.as_f64()?;
        let seconds = if spelling == Spelling::Camel { number / 1000.0 } else { number };
        Duration::try_from_secs_f64(seconds).ok().filter(is_usable)
    }
}

impl OptionValue for Option<Duration> {
    const TAKES: &'static str = "a duration greater than zero, or none";
    const KIND: &'static str = "duration";
    const AT_MOST: Option<&'static str> = Duration::AT_MOST;
    const IS_DURATION: bool = true;
    const NULL_IS_A_VALUE: bool = true;
    fn read(value: &Value, spelling: Spelling) -> Option<Self> {
        if value.is_null() { Some(None) } else { Duration::read(value, spelling).map(Some) }
    }
}

impl OptionValue for BTreeMap<String, Secret> {
    const TAKES: &'static str = "an object of strings";
    const KIND: &'static str = "strings";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        let object = value.as_object()?;
        object.iter().map(|(name, value)| Some((name.clone(), Secret::from(value.as_str()?)))).collect()
    }

    fn read_as(name: &str, value: &Value, spelling: Spelling) -> Result<Self> {
        let odd = value.as_object().and_then(|object| object.iter().find(|(_, value)| !value.is_string()));
        if let Some((member, value)) = odd {
            let shown = crate::util::sanitize::preview(member.as_bytes());
            return Err(Error::config(
                Code::InvalidOption,
                name,
                format_args!("must be {}; {shown} is none{}", Self::TAKES, got(value)),
            ));
        }
        Self::read(value, spelling).ok_or_else(|| {
            Error::config(Code::InvalidOption, name, format_args!("must be {}{}", Self::TAKES, got(value)))
        })
    }
}

impl OptionValue for Vec<String> {
    const TAKES: &'static str = "a list of strings";
    const KIND: &'static str = "list";
    fn read(value: &Value, _: Spelling) -> Option<Self> {
        value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    }
}

impl OptionValue for Vec<Secret> {
    const TAKES: &'static str = "a list of strings";
    const KIND: &'static str = "list";
    fn read(value: &Value, spelling: Spelling) -> Option<Self> {
        Vec::<String>::read(value, spelling).map(|items| items.into_iter().map(Secret::from).collect())
    }
}

/// Prefixes the field of an error with the name of the enclosing option.
pub(crate) fn inside(name: &str, mut error: Error) -> Error {
    if let Some(field) = &error.info().field {
        let field = format!("{name}.{field}");
        return error.with_field(field);
    }
    let info = error.info_mut();
    info.message = format!("{name}.{}", info.message);
    error
}

/// Renames the field of an error to the option of the caller.
pub(crate) fn renamed(error: Error, names: &[(&str, &str)]) -> Error {
    let field = error.info().field.as_deref();
    match field.and_then(|field| names.iter().find(|(ours, _)| *ours == field)) {
        Some((_, theirs)) => error.with_field((*theirs).to_owned()),
        None => error,
    }
}

fn whole(value: &Value) -> Option<u64> {
    // Languages without an integer type pass 3 as 3.0.
    value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0 && *n < 9e15).map(|n| n as u64))
}

/// Longer timeouts overflow a timer.
fn is_usable(duration: &Duration) -> bool {
    !duration.is_zero() && duration.as_secs() < 1000 * 365 * 86_400
}

/// Checks a duration that was set from Rust and thus not parsed.
pub(crate) fn check_duration(name: &str, duration: Option<Duration>) -> Result<Option<Duration>> {
    match duration {
        Some(duration) if !is_usable(&duration) => {
            Err(Error::config(Code::InvalidOption, name, format_args!("must be {}", <Option<Duration>>::TAKES)))
        }
        _ => Ok(duration),
    }
}

/// Removes and parses the option `spec` of `given`.
pub(crate) fn take<T: OptionValue>(
    given: &mut Map<String, Value>,
    spec: &OptionSpec,
    spelling: Spelling,
) -> Result<Option<T>> {
    match given.remove(&spec.spelled(spelling)) {
        None => Ok(None),
        Some(Value::Null) if !T::NULL_IS_A_VALUE => Ok(None),
        Some(value) => T::read_as(spec.name, &value, spelling).map(Some),
    }
}

/// Refuses the first of these options that is given.
///
/// # Errors
/// A `config` error with its name and this text.
pub(crate) fn refuse_given(options: &[(&str, bool)], why: &str) -> Result<()> {
    match options.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Error::config(Code::InvalidOption, name, why)),
        None => Ok(()),
    }
}

/// The type of a refused value. The value itself may be a secret.
fn got(value: &Value) -> &'static str {
    match value {
        Value::Null => ", got null",
        Value::Bool(_) => ", got a boolean",
        Value::Number(_) => "",
        Value::String(_) => ", got a string",
        Value::Array(_) => ", got a list",
        Value::Object(_) => ", got an object",
    }
}

/// Parses options from JSON text.
pub(crate) fn parse(json: &str, what: &str) -> Result<Map<String, Value>> {
    if json.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(json) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Error::config(Code::InvalidOption, what, "must be an object")),
    }
}

/// Refuses the first option that is left. `callbacks` are options that are not passed as JSON.
pub(crate) fn refuse_unknown(
    left: &Map<String, Value>,
    specs: &[OptionSpec],
    callbacks: &[&str],
    spelling: Spelling,
) -> Result<()> {
    let Some(name) = left.keys().next() else { return Ok(()) };
    let options = specs.iter().map(|spec| spec.spelled(spelling));
    let allowed: Vec<_> = options.chain(callbacks.iter().map(|name| spelling.name(name))).collect();
    let message = match closest(name, allowed.iter().map(String::as_str)) {
        Some(meant) => format!("is not an option; did you mean {meant}?"),
        None => format!("is not an option; allowed are {}", allowed.join(", ")),
    };
    Err(Error::config(Code::UnknownOption, &crate::util::sanitize::preview(name.as_bytes()), message))
}

/// The list of allowed values, if any.
pub(crate) const fn choices(lists: &[&'static [&'static str]]) -> &'static [&'static str] {
    match lists {
        [choices] => choices,
        _ => &[],
    }
}

/// The row of an option in another table.
///
/// # Panics
/// If there is none: at compile time.
pub(crate) const fn row(specs: &[OptionSpec], name: &str) -> OptionSpec {
    let mut at = 0;
    while at < specs.len() {
        if is_same(specs[at].name.as_bytes(), name.as_bytes()) {
            return specs[at];
        }
        at += 1;
    }
    panic!("no such option")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Defines a table of options: the struct, its setters, its parser and its description. Options after `shared with` have the
/// description of another table.
macro_rules! options {
    (
        $(#[$struct_doc:meta])* $struct:ident, $what:literal, $specs:ident $(, callbacks $callbacks:expr)?;
        $($(#[doc = $help:literal])+ $name:ident: $type:ty = $default:literal $(, of $choices:expr)?;)*
        $(shared with $base:ident, $base_specs:ident { $($shared:ident: $shared_type:ty;)+ })?
        $(beside $($(#[$extra_doc:meta])* $extra:ident: $extra_type:ty;)+)?
    ) => {
        $(#[$struct_doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $struct { $($(#[doc = $help])+ #[doc = concat!("\n\nDefault: ", $default, ".")] pub $name: Option<$type>,)*
            $($(#[doc = concat!("As [`", stringify!($base), "::", stringify!($shared), "`](fn@", stringify!($base), "::", stringify!($shared), ").")]
            pub $shared: Option<$shared_type>,)+)?
            $($($(#[$extra_doc])* pub(crate) $extra: $extra_type,)+)?
        }

        #[doc = concat!("The table that describes [`", stringify!($struct), "`].")]
        pub const $specs: &[$crate::config::option_table::OptionSpec] = &[$($crate::config::option_table::OptionSpec {
            name: $crate::protocol::param_spec::without_raw_prefix(stringify!($name)),
            takes: <$type as $crate::config::option_table::OptionValue>::TAKES,
            kind: <$type as $crate::config::option_table::OptionValue>::KIND,
            nullable: <$type as $crate::config::option_table::OptionValue>::NULL_IS_A_VALUE,
            choices: $crate::config::option_table::choices(&[$($choices)?]),
            default: $default,
            help: concat!($($help),+).trim_ascii(),
            is_duration: <$type as $crate::config::option_table::OptionValue>::IS_DURATION,
        },)* $($($crate::config::option_table::row($base_specs, stringify!($shared)),)+)?];

        impl $struct {
            $($(#[doc = $help])+ #[doc = concat!("\n\nDefault: ", $default, ".")]
            #[must_use]
            pub fn $name(mut self, $name: impl $crate::config::option_argument::OptionArgument<$type>) -> Self { self.$name = Some($name.into_value()); self })*

            $($(#[doc = concat!("As [`", stringify!($base), "::", stringify!($shared), "`](fn@", stringify!($base), "::", stringify!($shared), ").")]
            #[must_use]
            pub fn $shared(mut self, $shared: impl $crate::config::option_argument::OptionArgument<$shared_type>) -> Self { self.$shared = Some($shared.into_value()); self })+

            /// Options of the other table with the shared values.
            pub(crate) fn shared(&self) -> $base {
                $base { $($shared: self.$shared.clone(),)+ ..$base::default() }
            })?

            /// Parses options from JSON text. An empty text means no options.
            ///
            /// # Errors
            /// A `config` error that names the first unknown or invalid option.
            pub fn from_json(json: &str, spelling: $crate::util::spelling::Spelling) -> $crate::error::Result<Self> {
                Self::from_object($crate::config::option_table::parse(json, $what)?, spelling)
            }

            /// Whether the option `name` is given.
            #[allow(dead_code)]
            pub(crate) fn given(&self, name: &str) -> bool {
                let given = [$(self.$name.is_some(),)* $($(self.$shared.is_some(),)+)?];
                $specs.iter().zip(given).any(|(spec, is_given)| is_given && spec.name == name)
            }

            /// Fills absent options from `other`.
            #[allow(dead_code)]
            pub(crate) fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)* $($($shared: self.$shared.or(other.$shared),)+)? $($($extra: self.$extra,)+)? }
            }

            pub(crate) fn from_object(
                mut given: serde_json::Map<String, serde_json::Value>,
                spelling: $crate::util::spelling::Spelling,
            ) -> $crate::error::Result<Self> {
                let mut specs = $specs.iter();
                let options = Self { $($name: match specs.next() {
                    Some(spec) => $crate::config::option_table::take(&mut given, spec, spelling)?,
                    None => None,
                },)* $($($shared: match specs.next() {
                    Some(spec) => $crate::config::option_table::take(&mut given, spec, spelling)?,
                    None => None,
                },)+)? $($($extra: Default::default(),)+)? };
                $crate::config::option_table::refuse_unknown(&given, $specs, $crate::config::option_table::choices(&[$($callbacks)?]), spelling)?;
                Ok(options)
            }
        }
    };
}
pub(crate) use options;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_for_each_language() {
        let spec = OptionSpec { name: "total_timeout", is_duration: true, ..crate::CALL_OPTIONS[0] };
        assert_eq!(spec.spelled(Spelling::Snake), "total_timeout");
        assert_eq!(spec.spelled(Spelling::Camel), "totalTimeoutMs");
    }

    #[test]
    fn durations_are_seconds_or_milliseconds_and_never_zero() {
        let read = |json: &str, spelling| Duration::read(&serde_json::from_str(json).unwrap(), spelling);
        assert_eq!(read("1.5", Spelling::Snake), Some(Duration::from_millis(1500)));
        assert_eq!(read("1500", Spelling::Camel), Some(Duration::from_millis(1500)));
        for refused in ["0", "-1", "1e300", "\"1\"", "true"] {
            assert_eq!(read(refused, Spelling::Snake), None, "{refused}");
        }
    }
}
