//! Where the calls of async clients run: one runtime for all of them, and not across a fork.

use std::sync::{Mutex, PoisonError};

use omni_mcp::bridge::{closed, forked};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};

use crate::errors::raised;
use crate::exit::Gate;

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

/// The runtime of all async clients of a process, on a thread of its own. It is never ended: a task may outlive every
/// client.
///
/// One thread that runs tasks in the order in which they became ready: with tokio's work stealing runtime a call could
/// overtake the return of the connection that it should have used, and opened another.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) handle: Handle,
    /// By which its thread wakes event loops.
    pub(crate) gate: Gate,
}

static SHARED: Mutex<Option<(u32, Shared)>> = Mutex::new(None);

/// This process's shared runtime.
pub(crate) fn shared(py: Python<'_>) -> PyResult<Shared> {
    let shared = match known() {
        Some(shared) => shared,
        None => started(gate(py)?)?,
    };
    if shared.gate.is_open() { Ok(shared) } else { Err(raised(py, &closed())) }
}

static GATE: Mutex<Option<(u32, Gate)>> = Mutex::new(None);

/// This process's gate to the interpreter.
pub(crate) fn gate(py: Python<'_>) -> PyResult<Gate> {
    let known = || {
        let known = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(pid, _)| *pid == std::process::id()).map(|(_, gate)| gate.clone())
    };
    if let Some(gate) = known() {
        return Ok(gate);
    }
    let made = Gate::new(py)?;
    let mut kept = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if let Some((_, gate)) = kept.as_ref().filter(|(of, _)| *of == pid) {
        return Ok(gate.clone());
    }
    std::mem::forget(kept.replace((pid, made.clone())));
    Ok(made)
}

// All hold their lock with the interpreter attached, so that no fork can happen meanwhile, and call nothing that could
// detach it, so that no other thread can wait for the lock and keep the interpreter.

/// This process's shared runtime, if it was ever needed.
pub(crate) fn known() -> Option<Shared> {
    let known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    known.as_ref().filter(|(pid, _)| *pid == std::process::id()).map(|(_, shared)| shared.clone())
}

fn started(gate: Gate) -> PyResult<Shared> {
    let mut known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if let Some((_, shared)) = known.as_ref().filter(|(of, _)| *of == pid) {
        return Ok(shared.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build().map_err(not_started)?;
    let shared = Shared { handle: runtime.handle().clone(), gate };
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run).map_err(not_started)?;
    // What the process before a fork had is not dropped: it leads to what is not ours.
    std::mem::forget(known.replace((pid, shared.clone())));
    Ok(shared)
}

fn not_started(error: std::io::Error) -> PyErr {
    PyRuntimeError::new_err(format!("the runtime could not be started: {error}"))
}
