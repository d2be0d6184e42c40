//! Notifications on their way to the caller's callbacks: the progress of a call, and how any notification is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use omni_mcp::bridge::{Hear, Letter, Place};
use pyo3::exceptions::{PyException, PyRuntimeWarning};
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::decode::decode;
use crate::post::Post;
use crate::runtime::Local;

/// How long a callback is called in a row before the runtime has its turn.
const TURN: Duration = Duration::from_millis(10);

/// The progress of one call that its callback has not processed yet.
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

    /// Has [`arrived`](Self::arrived) end once more: not everything was delivered.
    pub(crate) fn has_more(&self) {
        self.arrived.notify_one();
    }

    /// Calls `callback` with what waits, in order, and not for long.
    ///
    /// # Errors
    /// As [`tell`].
    pub(crate) fn deliver(&self, py: Python<'_>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        let end = Instant::now() + TURN;
        while let Some(params) = self.waiting.take() {
            // The place is taken until the callback returns, so that the call does not end before.
            let (params, _place) = params.into_parts();
            tell(py, &params, callback)?;
            if Instant::now() >= end {
                self.has_more();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes nothing more in, and forgets what waits.
    pub(crate) fn close(&self) {
        self.waiting.close();
        self.waiting.clear();
    }
}

/// The progress of one call, as the event loop takes it.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct ProgressQueue {
    heard: Local<(Arc<Heard>, Mutex<Option<Place>>)>,
}

impl ProgressQueue {
    pub(crate) fn new(heard: &Arc<Heard>) -> Self {
        Self { heard: Local::new((Arc::clone(heard), Mutex::default())) }
    }
}

#[pymethods]
impl ProgressQueue {
    /// Calls the callback with the next progress. What it returned, in a tuple; None where no progress waits. The progress
    /// before is processed.
    fn next<'py>(
        &self,
        py: Python<'py>,
        callback: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Option<Bound<'py, PyAny>>,)>> {
        let Some((heard, current)) = self.heard.here() else { return Ok(None) };
        let replace = |place| {
            let before = std::mem::replace(&mut *current.lock().unwrap_or_else(PoisonError::into_inner), place);
            // Dropped without the lock: it wakes who waits for the place.
            drop(before);
        };
        replace(None);
        let Some(params) = heard.waiting.take() else { return Ok(None) };
        let (params, place) = params.into_parts();
        replace(Some(place));
        told(py, &params, callback).map(|told| Some((told,)))
    }

    /// Takes no more progress.
    fn close(&self) {
        if let Some((heard, current)) = self.heard.here() {
            heard.close();
            let place = current.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(place);
        }
    }
}

/// Calls `callback` with a notification. An exception in it is reported and breaks nothing.
///
/// # Errors
/// What is no `Exception`, such as `KeyboardInterrupt`: it means the program, and not the callback.
pub(crate) fn tell(py: Python<'_>, notification: &str, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    told(py, notification, callback).map(drop)
}

/// As [`tell`]; what the callback returned, where it raised nothing.
fn told<'py>(py: Python<'py>, notification: &str, callback: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match decode(py, notification.as_bytes()).and_then(|told| callback.call1((told,))) {
        Err(raised) if raised.is_instance_of::<PyException>(py) => {
            raised.write_unraisable(py, Some(callback));
            Ok(None)
        }
        told => told.map(Some),
    }
}

/// Warns. Where a warning is to be an error, it is told and not raised: what it is about goes on.
pub(crate) fn warn(py: Python<'_>, message: String, source: Option<&Bound<'_, PyAny>>) {
    let message = std::ffi::CString::new(message).unwrap_or_default();
    if let Err(raised) = PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1) {
        raised.write_unraisable(py, source);
    }
}
