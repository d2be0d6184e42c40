//! The parts of a native client until it is closed, and the properties that remain afterwards.

use std::sync::{Arc, Mutex, MutexGuard};

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
        state.clone().ok_or_else(|| raised(py, &self.closed.closed()))
    }

    /// Nothing after a fork; nothing inside once the client is closed.
    fn state(&self) -> Option<MutexGuard<'_, Option<Arc<T>>>> {
        self.open.here().map(lock)
    }

    /// The open client, which is closed from now on; nothing if it was closed before, or after a fork.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        self.state()?.take()
    }

    /// A property of the table of properties; None while it is not known.
    pub(crate) fn property<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let state = self.state().map(|open| open.clone());
        let text = match state {
            Some(Some(open)) => open.bridge().property(name),
            Some(None) => self.closed.property(name),
            // After a fork, only what is known without the client itself.
            None => Some(self.closed.property(name).ok_or_else(|| raised(py, &self.closed.forked()))?),
        };
        text.map(|text| decode(py, text.as_bytes())).transpose()
    }

    /// Whether there may be something to end at the server.
    pub(crate) fn is_connected(&self) -> bool {
        self.state().is_some_and(|open| open.as_ref().is_some_and(|open| open.bridge().is_connected()))
    }
}
