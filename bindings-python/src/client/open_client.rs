//! The parts of a sync client that exist until it is closed.

use std::sync::Arc;

use omni_mcp::bridge::{self, Bridge};
use pyo3::prelude::*;

use crate::callbacks::threads::CallbackThreads;
use crate::client::opened::HasBridge;
use crate::convert::errors::raised;
use crate::runtime::call_runtime::{CallRuntime, ClientRuntime};
use crate::runtime::client_handle::ClientHandle;

/// The parts of a sync client that exist until it is closed.
pub(crate) struct OpenClient {
    pub(crate) handle: ClientHandle,
    /// The runtime on which the calling thread waits, and on which calls run in a client that does not work between them.
    pub(crate) runtime: ClientRuntime,
    /// Kept for its drop, which ends the threads.
    pub(crate) _threads: CallbackThreads,
}

impl OpenClient {
    /// # Errors
    /// `connect_failed` where the runtime cannot be made.
    pub(crate) fn runtime(&self, py: Python<'_>) -> PyResult<&CallRuntime> {
        self.runtime.get().map_err(|error| raised(py, &bridge::no_runtime(&error)))
    }
}

impl HasBridge for OpenClient {
    fn bridge(&self) -> &Arc<Bridge> {
        &self.handle.bridge
    }
}

impl Drop for OpenClient {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.outlives() else { return };
        let bridge = &self.handle.bridge;
        // The runtime may not be driven for a long time, and sockets would stay open.
        Python::try_attach(|py| py.detach(|| runtime.close(|| bridge.close_idle_connections())));
    }
}
