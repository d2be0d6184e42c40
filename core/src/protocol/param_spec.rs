//! Parameters and results of methods. The methods of the bindings are generated from them.
//!
//! A type is `string`, `integer`, `object`, `strings` (an object of strings), `any`, or the name of a type: one of the
//! protocol, `ServerRecord` or `ServerPage`. `[]` behind it makes it a list.

use serde::Serialize;

/// One parameter of a method.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ParamSpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// The type of its values.
    #[serde(rename = "type")]
    pub takes: &'static str,
    /// Whether it is required. An absent object is sent as an empty one; other absent parameters are not sent.
    pub required: bool,
    /// Description.
    pub help: &'static str,
}

/// The result of a method, or one item of an iterator.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ResultSpec {
    /// The type.
    #[serde(rename = "type")]
    pub gives: &'static str,
    /// Description.
    pub help: &'static str,
}

/// A required parameter.
pub(crate) const fn required(name: &'static str, takes: &'static str, help: &'static str) -> ParamSpec {
    ParamSpec { name: without_raw_prefix(name), takes, required: true, help }
}

/// An optional parameter.
pub(crate) const fn optional(name: &'static str, takes: &'static str, help: &'static str) -> ParamSpec {
    ParamSpec { name: without_raw_prefix(name), takes, required: false, help }
}

/// The name without the `r#` of a Rust identifier such as `r#ref`.
pub(crate) const fn without_raw_prefix(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}
