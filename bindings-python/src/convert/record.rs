//! Functions of the core on JSON values: a record without its secrets, and whether a result reads like a failure.

use pyo3::prelude::*;

use crate::convert::decode::decode;
use crate::convert::encode::text;

/// A registry's record without its secrets.
#[pyfunction]
pub(crate) fn shown_record<'py>(record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    decode(record.py(), omni_mcp::bridge::shown_record(&text(record)?).as_bytes())
}

/// Whether a tool's result reads like a failure although `isError` is not set.
#[pyfunction]
pub(crate) fn looks_like_error(result: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(omni_mcp::bridge::looks_like_error(text(result)?.as_bytes()))
}
