//! The sync client: calls block the calling thread, with the interpreter released. They run on that thread, too, unless
//! the client works between calls.

use std::sync::{Arc, OnceLock};

use omni_mcp::ErrorKind;
use omni_mcp::bridge::{self, CallDefaults, CallOutput, Prepared, Question, bad_hook, not_callable};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::callbacks::functions::{Callbacks, NOT_ASYNC, is_async};
use crate::callbacks::local_questions::LocalQuestions;
use crate::callbacks::log_state;
use crate::callbacks::progress::ProgressBuffer;
use crate::callbacks::question::CallbackError;
use crate::callbacks::threads::CallbackThreads;
use crate::client::cancel_flag::CancelFlag;
use crate::client::open::ClientSource;
use crate::client::open_client::OpenClient;
use crate::client::opened::Opened;
use crate::client::pages::Pages;
use crate::client::view::{call_defaults, of_view};
use crate::client::wait::{Progress, WaitingCall};
use crate::convert::decode;
use crate::convert::encode;
use crate::convert::errors::raised;
use crate::runtime::call_runtime::{ClientRuntime, RuntimeUse};
use crate::runtime::client_handle::ClientHandle;

/// The function that receives questions of the core.
type Ask = Arc<dyn Fn(Question) + Send + Sync>;

/// A client whose calls block the calling thread; any number of threads may share it.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct SyncClient {
    opened: Arc<Opened<OpenClient>>,
    callbacks: Py<Callbacks>,
    /// The options of a view, which shares the rest with its client.
    defaults: Option<CallDefaults>,
}

#[pymethods]
impl SyncClient {
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
        let defaults = call_defaults(&self.opened.get(py)?.handle.bridge, options, self.defaults.as_ref())?;
        Ok(Self { opened: Arc::clone(&self.opened), callbacks: self.callbacks.clone_ref(py), defaults: Some(defaults) })
    }

    /// Calls a method of the table of methods. Returns the result, or a tuple of the result and its metadata. `cancel`
    /// lets another thread cancel the call.
    #[pyo3(signature = (method, params, options, on_progress, with_metadata=false, cancel=None))]
    #[allow(clippy::too_many_arguments)]
    fn call(
        &self,
        py: Python<'_>,
        method: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
        on_progress: Option<&Bound<'_, PyAny>>,
        with_metadata: bool,
        cancel: Option<&Bound<'_, CancelFlag>>,
    ) -> PyResult<Py<PyAny>> {
        let client = self.client(py)?;
        if on_progress.is_some_and(|callback| !callback.is_callable()) {
            return Err(raised(py, &not_callable()));
        }
        if let Some(callback) = on_progress
            && is_async(callback)?
        {
            return Err(raised(py, &bad_hook("on_progress", NOT_ASYNC)));
        }
        let progress = on_progress.map(|callback| (Arc::new(ProgressBuffer::default()), callback));
        let prepared = encode::params(params).and_then(|params| {
            let sink = progress.as_ref().map(|(buffer, _)| buffer.sink());
            let bridge = of_view(&client.handle.bridge, self.defaults.as_ref());
            bridge.prepare(method, params.into(), &encode::options(options)?, sink, with_metadata)
        });
        let prepared = prepared.map_err(|error| raised(py, &error))?;
        let output = log_state::raise_kept(|| self.run(py, &client, prepared, progress.as_ref(), cancel))?;
        decode::output(py, &output)
    }

    /// The pages of a list.
    fn pages(
        &self,
        py: Python<'_>,
        name: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<Pages> {
        Pages::new(&of_view(&self.client(py)?.handle.bridge, self.defaults.as_ref()), name, params, options)
    }

    /// The next page of a list; None after the last.
    #[pyo3(signature = (pages, cancel=None))]
    fn next_page(
        &self,
        pages: &Bound<'_, Pages>,
        cancel: Option<&Bound<'_, CancelFlag>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let py = pages.py();
        let Some(prepared) = pages.get().next(py)? else { return Ok(None) };
        let client = self.client(py)?;
        let output = log_state::raise_kept(|| self.run(py, &client, prepared, None, cancel))?;
        decode::output(py, &output).map(Some)
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
    #[pyo3(signature = (cancel=None))]
    fn close(&self, py: Python<'_>, cancel: Option<&Bound<'_, CancelFlag>>) -> PyResult<()> {
        log_state::check_not_in_callback()?;
        if self.defaults.is_some() {
            return Ok(());
        }
        let Some(client) = self.opened.take() else { return Ok(()) };
        if Arc::strong_count(&client) == 1 {
            client.runtime.end().map_err(|error| raised(py, &bridge::no_runtime(&error)))?;
        }
        let bridge = Arc::clone(&client.handle.bridge);
        let closing = async move { bridge.close().await };
        let waiting = self.waiting(&client, None, cancel);
        log_state::raise_kept(|| waiting.run(py, &client, closing).map(drop))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callbacks)
    }
}

