//! Where calls run: a runtime of its own for each sync client, one for all async clients, and neither across a fork.

use std::sync::{Mutex, PoisonError};

use omni_mcp::bridge::forked;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

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

/// Lets the runtime's other tasks run: first the sockets are looked at, then the connections that they belong to run.
pub(crate) async fn turn() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
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

/// The runtime of all async clients of this process, on a thread of its own. It is never ended: a task may outlive
/// every client.
///
/// One thread that runs tasks in the order in which they became ready: with tokio's work stealing runtime a call could
/// overtake the return of the connection that it should have used, and opened another.
///
/// The lock is only ever held with the interpreter attached, so that no fork can happen meanwhile.
pub(crate) fn shared(_attached: Python<'_>) -> PyResult<Handle> {
    static SHARED: Mutex<Option<(u32, Handle)>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    match &*shared {
        Some((of, handle)) if *of == pid => Ok(handle.clone()),
        _ => {
            let runtime = Builder::new_current_thread().enable_all().build().map_err(not_started)?;
            let handle = runtime.handle().clone();
            let run = move || runtime.block_on(std::future::pending::<()>());
            std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run).map_err(not_started)?;
            // The handle of the process before the fork is not dropped: what it leads to is not ours.
            std::mem::forget(shared.replace((pid, handle.clone())));
            Ok(handle)
        }
    }
}

fn not_started(error: std::io::Error) -> PyErr {
    PyRuntimeError::new_err(format!("the runtime could not be started: {error}"))
}
