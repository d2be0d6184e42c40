//! The progress of a call, from the core to the call's callback.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use omni_mcp::bridge::{MessageListener, Permit, QueuedMessage};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::callbacks::queue::Queue;
use crate::convert::decode::decode;
use crate::runtime::lock;
use crate::runtime::process_local::ProcessLocal;

/// How long a callback is called in a row before the runtime's other tasks run.
const DELIVER_WITHIN: Duration = Duration::from_millis(10);

/// The progress of one call that its callback has not processed yet.
#[derive(Default)]
pub(crate) struct ProgressBuffer {
    queue: Queue<QueuedMessage>,
    arrived: Notify,
}

impl ProgressBuffer {
    /// The function by which the core adds progress.
    pub(crate) fn sink(self: &Arc<Self>) -> MessageListener {
        let buffer = Arc::clone(self);
        Arc::new(move |params| {
            buffer.queue.add(params);
            // Without the lock: this attaches to the interpreter, and the thread that has it may wait for the lock.
            buffer.arrived.notify_one();
        })
    }

    /// Resolves when there may be progress to deliver.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Makes [`arrived`](Self::arrived) resolve once more: not everything was delivered.
    pub(crate) fn has_more(&self) {
        self.arrived.notify_one();
    }

    /// Calls `callback` with the progress so far, in order, for [`DELIVER_WITHIN`] at most.
    ///
    /// # Errors
    /// As [`notify`].
    pub(crate) fn deliver(&self, py: Python<'_>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        let end = Instant::now() + DELIVER_WITHIN;
        while let Some(params) = self.queue.take() {
            // Kept until the callback returns, so that the call does not end before.
            let (params, _permit) = params.into_parts();
            notify(py, &params, callback)?;
            if Instant::now() >= end {
                self.has_more();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Accepts no further progress, and drops all that was not delivered.
    pub(crate) fn close(&self) {
        self.queue.close();
        self.queue.clear();
    }
}

/// The progress of one call, for the event loop.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct ProgressQueue {
    /// The buffer, and the permit of the progress that is being processed.
    buffer: ProcessLocal<(Arc<ProgressBuffer>, Mutex<Option<Permit>>)>,
}

impl ProgressQueue {
    pub(crate) fn new(buffer: &Arc<ProgressBuffer>) -> Self {
        Self { buffer: ProcessLocal::new((Arc::clone(buffer), Mutex::default())) }
    }
}

#[pymethods]
impl ProgressQueue {
    /// Calls the callback with the next progress, and returns its result in a tuple; None where there is no progress. The
    /// progress before counts as processed.
    fn next<'py>(
        &self,
        py: Python<'py>,
        callback: &Bound<'py, PyAny>,
    ) -> PyResult<Option<(Option<Bound<'py, PyAny>>,)>> {
        let Some((buffer, current)) = self.buffer.here() else { return Ok(None) };
        let replace = |permit| {
            let before = std::mem::replace(&mut *lock(current), permit);
            // Dropped without the lock: it wakes the task that waits for the permit.
            drop(before);
        };
        replace(None);
        let Some(params) = buffer.queue.take() else { return Ok(None) };
        let (params, permit) = params.into_parts();
        replace(Some(permit));
        call(py, &params, callback).map(|returned| Some((returned,)))
    }

    /// Accepts no further progress.
    fn close(&self) {
        if let Some((buffer, current)) = self.buffer.here() {
            buffer.close();
            let permit = lock(current).take();
            drop(permit);
        }
    }
}

/// Calls `callback` with a notification. An exception in it is reported, and the call continues.
///
/// # Errors
/// An exception for the program that is no `Exception`, such as `KeyboardInterrupt`.
pub(crate) fn notify(py: Python<'_>, notification: &str, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    call(py, notification, callback).map(drop)
}

/// As [`notify`]; returns the callback's result, unless it raised.
fn call<'py>(py: Python<'py>, notification: &str, callback: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match decode(py, notification.as_bytes()).and_then(|value| callback.call1((value,))) {
        Err(raised) if raised.is_instance_of::<PyException>(py) => {
            raised.write_unraisable(py, Some(callback));
            Ok(None)
        }
        returned => returned.map(Some),
    }
}
