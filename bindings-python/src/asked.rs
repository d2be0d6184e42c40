//! Questions on their way to the thread that waits for a call, where the calls run on that thread.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use omni_mcp::bridge::Question;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::sync::Notify;

use crate::daemon::start_thread;
use crate::hooks::Hooks;
use crate::pending::{Pending, TOKEN_PROVIDER};

thread_local! {
    /// Whose call this thread runs the runtime for.
    static HERE: RefCell<Option<Arc<Asked>>> = const { RefCell::new(None) };
}

/// The questions that came up while one call's thread ran the runtime.
#[derive(Default)]
pub(crate) struct Asked {
    waiting: Mutex<Vec<Pending>>,
    arrived: Notify,
    /// What a token provider raised that means the program.
    raised: Mutex<Option<PyErr>>,
}

impl Asked {
    /// What the core asks. A question is that of the thread that it comes up on; elsewhere there is nobody to ask.
    pub(crate) fn sink() -> Arc<dyn Fn(Question) + Send + Sync> {
        Arc::new(|question| {
            if let Some(asked) = HERE.with_borrow(Clone::clone) {
                asked.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Pending::new(question));
                asked.arrived.notify_one();
            }
        })
    }

    /// While the guard lives, this thread's questions come here.
    pub(crate) fn here(self: &Arc<Self>) -> Guard {
        Guard(HERE.replace(Some(Arc::clone(self))))
    }

    /// Ends when there may be something to answer.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Has everything answered that waits.
    ///
    /// # Errors
    /// As [`Hooks::answer`].
    pub(crate) fn answer(self: &Arc<Self>, py: Python<'_>, hooks: &Py<Hooks>) -> PyResult<()> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().try_for_each(|pending| match pending.name() {
            TOKEN_PROVIDER => self.answer_on_a_thread(py, hooks, pending),
            _ => hooks.get().answer(py, pending),
        })?;
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    /// The call itself waits for this answer, and its timeout must end it also where the function does not return. The
    /// function sees the context variables of the call.
    fn answer_on_a_thread(self: &Arc<Self>, py: Python<'_>, hooks: &Py<Hooks>, pending: Pending) -> PyResult<()> {
        let (asked, answering) = (Arc::clone(self), hooks.clone_ref(py));
        let pending = Arc::new(Mutex::new(Some(pending)));
        let given = Arc::clone(&pending);
        let take = |pending: &Mutex<Option<Pending>>| pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answer = PyCFunction::new_closure(py, None, None, move |args, _| {
            let (py, Some(pending)) = (args.py(), take(&given)) else { return };
            let hooks = answering.get();
            match hooks.ask(py, &pending) {
                Err(raised) if !raised.is_instance_of::<PyException>(py) => {
                    *asked.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
                    asked.arrived.notify_one();
                }
                given => drop(hooks.settle(py, pending, given)),
            }
        })?;
        let context = py.import("contextvars")?.call_method0("copy_context")?;
        let answer = py.import("functools")?.getattr("partial")?.call1((context.getattr("run")?, answer))?;
        match start_thread(py, &answer) {
            Ok(()) => Ok(()),
            // No thread can be had: it is answered here.
            Err(_) => take(&pending).map_or(Ok(()), |pending| hooks.get().answer(py, pending)),
        }
    }
}

/// Gives the thread back to the call that it ran the runtime for before, if there was one.
pub(crate) struct Guard(Option<Arc<Asked>>);

impl Drop for Guard {
    fn drop(&mut self) {
        HERE.set(self.0.take());
    }
}
