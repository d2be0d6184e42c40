//! Python values to JSON text, in one pass and without an intermediate value.

use std::io::Write;

use omni_mcp::bridge::{PathStep, unsendable_argument, unsendable_value};
use omni_mcp::{Error, Spelling};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDeltaAccess, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// One level more than the core sends: the core counts from the params of `request`, this file from the object around them.
const MAX_DEPTH: usize = 128;

/// A value that cannot be sent.
#[derive(Debug)]
pub(crate) struct Unsendable {
    /// Why, as the core names it.
    reason: &'static str,
    /// The steps to the value, the last one first.
    path: Vec<PathStep>,
    /// The type of the value.
    got: Option<String>,
}

/// Boxed, so that the results of the functions that write values stay small.
type Refused = Box<Unsendable>;

impl Unsendable {
    fn of(reason: &'static str) -> Refused {
        Box::new(Self { reason, path: Vec::new(), got: None })
    }

    /// A value of this type.
    fn value(reason: &'static str, value: &Bound<'_, PyAny>) -> Refused {
        let class = value.get_type();
        // With its module, except for builtins.
        let name = class.fully_qualified_name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
        Box::new(Self { reason, path: Vec::new(), got: Some(name) })
    }

    /// The error for the argument `field`.
    pub(crate) fn error(mut self, field: &str) -> Error {
        self.path.reverse();
        unsendable_value(field, &self.path, self.reason, self.got.as_deref(), Spelling::Snake)
    }
}

/// Adds the step to the value that contains the refused one.
fn inside<T>(result: Result<T, Refused>, step: impl FnOnce() -> PathStep) -> Result<T, Refused> {
    result.map_err(|mut refused| {
        refused.path.push(step());
        refused
    })
}

/// The members of a method's params. A refusal names the member.
pub(crate) fn params(params: &Bound<'_, PyDict>) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(128);
    members(&mut out, params, |out, name, value| {
        // These two are objects in the protocol.
        if matches!(name, "arguments" | "params") && !value.is_instance_of::<PyDict>() {
            return Err(Unsendable::of("not_an_object"));
        }
        write_value(out, value, 2)
    })?;
    Ok(out)
}

/// Options by name; a `timedelta` becomes its seconds.
pub(crate) fn options(options: &Bound<'_, PyDict>) -> Result<String, Error> {
    if options.is_empty() {
        return Ok(String::new());
    }
    let mut out = Vec::with_capacity(128);
    members(&mut out, options, |out, _, value| match value.cast::<PyDelta>() {
        Ok(delta) => {
            let whole = f64::from(delta.get_days()) * 86_400.0 + f64::from(delta.get_seconds());
            write_float(out, whole + f64::from(delta.get_microseconds()) / 1e6)
        }
        Err(_) => {
            let before = out.len();
            match write_value(out, value, 2) {
                Err(refused) if matches!(refused.reason, "not_json" | "bad_key") => {
                    // A value that no option has, so that the core names what is allowed.
                    out.truncate(before);
                    out.extend_from_slice(b"-1");
                    Ok(())
                }
                written => written,
            }
        }
    })?;
    String::from_utf8(out).map_err(|_| unsendable_argument("options", "not_json"))
}

/// Any value.
pub(crate) fn value(value: &Bound<'_, PyAny>) -> Result<String, Refused> {
    let mut out = Vec::with_capacity(128);
    write_value(&mut out, value, 1)?;
    String::from_utf8(out).map_err(|_| Unsendable::of("not_json"))
}

/// As [`value`], for functions that make no calls.
///
/// # Errors
/// `ValueError` for a value that JSON cannot represent.
pub(crate) fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    self::value(value).map_err(|refused| PyValueError::new_err(refused.error("the value").to_string()))
}

