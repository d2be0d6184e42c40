//! Progress notifications on their way from the call to the caller's callback.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyException, PyRuntimeWarning};
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::decode::decode;

/// Notifications that may wait for a slow callback; further ones are dropped.
const ROOM: usize = 1024;

/// The notifications of one call that its callback has not heard yet.
#[derive(Default)]
pub(crate) struct Heard {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Default)]
struct Waiting {
    notifications: VecDeque<String>,
    dropped: usize,
}

impl Heard {
    /// What the core hands the notifications to.
    pub(crate) fn sink(self: &Arc<Self>) -> Arc<dyn Fn(&str) + Send + Sync> {
        let heard = Arc::clone(self);
        Arc::new(move |params| {
            heard.add(params);
            // Without the lock: this waits for the interpreter, whose holder may be waiting for the lock.
            heard.arrived.notify_one();
        })
    }

    fn add(&self, params: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.notifications.len() < ROOM {
            waiting.notifications.push_back(params.to_owned());
        } else {
            waiting.dropped += 1;
        }
    }

    /// Ends when there may be something to deliver.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Calls `callback` with what waits, in order. An exception in it is reported and breaks nothing.
    ///
    /// # Errors
    /// What is no `Exception`, such as `KeyboardInterrupt`: it means the program, and not the callback.
    pub(crate) fn deliver(&self, py: Python<'_>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        let Waiting { notifications, dropped } =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for params in notifications {
            let told = decode(py, params.as_bytes()).and_then(|progress| callback.call1((progress,)));
            match told {
                Err(raised) if raised.is_instance_of::<PyException>(py) => {
                    raised.write_unraisable(py, Some(callback));
                }
                told => drop(told?),
            }
        }
        if dropped > 0 {
            let message =
                std::ffi::CString::new(format!("{dropped} progress notifications were dropped: too many at once"));
            let warned = PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message.unwrap_or_default(), 1);
            if let Err(raised) = warned {
                raised.write_unraisable(py, Some(callback));
            }
        }
        Ok(())
    }
}
