//! The async client: calls run on the shared runtime, and the coroutine that waits for one aborts it when it is dropped.
//!
//! PyO3's own `async fn` is used, so that asyncio's cancellation drops the coroutine's future. No other file depends on
//! that.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use omni_mcp::bridge::{self, Bridge, CallDefaults, CallOutput, Prepared, no_event_loop, not_callable, panicked};
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::callbacks::functions::Callbacks;
use crate::callbacks::inbox::Inbox;
use crate::callbacks::progress::{ProgressBuffer, ProgressQueue};
use crate::callbacks::question::CallbackError;
use crate::client::open::ClientSource;
use crate::client::opened::{HasBridge, Opened};
use crate::client::pages::Pages;
use crate::client::view::{call_defaults, of_view};
use crate::convert::decode;
use crate::convert::encode;
use crate::convert::errors::raised;
use crate::runtime::client_handle::ClientHandle;
use crate::runtime::interpreter_access::InterpreterAccess;
use crate::runtime::shared_runtime::shared;
use crate::runtime::task::Task;

/// The progress of a call, and the `ProgressCallback` that takes it.
type Progress = (Arc<ProgressBuffer>, Py<PyAny>);

/// A client whose calls are awaited; usable from any event loop.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct AsyncClient {
    opened: Arc<Opened<ClientHandle>>,
    callbacks: Py<Callbacks>,
    /// The options of a view, which shares the rest with its client.
    defaults: Option<CallDefaults>,
    /// The inbox of the callbacks that an event loop runs, where there are any.
    #[pyo3(get)]
    inbox: Option<Py<Inbox>>,
}

#[pymethods]
impl AsyncClient {
    #[new]
    #[pyo3(signature = (options, first=None))]
    fn new(options: &Bound<'_, PyDict>, first: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        Self::open(&ClientSource::Server(first), options)
    }

    /// The client of a record.
    #[staticmethod]
    fn of_record(record: &Bound<'_, PyDict>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Self::open(&ClientSource::Record(record), options)
    }

    /// A client of a registry.
    #[staticmethod]
    fn of_registry(kind: &str, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        Self::open(&ClientSource::Registry(kind), options)
    }

    /// A view of the client whose calls have these options as defaults.
    fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = options.py();
        let defaults = call_defaults(&self.opened.get(py)?.bridge, options, self.defaults.as_ref())?;
        Ok(Self {
            opened: Arc::clone(&self.opened),
            callbacks: self.callbacks.clone_ref(py),
            defaults: Some(defaults),
            inbox: self.inbox.as_ref().map(|inbox| inbox.clone_ref(py)),
        })
    }

    /// Calls a method of the table of methods. Returns the result, or a tuple of the result and its metadata. `on_progress`
    /// is a `ProgressCallback`; a value that cannot be called is refused.
    #[pyo3(signature = (method, params, options, on_progress, with_metadata=false))]
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
        let progress = on_progress.map(|callback| (Arc::new(ProgressBuffer::default()), callback));
        if let Some((buffer, callback)) = &progress {
            Python::attach(|py| callback.call_method1(py, "set_queue", (ProgressQueue::new(buffer),)).map(drop))?;
        }
        let prepared = Python::attach(|py| {
            let buffer = progress.as_ref().map(|(buffer, _)| buffer);
            self.prepare(py, &method, (params.bind(py), options.bind(py)), buffer, with_metadata)
        })?;
        let output = self.run(prepared, progress.as_ref()).await?;
        Python::attach(|py| decode::output(py, &output))
    }

    /// The pages of a list.
    fn pages(
        &self,
        py: Python<'_>,
        name: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Pages> {
        Pages::new(&of_view(&self.client(py)?.bridge, self.defaults.as_ref()), name, params, options)
    }

    /// The next page of a list; None after the last.
    async fn next_page(&self, pages: Py<Pages>) -> PyResult<Option<Py<PyAny>>> {
        let Some(prepared) = Python::attach(|py| pages.get().next(py))? else { return Ok(None) };
        Python::attach(|py| check_task(py).and_then(|()| self.client(py).map(drop)))?;
        let output = self.run(prepared, None).await?;
        Python::attach(|py| decode::output(py, &output).map(Some))
    }

    /// A property of the table of properties; None while it is not known.
    fn property<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.opened.property(py, name)
    }

    /// Whether there may be something to end at the server.
    fn is_connected(&self) -> bool {
        self.defaults.is_none() && self.opened.is_connected()
    }

    /// Ends the session and closes the connections. In a child process, and for a view, it does nothing.
    async fn close(&self) -> PyResult<()> {
        if self.defaults.is_some() {
            return Ok(());
        }
        let Some(handle) = self.opened.take() else { return Ok(()) };
        if Python::attach(check_task).is_err() {
            // No task can wait. The client is closed when the handle is dropped here.
            return Ok(());
        }
        let bridge = Arc::clone(&handle.bridge);
        // While the interpreter ends, no task can wait; the connections close all the same.
        let Ok(shared) = Python::attach(shared) else { return Ok(()) };
        wait(Task::spawn(shared, async move { bridge.close().await }), None).await
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callbacks)?;
        self.inbox.as_ref().map_or(Ok(()), |inbox| visit.call(inbox))
    }
}

