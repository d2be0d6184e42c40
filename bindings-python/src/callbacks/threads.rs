//! Daemon threads of Python on which a sync client's callbacks run between calls. They keep neither the program nor the
//! client alive.

use std::sync::Arc;

use omni_mcp::bridge::{MessageListener, Question, QueuedMessage};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyWeakrefMethods, PyWeakrefReference};

use crate::callbacks::functions::Callbacks;
use crate::callbacks::progress;
use crate::callbacks::question::PendingQuestion;
use crate::callbacks::queue::Queue;

/// The queues of one client's threads, which are closed with it.
#[derive(Default)]
pub(crate) struct CallbackThreads {
    notifications: Arc<Queue<QueuedMessage>>,
    questions: Arc<Queue<PendingQuestion>>,
}

impl CallbackThreads {
    /// Starts the thread for notifications. Returns the function that adds one.
    pub(crate) fn listen(&self, callbacks: &Bound<'_, Callbacks>) -> PyResult<MessageListener> {
        let queue = Arc::clone(&self.notifications);
        QueueThread { queue: Arc::clone(&queue), work: notify, in_order: true }.start(callbacks)?;
        Ok(Arc::new(move |notification| queue.add(notification)))
    }

    /// Starts the threads for questions, one for each: a callback may call its client, and that call may cause the next
    /// question. Returns the function that adds one.
    pub(crate) fn answer(&self, callbacks: &Bound<'_, Callbacks>) -> PyResult<Arc<dyn Fn(Question) + Send + Sync>> {
        let queue = Arc::clone(&self.questions);
        QueueThread { queue: Arc::clone(&queue), work: answer, in_order: false }.start(callbacks)?;
        Ok(Arc::new(move |question| queue.add(PendingQuestion::new(question))))
    }
}

fn notify(py: Python<'_>, callbacks: &Callbacks, notification: QueuedMessage) {
    let Some(callback) = callbacks.on_notification().map(|callback| callback.bind(py)) else { return };
    if let Err(raised) = progress::notify(py, &notification.open(), callback) {
        raised.write_unraisable(py, Some(callback));
    }
}

fn answer(py: Python<'_>, callbacks: &Callbacks, question: PendingQuestion) {
    if let Err(raised) = callbacks.answer(py, question) {
        raised.write_unraisable(py, None);
    }
}

impl Drop for CallbackThreads {
    fn drop(&mut self) {
        self.notifications.close();
        self.questions.close();
        self.questions.clear();
    }
}

/// Starts a daemon thread.
pub(crate) fn start_thread(py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<()> {
    py.import("omni_mcp_py._threads")?.call_method1("start", (target,)).map(drop)
}

/// A thread that processes the items of a queue.
struct QueueThread<T> {
    queue: Arc<Queue<T>>,
    work: fn(Python<'_>, &Callbacks, T),
    /// Whether each item is processed before the next; otherwise another thread takes the next one.
    in_order: bool,
}

impl<T: Send + 'static> QueueThread<T> {
    fn start(&self, callbacks: &Bound<'_, Callbacks>) -> PyResult<()> {
        let (py, this) = (callbacks.py(), self.again());
        let callbacks = PyWeakrefReference::new(callbacks.as_any())?.unbind();
        let target = PyCFunction::new_closure(py, None, None, move |args, _| {
            let py = args.py();
            while let Some(item) = py.detach(|| this.queue.wait()) {
                let Some(callbacks) = callbacks.bind(py).upgrade() else { return };
                let Ok(callbacks) = callbacks.cast::<Callbacks>() else { return };
                // If no other thread can be started, this one continues.
                let is_replaced = !this.in_order && this.start(callbacks).is_ok();
                (this.work)(py, callbacks.get(), item);
                if is_replaced {
                    return;
                }
            }
        })?;
        start_thread(py, target.as_any())
    }

    fn again(&self) -> Self {
        Self { queue: Arc::clone(&self.queue), work: self.work, in_order: self.in_order }
    }
}
