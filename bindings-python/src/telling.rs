//! Functions that are told of something in the midst of a call, on whichever thread that is: `on_log` and `on_state`. Without
//! an `on_log`, records go to Python's `logging`.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU8, Ordering};

use omni_mcp::bridge::Bridge;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::decode::decode;
use crate::exit::Gate;
use crate::hooks::Hooks;

thread_local! {
    /// Whether such a function runs on this thread.
    static TELLING: Cell<bool> = const { Cell::new(false) };
    /// How many calls this thread is in, each in a function of the one before.
    static CALLS: Cell<usize> = const { Cell::new(0) };
    /// What the innermost of them is to raise.
    static KEPT: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Hands JSON text to the function of a name. The client's functions are held weakly.
pub(crate) fn to(
    hooks: &Bound<'_, Hooks>,
    name: &'static str,
    gate: Gate,
) -> PyResult<impl Fn(String) + Send + Sync + use<>> {
    let hooks = PyWeakrefReference::new(hooks.as_any())?.unbind();
    Ok(move |text: String| gate.enter(|| Python::attach(|py| tell(py, &hooks, name, &text))))
}

fn tell(py: Python<'_>, hooks: &Py<PyWeakrefReference>, name: &str, text: &str) {
    let Some(hooks) = hooks.bind(py).upgrade() else { return };
    let Some(function) = hooks.cast::<Hooks>().ok().and_then(|hooks| hooks.get().named(name)) else { return };
    let function = function.bind(py);
    let before = TELLING.replace(true);
    // Handlers of signals that came before: inside the function, what one raises would be taken for its own failure.
    if CALLS.get() > 0
        && let Err(raised) = py.check_signals()
    {
        keep(raised, function);
    }
    let told = decode(py, text.as_bytes()).and_then(|told| function.call1((told,)));
    TELLING.set(before);
    match told {
        Err(failed) if failed.is_instance_of::<PyException>(py) => failed.write_unraisable(py, Some(function)),
        // It means the program, and not the function.
        Err(raised) => keep(raised, function),
        Ok(_) => {}
    }
}

/// Keeps what cannot be raised in the midst of a call until that call can raise it.
fn keep(raised: PyErr, function: &Bound<'_, PyAny>) {
    let py = function.py();
    let is_kept = KEPT.with_borrow(|kept| kept.as_ref().map(|kept| kept.get_type(py).is(raised.get_type(py))));
    match is_kept {
        None if CALLS.get() > 0 => KEPT.set(Some(raised)),
        // A function that raises it each time has said so already.
        Some(true) => {}
        _ if raised.is_instance_of::<PyKeyboardInterrupt>(py) => {
            let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
        }
        _ => raised.write_unraisable(py, Some(function)),
    }
}

/// Makes a call on this thread, and raises at the latest at its end what came up in its midst and means the program.
pub(crate) fn raising<T>(call: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    struct Calling;
    impl Drop for Calling {
        fn drop(&mut self) {
            CALLS.set(CALLS.get() - 1);
        }
    }
    CALLS.set(CALLS.get() + 1);
    let calling = Calling;
    let ended = call();
    let kept = kept();
    drop(calling);
    kept.and(ended)
}

/// Raises what was kept.
pub(crate) fn kept() -> PyResult<()> {
    KEPT.take().map_or(Ok(()), Err)
}

/// Refuses a call by such a function: the one in whose midst it runs could not go on.
pub(crate) fn check() -> PyResult<()> {
    match TELLING.get() {
        true => Err(PyRuntimeError::new_err("on_log and on_state run in the midst of a call, and cannot make one")),
        false => Ok(()),
    }
}

/// The function that hands records to `logging`.
pub(crate) fn logging(py: Python<'_>) -> PyResult<Py<PyAny>> {
    py.import("omni_mcp_py._logging")?.getattr("write").map(Bound::unbind)
}

/// Keeps a client's least level that of the logger, as it may be set at any time.
pub(crate) struct FollowsLogger {
    last: AtomicU8,
}

impl FollowsLogger {
    pub(crate) fn new() -> Self {
        Self { last: AtomicU8::new(u8::MAX) }
    }

    pub(crate) fn follow(&self, py: Python<'_>, bridge: &Bridge) -> PyResult<()> {
        static LEVEL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let level = LEVEL.get_or_try_init(py, || {
            py.import("omni_mcp_py._logging")?.getattr("logger")?.getattr("getEffectiveLevel").map(Bound::unbind)
        })?;
        let level: u32 = level.bind(py).call0()?.extract()?;
        // Levels of `logging`, of which the core's are some.
        let (number, word) = match level {
            0..=10 => (0, "debug"),
            11..=20 => (1, "info"),
            21..=30 => (2, "warn"),
            31..=40 => (3, "error"),
            _ => (4, ""),
        };
        if self.last.swap(number, Ordering::Relaxed) != number {
            bridge.hear_logs_from(word);
        }
        Ok(())
    }
}
