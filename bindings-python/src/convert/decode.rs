//! Results of the core to Python values.

use omni_mcp::bridge::{CallOutput, undecodable};
use pyo3::prelude::*;

use crate::convert::errors::{raised, warn};
use crate::convert::json;

/// Any JSON text of the core.
///
/// # Errors
/// A `protocol` error where Python cannot hold the value.
pub(crate) fn decode<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    json::parse(py, text).map_err(|_| raised(py, &undecodable()))
}

/// A result alone.
fn result<'py>(py: Python<'py>, output: &CallOutput) -> PyResult<Bound<'py, PyAny>> {
    json::parse(py, &output.result).map_err(|_| raised(py, &output.undecodable()))
}

/// A result, or a tuple of a result and its metadata if requested.
pub(crate) fn output(py: Python<'_>, output: &CallOutput) -> PyResult<Py<PyAny>> {
    for warning in &output.warnings {
        warn(py, warning.clone());
    }
    let result = result(py, output)?;
    match &output.metadata {
        None => Ok(result.unbind()),
        Some(metadata) => Ok((result, decode(py, metadata.as_bytes())?).into_pyobject(py)?.into_any().unbind()),
    }
}
