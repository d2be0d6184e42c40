//! Threads of Python's on which a sync client's functions run while no call waits. They do not hold the program, nor the
//! client.

use std::sync::Arc;

use omni_mcp::bridge::Question;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyWeakrefMethods, PyWeakrefReference};

use crate::hooks::Hooks;
use crate::post::Post;
use crate::progress::{tell, warn_of_dropped};

/// The posts of one client, which are closed with it.
#[derive(Default)]
pub(crate) struct Daemons {
    notifications: Arc<Post<String>>,
    questions: Arc<Post<Question>>,
}

impl Daemons {
    /// Hears notifications on a thread of its own.
    pub(crate) fn hear(&self, hooks: &Bound<'_, Hooks>) -> PyResult<Arc<dyn Fn(String) + Send + Sync>> {
        let heard = Arc::clone(&self.notifications);
        start(hooks, "omni-mcp-notifications", Arc::clone(&heard), |py, hooks, (notification, dropped)| {
            let Some(callback) = hooks.hears().map(|callback| callback.bind(py)) else { return };
            if let Err(raised) = tell(py, &notification, callback) {
                raised.write_unraisable(py, Some(callback));
            }
            warn_of_dropped(py, dropped, "notifications", callback);
        })?;
        Ok(Arc::new(move |notification| heard.add(notification)))
    }

    /// Answers questions on another one, as the hearing of a notification may wait for an answer.
    pub(crate) fn answer(&self, hooks: &Bound<'_, Hooks>) -> PyResult<Arc<dyn Fn(Question) + Send + Sync>> {
        let asked = Arc::clone(&self.questions);
        start(hooks, "omni-mcp-questions", Arc::clone(&asked), |py, hooks, (question, _)| {
            if let Err(raised) = hooks.answer(py, question) {
                raised.write_unraisable(py, None);
            }
        })?;
        Ok(Arc::new(move |question| asked.add(question)))
    }
}

impl Drop for Daemons {
    fn drop(&mut self) {
        self.notifications.close();
        self.questions.close();
        self.questions.clear();
    }
}

fn start<T: Send + 'static>(
    hooks: &Bound<'_, Hooks>,
    name: &str,
    post: Arc<Post<T>>,
    work: fn(Python<'_>, &Hooks, (T, usize)),
) -> PyResult<()> {
    let py = hooks.py();
    let hooks = PyWeakrefReference::new(hooks.as_any())?.unbind();
    let target = PyCFunction::new_closure(py, None, None, move |args, _| {
        let py = args.py();
        while let Some(item) = py.detach(|| post.wait()) {
            let Some(hooks) = hooks.bind(py).upgrade() else { return };
            if let Ok(hooks) = hooks.cast::<Hooks>() {
                work(py, hooks.get(), item);
            }
        }
    })?;
    let how = PyDict::new(py);
    how.set_item("target", target)?;
    how.set_item("name", name)?;
    how.set_item("daemon", true)?;
    py.import("threading")?.getattr("Thread")?.call((), Some(&how))?.call_method0("start").map(drop)
}
