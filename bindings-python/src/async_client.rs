//! The async client: calls run on the shared runtime, and the coroutine that waits for one ends it when it is dropped.
//!
//! PyO3's own `async fn` is used, so that asyncio's cancellation drops the coroutine's future. Nothing outside this
//! file knows.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

use omni_mcp::bridge::{self, Crossing, Prepared, Remains, closed, forked, no_event_loop, not_callable, panicked};
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::background::Held;
use crate::decode;
use crate::encode;
use crate::errors::raised;
use crate::exit::Gate;
use crate::hooks::Hooks;
use crate::letters::Letters;
use crate::open::What;
use crate::pages::{self, AsyncPages};
use crate::pending::Why;
use crate::progress::{Heard, ProgressQueue};
use crate::runtime::{Local, shared};
use crate::task::Task;

/// A client whose calls are awaited; usable from any event loop.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct AsyncClient {
    live: Local<Mutex<Option<Arc<Held>>>>,
    hooks: Py<Hooks>,
    /// What is known of the client when it is closed.
    remains: Remains,
    /// What the caller's functions are to hear and to answer, where there are such functions.
    #[pyo3(get)]
    letters: Option<Py<Letters>>,
}

#[pymethods]
impl AsyncClient {
    #[new]
    fn new(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Self::open(&What::Server, options)
    }

    /// The client of a record.
    #[staticmethod]
    fn of_record(record: &Bound<'_, PyDict>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Self::open(&What::Record(record), options)
    }

    /// A client of a registry.
    #[staticmethod]
    fn of_registry(kind: &str, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Self::open(&What::Registry(kind), options)
    }

    /// Calls a method of the table of methods. Returns the result, or a tuple of the result and its metadata. `on_progress`
    /// is a `Teller`, or what cannot be called and is refused.
    async fn call(
        &self,
        method: String,
        params: Py<PyDict>,
        options: Py<PyDict>,
        on_progress: Option<Py<PyAny>>,
        with_metadata: bool,
    ) -> PyResult<Py<PyAny>> {
        Python::attach(check_task)?;
        if let Some(callback) = &on_progress {
            Python::attach(|py| match callback.bind(py).is_callable() {
                true => Ok(()),
                false => Err(raised(py, &not_callable())),
            })?;
        }
        let progress = on_progress.map(|teller| (Arc::new(Heard::default()), teller));
        if let Some((heard, teller)) = &progress {
            Python::attach(|py| teller.call_method1(py, "reads", (ProgressQueue::new(heard),)).map(drop))?;
        }
        let prepared = Python::attach(|py| {
            let heard = progress.as_ref().map(|(heard, _)| heard);
            self.prepare(py, &method, (params.bind(py), options.bind(py)), heard, with_metadata)
        })?;
        let crossing = self.run(prepared, progress.as_ref()).await?;
        Python::attach(|py| decode::crossing(py, &crossing))
    }

    /// The pages of a list.
    fn pages(
        slf: &Bound<'_, Self>,
        name: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<AsyncPages> {
        let pages = pages::of(slf.py(), &slf.get().live(slf.py())?.bridge, name, params, options)?;
        Ok(AsyncPages { client: slf.clone().unbind(), pages: Local::new(pages) })
    }

    /// A property of the table of properties; None while it is not known.
    fn property<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let text = match self.live.here() {
            Some(_) => match self.known(py)? {
                Some(held) => held.bridge.property(name),
                None => self.remains.property(name),
            },
            // What is not known without the client itself is refused, as any other use.
            None => Some(self.remains.property(name).ok_or_else(|| raised(py, &forked()))?),
        };
        text.map(|text| decode::decode(py, text.as_bytes())).transpose()
    }

    /// Whether there may be something to end at the server.
    fn is_connected(&self) -> bool {
        let live = self.live.here().map(|live| live.lock().unwrap_or_else(PoisonError::into_inner));
        live.is_some_and(|live| live.as_ref().is_some_and(|held| held.bridge.is_connected()))
    }

    /// Ends the session and closes the connections. In a child process it does nothing.
    async fn close(&self) -> PyResult<()> {
        let live = self.live.here().and_then(|live| live.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(held) = live else { return Ok(()) };
        if Python::attach(check_task).is_err() {
            // There is nothing to wait on. The client is closed when it is dropped here.
            return Ok(());
        }
        let bridge = Arc::clone(&held.bridge);
        // While the interpreter ends there is nobody to wait any more; the connections close all the same.
        let Ok(shared) = Python::attach(shared) else { return Ok(()) };
        wait(Task::spawn(shared, async move { bridge.close().await }), None).await
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.hooks)?;
        self.letters.as_ref().map_or(Ok(()), |letters| visit.call(letters))
    }
}

