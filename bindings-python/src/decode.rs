//! JSON text to Python values: integers of any size stay exact.

use jiter::PythonParse;
use omni_mcp::bridge::{Crossing, undecodable};
use pyo3::prelude::*;

use crate::errors::raised;
use crate::progress::warn;

/// Any JSON text.
pub(crate) fn decode<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    decode_plainly(py, text).map_err(|_| raised(py, &undecodable()))
}

/// Any JSON text; what Python raises where it cannot hold it.
pub(crate) fn decode_plainly<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // Lone surrogates and very deep values are read by the standard library only.
    PythonParse::default().python_parse(py, text).or_else(|_| py.import("json")?.call_method1("loads", (text,)))
}

/// A result alone.
pub(crate) fn result<'py>(py: Python<'py>, crossing: &Crossing) -> PyResult<Bound<'py, PyAny>> {
    decode_plainly(py, &crossing.result).map_err(|_| raised(py, &crossing.undecodable()))
}

/// A result, or a tuple of a result and its metadata where they were asked for.
pub(crate) fn crossing(py: Python<'_>, crossing: &Crossing) -> PyResult<Py<PyAny>> {
    for warning in &crossing.warnings {
        warn(py, warning.clone(), None);
    }
    let result = result(py, crossing)?;
    match &crossing.metadata {
        None => Ok(result.unbind()),
        Some(metadata) => Ok((result, decode(py, metadata.as_bytes())?).into_pyobject(py)?.into_any().unbind()),
    }
}
