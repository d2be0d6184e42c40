//! Where calls run: a runtime of its own for each sync client, one for all async clients, and neither across a fork.

use std::sync::{Mutex, PoisonError};

use omni_mcp::bridge::forked;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::errors::raised;

/// A value that belongs to the process that made it. In a child it is neither used nor dropped: its locks, threads and
/// sockets are the parent's.
pub(crate) struct Local<T> {
    pid: u32,
    value: Option<T>,
}

impl<T> Local<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { pid: std::process::id(), value: Some(value) }
    }

    /// The value, or nothing after a fork.
    pub(crate) fn here(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.pid == std::process::id())
    }

    /// The value, or the error that tells of the fork.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<&T> {
        self.here().ok_or_else(|| raised(py, &forked()))
    }
}

impl<T> Drop for Local<T> {
    fn drop(&mut self) {
        if self.pid != std::process::id() {
            std::mem::forget(self.value.take());
        }
    }
}

/// The runtime of one sync client. It runs on whichever thread waits for a call, and nowhere else.
pub(crate) struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    pub(crate) fn new() -> PyResult<Self> {
        Ok(Self(Some(Builder::new_current_thread().enable_all().build().map_err(not_started)?)))
    }

    /// Runs `work` on this thread to its end.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.as_ref().map(|runtime| runtime.block_on(work))
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // An ordinary drop would wait for a name lookup that may still be going on.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The runtime of all async clients of this process. It is never ended: a task may outlive every client.
///
/// The lock is only ever held with the interpreter attached, so that no fork can happen meanwhile.
pub(crate) fn shared(_attached: Python<'_>) -> PyResult<&'static Runtime> {
    static SHARED: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    match *shared {
        Some((of, runtime)) if of == pid => Ok(runtime),
        _ => {
            let builder = Builder::new_multi_thread().worker_threads(1).thread_name("omni-mcp").enable_all().build();
            let runtime: &'static Runtime = Box::leak(Box::new(builder.map_err(not_started)?));
            *shared = Some((pid, runtime));
            Ok(runtime)
        }
    }
}

fn not_started(error: std::io::Error) -> PyErr {
    PyRuntimeError::new_err(format!("the runtime could not be started: {error}"))
}
