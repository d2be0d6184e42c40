//! Questions that the thread of a call answers, where calls run on the thread that waits for them.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use omni_mcp::bridge::Question;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::sync::Notify;

use crate::callbacks::functions::Callbacks;
use crate::callbacks::question::{PendingQuestion, TOKEN_PROVIDER};
use crate::callbacks::threads::start_thread;
use crate::runtime::lock;

thread_local! {
    /// The questions of the call for which this thread drives the runtime.
    static CURRENT: RefCell<Option<Arc<LocalQuestions>>> = const { RefCell::new(None) };
}

/// The questions that arose while the thread of one call drove the runtime.
#[derive(Default)]
pub(crate) struct LocalQuestions {
    pending: Mutex<Vec<PendingQuestion>>,
    arrived: Notify,
    /// An exception of a token provider that is for the program, such as `SystemExit`.
    raised: Mutex<Option<PyErr>>,
}

impl LocalQuestions {
    /// The function that receives questions of the core. The thread on which a question arises answers it.
    pub(crate) fn sink() -> Arc<dyn Fn(Question) + Send + Sync> {
        Arc::new(|question| {
            if let Some(questions) = CURRENT.with_borrow(Clone::clone) {
                let pending = PendingQuestion::new(question);
                lock(&questions.pending).push(pending);
                questions.arrived.notify_one();
            }
        })
    }

    /// While the guard lives, questions on this thread are added here.
    pub(crate) fn collect(self: &Arc<Self>) -> Guard {
        Guard(CURRENT.replace(Some(Arc::clone(self))))
    }

    /// Resolves when there may be a question to answer.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Answers all questions so far.
    ///
    /// # Errors
    /// As [`Callbacks::answer`].
    pub(crate) fn answer(self: &Arc<Self>, py: Python<'_>, callbacks: &Py<Callbacks>) -> PyResult<()> {
        let pending = std::mem::take(&mut *lock(&self.pending));
        pending.into_iter().try_for_each(|question| match question.name() {
            TOKEN_PROVIDER => self.answer_on_a_thread(py, callbacks, question),
            _ => callbacks.get().answer(py, question),
        })?;
        lock(&self.raised).take().map_or(Ok(()), Err)
    }

    /// Answers on another thread, in a copy of the context: the call waits for a token, and its timeout must end it also
    /// where the token provider does not return.
    fn answer_on_a_thread(
        self: &Arc<Self>,
        py: Python<'_>,
        callbacks: &Py<Callbacks>,
        question: PendingQuestion,
    ) -> PyResult<()> {
        let (questions, answering) = (Arc::clone(self), callbacks.clone_ref(py));
        let question = Arc::new(Mutex::new(Some(question)));
        let for_thread = Arc::clone(&question);
        let take = |question: &Mutex<Option<PendingQuestion>>| lock(question).take();
        let answer = PyCFunction::new_closure(py, None, None, move |args, _| {
            let (py, Some(question)) = (args.py(), take(&for_thread)) else { return };
            let callbacks = answering.get();
            match callbacks.call(py, &question) {
                Err(raised) if !raised.is_instance_of::<PyException>(py) => {
                    *lock(&questions.raised) = Some(raised);
                    questions.arrived.notify_one();
                }
                returned => drop(callbacks.settle(py, question, returned)),
            }
        })?;
        let context = py.import("contextvars")?.call_method0("copy_context")?;
        let answer = py.import("functools")?.getattr("partial")?.call1((context.getattr("run")?, answer))?;
        match start_thread(py, &answer) {
            Ok(()) => Ok(()),
            // No thread can be started: this one answers.
            Err(_) => take(&question).map_or(Ok(()), |question| callbacks.get().answer(py, question)),
        }
    }
}

/// Restores the questions of the call for which this thread drove the runtime before.
pub(crate) struct Guard(Option<Arc<LocalQuestions>>);

impl Drop for Guard {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
