//! What the core says of a value: how a record is shown, and whether a result reads like a failure.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::decode::decode;
use crate::encode;

/// A registry's record without its secrets.
#[pyfunction]
pub(crate) fn shown_record<'py>(record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    decode(record.py(), omni_mcp::bridge::shown_record(&text(record)?).as_bytes())
}

/// Whether a tool's result reads like a failure although it does not say that it is one.
#[pyfunction]
pub(crate) fn looks_like_error(result: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(omni_mcp::bridge::looks_like_error(text(result)?.as_bytes()))
}

fn text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    encode::value(value).map_err(|reason| PyValueError::new_err(format!("this cannot be written as JSON: {reason}")))
}
