//! The Python bridge: Python values to JSON bytes and back, and a runtime to run the core on. Nothing is decided here.

mod asked;
mod async_client;
mod background;
mod call_runtime;
mod client;
mod daemon;
mod decode;
mod encode;
mod errors;
mod exit;
mod given_up;
mod hooks;
mod letters;
mod open;
mod pages;
mod pending;
mod post;
mod progress;
mod record;
mod runtime;
mod task;
mod telling;
mod testing;

use pyo3::prelude::*;

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must become an error, and not the end of the process: build with panic = \"unwind\"");

#[pymodule(gil_used = false)]
mod _native {
    use omni_mcp::Spelling;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::async_client::AsyncClient;
    #[pymodule_export]
    use super::client::SyncClient;
    #[pymodule_export]
    use super::given_up::GivenUp;
    #[pymodule_export]
    use super::letters::{Asking, Letters};
    #[pymodule_export]
    use super::pages::{AsyncPages, SyncPages};
    #[pymodule_export]
    use super::progress::ProgressQueue;
    #[pymodule_export]
    use super::record::{looks_like_error, shown_record};
    #[pymodule_export]
    use super::testing::DevServer;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::background::close_at_exit(module.py())
    }

    /// Raises where the coroutine that this is called in is not run by a task of asyncio's.
    #[pyfunction]
    fn check_task(py: Python<'_>) -> PyResult<()> {
        super::async_client::check_task(py)
    }

    /// The core's tables of options, methods, kinds and codes; with `camel` in Node's spelling.
    #[pyfunction]
    #[pyo3(signature = (camel=false))]
    fn tables(py: Python<'_>, camel: bool) -> PyResult<Bound<'_, PyAny>> {
        let spelling = if camel { Spelling::Camel } else { Spelling::Snake };
        super::decode::decode(py, omni_mcp::bridge::tables(spelling).as_bytes())
    }
}
