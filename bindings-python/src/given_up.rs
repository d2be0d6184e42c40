//! How a call that blocks one thread is given up by another.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Set by whoever no longer waits for the call that it was handed to.
#[pyclass(frozen, module = "omni_mcp_py._native")]
#[derive(Default)]
pub(crate) struct GivenUp(AtomicBool);

#[pymethods]
impl GivenUp {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Ends the call at the next occasion, some 50 ms from now at most. One that has not begun does not begin.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl GivenUp {
    /// # Errors
    /// An exception that nobody sees, as nobody waits any more.
    pub(crate) fn check(&self) -> PyResult<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(PyRuntimeError::new_err("the call was given up")),
            false => Ok(()),
        }
    }
}
