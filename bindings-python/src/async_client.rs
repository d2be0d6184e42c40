//! The async client: calls run on the shared runtime, and the coroutine that waits for one ends it when it is dropped.
//!
//! PyO3's own `async fn` is used, so that asyncio's cancellation drops the coroutine's future. Nothing outside this
//! file knows.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use omni_mcp::Spelling;
use omni_mcp::bridge::{Bridge, Hooks, Prepared, closed, not_callable};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tokio::task::JoinHandle;

use crate::decode;
use crate::encode;
use crate::errors::raised;
use crate::exit::Gate;
use crate::progress::Heard;
use crate::runtime::{Local, Shared, shared, turn};

/// A client whose calls are awaited; usable from any event loop.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct AsyncClient {
    live: Local<Mutex<Option<Arc<Bridge>>>>,
}

#[pymethods]
impl AsyncClient {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = encode::options(options).map_err(|error| raised(py, &error))?;
        let bridge = py
            .detach(|| Bridge::open(&options, Hooks::default(), Spelling::Snake))
            .map_err(|error| raised(py, &error))?;
        Ok(Self { live: Local::new(Mutex::new(Some(Arc::new(bridge)))) })
    }

    /// Calls a method of the table of methods.
    async fn call(
        &self,
        method: String,
        params: Py<PyDict>,
        options: Py<PyDict>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        if let Some(callback) = &on_progress {
            Python::attach(|py| match callback.bind(py).is_callable() {
                true => Ok(()),
                false => Err(raised(py, &not_callable())),
            })?;
        }
        let progress = on_progress.map(|callback| (Arc::new(Heard::default()), callback));
        let task = Python::attach(|py| {
            let heard = progress.as_ref().map(|(heard, _)| heard);
            let prepared = self.prepare(py, &method, params.bind(py), options.bind(py), heard)?;
            Ok::<_, PyErr>(Task::spawn(shared(py)?, async {
                // What is known of the connections by now must be seen before one of them is used.
                turn().await;
                prepared.run().await
            }))
        })?;
        let done = wait(task, progress.as_ref()).await?;
        Python::attach(|py| match done {
            Ok(crossing) => decode::crossing(py, &crossing),
            Err(error) => Err(raised(py, &error)),
        })
    }

    /// Ends the session and closes the connections. In a child process it does nothing.
    async fn close(&self) -> PyResult<()> {
        let live = self.live.here().and_then(|live| live.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(bridge) = live else { return Ok(()) };
        // While the interpreter ends there is nobody to wait any more; the connections close all the same.
        let Ok(shared) = Python::attach(shared) else { return Ok(()) };
        wait(Task::spawn(shared, async move { bridge.close().await }), None).await
    }
}

impl AsyncClient {
    fn prepare(
        &self,
        py: Python<'_>,
        method: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
        heard: Option<&Arc<Heard>>,
    ) -> PyResult<Prepared> {
        let live = self.live.get(py)?.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bridge = live.ok_or_else(|| raised(py, &closed()))?;
        let prepared = encode::params(params).and_then(|params| {
            bridge.prepare(method, params.into(), &encode::options(options)?, heard.map(Heard::sink))
        });
        prepared.map_err(|error| raised(py, &error))
    }
}

/// Waits for a task, and hands its progress to the callback on the thread of the event loop.
async fn wait<T>(mut task: Task<T>, progress: Option<&(Arc<Heard>, Py<PyAny>)>) -> PyResult<T> {
    loop {
        let next = async {
            match progress {
                None => Some((&mut task.running).await),
                Some((heard, _)) => tokio::select! {
                    biased;
                    done = &mut task.running => Some(done),
                    () = heard.arrived() => None,
                },
            }
        };
        let done = through(&task.gate, next).await;
        if let Some((heard, callback)) = progress {
            Python::attach(|py| heard.deliver(py, callback.bind(py)))?;
        }
        if let Some(done) = done {
            return done.map_err(|_| PyRuntimeError::new_err("the runtime is shutting down"));
        }
    }
}

/// A task that is ended when nobody waits for it any more: that drops its request and closes its socket. In a child
/// process it is left alone, as its locks may be held by a thread that is not there.
struct Task<T> {
    pid: u32,
    running: JoinHandle<T>,
    gate: Gate,
}

impl<T: Send + 'static> Task<T> {
    fn spawn(on: Shared, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { pid: std::process::id(), running: on.handle.spawn(last_in_line(work)), gate: on.gate }
    }
}

/// Runs `work` after all else that is ready. The end of an answer wakes a call before its connection is back in the pool;
/// a call that went on at once would open another one.
async fn last_in_line<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut waited = false;
    std::future::poll_fn(|context| {
        waited = !waited;
        if waited {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        work.as_mut().poll(context)
    })
    .await
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if self.pid == std::process::id() {
            self.running.abort();
        }
    }
}

/// Awaits `work` with a waker that enters the interpreter by the gate only.
async fn through<T>(gate: &Gate, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let waker = Waker::from(Arc::new(Gated { gate: gate.clone(), waker: context.waker().clone() }));
        work.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

struct Gated {
    gate: Gate,
    waker: Waker,
}

impl Wake for Gated {
    fn wake(self: Arc<Self>) {
        self.gate.enter(|| self.waker.wake_by_ref());
    }
}