impl AsyncClient {
    fn open(what: &What<'_, '_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = options.py();
        let (options, hooks) = what.split(options, true)?;
        let has_letters = hooks.has_letters();
        let hooks = Bound::new(py, hooks)?;
        let at_once = Hooks::at_once(&hooks)?;
        let hooks = hooks.unbind();
        let letters = match has_letters {
            false => None,
            true => Some(Py::new(py, Letters::new(hooks.clone_ref(py), shared(py)?.gate))?),
        };
        let senders = letters.as_ref().map_or_else(bridge::Hooks::default, |letters| letters.get().senders());
        let bridge =
            what.open(&options, bridge::Hooks { on_log: at_once.on_log, on_state: at_once.on_state, ..senders })?;
        hooks.get().follow_logger(py, &bridge)?;
        let remains = bridge.remains();
        let held = Held::new(py, bridge)?;
        Ok(Self { live: Local::new(Mutex::new(Some(Arc::new(held)))), hooks, letters, remains })
    }

    fn known(&self, py: Python<'_>) -> PyResult<Option<Arc<Held>>> {
        Ok(self.live.get(py)?.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn live(&self, py: Python<'_>) -> PyResult<Arc<Held>> {
        self.known(py)?.ok_or_else(|| raised(py, &closed()))
    }

    fn prepare(
        &self,
        py: Python<'_>,
        method: &str,
        (params, options): (&Bound<'_, PyDict>, &Bound<'_, PyDict>),
        heard: Option<&Arc<Heard>>,
        with_metadata: bool,
    ) -> PyResult<Prepared> {
        let held = self.live(py)?;
        self.hooks.get().follow_logger(py, &held.bridge)?;
        let prepared = encode::params(params).and_then(|params| {
            let options = encode::options(options)?;
            held.bridge.prepare(method, params.into(), &options, heard.map(Heard::sink), with_metadata)
        });
        prepared.map_err(|error| raised(py, &error))
    }

    /// Runs what a list asks for next.
    pub(crate) async fn run_page(&self, prepared: Prepared) -> PyResult<Py<PyAny>> {
        Python::attach(|py| check_task(py).and_then(|()| self.live(py).map(drop)))?;
        let crossing = self.run(prepared, None).await?;
        Python::attach(|py| decode::result(py, &crossing).map(Bound::unbind))
    }

    async fn run(&self, prepared: Prepared, progress: Option<&(Arc<Heard>, Py<PyAny>)>) -> PyResult<Crossing> {
        let why = Arc::<Why>::default();
        let running = why.of_call(prepared.run_and_deliver());
        let task = Python::attach(|py| Ok::<_, PyErr>(Task::spawn_call(shared(py)?, running)))?;
        let done = wait(task, progress).await?;
        done.map_err(|error| Python::attach(|py| self.hooks.get().raised(py, &error, &why)))
    }
}

/// Refuses to begin what could not be waited for: without a task of asyncio's a coroutine would be lost with a call that runs.
pub(crate) fn check_task(py: Python<'_>) -> PyResult<()> {
    match py.import("asyncio")?.call_method0("current_task") {
        Ok(task) if !task.is_none() => Ok(()),
        Err(other) if !other.is_instance_of::<PyRuntimeError>(py) => Err(other),
        Ok(_) | Err(_) => Err(raised(py, &no_event_loop())),
    }
}

/// Waits for a task, and has its progress told on the thread of the event loop.
async fn wait<T: Send + 'static>(mut task: Task<T>, progress: Option<&(Arc<Heard>, Py<PyAny>)>) -> PyResult<T> {
    let gate = task.gate.clone();
    loop {
        let next = async {
            match progress {
                None => Some((&mut task).await),
                Some((heard, _)) => tokio::select! {
                    biased;
                    done = &mut task => Some(done),
                    () = heard.arrived() => None,
                },
            }
        };
        let done = through(&gate, next).await;
        if let (None, Some((heard, teller))) = (&done, progress)
            && Python::attach(|py| teller.call_method0(py, "tell")?.is_truthy(py))?
        {
            heard.has_more();
            // The loop's other tasks have their turn.
            through(&gate, tokio::task::yield_now()).await;
        }
        if let Some(done) = done {
            if let Some((heard, _)) = progress {
                // What was not processed by now came too late, and was counted.
                heard.close();
            }
            return done.map_err(|_| Python::attach(|py| raised(py, &panicked())));
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
