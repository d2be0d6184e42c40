//! The end of the interpreter, before which a thread of ours must have left it: below 3.14 Python ends a thread that
//! asks for the interpreter too late, in the middle of Rust code.

use std::sync::{Arc, PoisonError, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

/// Open as long as threads that are not Python's own may enter the interpreter.
#[derive(Clone)]
pub(crate) struct Gate(Arc<RwLock<bool>>);

impl Gate {
    /// A gate that closes when the interpreter ends.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let gate = Self(Arc::new(RwLock::new(true)));
        let (closing, pid) = (gate.clone(), std::process::id());
        let close = PyCFunction::new_closure(py, None, None, move |args, _| {
            // In a child the thread that may be inside is the parent's, and would never leave.
            if pid == std::process::id() {
                args.py().detach(|| *closing.0.write().unwrap_or_else(PoisonError::into_inner) = false);
            }
        })?;
        py.import("atexit")?.call_method1("register", (close,))?;
        Ok(gate)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.try_read().is_ok_and(|open| *open)
    }

    /// Does `work` in the interpreter, or nothing once that ends.
    pub(crate) fn enter(&self, work: impl FnOnce()) {
        // Never waits: whoever closes the gate waits for those inside, who may need what this thread holds.
        if let Ok(open) = self.0.try_read()
            && *open
        {
            let _ = Python::try_attach(|_| work());
        }
    }
}
