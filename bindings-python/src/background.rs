//! Clients that work between calls: a process of theirs ends with them, and at the latest with the interpreter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use omni_mcp::bridge::Bridge;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::task::JoinHandle;

use crate::runtime::{Shared, known, shared};

/// Longer than `close()` takes.
const CLOSE_WITHIN: Duration = Duration::from_secs(6);
/// How long is waited for a runtime that may be held up for ever.
const HELD_UP: Duration = Duration::from_secs(1);

/// Whether the interpreter ends: a thread must not be started any more.
static ENDS: AtomicBool = AtomicBool::new(false);

/// What is to be waited for when the interpreter of a process ends.
static OPEN: Mutex<Vec<(u32, Open)>> = Mutex::new(Vec::new());

enum Open {
    /// A client that works between calls, and is to be closed.
    Client(Weak<Bridge>),
    /// One that is being closed.
    Closing(JoinHandle<()>),
}

impl Open {
    fn is_over(&self) -> bool {
        match self {
            Self::Client(bridge) => bridge.strong_count() == 0,
            Self::Closing(closing) => closing.is_finished(),
        }
    }
}

fn remember(open: Open) {
    let pid = std::process::id();
    let mut known = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|(of, open)| *of != pid || !open.is_over());
    known.push((pid, open));
}

/// A client as its holder has it; it is closed when nobody holds it any more.
pub(crate) struct Held {
    pub(crate) bridge: Arc<Bridge>,
    /// Where it runs, if it works between calls.
    pub(crate) background: Option<Shared>,
}

impl Held {
    pub(crate) fn new(py: Python<'_>, bridge: Bridge) -> PyResult<Self> {
        let background = bridge.works_between_calls().then(|| shared(py)).transpose()?;
        let bridge = Arc::new(bridge);
        if background.is_some() {
            remember(Open::Client(Arc::downgrade(&bridge)));
        }
        Ok(Self { bridge, background })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let bridge = Arc::clone(&self.bridge);
        if let Some(shared) = &self.background {
            remember(Open::Closing(shared.handle.spawn(async move { bridge.close().await })));
        } else if bridge.is_connected() && !ENDS.load(Ordering::Relaxed) {
            // Nobody closed it. Its session is ended meanwhile, and the end of the interpreter does not wait for that.
            if let Some(Ok(shared)) = Python::try_attach(shared) {
                shared.handle.spawn(async move { bridge.close().await });
            }
        }
    }
}

/// Has what is still open closed when the interpreter ends. Called when the module is made, so that functions that were
/// registered later can use their clients before. Takes as long as `close()` at most.
pub(crate) fn close_at_exit(py: Python<'_>) -> PyResult<()> {
    let close = PyCFunction::new_closure(py, None, None, |args, _| {
        ENDS.store(true, Ordering::Relaxed);
        let Some(shared) = known() else { return };
        let open = std::mem::take(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner));
        let closing = open.into_iter().filter_map(|(pid, open)| match open {
            Open::Client(bridge) if pid == std::process::id() => {
                let bridge = bridge.upgrade()?;
                Some(shared.handle.spawn(async move { bridge.close().await }))
            }
            Open::Closing(closing) if pid == std::process::id() => Some(closing),
            // Of the process before a fork, whose tasks are not ours.
            foreign => {
                std::mem::forget(foreign);
                None
            }
        });
        let closing: Vec<_> = closing.collect();
        let (over, is_over) = std::sync::mpsc::channel::<()>();
        shared.handle.spawn(async move {
            for closed in closing {
                let _ = closed.await;
            }
            drop(over);
        });
        // A function of the caller's that does not return may keep the runtime's thread, and nothing closes there.
        let within = if shared.gate.is_held() { HELD_UP } else { CLOSE_WITHIN };
        args.py().detach(move || is_over.recv_timeout(within).unwrap_or_default());
    })?;
    py.import("atexit")?.call_method1("register", (close,)).map(drop)
}
