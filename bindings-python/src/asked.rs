//! Questions on their way to the thread that waits for a call, where the calls run on that thread.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use omni_mcp::bridge::Question;
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::hooks::Hooks;
use crate::pending::Pending;

thread_local! {
    /// Whose call this thread runs the runtime for.
    static HERE: RefCell<Option<Arc<Asked>>> = const { RefCell::new(None) };
}

/// The questions that came up while one call's thread ran the runtime.
#[derive(Default)]
pub(crate) struct Asked {
    waiting: Mutex<Vec<Pending>>,
    arrived: Notify,
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
    pub(crate) fn answer(&self, py: Python<'_>, hooks: &Hooks) -> PyResult<()> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().try_for_each(|pending| hooks.answer(py, pending))
    }
}

/// Gives the thread back to the call that it ran the runtime for before, if there was one.
pub(crate) struct Guard(Option<Arc<Asked>>);

impl Drop for Guard {
    fn drop(&mut self) {
        HERE.set(self.0.take());
    }
}