impl HasBridge for ClientHandle {
    fn bridge(&self) -> &Arc<Bridge> {
        &self.bridge
    }
}

impl AsyncClient {
    fn open(source: &ClientSource<'_, '_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = options.py();
        let (options, callbacks) = source.split(options, true)?;
        let needs_event_loop = callbacks.needs_event_loop();
        let callbacks = Bound::new(py, callbacks)?;
        let at_once = Callbacks::at_once(&callbacks)?;
        let callbacks = callbacks.unbind();
        let inbox = match needs_event_loop {
            false => None,
            true => Some(Py::new(py, Inbox::new(callbacks.clone_ref(py), shared(py)?.access))?),
        };
        let senders = inbox.as_ref().map_or_else(bridge::Hooks::default, |inbox| inbox.get().senders());
        let hooks = bridge::Hooks {
            on_notification: senders.on_notification,
            ask: senders.ask,
            answers: senders.answers,
            ..at_once
        };
        let bridge = source.open(&options, hooks)?;
        callbacks.get().apply_logger_level(py, &bridge)?;
        let opened = Arc::new(Opened::new(ClientHandle::new(py, bridge)?));
        Ok(Self { opened, callbacks, defaults: None, inbox })
    }

    fn client(&self, py: Python<'_>) -> PyResult<Arc<ClientHandle>> {
        let client = self.opened.get(py)?;
        self.callbacks.get().apply_logger_level(py, &client.bridge)?;
        Ok(client)
    }

    fn prepare(
        &self,
        py: Python<'_>,
        method: &str,
        (params, options): (&Bound<'_, PyDict>, &Bound<'_, PyDict>),
        progress: Option<&Arc<ProgressBuffer>>,
        with_metadata: bool,
    ) -> PyResult<Prepared> {
        let handle = self.client(py)?;
        let prepared = encode::params(params).and_then(|params| {
            let options = encode::options(options)?;
            let bridge = of_view(&handle.bridge, self.defaults.as_ref());
            bridge.prepare(method, params.into(), &options, progress.map(ProgressBuffer::sink), with_metadata)
        });
        prepared.map_err(|error| raised(py, &error))
    }

    async fn run(&self, prepared: Prepared, progress: Option<&Progress>) -> PyResult<CallOutput> {
        let callback_error = Arc::<CallbackError>::default();
        let running = callback_error.of_call(prepared.run_and_deliver());
        let task = Python::attach(|py| Ok::<_, PyErr>(Task::spawn_call(shared(py)?, running)))?;
        let done = wait(task, progress).await?;
        done.map_err(|error| Python::attach(|py| self.callbacks.get().exception(py, &error, &callback_error)))
    }
}

/// # Errors
/// Where no task of asyncio runs the coroutine that calls this: it could not wait, and its call would be lost.
pub(crate) fn check_task(py: Python<'_>) -> PyResult<()> {
    match py.import("asyncio")?.call_method0("current_task") {
        Ok(task) if !task.is_none() => Ok(()),
        Err(other) if !other.is_instance_of::<PyRuntimeError>(py) => Err(other),
        Ok(_) | Err(_) => Err(raised(py, &no_event_loop())),
    }
}

/// Waits for a task, and delivers its progress on the thread of the event loop.
async fn wait<T: Send + 'static>(mut task: Task<T>, progress: Option<&Progress>) -> PyResult<T> {
    let access = task.access.clone();
    loop {
        let next = async {
            match progress {
                None => Some((&mut task).await),
                Some((buffer, _)) => tokio::select! {
                    biased;
                    done = &mut task => Some(done),
                    () = buffer.arrived() => None,
                },
            }
        };
        let done = with_interpreter_waker(&access, next).await;
        if let (None, Some((buffer, callback))) = (&done, progress)
            && Python::attach(|py| callback.call_method0(py, "deliver")?.is_truthy(py))?
        {
            buffer.has_more();
            // Lets other tasks of the event loop run.
            with_interpreter_waker(&access, tokio::task::yield_now()).await;
        }
        if let Some(done) = done {
            if let Some((buffer, _)) = progress {
                // Progress that was not processed by now is too late, and was counted.
                buffer.close();
            }
            return done.map_err(|_| Python::attach(|py| raised(py, &panicked())));
        }
    }
}

/// Awaits `work` with a waker that enters the interpreter only by `access`.
async fn with_interpreter_waker<T>(access: &InterpreterAccess, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        let waker = Waker::from(Arc::new(InterpreterWaker { access: access.clone(), waker: context.waker().clone() }));
        work.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

struct InterpreterWaker {
    access: InterpreterAccess,
    waker: Waker,
}

impl Wake for InterpreterWaker {
    fn wake(self: Arc<Self>) {
        self.access.enter(|| self.waker.wake_by_ref());
    }
}