fn members(
    out: &mut Vec<u8>,
    dict: &Bound<'_, PyDict>,
    mut write_member: impl FnMut(&mut Vec<u8>, &str, &Bound<'_, PyAny>) -> Result<(), Refused>,
) -> Result<(), Error> {
    out.push(b'{');
    for (index, (key, value)) in dict.iter().enumerate() {
        let name = key.cast::<PyString>().ok().and_then(|key| key.to_str().ok());
        let Some(name) = name else { return Err(unsendable_argument("options", "not_json")) };
        if index > 0 {
            out.push(b',');
        }
        write_str(out, name);
        out.push(b':');
        write_member(out, name, &value).map_err(|refused| refused.error(name))?;
    }
    out.push(b'}');
    Ok(())
}

fn write_value(out: &mut Vec<u8>, value: &Bound<'_, PyAny>, depth: usize) -> Result<(), Refused> {
    if let Ok(text) = value.cast::<PyString>() {
        write_str(out, text.to_str().map_err(|_| Unsendable::of("lone_surrogate"))?);
    } else if value.is_none() {
        out.extend_from_slice(b"null");
    } else if let Ok(flag) = value.cast::<PyBool>() {
        out.extend_from_slice(if flag.is_true() { b"true" } else { b"false" });
    } else if let Ok(number) = value.cast::<PyInt>() {
        return write_int(out, number);
    } else if let Ok(number) = value.cast::<PyFloat>() {
        return write_float(out, number.value());
    } else if let Ok(dict) = value.cast::<PyDict>() {
        return write_dict(out, dict, depth);
    } else if let Ok(list) = value.cast::<PyList>() {
        return write_list(out, list.iter(), depth);
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        return write_list(out, tuple.iter(), depth);
    } else {
        return Err(Unsendable::value("not_json", value));
    }
    Ok(())
}

fn write_dict(out: &mut Vec<u8>, dict: &Bound<'_, PyDict>, depth: usize) -> Result<(), Refused> {
    if depth > MAX_DEPTH {
        return Err(Unsendable::of("too_deep"));
    }
    out.push(b'{');
    for (index, (key, value)) in dict.iter().enumerate() {
        let step = || PathStep::Name(key.str().map(|key| key.to_string_lossy().into_owned()).unwrap_or_default());
        let Ok(name) = key.cast::<PyString>() else {
            return inside(Err(Unsendable::value("bad_key", &key)), step);
        };
        if index > 0 {
            out.push(b',');
        }
        write_str(out, name.to_str().map_err(|_| Unsendable::of("lone_surrogate"))?);
        out.push(b':');
        inside(write_value(out, &value, depth + 1), step)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_list<'py>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    depth: usize,
) -> Result<(), Refused> {
    if depth > MAX_DEPTH {
        return Err(Unsendable::of("too_deep"));
    }
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        inside(write_value(out, &item, depth + 1), || PathStep::Index(index))?;
    }
    out.push(b']');
    Ok(())
}

fn write_int(out: &mut Vec<u8>, number: &Bound<'_, PyInt>) -> Result<(), Refused> {
    if let Ok(small) = number.extract::<i64>() {
        return write!(out, "{small}").map_err(|_| Unsendable::of("not_json"));
    }
    // A subclass may have another `__repr__`; beyond 4300 digits Python raises.
    let digits = number.py().get_type::<PyInt>().call_method1("__repr__", (number,));
    let digits = digits.map_err(|_| Unsendable::of("not_json"))?;
    let digits = digits.cast::<PyString>().map_err(|_| Unsendable::of("not_json"))?;
    out.extend_from_slice(digits.to_str().map_err(|_| Unsendable::of("not_json"))?.as_bytes());
    Ok(())
}

fn write_float(out: &mut Vec<u8>, number: f64) -> Result<(), Refused> {
    if !number.is_finite() {
        return Err(Unsendable::of("not_finite"));
    }
    // Debug is the shortest text that reads back as the same number, and keeps the `.0`.
    write!(out, "{number:?}").map_err(|_| Unsendable::of("not_json"))
}

fn write_str(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[written..at]);
        written = at + 1;
        if escape.is_empty() {
            let hex = |digit: u8| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}
