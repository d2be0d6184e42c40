//! How another thread cancels a call that blocks its thread.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Cancels the call that it was given to.
#[pyclass(frozen, module = "omni_mcp_py._native")]
#[derive(Default)]
pub(crate) struct CancelFlag(AtomicBool);

#[pymethods]
impl CancelFlag {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Ends the call within some 50 ms. A call that has not begun does not begin.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl CancelFlag {
    /// # Errors
    /// An exception that no caller sees, as the waiting greenlet has ended.
    pub(crate) fn check(&self) -> PyResult<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(PyRuntimeError::new_err("the call was cancelled by another thread")),
            false => Ok(()),
        }
    }
}
