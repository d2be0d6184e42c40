//! The callbacks of one client: read from its options, called, and their answers passed to the core.

use std::cell::RefCell;
use std::sync::Arc;

use omni_mcp::bridge::{self, Bridge, MessageListener, QueuedMessage, bad_hook};
use omni_mcp::{Error, HOOKS};
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType, PyWeakrefMethods, PyWeakrefReference};

use crate::callbacks::log_state::{self, LoggerLevel};
use crate::callbacks::question::{CallbackError, PendingQuestion, TOKEN_PROVIDER};
use crate::convert::encode;
use crate::convert::errors::raised;
use crate::runtime::shared_runtime::interpreter_access;

/// The code of an error caused by a token provider.
const TOKEN_UNAVAILABLE: &str = "token_unavailable";
/// The code of an error caused by the callback for a request of the server.
const INPUT_FAILED: &str = "input_failed";

const ON_LOG: &str = "on_log";
const ON_STATE: &str = "on_state";
const ON_REQUEST: &str = "on_request";
const ON_RESPONSE: &str = "on_response";
const ON_NOTIFICATION: &str = "on_notification";

/// The message for an async function where none can be awaited.
pub(crate) const NOT_ASYNC: &str = "must not be an async function; use AsyncOmniMCPClient";

thread_local! {
    /// The addresses of the [`Callbacks`] whose token provider runs on this thread.
    static PROVIDING_TOKEN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The callbacks of one client. They may refer to it, so Python's garbage collector must see them; the runtime and the
/// threads of the client hold them weakly at most.
#[pyclass(frozen, weakref, module = "omni_mcp_py._native")]
#[derive(Default)]
pub(crate) struct Callbacks {
    by_name: Vec<(&'static str, Py<PyAny>)>,
    /// Whether the options contain callbacks.
    has_functions: bool,
    /// The exception of the token provider. All calls share the token, and so its failure.
    token_error: CallbackError,
    /// Set where records go to `logging`, from its level on.
    logger_level: Option<LoggerLevel>,
}

#[pymethods]
impl Callbacks {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for (_, function) in &self.by_name {
            visit.call(function)?;
        }
        self.token_error.traverse(&visit)
    }
}

/// Whether it is an async function, or an object whose call is one.
pub(crate) fn is_async(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = function.py();
    let inspect = py.import("inspect")?;
    let is_one = |function: &Bound<'_, PyAny>| inspect.call_method1("iscoroutinefunction", (function,))?.is_truthy();
    Ok(is_one(function)? || (!function.is_instance_of::<PyType>() && is_one(&function.getattr("__call__")?)?))
}

impl Callbacks {
    /// Separates the callbacks from the other options. `awaits` is whether the client can await them.
    pub(crate) fn split<'py>(options: &Bound<'py, PyDict>, awaits: bool) -> PyResult<(Bound<'py, PyDict>, Self)> {
        let py = options.py();
        let (options, mut by_name) = (options.copy()?, Vec::new());
        for hook in HOOKS {
            let Some(function) = options.get_item(hook.name)? else { continue };
            options.del_item(hook.name)?;
            match function.is_callable() {
                true if hook.at_once && is_async(&function)? => {
                    let allowed = "must not be an async function: it is called during a call";
                    return Err(raised(py, &bad_hook(hook.name, allowed)));
                }
                true if !awaits && is_async(&function)? => {
                    return Err(raised(py, &bad_hook(hook.name, NOT_ASYNC)));
                }
                true => by_name.push((hook.name, function.unbind())),
                false if function.is_none() => {}
                false => return Err(raised(py, &bad_hook(hook.name, "must be a function"))),
            }
        }
        let has_functions = !by_name.is_empty();
        let logger_level = by_name.iter().all(|(name, _)| *name != ON_LOG).then(LoggerLevel::new);
        if logger_level.is_some() {
            by_name.push((ON_LOG, log_state::logging(py)?));
        }
        // A level that was given stays.
        let has_level = options.get_item("log_level")?.is_some_and(|level| !level.is_none());
        let logger_level = logger_level.filter(|_| !has_level);
        Ok((options, Self { by_name, has_functions, token_error: CallbackError::default(), logger_level }))
    }

    /// Whether there is a callback that an event loop must run.
    pub(crate) fn needs_event_loop(&self) -> bool {
        HOOKS.iter().any(|hook| !hook.at_once && self.named(hook.name).is_some())
    }

    /// Applies the level of the logger, where records go there.
    pub(crate) fn apply_logger_level(&self, py: Python<'_>, bridge: &Bridge) -> PyResult<()> {
        self.logger_level.as_ref().map_or(Ok(()), |level| level.apply(py, bridge))
    }

    /// The callbacks that are called during a call.
    pub(crate) fn at_once(callbacks: &Bound<'_, Self>) -> PyResult<bridge::Hooks> {
        let on_log = Self::called_at_once(callbacks, ON_LOG)?;
        let on_state = Self::called_at_once(callbacks, ON_STATE)?;
        Ok(bridge::Hooks {
            on_log: on_log.map(|call| Arc::new(move |record: QueuedMessage| call(record.open())) as MessageListener),
            on_state: on_state.map(|call| Arc::new(call) as _),
            on_request: Self::called_at_once(callbacks, ON_REQUEST)?.map(|call| Arc::new(call) as _),
            on_response: Self::called_at_once(callbacks, ON_RESPONSE)?.map(|call| Arc::new(call) as _),
            ..bridge::Hooks::default()
        })
    }

    /// Calls the callback of a name with JSON text. The callbacks are held weakly.
    fn called_at_once(
        callbacks: &Bound<'_, Self>,
        name: &'static str,
    ) -> PyResult<Option<impl Fn(String) + Send + Sync + use<>>> {
        if callbacks.get().named(name).is_none() {
            return Ok(None);
        }
        let access = interpreter_access(callbacks.py())?;
        let callbacks = PyWeakrefReference::new(callbacks.as_any())?.unbind();
        let call = move |py: Python<'_>, text: &str| {
            let Some(callbacks) = callbacks.bind(py).upgrade() else { return };
            let Ok(callbacks) = callbacks.cast::<Self>() else { return };
            if let Some(callback) = callbacks.get().named(name) {
                log_state::notify(callback.bind(py), text);
            }
        };
        Ok(Some(move |text: String| access.enter(|| Python::attach(|py| call(py, &text)))))
    }

    /// Whether the options contain callbacks.
    pub(crate) fn has_functions(&self) -> bool {
        self.has_functions
    }

    /// Whether there is a callback that answers.
    pub(crate) fn has_answers(&self) -> bool {
        self.answering().next().is_some()
    }

    /// The callback of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Py<PyAny>> {
        self.by_name.iter().find(|(known, _)| *known == name).map(|(_, function)| function)
    }

    /// The callback for notifications.
    pub(crate) fn on_notification(&self) -> Option<&Py<PyAny>> {
        self.named(ON_NOTIFICATION)
    }

    /// The names of the callbacks that answer.
    pub(crate) fn answers(&self) -> Vec<String> {
        self.answering().map(str::to_owned).collect()
    }

    fn answering(&self) -> impl Iterator<Item = &'static str> {
        HOOKS.iter().filter(|hook| hook.answers && self.named(hook.name).is_some()).map(|hook| hook.name)
    }

    /// Answers a question on this thread.
    ///
    /// # Errors
    /// An exception for the program that is no `Exception`, such as `KeyboardInterrupt`.
    pub(crate) fn answer(&self, py: Python<'_>, question: PendingQuestion) -> PyResult<()> {
        let returned = self.call(py, &question);
        self.settle(py, question, returned)
    }

    /// Calls the callback of a question.
    ///
    /// # Errors
    /// The exception of the callback.
    pub(crate) fn call<'py>(&self, py: Python<'py>, question: &PendingQuestion) -> PyResult<Bound<'py, PyAny>> {
        let Some(function) = self.named(question.name()) else { return Ok(py.None().into_bound(py)) };
        // Calls wait for a token, so the provider must make none; other callbacks may make calls.
        let _providing = (question.name() == TOKEN_PROVIDER).then(|| ProvidingToken::begin(self));
        question.arguments(py).and_then(|arguments| function.bind(py).call1(arguments))
    }

    /// Hands the callback's answer or its exception to the core.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub(crate) fn settle(
        &self,
        py: Python<'_>,
        question: PendingQuestion,
        returned: PyResult<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let (answer, exception) = match returned.and_then(|value| json_answer(question.name(), &value)) {
            Ok(answer) => (Ok(answer), None),
            Err(failed) if failed.is_instance_of::<PyException>(py) => {
                (Err(summary(py, &failed)), Some(failed.into_value(py).into_any()))
            }
            Err(other) => return Err(other),
        };
        let is_token = question.name() == TOKEN_PROVIDER;
        if let Some(error) = if is_token { Some(&self.token_error) } else { question.error.as_deref() } {
            error.set(exception);
        }
        question.answer(answer);
        Ok(())
    }

    /// # Errors
    /// In a callback that the call would wait for.
    pub(crate) fn check_call_allowed(&self) -> PyResult<()> {
        log_state::check_not_in_callback()?;
        let is_providing = PROVIDING_TOKEN.with_borrow(|providing| providing.contains(&self.address()));
        if is_providing { Err(calls_own_client()) } else { Ok(()) }
    }

    /// The exception for an error of a call. Its cause is the exception of the callback that caused the error.
    pub(crate) fn exception(&self, py: Python<'_>, error: &Error, of_call: &CallbackError) -> PyErr {
        let exception = raised(py, error);
        let cause = match error.code() {
            TOKEN_UNAVAILABLE => self.token_error.get(py),
            INPUT_FAILED => of_call.get(py),
            _ => None,
        };
        if let Some(cause) = cause {
            exception.set_cause(py, Some(PyErr::from_value(cause.into_bound(py))));
        }
        exception
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The exception for a call that could never end.
pub(crate) fn calls_own_client() -> PyErr {
    PyRuntimeError::new_err("a token provider cannot call the client that waits for its token")
}

/// An answer as JSON text. The core refuses JSON that is no valid answer.
fn json_answer(hook: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.hasattr("__await__")? {
        if let Ok(close) = value.getattr("close") {
            // Otherwise Python warns of a coroutine that was never awaited.
            close.call0()?;
        }
        return Err(raised(value.py(), &bad_hook(hook, "returned an awaitable; use AsyncOmniMCPClient")));
    }
    let text = match value.cast::<PyDict>() {
        // Its duration may be a `timedelta`.
        Ok(token) if hook == TOKEN_PROVIDER => encode::options(token),
        _ => encode::value(value).map_err(|refused| refused.error(hook)),
    };
    text.map_err(|error| raised(value.py(), &error))
}

/// The text of an exception, or its class where there is none.
fn summary(py: Python<'_>, failed: &PyErr) -> String {
    let text = failed.value(py).str().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    if text.is_empty() { failed.get_type(py).name().map_or(text, |name| name.to_string()) } else { text }
}

/// While it lives, a token provider runs on this thread.
struct ProvidingToken;

impl ProvidingToken {
    fn begin(callbacks: &Callbacks) -> Self {
        PROVIDING_TOKEN.with_borrow_mut(|providing| providing.push(callbacks.address()));
        Self
    }
}

impl Drop for ProvidingToken {
    fn drop(&mut self) {
        PROVIDING_TOKEN.with_borrow_mut(Vec::pop);
    }
}
