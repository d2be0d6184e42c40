//! Values that a fork leaves to the parent process.

use omni_mcp::bridge::forked;
use pyo3::prelude::*;

use crate::convert::errors::raised;

/// A value that belongs to the process that made it. In a child it is neither used nor dropped: its locks, threads and
/// sockets are the parent's.
pub(crate) struct ProcessLocal<T> {
    pid: u32,
    value: Option<T>,
}

impl<T> ProcessLocal<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { pid: std::process::id(), value: Some(value) }
    }

    /// The value, or nothing after a fork.
    pub(crate) fn here(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.pid == std::process::id())
    }

    /// The value, also after a fork.
    pub(crate) fn anywhere_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// The value itself, or nothing after a fork.
    pub(crate) fn into_here(mut self) -> Option<T> {
        self.here()?;
        self.value.take()
    }

    /// The value.
    ///
    /// # Errors
    /// `client_forked` after a fork.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<&T> {
        self.here().ok_or_else(|| raised(py, &forked()))
    }
}

impl<T> Drop for ProcessLocal<T> {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}
