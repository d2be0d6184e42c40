//! The dev server, for the user's own tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use omni_mcp_devserver::{DevServer as Server, Spelling, Wait};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::decode::decode;
use crate::convert::encode::text;
use crate::runtime::process_local::ProcessLocal;
use crate::testing_tools::{CallQueue, ToolCalls, handler};

/// How soon a wait notices Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// A dev server on a thread of its own.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct DevServer(ProcessLocal<Running>);

/// The server, and the calls that wait for a function.
struct Running {
    server: Server,
    calls: Arc<CallQueue>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.close();
    }
}

#[pymethods]
impl DevServer {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>, functions: Vec<usize>) -> PyResult<Self> {
        let options = text(options)?;
        let calls = Arc::<CallQueue>::default();
        let handlers = functions.into_iter().map(|tool| (tool, handler(tool, Arc::clone(&calls))));
        let started = py.detach(|| Server::start_with_handlers(&options, Spelling::Snake, handlers));
        let server = started.map_err(|error| bad(&error))?;
        Ok(Self(ProcessLocal::new(Running { server, calls })))
    }

    /// The calls of the tools that have functions.
    fn tool_calls(&self) -> PyResult<ToolCalls> {
        Ok(ToolCalls(Arc::clone(&self.running()?.calls)))
    }

    #[getter]
    fn url(&self) -> PyResult<&str> {
        Ok(self.server()?.url())
    }

    #[getter]
    fn api_key(&self) -> PyResult<&str> {
        Ok(self.server()?.api_key())
    }

    #[getter]
    fn ca(&self) -> PyResult<Option<&str>> {
        Ok(self.server()?.certificates().map(|certificates| &*certificates.ca))
    }

    #[getter]
    fn client_cert(&self) -> PyResult<Option<&str>> {
        Ok(self.server()?.certificates().map(|certificates| &*certificates.client_cert))
    }

    #[getter]
    fn client_key(&self) -> PyResult<Option<&str>> {
        Ok(self.server()?.certificates().map(|certificates| &*certificates.client_key))
    }

    #[getter]
    fn proxy(&self) -> PyResult<Option<&str>> {
        Ok(self.server()?.proxy())
    }

    fn ledger<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let server = self.server()?;
        decode(py, py.detach(|| server.ledger_json()).as_bytes())
    }

    fn reset_ledger(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.reset_ledger());
        Ok(())
    }

    fn script(&self, py: Python<'_>, rules: &Bound<'_, PyAny>) -> PyResult<()> {
        let (server, rules) = (self.server()?, text(rules)?);
        py.detach(|| server.script_json(&rules)).map_err(|error| bad(&error))
    }

    fn clear_script(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.clear_script());
        Ok(())
    }

    fn expire_sessions(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.expire_sessions());
        Ok(())
    }

    fn move_sessions(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.move_sessions());
        Ok(())
    }

    fn push(&self, py: Python<'_>, message: &Bound<'_, PyAny>) -> PyResult<u64> {
        let (server, message) = (self.server()?, text(message)?);
        py.detach(|| server.push_json(&message)).map_err(|error| bad(&error))
    }

    fn drop_streams(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.drop_streams());
        Ok(())
    }

    fn restart(&self, py: Python<'_>, down: f64) -> PyResult<()> {
        let server = self.server()?;
        let down = Duration::try_from_secs_f64(down).map_err(|error| bad(&error))?;
        py.detach(|| server.restart(down));
        Ok(())
    }

    fn revoke_tokens(&self, py: Python<'_>) -> PyResult<()> {
        let server = self.server()?;
        py.detach(|| server.revoke_tokens());
        Ok(())
    }

    /// Waits in slices, so that Ctrl-C ends it.
    fn wait(&self, py: Python<'_>, condition: &Bound<'_, PyAny>, timeout: f64) -> PyResult<bool> {
        let (server, condition) = (self.server()?, text(condition)?);
        let mut condition = Wait::from_json(&condition, Spelling::Snake).map_err(|error| bad(&error))?;
        let timeout = Duration::try_from_secs_f64(timeout).map_err(|error| bad(&error))?;
        let until = Instant::now().checked_add(timeout);
        loop {
            let left = until.map_or(SIGNALS_EVERY, |until| until.saturating_duration_since(Instant::now()));
            let slice = left.min(SIGNALS_EVERY);
            condition.timeout_ms = u64::try_from(slice.as_millis()).unwrap_or(0).max(u64::from(!slice.is_zero()));
            let began = Instant::now();
            if py.detach(|| server.wait(&condition)).map_err(|error| bad(&error))? {
                return Ok(true);
            }
            // It ends before its time where the server is closed.
            if left.is_zero() || began.elapsed() < slice {
                return Ok(false);
            }
            py.check_signals()?;
        }
    }

    fn close(&self, py: Python<'_>) {
        if let Some(running) = self.0.here() {
            running.calls.close();
            py.detach(|| running.server.close());
        }
    }
}

impl DevServer {
    fn server(&self) -> PyResult<&Server> {
        Ok(&self.running()?.server)
    }

    fn running(&self) -> PyResult<&Running> {
        self.0.here().ok_or_else(|| PyRuntimeError::new_err("the dev server belongs to the process before the fork"))
    }
}

fn bad(error: &dyn std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}
