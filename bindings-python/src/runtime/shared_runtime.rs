//! The runtime of all async clients of a process. A child process after a fork starts another one.

use std::sync::Mutex;

use omni_mcp::bridge::closed;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};

use crate::convert::errors::raised;
use crate::runtime::interpreter_access::InterpreterAccess;
use crate::runtime::lock;
use crate::runtime::process_local::ProcessLocal;

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
    /// By which its thread wakes event loops.
    pub(crate) access: InterpreterAccess,
}

static SHARED: Mutex<Option<ProcessLocal<SharedRuntime>>> = Mutex::new(None);

/// This process's shared runtime, which is started if necessary.
///
/// # Errors
/// `client_closed` when the interpreter ends.
pub(crate) fn shared(py: Python<'_>) -> PyResult<SharedRuntime> {
    let shared = match known() {
        Some(shared) => shared,
        None => start(interpreter_access(py)?)?,
    };
    if shared.access.is_open() { Ok(shared) } else { Err(raised(py, &closed())) }
}

static ACCESS: Mutex<Option<ProcessLocal<InterpreterAccess>>> = Mutex::new(None);

/// This process's access to the interpreter.
pub(crate) fn interpreter_access(py: Python<'_>) -> PyResult<InterpreterAccess> {
    if let Some(access) = of_this_process(&lock(&ACCESS)) {
        return Ok(access);
    }
    let made = InterpreterAccess::new(py)?;
    let mut current = lock(&ACCESS);
    if let Some(access) = of_this_process(&current) {
        return Ok(access);
    }
    *current = Some(ProcessLocal::new(made.clone()));
    Ok(made)
}

// All functions hold their lock with the interpreter attached, so that no fork can happen meanwhile, and call nothing that
// could detach it, so that no other thread can wait for the lock while it keeps the interpreter.

/// This process's shared runtime, if it was started.
pub(crate) fn known() -> Option<SharedRuntime> {
    of_this_process(&lock(&SHARED))
}

fn start(access: InterpreterAccess) -> PyResult<SharedRuntime> {
    let mut current = lock(&SHARED);
    if let Some(shared) = of_this_process(&current) {
        return Ok(shared);
    }
    let runtime = Builder::new_current_thread().enable_all().build().map_err(not_started)?;
    let shared = SharedRuntime { handle: runtime.handle().clone(), access };
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run).map_err(not_started)?;
    *current = Some(ProcessLocal::new(shared.clone()));
    Ok(shared)
}

fn of_this_process<T: Clone>(value: &Option<ProcessLocal<T>>) -> Option<T> {
    value.as_ref().and_then(ProcessLocal::here).cloned()
}

fn not_started(error: std::io::Error) -> PyErr {
    PyRuntimeError::new_err(format!("the runtime could not be started: {error}"))
}
