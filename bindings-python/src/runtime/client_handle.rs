//! Handles of clients: a client is closed when its handle is dropped, and at the latest when the interpreter ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use omni_mcp::bridge::Bridge;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::task::JoinHandle;

use crate::runtime::lock;
use crate::runtime::process_local::ProcessLocal;
use crate::runtime::shared_runtime::{SharedRuntime, known, shared};

/// Longer than `close()` takes: 5 s.
const CLOSE_WITHIN: Duration = Duration::from_secs(6);
/// How long the end of the interpreter waits for a runtime whose thread a callback may block for ever.
const CLOSE_WITHIN_IF_BLOCKED: Duration = Duration::from_secs(1);

/// Whether the interpreter ends: no thread may be started any more.
static ENDS: AtomicBool = AtomicBool::new(false);

/// Clients that the end of the interpreter waits for.
static OPEN: Mutex<Vec<ProcessLocal<AtExit>>> = Mutex::new(Vec::new());

enum AtExit {
    /// A client that works between calls, to be closed.
    Client(Weak<Bridge>),
    /// A client that is being closed.
    Closing(JoinHandle<()>),
}

impl AtExit {
    fn is_over(&self) -> bool {
        match self {
            Self::Client(bridge) => bridge.strong_count() == 0,
            Self::Closing(closing) => closing.is_finished(),
        }
    }
}

fn remember(open: AtExit) {
    let mut all = lock(&OPEN);
    all.retain(|open| open.here().is_some_and(|open| !open.is_over()));
    all.push(ProcessLocal::new(open));
}

/// A client, which is closed when this is dropped.
pub(crate) struct ClientHandle {
    pub(crate) bridge: Arc<Bridge>,
    /// The runtime of a client that works between calls.
    pub(crate) background: Option<SharedRuntime>,
}

impl ClientHandle {
    pub(crate) fn new(py: Python<'_>, bridge: Bridge) -> PyResult<Self> {
        let background = bridge.works_between_calls().then(|| shared(py)).transpose()?;
        let bridge = Arc::new(bridge);
        if background.is_some() {
            remember(AtExit::Client(Arc::downgrade(&bridge)));
        }
        Ok(Self { bridge, background })
    }
}

impl Drop for ClientHandle {
    fn drop(&mut self) {
        let bridge = Arc::clone(&self.bridge);
        if let Some(shared) = &self.background {
            remember(AtExit::Closing(shared.handle.spawn(async move { bridge.close().await })));
        } else if bridge.is_connected() && !ENDS.load(Ordering::Relaxed) {
            // It was not closed. Its session is ended in the background, and the end of the interpreter does not wait for that.
            if let Some(Ok(shared)) = Python::try_attach(shared) {
                shared.handle.spawn(async move { bridge.close().await });
            }
        }
    }
}

/// Closes what is still open when the interpreter ends; takes as long as `close()` at most. Called when the module is
/// initialized, so that exit handlers of the program, which run first, can still use their clients.
pub(crate) fn close_at_exit(py: Python<'_>) -> PyResult<()> {
    let close = PyCFunction::new_closure(py, None, None, |args, _| {
        ENDS.store(true, Ordering::Relaxed);
        let Some(shared) = known() else { return };
        let open = std::mem::take(&mut *lock(&OPEN));
        let closing = open.into_iter().filter_map(|open| match open.into_here()? {
            AtExit::Client(bridge) => {
                let bridge = bridge.upgrade()?;
                Some(shared.handle.spawn(async move { bridge.close().await }))
            }
            AtExit::Closing(closing) => Some(closing),
        });
        let closing: Vec<_> = closing.collect();
        let (over, is_over) = std::sync::mpsc::channel::<()>();
        shared.handle.spawn(async move {
            for closed in closing {
                let _ = closed.await;
            }
            drop(over);
        });
        // A callback that does not return blocks the runtime's thread, and nothing can close on it.
        let within = if shared.access.is_occupied() { CLOSE_WITHIN_IF_BLOCKED } else { CLOSE_WITHIN };
        args.py().detach(move || is_over.recv_timeout(within).unwrap_or_default());
    })?;
    py.import("atexit")?.call_method1("register", (close,)).map(drop)
}
