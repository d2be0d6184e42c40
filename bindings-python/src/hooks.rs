//! The caller's functions that a client has beside its options, and how they are called.

use std::cell::RefCell;
use std::sync::Arc;

use omni_mcp::bridge::{self, Bridge, Hear, Letter, bad_hook, unsendable_argument};
use omni_mcp::{Error, HOOKS};
use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

use crate::encode;
use crate::errors::raised;
use crate::pending::{Pending, TOKEN_PROVIDER, Why};
use crate::runtime::gate;
use crate::telling::{self, FollowsLogger};

/// The code of an error that a token provider is the cause of.
const TOKEN_UNAVAILABLE: &str = "token_unavailable";
/// The code of an error that a function is the cause of which a server asked.
const INPUT_FAILED: &str = "input_failed";

thread_local! {
    /// The hooks whose token is being made on this thread.
    static ANSWERING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The functions of one client. They may lead back to it, so Python's garbage collector must see them; the runtime and
/// the threads of the client hold them weakly at most.
#[pyclass(frozen, weakref, module = "omni_mcp_py._native")]
#[derive(Default)]
pub(crate) struct Hooks {
    by_name: Vec<(&'static str, Py<PyAny>)>,
    /// Whether one of them is the caller's.
    has_functions: bool,
    /// What the token provider raised. A token is all calls', and so is this.
    no_token: Why,
    /// Where records go to `logging`, and from its level on.
    logs: Option<FollowsLogger>,
}

const ON_LOG: &str = "on_log";
const ON_STATE: &str = "on_state";
/// Hooks that are told in the midst of a call.
const AT_ONCE: [&str; 2] = [ON_LOG, ON_STATE];

#[pymethods]
impl Hooks {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for (_, function) in &self.by_name {
            visit.call(function)?;
        }
        self.no_token.traverse(&visit)
    }
}

/// What is said of an async function where none can be awaited.
pub(crate) const NOT_ASYNC: &str = "must not be an async function; use AsyncOmniMCPClient";

/// Whether it is an async function, or an object whose call is one.
pub(crate) fn is_async(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = function.py();
    let inspect = py.import("inspect")?;
    let is_one = |function: &Bound<'_, PyAny>| inspect.call_method1("iscoroutinefunction", (function,))?.is_truthy();
    Ok(is_one(function)? || (!function.is_instance_of::<PyType>() && is_one(&function.getattr("__call__")?)?))
}

impl Hooks {
    /// The options without the functions among them, and the functions.
    /// `awaits` says whether the client can await them.
    pub(crate) fn split<'py>(options: &Bound<'py, PyDict>, awaits: bool) -> PyResult<(Bound<'py, PyDict>, Self)> {
        let py = options.py();
        let (options, mut by_name) = (options.copy()?, Vec::new());
        for hook in HOOKS {
            let Some(function) = options.get_item(hook.name)? else { continue };
            options.del_item(hook.name)?;
            match function.is_callable() {
                true if AT_ONCE.contains(&hook.name) && is_async(&function)? => {
                    return Err(raised(
                        py,
                        &bad_hook(hook.name, "must not be an async function: it is told in the midst of a call"),
                    ));
                }
                true if !awaits && is_async(&function)? => {
                    return Err(raised(py, &bad_hook(hook.name, NOT_ASYNC)));
                }
                true => by_name.push((hook.name, function.unbind())),
                false if function.is_none() => {}
                false => return Err(raised(py, &bad_hook(hook.name, "must be a function"))),
            }
        }
        // Elsewhere a function would only be a value that cannot be sent.
        for (name, value) in options.iter() {
            if value.is_callable() && !value.is_instance_of::<PyType>() {
                let known: Vec<_> = HOOKS.iter().map(|hook| hook.name).collect();
                let allowed = format!("takes no function; options that do are {}", known.join(", "));
                return Err(raised(py, &bad_hook(&name.to_string(), &allowed)));
            }
        }
        let has_functions = !by_name.is_empty();
        let logs = by_name.iter().all(|(name, _)| *name != ON_LOG).then(FollowsLogger::new);
        if logs.is_some() {
            by_name.push((ON_LOG, telling::logging(py)?));
        }
        // A level that is asked for is kept to.
        let is_asked = options.get_item("log_level")?.is_some_and(|level| !level.is_none());
        let logs = logs.filter(|_| !is_asked);
        Ok((options, Self { by_name, has_functions, no_token: Why::default(), logs }))
    }

    /// Whether there is a function that an event loop must run.
    pub(crate) fn has_letters(&self) -> bool {
        self.by_name.iter().any(|(name, _)| !AT_ONCE.contains(name))
    }

    /// Takes the level of the logger, where records go there.
    pub(crate) fn follow_logger(&self, py: Python<'_>, bridge: &Bridge) -> PyResult<()> {
        self.logs.as_ref().map_or(Ok(()), |logs| logs.follow(py, bridge))
    }

    /// What tells the functions that are told in the midst of a call.
    pub(crate) fn at_once(hooks: &Bound<'_, Self>) -> PyResult<bridge::Hooks> {
        let py = hooks.py();
        let tells = |name| match hooks.get().named(name) {
            Some(_) => telling::to(hooks, name, gate(py)?).map(Some),
            None => Ok(None),
        };
        Ok(bridge::Hooks {
            on_log: tells(ON_LOG)?.map(|tell| Arc::new(move |record: Letter| tell(record.open())) as Hear),
            on_state: tells(ON_STATE)?.map(|tell| Arc::new(tell) as _),
            ..bridge::Hooks::default()
        })
    }

    /// Whether the caller gave functions.
    pub(crate) fn has_functions(&self) -> bool {
        self.has_functions
    }

    pub(crate) fn has_answers(&self) -> bool {
        HOOKS.iter().any(|hook| hook.answers && self.named(hook.name).is_some())
    }

    /// The function of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Py<PyAny>> {
        self.by_name.iter().find(|(known, _)| *known == name).map(|(_, function)| function)
    }

    /// The function that hears notifications.
    pub(crate) fn hears(&self) -> Option<&Py<PyAny>> {
        self.named("on_notification")
    }

    /// The names of the functions that answer.
    pub(crate) fn answers(&self) -> Vec<String> {
        let answers = HOOKS.iter().filter(|hook| hook.answers && self.named(hook.name).is_some());
        answers.map(|hook| hook.name.to_owned()).collect()
    }

    /// Has a question answered on this thread.
    ///
    /// # Errors
    /// What is no `Exception`, such as `KeyboardInterrupt`: it means the program, and not the function.
    pub(crate) fn answer(&self, py: Python<'_>, pending: Pending) -> PyResult<()> {
        let given = self.ask(py, &pending);
        self.settle(py, pending, given)
    }

    /// Calls the function that answers a question.
    ///
    /// # Errors
    /// What it raises.
    pub(crate) fn ask<'py>(&self, py: Python<'py>, pending: &Pending) -> PyResult<Bound<'py, PyAny>> {
        let Some(function) = self.named(pending.name()) else { return Ok(py.None().into_bound(py)) };
        // No call of this client waits for what a server asks, so that its functions may make some.
        let _answering = (pending.name() == TOKEN_PROVIDER).then(|| Answering::begin(self));
        pending.arguments(py).and_then(|arguments| function.bind(py).call1(arguments))
    }

    /// Hands an answer on, or what was raised instead of one.
    pub(crate) fn settle(&self, py: Python<'_>, pending: Pending, given: PyResult<Bound<'_, PyAny>>) -> PyResult<()> {
        let (answer, raised) = match given.and_then(|given| text(pending.name(), &given)) {
            Ok(answer) => (Ok(answer), None),
            Err(failed) if failed.is_instance_of::<PyException>(py) => {
                (Err(said(py, &failed)), Some(failed.into_value(py).into_any()))
            }
            Err(other) => return Err(other),
        };
        let why = if pending.name() == TOKEN_PROVIDER { Some(&self.no_token) } else { pending.why.as_deref() };
        if let Some(why) = why {
            why.set(raised);
        }
        pending.answer(answer);
        Ok(())
    }

    /// Refuses a call by the function that the call would wait for.
    pub(crate) fn check(&self) -> PyResult<()> {
        telling::check()?;
        let is_answering = ANSWERING.with_borrow(|answering| answering.contains(&self.address()));
        if is_answering { Err(calls_itself()) } else { Ok(()) }
    }

    /// The exception for an error of a call, caused by what a function of the caller's raised where it was that.
    pub(crate) fn raised(&self, py: Python<'_>, error: &Error, of_call: &Why) -> PyErr {
        let raised = raised(py, error);
        let why = match error.code() {
            TOKEN_UNAVAILABLE => self.no_token.get(py),
            INPUT_FAILED => of_call.get(py),
            _ => None,
        };
        if let Some(why) = why {
            raised.set_cause(py, Some(PyErr::from_value(why.into_bound(py))));
        }
        raised
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The exception for a call that could never end.
pub(crate) fn calls_itself() -> PyErr {
    PyRuntimeError::new_err("a token provider cannot call the client that waits for its token")
}

/// An answer as JSON text. What JSON can say and is no answer all the same is refused by the core, in its own words.
fn text(hook: &str, given: &Bound<'_, PyAny>) -> PyResult<String> {
    if given.hasattr("__await__")? {
        if let Ok(close) = given.getattr("close") {
            // Python warns of a coroutine that nobody awaited.
            close.call0()?;
        }
        return Err(raised(given.py(), &bad_hook(hook, "gave something to await; use AsyncOmniMCPClient")));
    }
    let text = match given.cast::<PyDict>() {
        // Its time may be a `timedelta`.
        Ok(token) if hook == TOKEN_PROVIDER => encode::options(token),
        _ => encode::value(given).map_err(|reason| unsendable_argument(hook, reason)),
    };
    text.map_err(|error| raised(given.py(), &error))
}

fn said(py: Python<'_>, failed: &PyErr) -> String {
    let said = failed.value(py).str().map(|said| said.to_string_lossy().into_owned()).unwrap_or_default();
    if said.is_empty() { failed.get_type(py).name().map_or(said, |name| name.to_string()) } else { said }
}

/// While it lives, this thread makes a token for some client.
struct Answering;

impl Answering {
    fn begin(hooks: &Hooks) -> Self {
        ANSWERING.with_borrow_mut(|answering| answering.push(hooks.address()));
        Self
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        ANSWERING.with_borrow_mut(Vec::pop);
    }
}
