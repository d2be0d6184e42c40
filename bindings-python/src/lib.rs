//! The Python bridge: Python values to JSON text and back, and a runtime to run the core on. No rule of the client is here.

mod callbacks;
mod client;
mod convert;
mod runtime;
mod testing;
mod testing_tools;

use pyo3::prelude::*;

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must become an error, and not the end of the process: build with panic = \"unwind\"");

#[pymodule(gil_used = false)]
mod _native {
    use omni_mcp::Spelling;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::callbacks::inbox::{Inbox, InboxQuestion};
    #[pymodule_export]
    use super::callbacks::progress::ProgressQueue;
    #[pymodule_export]
    use super::client::async_client::AsyncClient;
    #[pymodule_export]
    use super::client::cancel_flag::CancelFlag;
    #[pymodule_export]
    use super::client::pages::Pages;
    #[pymodule_export]
    use super::client::sync_client::SyncClient;
    #[pymodule_export]
    use super::convert::record::{looks_like_error, shown_record};
    #[pymodule_export]
    use super::testing::DevServer;
    #[pymodule_export]
    use super::testing_tools::{ToolCall, ToolCalls};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::runtime::client_handle::close_at_exit(module.py())
    }

    /// Raises where no task of asyncio runs the coroutine that calls this.
    #[pyfunction]
    fn check_task(py: Python<'_>) -> PyResult<()> {
        super::client::async_client::check_task(py)
    }

    /// The core's tables of options, methods, kinds and codes; with `camel` in Node's spelling.
    #[pyfunction]
    #[pyo3(signature = (camel=false))]
    fn tables(py: Python<'_>, camel: bool) -> PyResult<Bound<'_, PyAny>> {
        let spelling = if camel { Spelling::Camel } else { Spelling::Snake };
        super::convert::decode::decode(py, omni_mcp::bridge::tables(spelling).as_bytes())
    }
}
