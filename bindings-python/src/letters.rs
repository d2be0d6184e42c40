//! What an async client's functions are to hear and to answer, until their event loop takes it.

use std::sync::{Arc, Mutex, PoisonError};

use omni_mcp::bridge::{self, Hear, Letter};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyWeakrefMethods, PyWeakrefReference};

use crate::decode::decode;
use crate::exit::Gate;
use crate::hooks::{Hooks, calls_itself};
use crate::pending::{Pending, TOKEN_PROVIDER};
use crate::post::Post;
use crate::runtime::Local;

/// The letters of one client. Whoever reads them is woken when some have come.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct Letters {
    hooks: Py<Hooks>,
    inbox: Local<Arc<Inbox>>,
}

struct Inbox {
    notifications: Post<Letter>,
    questions: Post<Pending>,
    reader: Mutex<Option<Py<PyWeakrefReference>>>,
    gate: Gate,
}

#[pymethods]
impl Letters {
    /// The function that hears notifications.
    #[getter]
    fn on_notification(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.hooks.get().hears().map(|function| function.clone_ref(py))
    }

    /// Has `reader.wake()` called, on a thread of the runtime's, when a letter has come. It is held weakly.
    fn read_by(&self, reader: &Bound<'_, PyAny>) -> PyResult<()> {
        let inbox = self.inbox.get(reader.py())?;
        let reader = PyWeakrefReference::new(reader)?.unbind();
        let before = inbox.reader.lock().unwrap_or_else(PoisonError::into_inner).replace(reader);
        drop(before);
        Ok(())
    }

    /// Refuses a call by the function that the call would wait for.
    #[staticmethod]
    fn refuse() -> PyResult<()> {
        Err(calls_itself())
    }

    /// The next notification, if one waits.
    fn next_notification<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(inbox) = self.inbox.here() else { return Ok(None) };
        let notification = inbox.notifications.take().map(Letter::open);
        notification.map(|notification| decode(py, notification.as_bytes())).transpose()
    }

    /// The next question, if one waits.
    fn next_question(&self, py: Python<'_>) -> Option<Asking> {
        let pending = self.inbox.here()?.questions.take()?;
        Some(Asking { hooks: self.hooks.clone_ref(py), pending: Mutex::new(Some(pending)) })
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.hooks)
    }
}

impl Letters {
    pub(crate) fn new(hooks: Py<Hooks>, gate: Gate) -> Self {
        let inbox =
            Inbox { notifications: Post::default(), questions: Post::default(), reader: Mutex::default(), gate };
        Self { hooks, inbox: Local::new(Arc::new(inbox)) }
    }

    /// The ways for letters to get here.
    pub(crate) fn senders(&self) -> bridge::Hooks {
        let (hooks, Some(inbox)) = (self.hooks.get(), self.inbox.here()) else { return bridge::Hooks::default() };
        let (heard, asked) = (Arc::clone(inbox), Arc::clone(inbox));
        let hear = move |notification| {
            heard.notifications.add(notification);
            heard.wake();
        };
        bridge::Hooks {
            on_notification: hooks.hears().map(|_| Arc::new(hear) as Hear),
            ask: Some(Arc::new(move |question| {
                asked.questions.add(Pending::new(question));
                if !asked.wake() {
                    // There is no loop that could answer.
                    asked.questions.clear();
                }
            })),
            answers: hooks.answers(),
            ..bridge::Hooks::default()
        }
    }
}

impl Inbox {
    /// Whether the reader will come.
    fn wake(&self) -> bool {
        let mut comes = false;
        self.gate.enter(|| {
            comes = Python::attach(|py| {
                let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
                let reader = reader.as_ref().and_then(|reader| reader.bind(py).upgrade());
                // A loop that is closed takes nothing more.
                reader.is_some_and(|reader| reader.call_method0("wake").is_ok())
            });
        });
        comes
    }
}

/// A question that is being answered. Forgotten, it counts as failed.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct Asking {
    hooks: Py<Hooks>,
    pending: Mutex<Option<Pending>>,
}

#[pymethods]
impl Asking {
    /// The function to ask.
    #[getter]
    fn function(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let name = self.seen(Pending::name)?;
        self.hooks.get().named(name).map(|function| function.clone_ref(py))
    }

    /// What to call it with.
    #[getter]
    fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.seen(|pending| pending.arguments(py)).unwrap_or_else(|| Ok(PyTuple::empty(py)))
    }

    /// Whether calls of the client wait for the answer, so that the function cannot make any.
    #[getter]
    fn holds_calls(&self) -> bool {
        self.seen(Pending::name) == Some(TOKEN_PROVIDER)
    }

    /// Hands its answer on.
    fn answer(&self, given: Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(given.py(), Ok(given))
    }

    /// Hands on what it raised.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(raised.py(), Err(PyErr::from_value(raised)))
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.hooks)
    }
}

impl Asking {
    fn seen<T>(&self, see: impl FnOnce(&Pending) -> T) -> Option<T> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(see)
    }

    fn settle(&self, py: Python<'_>, given: PyResult<Bound<'_, PyAny>>) -> PyResult<()> {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        pending.map_or(Ok(()), |pending| self.hooks.get().settle(py, pending, given))
    }
}
