//! Access of this library's threads to the interpreter, which ends before the interpreter does: below 3.14 Python kills a
//! thread that attaches too late, in the middle of Rust code.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

use crate::runtime::lock;

/// How long the end of the interpreter waits for threads inside: a callback may never return.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Open as long as threads of this library may enter the interpreter.
#[derive(Clone, Default)]
pub(crate) struct InterpreterAccess(Arc<AccessShared>);

#[derive(Default)]
struct AccessShared {
    state: Mutex<AccessState>,
    left: Condvar,
}

#[derive(Default)]
struct AccessState {
    is_closed: bool,
    inside: usize,
}

impl InterpreterAccess {
    /// Access that is closed when the interpreter ends.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let access = Self::default();
        let (closing, pid) = (access.clone(), std::process::id());
        let close = PyCFunction::new_closure(py, None, None, move |args, _| {
            // In a child process a thread inside is the parent's, and would never leave.
            if pid == std::process::id() {
                args.py().detach(|| closing.close());
            }
        })?;
        py.import("atexit")?.call_method1("register", (close,))?;
        Ok(access)
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.0.state().is_closed
    }

    /// Whether a thread is inside.
    pub(crate) fn is_occupied(&self) -> bool {
        self.0.state().inside > 0
    }

    /// Runs `work` in the interpreter; does nothing once access is closed.
    pub(crate) fn enter(&self, work: impl FnOnce()) {
        // Never waits: `close` waits for the threads inside, which may need a lock of this thread.
        let Some(_inside) = Inside::enter(&self.0) else { return };
        let _ = Python::try_attach(|_| work());
    }

    fn close(&self) {
        let mut state = self.0.state();
        state.is_closed = true;
        let _ = self.0.left.wait_timeout_while(state, LEAVE_WITHIN, |state| state.inside > 0);
    }
}

impl AccessShared {
    /// Locked for a few instructions only, and never while attaching to the interpreter.
    fn state(&self) -> MutexGuard<'_, AccessState> {
        lock(&self.state)
    }
}

/// A thread inside the interpreter.
struct Inside<'a>(&'a AccessShared);

impl<'a> Inside<'a> {
    fn enter(shared: &'a AccessShared) -> Option<Self> {
        let mut state = shared.state();
        if state.is_closed {
            return None;
        }
        state.inside += 1;
        Some(Self(shared))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.left.notify_all();
    }
}
