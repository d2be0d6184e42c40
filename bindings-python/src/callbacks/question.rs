//! A question of the core for a callback, and the exception of the callback for the call.

use std::sync::{Arc, Mutex};

use omni_mcp::HOOKS;
use omni_mcp::bridge::Question;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::convert::decode::decode;
use crate::runtime::lock;

/// The callback whose answer calls themselves wait for.
pub(crate) const TOKEN_PROVIDER: &str = "token_provider";

tokio::task_local! {
    /// The place for exceptions of callbacks of the call that is being polled.
    static OF_CALL: Arc<CallbackError>;
}

/// The last exception of a callback that should have answered.
#[derive(Default)]
pub(crate) struct CallbackError(Mutex<Option<Py<PyAny>>>);

impl CallbackError {
    pub(crate) fn set(&self, raised: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *lock(&self.0), raised);
        // Dropped without the lock, as dropping an exception may run code.
        drop(before);
    }

    pub(crate) fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.0).as_ref().map(|raised| raised.clone_ref(py))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(raised) => raised.as_ref().map_or(Ok(()), |raised| visit.call(raised)),
            Err(_) => Ok(()),
        }
    }

    /// Runs a call; exceptions of its callbacks are kept here, apart from those of other calls.
    pub(crate) fn of_call<F: Future>(self: &Arc<Self>, call: F) -> impl Future<Output = F::Output> + use<F> {
        OF_CALL.scope(Arc::clone(self), call)
    }
}

/// A question without an answer yet. Dropped, it counts as failed.
pub(crate) struct PendingQuestion {
    question: Question,
    /// The place for the exception of the callback, if the question belongs to one call.
    pub(crate) error: Option<Arc<CallbackError>>,
}

impl PendingQuestion {
    /// Must be called by the task of the call that the question belongs to.
    pub(crate) fn new(question: Question) -> Self {
        Self { question, error: OF_CALL.try_with(Arc::clone).ok() }
    }

    /// The name of the callback.
    pub(crate) fn name(&self) -> &'static str {
        self.question.name
    }

    /// The arguments of the callback.
    pub(crate) fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        if HOOKS.iter().any(|hook| hook.name == self.name() && hook.takes) {
            PyTuple::new(py, [decode(py, self.question.params.as_bytes())?])
        } else {
            Ok(PyTuple::empty(py))
        }
    }

    /// Answers with JSON text, or with the reason why there is no answer.
    pub(crate) fn answer(self, answer: Result<String, String>) {
        self.question.answer(answer);
    }
}
