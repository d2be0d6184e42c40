//! Tools of the dev server whose results a Python function returns. Python's threads take the calls from a queue, so that
//! no thread of the server enters the interpreter.

use std::sync::{Arc, Mutex, PoisonError};

use omni_mcp_devserver::{ToolCall as Call, ToolHandler, ToolReply};
use pyo3::prelude::*;

use crate::callbacks::queue::Queue;
use crate::convert::decode::decode;
use crate::convert::encode::text;

/// The calls of one server.
pub(crate) type CallQueue = Queue<ToolCall>;

/// The handler of a tool, by its index.
pub(crate) fn handler(tool: usize, calls: Arc<CallQueue>) -> ToolHandler {
    ToolHandler::with_reply(move |call, reply| {
        calls.add(ToolCall { index: tool, call, reply: Mutex::new(Some(reply)) });
    })
}

/// The queue of calls.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct ToolCalls(pub(crate) Arc<CallQueue>);

#[pymethods]
impl ToolCalls {
    /// Waits for the next call; `None` once the server is closed.
    fn next(&self, py: Python<'_>) -> Option<ToolCall> {
        py.detach(|| self.0.wait())
    }
}

/// A call that waits for the result of its function.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct ToolCall {
    index: usize,
    call: Call,
    reply: Mutex<Option<ToolReply>>,
}

#[pymethods]
impl ToolCall {
    /// The index of the tool in the options.
    #[getter]
    fn index(&self) -> usize {
        self.index
    }

    #[getter]
    fn tool(&self) -> &str {
        &self.call.tool
    }

    #[getter]
    fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode(py, self.call.arguments_json().as_bytes())
    }

    fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        self.call.progress(progress, total, message);
    }

    /// # Errors
    /// `ValueError` for a result that JSON cannot represent.
    fn finish(&self, result: &Bound<'_, PyAny>) -> PyResult<()> {
        let result = text(result)?;
        self.give(Ok(result));
        Ok(())
    }

    fn fail(&self, text: String) {
        self.give(Err(text));
    }
}

impl ToolCall {
    fn give(&self, returned: Result<String, String>) {
        let reply = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reply) = reply {
            reply.give(returned);
        }
    }
}
