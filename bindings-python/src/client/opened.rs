//! The parts of a native client until it is closed, and the properties that remain afterwards.

use std::sync::{Arc, Mutex};

use omni_mcp::bridge::{Bridge, ClosedClient};
use pyo3::prelude::*;

use crate::convert::decode::decode;
use crate::convert::errors::raised;
use crate::runtime::lock;
use crate::runtime::process_local::ProcessLocal;

/// The parts of an open client.
pub(crate) trait HasBridge {
    fn bridge(&self) -> &Arc<Bridge>;
}

/// The parts `T` of a client until it is closed, and its properties also afterwards.
pub(crate) struct Opened<T> {
    open: ProcessLocal<Mutex<Option<Arc<T>>>>,
    closed: ClosedClient,
}

impl<T: HasBridge> Opened<T> {
    pub(crate) fn new(open: T) -> Self {
        let closed = open.bridge().closed();
        Self { open: ProcessLocal::new(Mutex::new(Some(Arc::new(open)))), closed }
    }

    /// # Errors
    /// `client_closed`, or `client_forked` after a fork.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<Arc<T>> {
        let state = self.state().ok_or_else(|| raised(py, &self.closed.forked()))?;
        state.ok_or_else(|| raised(py, &self.closed.closed()))
    }

    /// Nothing after a fork; nothing inside once the client is closed. It is a copy, because Python code must not run while the mutex is
    /// locked: it lets another thread run, which may wait for the mutex and keep the interpreter.
    #[expect(clippy::option_option, reason = "a fork and a closed client are different errors")]
    fn state(&self) -> Option<Option<Arc<T>>> {
        self.open.here().map(|open| lock(open).clone())
    }

    /// The open client, which is closed from now on; nothing if it was closed before, or after a fork.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        lock(self.open.here()?).take()
    }

    /// A property of the table of properties; None while it is not known.
    pub(crate) fn property<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let text = match self.state() {
            Some(Some(open)) => open.bridge().property(name),
            Some(None) => self.closed.property(name),
            // After a fork, only what is known without the client itself.
            None => Some(self.closed.property(name).ok_or_else(|| raised(py, &self.closed.forked()))?),
        };
        text.map(|text| decode(py, text.as_bytes())).transpose()
    }

    /// Whether there may be something to end at the server.
    pub(crate) fn is_connected(&self) -> bool {
        self.state().flatten().is_some_and(|open| open.bridge().is_connected())
    }
}
