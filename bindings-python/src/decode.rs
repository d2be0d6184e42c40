//! JSON text to Python values: integers of any size stay exact.

use jiter::PythonParse;
use omni_mcp::bridge::{Crossing, undecodable};
use pyo3::prelude::*;

use crate::errors::raised;

/// Any JSON text.
pub(crate) fn decode<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    PythonParse::default().python_parse(py, text).or_else(|_| {
        // Lone surrogates and very deep values, which only the standard library reads.
        py.import("json")?.call_method1("loads", (text,)).map_err(|_| raised(py, &undecodable()))
    })
}

/// A result, or a tuple of a result and its metadata where they were asked for.
pub(crate) fn crossing(py: Python<'_>, crossing: &Crossing) -> PyResult<Py<PyAny>> {
    let result = decode(py, &crossing.result)?;
    match &crossing.metadata {
        None => Ok(result.unbind()),
        Some(metadata) => Ok((result, decode(py, metadata.as_bytes())?).into_pyobject(py)?.into_any().unbind()),
    }
}
