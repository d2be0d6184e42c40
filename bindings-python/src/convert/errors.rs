//! Errors of the core to exceptions. Python makes the exception, from data, by the class of its kind.

use omni_mcp::Error;
use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::convert::json;

static FROM_NATIVE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The exception for an error.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    // An error keeps its class and request id where its data is more than Python can hold.
    exception(py, &error.to_json())
        .or_else(|_| exception(py, &error.clone().without_data().to_json()))
        .map_or_else(|raised| raised, PyErr::from_value)
}

fn exception<'py>(py: Python<'py>, error: &str) -> PyResult<Bound<'py, PyAny>> {
    let info = json::parse(py, error.as_bytes())?;
    FROM_NATIVE.import(py, "omni_mcp_py._errors", "from_native")?.call1((info,))
}

/// Issues a warning. Where warnings are errors, the error is reported and not raised: the call continues.
pub(crate) fn warn(py: Python<'_>, message: String) {
    let message = std::ffi::CString::new(message).unwrap_or_default();
    if let Err(raised) = PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1) {
        raised.write_unraisable(py, None);
    }
}
