//! Threads of Python's on which a sync client's functions run while no call waits. They do not hold the program, nor the
//! client.

use std::sync::Arc;

use omni_mcp::bridge::{Hear, Letter, Question};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyWeakrefMethods, PyWeakrefReference};

use crate::hooks::Hooks;
use crate::pending::Pending;
use crate::post::Post;
use crate::progress::tell;

/// The posts of one client, which are closed with it.
#[derive(Default)]
pub(crate) struct Daemons {
    notifications: Arc<Post<Letter>>,
    questions: Arc<Post<Pending>>,
}

impl Daemons {
    /// Hears notifications on a thread of its own.
    pub(crate) fn hear(&self, hooks: &Bound<'_, Hooks>) -> PyResult<Hear> {
        let heard = Arc::clone(&self.notifications);
        Daemon { post: Arc::clone(&heard), work: hear, alone: true }.start(hooks)?;
        Ok(Arc::new(move |notification| heard.add(notification)))
    }

    /// Answers questions, each on another thread: a function may call its client, and that ask the next one.
    pub(crate) fn answer(&self, hooks: &Bound<'_, Hooks>) -> PyResult<Arc<dyn Fn(Question) + Send + Sync>> {
        let asked = Arc::clone(&self.questions);
        Daemon { post: Arc::clone(&asked), work: answer, alone: false }.start(hooks)?;
        Ok(Arc::new(move |question| asked.add(Pending::new(question))))
    }
}

fn hear(py: Python<'_>, hooks: &Hooks, notification: Letter) {
    let Some(callback) = hooks.hears().map(|callback| callback.bind(py)) else { return };
    if let Err(raised) = tell(py, &notification.open(), callback) {
        raised.write_unraisable(py, Some(callback));
    }
}

fn answer(py: Python<'_>, hooks: &Hooks, pending: Pending) {
    if let Err(raised) = hooks.answer(py, pending) {
        raised.write_unraisable(py, None);
    }
}

impl Drop for Daemons {
    fn drop(&mut self) {
        self.notifications.close();
        self.questions.close();
        self.questions.clear();
    }
}

/// Starts a thread that does not hold the program.
pub(crate) fn start_thread(py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<()> {
    py.import("omni_mcp_py._threads")?.call_method1("start", (target,)).map(drop)
}

/// A thread that empties a post.
struct Daemon<T> {
    post: Arc<Post<T>>,
    work: fn(Python<'_>, &Hooks, T),
    /// Whether one item is done with before the next; otherwise another thread goes on.
    alone: bool,
}

impl<T: Send + 'static> Daemon<T> {
    fn start(&self, hooks: &Bound<'_, Hooks>) -> PyResult<()> {
        let (py, this) = (hooks.py(), self.again());
        let hooks = PyWeakrefReference::new(hooks.as_any())?.unbind();
        let target = PyCFunction::new_closure(py, None, None, move |args, _| {
            let py = args.py();
            while let Some(item) = py.detach(|| this.post.wait()) {
                let Some(hooks) = hooks.bind(py).upgrade() else { return };
                let Ok(hooks) = hooks.cast::<Hooks>() else { return };
                // Where no other thread can be had, this one stays.
                let is_relieved = !this.alone && this.start(hooks).is_ok();
                (this.work)(py, hooks.get(), item);
                if is_relieved {
                    return;
                }
            }
        })?;
        start_thread(py, target.as_any())
    }

    fn again(&self) -> Self {
        Self { post: Arc::clone(&self.post), work: self.work, alone: self.alone }
    }
}
