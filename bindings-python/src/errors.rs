//! Errors cross as data: the exception is made in Python, by the class of its kind.

use omni_mcp::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::decode::decode_plainly;

static FROM_NATIVE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception for an error.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    // What was refused stays refused, and its id known, also where its data is more than Python can hold.
    exception(py, &error.to_json())
        .or_else(|_| exception(py, &error.clone().without_data().to_json()))
        .map_or_else(|raised| raised, PyErr::from_value)
}

fn exception<'py>(py: Python<'py>, error: &str) -> PyResult<Bound<'py, PyAny>> {
    let info = decode_plainly(py, error.as_bytes())?;
    FROM_NATIVE.import(py, "omni_mcp_py._errors", "from_native")?.call1((info,))
}
