//! Notifications on their way to the caller's callbacks: the progress of a call, and how any notification is told.

use std::sync::Arc;

use omni_mcp::bridge::{Hear, Letter};
use pyo3::exceptions::{PyException, PyRuntimeWarning};
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::decode::decode;
use crate::post::Post;

/// The progress of one call that its callback has not heard yet.
#[derive(Default)]
pub(crate) struct Heard {
    waiting: Post<Letter>,
    arrived: Notify,
}

impl Heard {
    /// What the core hands the notifications to.
    pub(crate) fn sink(self: &Arc<Self>) -> Hear {
        let heard = Arc::clone(self);
        Arc::new(move |params| {
            heard.waiting.add(params);
            // Without the lock: this waits for the interpreter, whose holder may be waiting for the lock.
            heard.arrived.notify_one();
        })
    }

    /// Ends when there may be something to deliver.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Calls `callback` with what waits, in order.
    ///
    /// # Errors
    /// As [`tell`].
    pub(crate) fn deliver(&self, py: Python<'_>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        while let Some(params) = self.waiting.take() {
            tell(py, &params.open(), callback)?;
        }
        Ok(())
    }
}

/// Calls `callback` with a notification. An exception in it is reported and breaks nothing.
///
/// # Errors
/// What is no `Exception`, such as `KeyboardInterrupt`: it means the program, and not the callback.
pub(crate) fn tell(py: Python<'_>, notification: &str, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    match decode(py, notification.as_bytes()).and_then(|told| callback.call1((told,))) {
        Err(raised) if raised.is_instance_of::<PyException>(py) => {
            raised.write_unraisable(py, Some(callback));
            Ok(())
        }
        told => told.map(drop),
    }
}

/// Warns. Where a warning is to be an error, it is told and not raised: what it is about goes on.
pub(crate) fn warn(py: Python<'_>, message: String, source: Option<&Bound<'_, PyAny>>) {
    let message = std::ffi::CString::new(message).unwrap_or_default();
    if let Err(raised) = PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1) {
        raised.write_unraisable(py, source);
    }
}
