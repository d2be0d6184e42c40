//! The runtime of all async clients of a process. A child process after a fork starts one of its own.

use std::sync::{Mutex, PoisonError};

use omni_mcp::bridge::closed;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};

use crate::convert::errors::raised;
use crate::runtime::interpreter_gate::InterpreterGate;

/// Yields to the runtime's other tasks: first the sockets are polled, then the tasks of their connections.
pub(crate) async fn yield_to_connections() {
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

/// The runtime of all async clients of a process, on a thread of its own. It is never ended: a task may outlive every
/// client.
///
/// One thread runs the tasks in the order in which they became ready: on tokio's work-stealing runtime a call could
/// overtake the return of the connection that it should have used, and opened another.
#[derive(Clone)]
pub(crate) struct SharedRuntime {
    pub(crate) handle: Handle,
    /// Through which its thread wakes event loops.
    pub(crate) gate: InterpreterGate,
}

static SHARED: Mutex<Option<(u32, SharedRuntime)>> = Mutex::new(None);

/// This process's shared runtime, which is started if necessary.
///
/// # Errors
/// `client_closed` when the interpreter ends.
pub(crate) fn shared(py: Python<'_>) -> PyResult<SharedRuntime> {
    let shared = match known() {
        Some(shared) => shared,
        None => start(gate(py)?)?,
    };
    if shared.gate.is_open() { Ok(shared) } else { Err(raised(py, &closed())) }
}

static GATE: Mutex<Option<(u32, InterpreterGate)>> = Mutex::new(None);

/// This process's gate to the interpreter.
pub(crate) fn gate(py: Python<'_>) -> PyResult<InterpreterGate> {
    let known = || {
        let known = GATE.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(pid, _)| *pid == std::process::id()).map(|(_, gate)| gate.clone())
    };
    if let Some(gate) = known() {
        return Ok(gate);
    }
    let made = InterpreterGate::new(py)?;
    let mut current = GATE.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if let Some((_, gate)) = current.as_ref().filter(|(owner, _)| *owner == pid) {
        return Ok(gate.clone());
    }
    std::mem::forget(current.replace((pid, made.clone())));
    Ok(made)
}

// All functions hold their lock with the interpreter attached, so that no fork can happen meanwhile, and call nothing that
// could detach it, so that no other thread can wait for the lock while it keeps the interpreter.

/// This process's shared runtime, if it was started.
pub(crate) fn known() -> Option<SharedRuntime> {
    let known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    known.as_ref().filter(|(pid, _)| *pid == std::process::id()).map(|(_, shared)| shared.clone())
}

fn start(gate: InterpreterGate) -> PyResult<SharedRuntime> {
    let mut known = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = std::process::id();
    if let Some((_, shared)) = known.as_ref().filter(|(owner, _)| *owner == pid) {
        return Ok(shared.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().build().map_err(not_started)?;
    let shared = SharedRuntime { handle: runtime.handle().clone(), gate };
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run).map_err(not_started)?;
    // The runtime of the process before a fork is not dropped: its locks and threads are the parent's.
    std::mem::forget(known.replace((pid, shared.clone())));
    Ok(shared)
}

fn not_started(error: std::io::Error) -> PyErr {
    PyRuntimeError::new_err(format!("the runtime could not be started: {error}"))
}
