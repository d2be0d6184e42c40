//! A question on its way to a function of the caller's, and what that raised on its way back to the call.

use std::sync::{Arc, Mutex, PoisonError};

use omni_mcp::HOOKS;
use omni_mcp::bridge::Question;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::decode::decode;

/// The hook whose answer calls themselves wait for.
pub(crate) const TOKEN_PROVIDER: &str = "token_provider";

tokio::task_local! {
    /// What the functions raised that the call asked which is being polled.
    static OF_CALL: Arc<Why>;
}

/// What the function that was to answer raised last.
#[derive(Default)]
pub(crate) struct Why(Mutex<Option<Py<PyAny>>>);

impl Why {
    pub(crate) fn set(&self, why: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), why);
        // Dropped without the lock: an exception may have something to do at its end.
        drop(before);
    }

    pub(crate) fn get(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|why| why.clone_ref(py))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(why) => why.as_ref().map_or(Ok(()), |why| visit.call(why)),
            Err(_) => Ok(()),
        }
    }

    /// Runs a call: what it asks for belongs to it, and not to another that asks at the same time.
    pub(crate) fn of_call<F: Future>(self: &Arc<Self>, call: F) -> impl Future<Output = F::Output> + use<F> {
        OF_CALL.scope(Arc::clone(self), call)
    }
}

/// A question that waits for its answer. Forgotten, it counts as failed.
pub(crate) struct Pending {
    question: Question,
    /// Where what is raised goes, if one call is asking.
    pub(crate) why: Option<Arc<Why>>,
}

impl Pending {
    /// Made where the question comes up, which tells the call.
    pub(crate) fn new(question: Question) -> Self {
        Self { question, why: OF_CALL.try_with(Arc::clone).ok() }
    }

    /// The hook.
    pub(crate) fn name(&self) -> &'static str {
        self.question.name
    }

    /// What the function is called with.
    pub(crate) fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        if HOOKS.iter().any(|hook| hook.name == self.name() && hook.takes) {
            PyTuple::new(py, [decode(py, self.question.params.as_bytes())?])
        } else {
            Ok(PyTuple::empty(py))
        }
    }

    /// Answers with JSON text, or says why there is no answer.
    pub(crate) fn answer(self, answer: Result<String, String>) {
        self.question.answer(answer);
    }
}
