//! Parameters and results of methods, from which the methods of the other languages are generated.
//!
//! A type is `string`, `integer`, `object`, `strings` (an object of strings), `any`, or the name of a type: one of the
//! protocol, `ServerRecord` or `ServerPage`. `[]` behind it makes it a list.

use serde::Serialize;

/// One parameter of a method.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ParamSpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// The type of its values.
    #[serde(rename = "type")]
    pub takes: &'static str,
    /// Whether it must be given. An object that is not given is empty; anything else is not sent.
    pub required: bool,
    /// One line of help.
    pub help: &'static str,
}

/// The result of a method; of an iterator, one item.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ResultSpec {
    /// The type.
    #[serde(rename = "type")]
    pub gives: &'static str,
    /// One line of help.
    pub help: &'static str,
}

/// A parameter that must be given.
pub(crate) const fn required(name: &'static str, takes: &'static str, help: &'static str) -> ParamSpec {
    ParamSpec { name, takes, required: true, help }
}

/// A parameter that may be left out.
pub(crate) const fn optional(name: &'static str, takes: &'static str, help: &'static str) -> ParamSpec {
    ParamSpec { name, takes, required: false, help }
}