impl SyncClient {
    fn open(source: &ClientSource<'_, '_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = options.py();
        let (options, callbacks) = source.split(options, false)?;
        let callbacks = Bound::new(py, callbacks)?;
        let threads = CallbackThreads::default();
        let ask: Arc<OnceLock<Ask>> = Arc::default();
        let asks = Arc::clone(&ask);
        let bridge = source.open(
            &options,
            bridge::Hooks {
                on_notification: callbacks.get().on_notification().map(|_| threads.listen(&callbacks)).transpose()?,
                ask: Some(Arc::new(move |question| {
                    if let Some(ask) = asks.get() {
                        ask(question);
                    }
                })),
                answers: callbacks.get().answers(),
                ..Callbacks::at_once(&callbacks)?
            },
        )?;
        callbacks.get().apply_logger_level(py, &bridge)?;
        let handle = ClientHandle::new(py, bridge)?;
        let works_between_calls = handle.background.is_some();
        if !works_between_calls {
            handle.bridge.hold_notices();
        }
        // Where the calls run decides which thread answers.
        if callbacks.get().has_answers() {
            let _ = ask.set(if works_between_calls { threads.answer(&callbacks)? } else { LocalQuestions::sink() });
        }
        let purpose = match () {
            () if works_between_calls => RuntimeUse::Waiting,
            () if callbacks.get().has_functions() => RuntimeUse::OneClient,
            () => RuntimeUse::Shared,
        };
        let client = OpenClient { handle, runtime: ClientRuntime::new(purpose), _threads: threads };
        Ok(Self { opened: Arc::new(Opened::new(client)), callbacks: callbacks.unbind(), defaults: None })
    }

    fn client(&self, py: Python<'_>) -> PyResult<Arc<OpenClient>> {
        let client = self.opened.get(py)?;
        self.callbacks.get().check_call_allowed()?;
        self.callbacks.get().apply_logger_level(py, &client.handle.bridge)?;
        Ok(client)
    }

    fn run(
        &self,
        py: Python<'_>,
        client: &OpenClient,
        prepared: Prepared,
        progress: Option<&Progress<'_, '_>>,
        cancel: Option<&Bound<'_, CancelFlag>>,
    ) -> PyResult<CallOutput> {
        let callback_error = Arc::<CallbackError>::default();
        let waiting = self.waiting(client, progress, cancel);
        waiting.check()?;
        let running = callback_error.of_call(prepared.run_and_deliver());
        waiting.run(py, client, running)?.map_err(|error| {
            match waiting.settle(py, client, error.kind() == ErrorKind::Timeout) {
                Ok(()) => self.callbacks.get().exception(py, &error, &callback_error),
                Err(raised) => raised,
            }
        })
    }

    /// The work of this thread while a call runs. Where it drives the runtime, it answers all questions that arise
    /// meanwhile, of whichever call.
    fn waiting<'a, 'py>(
        &'a self,
        client: &OpenClient,
        progress: Option<&'a Progress<'a, 'py>>,
        cancel: Option<&'a Bound<'_, CancelFlag>>,
    ) -> WaitingCall<'a, 'py> {
        let answers = client.handle.background.is_none() && self.callbacks.get().has_answers();
        WaitingCall {
            callbacks: &self.callbacks,
            progress,
            questions: answers.then(Arc::default),
            cancel: cancel.map(Bound::get),
        }
    }
}
