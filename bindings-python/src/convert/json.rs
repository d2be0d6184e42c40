//! JSON text to Python values: integers of any size stay exact.

use jiter::PythonParse;
use pyo3::prelude::*;

/// Any JSON text.
///
/// # Errors
/// The exception of Python where it cannot hold the value.
pub(crate) fn parse<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // Lone surrogates and very deep values are read by the standard library only.
    PythonParse::default().python_parse(py, text).or_else(|_| py.import("json")?.call_method1("loads", (text,)))
}
