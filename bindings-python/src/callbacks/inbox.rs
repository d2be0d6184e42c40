//! Notifications and questions for the callbacks of an async client, until its event loop takes them.

use std::sync::{Arc, Mutex};

use omni_mcp::bridge::{self, MessageListener, QueuedMessage};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyWeakrefMethods, PyWeakrefReference};

use crate::callbacks::functions::{Callbacks, calls_own_client};
use crate::callbacks::question::{PendingQuestion, TOKEN_PROVIDER};
use crate::callbacks::queue::Queue;
use crate::convert::decode::decode;
use crate::runtime::interpreter_access::InterpreterAccess;
use crate::runtime::lock;
use crate::runtime::process_local::ProcessLocal;

/// The inbox of one client. Its reader is woken when something arrives.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct Inbox {
    callbacks: Py<Callbacks>,
    queues: ProcessLocal<Arc<InboxQueues>>,
}

struct InboxQueues {
    notifications: Queue<QueuedMessage>,
    questions: Queue<PendingQuestion>,
    reader: Mutex<Option<Py<PyWeakrefReference>>>,
    access: InterpreterAccess,
}

#[pymethods]
impl Inbox {
    /// The callback for notifications.
    #[getter]
    fn on_notification(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.callbacks.get().on_notification().map(|function| function.clone_ref(py))
    }

    /// Sets the reader, which is held weakly: `reader.wake()` is called, on a thread of the runtime, when something
    /// arrives.
    fn set_reader(&self, reader: &Bound<'_, PyAny>) -> PyResult<()> {
        let queues = self.queues.get(reader.py())?;
        let reader = PyWeakrefReference::new(reader)?.unbind();
        let before = lock(&queues.reader).replace(reader);
        drop(before);
        Ok(())
    }

    /// Raises the exception for a call by a callback that the call would wait for.
    #[staticmethod]
    fn refuse_call() -> PyResult<()> {
        Err(calls_own_client())
    }

    /// The next notification, if there is one.
    fn next_notification<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(queues) = self.queues.here() else { return Ok(None) };
        let notification = queues.notifications.take().map(QueuedMessage::open);
        notification.map(|notification| decode(py, notification.as_bytes())).transpose()
    }

    /// The next question, if there is one.
    fn next_question(&self, py: Python<'_>) -> Option<InboxQuestion> {
        let question = self.queues.here()?.questions.take()?;
        Some(InboxQuestion { callbacks: self.callbacks.clone_ref(py), question: Mutex::new(Some(question)) })
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.callbacks)
    }
}

impl Inbox {
    pub(crate) fn new(callbacks: Py<Callbacks>, access: InterpreterAccess) -> Self {
        let queues = InboxQueues {
            notifications: Queue::default(),
            questions: Queue::default(),
            reader: Mutex::default(),
            access,
        };
        Self { callbacks, queues: ProcessLocal::new(Arc::new(queues)) }
    }

    /// The functions by which the core adds to the inbox.
    pub(crate) fn senders(&self) -> bridge::Hooks {
        let (callbacks, Some(queues)) = (self.callbacks.get(), self.queues.here()) else {
            return bridge::Hooks::default();
        };
        let (for_notifications, for_questions) = (Arc::clone(queues), Arc::clone(queues));
        let add_notification = move |notification| {
            for_notifications.notifications.add(notification);
            for_notifications.wake();
        };
        bridge::Hooks {
            on_notification: callbacks.on_notification().map(|_| Arc::new(add_notification) as MessageListener),
            ask: Some(Arc::new(move |question| {
                for_questions.questions.add(PendingQuestion::new(question));
                if !for_questions.wake() {
                    // There is no event loop that could answer.
                    for_questions.questions.clear();
                }
            })),
            answers: callbacks.answers(),
            ..bridge::Hooks::default()
        }
    }
}

impl InboxQueues {
    /// Wakes the reader. Returns whether that was possible.
    fn wake(&self) -> bool {
        let mut is_woken = false;
        self.access.enter(|| {
            is_woken = Python::attach(|py| {
                let reader = lock(&self.reader);
                let reader = reader.as_ref().and_then(|reader| reader.bind(py).upgrade());
                // A closed event loop refuses.
                reader.is_some_and(|reader| reader.call_method0("wake").is_ok())
            });
        });
        is_woken
    }
}

/// A question that is being answered. Dropped without an answer, it counts as failed.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct InboxQuestion {
    callbacks: Py<Callbacks>,
    question: Mutex<Option<PendingQuestion>>,
}

#[pymethods]
impl InboxQuestion {
    /// The callback that answers.
    #[getter]
    fn function(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let name = self.inspect(PendingQuestion::name)?;
        self.callbacks.get().named(name).map(|function| function.clone_ref(py))
    }

    /// Its arguments.
    #[getter]
    fn arguments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.inspect(|question| question.arguments(py)).unwrap_or_else(|| Ok(PyTuple::empty(py)))
    }

    /// Whether calls of the client wait for the answer, so that the callback cannot make any.
    #[getter]
    fn blocks_calls(&self) -> bool {
        self.inspect(PendingQuestion::name) == Some(TOKEN_PROVIDER)
    }

    /// Answers with the callback's result.
    fn answer(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(value.py(), Ok(value))
    }

    /// Answers that the callback raised an exception.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(raised.py(), Err(PyErr::from_value(raised)))
    }

    fn __traverse__(&self, visit: pyo3::gc::PyVisit<'_>) -> Result<(), pyo3::gc::PyTraverseError> {
        visit.call(&self.callbacks)
    }
}

impl InboxQuestion {
    fn inspect<T>(&self, inspect: impl FnOnce(&PendingQuestion) -> T) -> Option<T> {
        lock(&self.question).as_ref().map(inspect)
    }

    fn settle(&self, py: Python<'_>, returned: PyResult<Bound<'_, PyAny>>) -> PyResult<()> {
        let question = lock(&self.question).take();
        question.map_or(Ok(()), |question| self.callbacks.get().settle(py, question, returned))
    }
}
