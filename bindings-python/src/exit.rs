//! The end of the interpreter, before which a thread of ours must have left it: below 3.14 Python ends a thread that
//! asks for the interpreter too late, in the middle of Rust code.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

/// How long the end of the interpreter waits for those inside: a function of the caller's may never return.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// Open as long as threads that are not Python's own may enter the interpreter.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Door>);

#[derive(Default)]
struct Door {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    inside: usize,
}

impl Gate {
    /// A gate that closes when the interpreter ends.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let gate = Self::default();
        let (closing, pid) = (gate.clone(), std::process::id());
        let close = PyCFunction::new_closure(py, None, None, move |args, _| {
            // In a child the thread that may be inside is the parent's, and would never leave.
            if pid == std::process::id() {
                args.py().detach(|| closing.close());
            }
        })?;
        py.import("atexit")?.call_method1("register", (close,))?;
        Ok(gate)
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.0.state().is_closed
    }

    /// Whether somebody is in the interpreter still.
    pub(crate) fn is_held(&self) -> bool {
        self.0.state().inside > 0
    }

    /// Does `work` in the interpreter, or nothing once that ends.
    pub(crate) fn enter(&self, work: impl FnOnce()) {
        // Never waits: whoever closes the gate waits for those inside, who may need what this thread holds.
        let Some(_inside) = Inside::of(&self.0) else { return };
        let _ = Python::try_attach(|_| work());
    }

    fn close(&self) {
        let mut state = self.0.state();
        state.is_closed = true;
        let _ = self.0.left.wait_timeout_while(state, LEAVE_WITHIN, |state| state.inside > 0);
    }
}

impl Door {
    /// Held for a few instructions only, and never while the interpreter is asked for.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who is in the interpreter.
struct Inside<'a>(&'a Door);

impl<'a> Inside<'a> {
    fn of(door: &'a Door) -> Option<Self> {
        let mut state = door.state();
        if state.is_closed {
            return None;
        }
        state.inside += 1;
        Some(Self(door))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.left.notify_all();
    }
}
