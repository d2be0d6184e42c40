//! `on_log`, `on_state`, `on_request` and `on_response`, which are called during a call, on whichever thread that runs. Without an `on_log`, records go
//! to Python's `logging`.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU8, Ordering};

use omni_mcp::bridge::Bridge;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::convert::decode::decode;

thread_local! {
    /// Whether such a callback runs on this thread.
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
    /// The number of calls of this thread, each made by a callback of the one before.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    /// The exception that the innermost of them raises at its end.
    static KEPT: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Calls `callback` with JSON text as a Python value.
pub(crate) fn notify(callback: &Bound<'_, PyAny>, text: &str) {
    let py = callback.py();
    let before = IN_CALLBACK.replace(true);
    // Signals that arrived before: inside the callback, an exception of a handler would count as the callback's own.
    if CALLS.get() > 0
        && let Err(raised) = py.check_signals()
    {
        keep(raised, callback);
    }
    let returned = decode(py, text.as_bytes()).and_then(|value| callback.call1((value,)));
    IN_CALLBACK.set(before);
    match returned {
        Err(failed) if failed.is_instance_of::<PyException>(py) => failed.write_unraisable(py, Some(callback)),
        // Exceptions such as `KeyboardInterrupt` are for the program, not for the callback.
        Err(raised) => keep(raised, callback),
        Ok(_) => {}
    }
}

/// Keeps an exception that cannot be raised during a call until that call can raise it.
fn keep(raised: PyErr, callback: &Bound<'_, PyAny>) {
    let py = callback.py();
    let is_kept = KEPT.with_borrow(|kept| kept.as_ref().map(|kept| kept.get_type(py).is(raised.get_type(py))));
    match is_kept {
        None if CALLS.get() > 0 => KEPT.set(Some(raised)),
        // Raised by each call of the callback: one is enough.
        Some(true) => {}
        _ if raised.is_instance_of::<PyKeyboardInterrupt>(py) => {
            let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
        }
        _ => raised.write_unraisable(py, Some(callback)),
    }
}

/// Makes a call on this thread, and raises an exception that was kept during it at its end at the latest.
pub(crate) fn raise_kept<T>(call: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    struct Calling;
    impl Drop for Calling {
        fn drop(&mut self) {
            CALLS.set(CALLS.get() - 1);
        }
    }
    CALLS.set(CALLS.get() + 1);
    let calling = Calling;
    let returned = call();
    let kept = take_kept();
    drop(calling);
    kept.and(returned)
}

/// # Errors
/// The exception that was kept.
pub(crate) fn take_kept() -> PyResult<()> {
    KEPT.take().map_or(Ok(()), Err)
}

/// # Errors
/// Inside such a callback, which runs during a call and would block it.
pub(crate) fn check_not_in_callback() -> PyResult<()> {
    match IN_CALLBACK.get() {
        true => Err(PyRuntimeError::new_err(
            "on_log, on_state, on_request and on_response are called during a call, and cannot make one",
        )),
        false => Ok(()),
    }
}

/// The function that passes records to `logging`.
pub(crate) fn logging(py: Python<'_>) -> PyResult<Py<PyAny>> {
    py.import("omni_mcp_py._logging")?.getattr("write").map(Bound::unbind)
}

/// The level of the logger, which a client's log level follows: it may change at any time.
pub(crate) struct LoggerLevel {
    last: AtomicU8,
}

impl LoggerLevel {
    pub(crate) fn new() -> Self {
        Self { last: AtomicU8::new(u8::MAX) }
    }

    pub(crate) fn apply(&self, py: Python<'_>, bridge: &Bridge) -> PyResult<()> {
        static LEVEL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let level = LEVEL.get_or_try_init(py, || {
            py.import("omni_mcp_py._logging")?.getattr("logger")?.getattr("getEffectiveLevel").map(Bound::unbind)
        })?;
        let level: u32 = level.bind(py).call0()?.extract()?;
        // Levels of `logging`, and the names that the core has for some of them.
        let (number, name) = match level {
            0..=10 => (0, "debug"),
            11..=20 => (1, "info"),
            21..=30 => (2, "warn"),
            31..=40 => (3, "error"),
            _ => (4, ""),
        };
        if self.last.swap(number, Ordering::Relaxed) != number {
            bridge.set_log_level(name);
        }
        Ok(())
    }
}
