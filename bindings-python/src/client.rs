//! The sync client: calls block the calling thread, with the interpreter released. They run on that thread, too, unless
//! the client works between calls.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use omni_mcp::ErrorKind;
use omni_mcp::bridge::{self, Crossing, Prepared, Question, Remains, bad_hook, closed, forked, not_callable, panicked};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::asked::Asked;
use crate::background::Held;
use crate::call_runtime::{CallRuntime, ClientRuntime, Use, turn_anywhere};
use crate::daemon::Daemons;
use crate::decode;
use crate::encode;
use crate::errors::raised;
use crate::given_up::GivenUp;
use crate::hooks::{Hooks, NOT_ASYNC, is_async};
use crate::open::What;
use crate::pages::{self, SyncPages};
use crate::pending::Why;
use crate::progress::Heard;
use crate::runtime::{Local, shared};
use crate::task::Task;
use crate::telling;

/// Where a question goes.
type Ask = Arc<dyn Fn(Question) + Send + Sync>;

/// How soon a waiting call notices Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// What the client consists of until it is closed.
struct Live {
    held: Held,
    /// On which the calling thread waits, and where calls run in a client that does nothing between them.
    runtime: ClientRuntime,
    /// Ended with the rest.
    _daemons: Daemons,
}

impl Live {
    fn runtime(&self, py: Python<'_>) -> PyResult<&CallRuntime> {
        self.runtime.get().map_err(|error| raised(py, &bridge::no_runtime(&error)))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.outlives() else { return };
        let bridge = &self.held.bridge;
        // Nobody may drive the runtime for a long time, and sockets would stay open.
        Python::try_attach(|py| py.detach(|| runtime.close(|| bridge.let_go())));
    }
}

/// A client whose calls block the calling thread; any number of threads may share it.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct SyncClient {
    live: Local<Mutex<Option<Arc<Live>>>>,
    hooks: Py<Hooks>,
    /// What is known of the client when it is closed.
    remains: Remains,
}

#[pymethods]
impl SyncClient {
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

    /// Calls a method of the table of methods. Returns the result, or a tuple of the result and its metadata. It ends early
    /// where it is given up by another thread.
    #[pyo3(signature = (method, params, options, on_progress, with_metadata, given_up=None))]
    #[allow(clippy::too_many_arguments)]
    fn call(
        &self,
        py: Python<'_>,
        method: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
        on_progress: Option<&Bound<'_, PyAny>>,
        with_metadata: bool,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<Py<PyAny>> {
        let live = self.live(py)?;
        if on_progress.is_some_and(|callback| !callback.is_callable()) {
            return Err(raised(py, &not_callable()));
        }
        if let Some(callback) = on_progress
            && is_async(callback)?
        {
            return Err(raised(py, &bad_hook("on_progress", NOT_ASYNC)));
        }
        let progress = on_progress.map(|callback| (Arc::new(Heard::default()), callback));
        let prepared = encode::params(params).and_then(|params| {
            let sink = progress.as_ref().map(|(heard, _)| heard.sink());
            live.held.bridge.prepare(method, params.into(), &encode::options(options)?, sink, with_metadata)
        });
        let prepared = prepared.map_err(|error| raised(py, &error))?;
        let crossing = telling::raising(|| self.run(py, &live, prepared, progress.as_ref(), given_up))?;
        decode::crossing(py, &crossing)
    }

    /// The pages of a list.
    fn pages(
        slf: &Bound<'_, Self>,
        name: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<SyncPages> {
        let live = slf.get().live(slf.py())?;
        let pages = pages::of(slf.py(), &live.held.bridge, name, params, options)?;
        Ok(SyncPages { client: slf.clone().unbind(), pages: Local::new(pages) })
    }

    /// A property of the table of properties; None while it is not known.
    fn property<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let text = match self.live.here() {
            Some(_) => match self.known(py)? {
                Some(live) => live.held.bridge.property(name),
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
        live.is_some_and(|live| live.as_ref().is_some_and(|live| live.held.bridge.is_connected()))
    }

    /// Ends the session and closes the connections. In a child process it does nothing.
    #[pyo3(signature = (given_up=None))]
    fn close(&self, py: Python<'_>, given_up: Option<&Bound<'_, GivenUp>>) -> PyResult<()> {
        telling::check()?;
        let live = self.live.here().and_then(|live| live.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(live) = live else { return Ok(()) };
        if Arc::strong_count(&live) == 1 {
            live.runtime.end().map_err(|error| raised(py, &bridge::no_runtime(&error)))?;
        }
        let bridge = Arc::clone(&live.held.bridge);
        let closing = async move { bridge.close().await };
        let attended = Attended { asked: self.asked(&live), given_up: given_up.map(Bound::get), progress: None };
        telling::raising(|| drive(py, &live, closing, &attended, &self.hooks).map(drop))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.hooks)
    }
}

impl SyncClient {
    fn open(what: &What<'_, '_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let py = options.py();
        let (options, hooks) = what.split(options, false)?;
        let hooks = Bound::new(py, hooks)?;
        let daemons = Daemons::default();
        let asks: Arc<OnceLock<Ask>> = Arc::default();
        let asked = Arc::clone(&asks);
        let bridge = what.open(
            &options,
            bridge::Hooks {
                on_notification: hooks.get().hears().map(|_| daemons.hear(&hooks)).transpose()?,
                ask: Some(Arc::new(move |question| {
                    if let Some(ask) = asked.get() {
                        ask(question);
                    }
                })),
                answers: hooks.get().answers(),
                ..Hooks::at_once(&hooks)?
            },
        )?;
        hooks.get().follow_logger(py, &bridge)?;
        let remains = bridge.remains();
        // Who answers follows from where the calls run.
        let held = Held::new(py, bridge)?;
        if held.background.is_none() {
            held.bridge.hold_notices();
        }
        if hooks.get().has_answers() {
            let _ = asks.set(if held.background.is_some() { daemons.answer(&hooks)? } else { Asked::sink() });
        }
        let runtime = match () {
            () if held.background.is_some() => Use::Waiting,
            () if hooks.get().has_functions() => Use::OneClient,
            () => Use::Shared,
        };
        let live = Live { held, runtime: ClientRuntime::new(runtime), _daemons: daemons };
        Ok(Self { live: Local::new(Mutex::new(Some(Arc::new(live)))), hooks: hooks.unbind(), remains })
    }

    fn known(&self, py: Python<'_>) -> PyResult<Option<Arc<Live>>> {
        Ok(self.live.get(py)?.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn live(&self, py: Python<'_>) -> PyResult<Arc<Live>> {
        let live = self.known(py)?.ok_or_else(|| raised(py, &closed()))?;
        self.hooks.get().check()?;
        self.hooks.get().follow_logger(py, &live.held.bridge)?;
        Ok(live)
    }

    /// Runs what a list asks for next.
    pub(crate) fn run_page(
        &self,
        py: Python<'_>,
        prepared: Prepared,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<Py<PyAny>> {
        let live = self.live(py)?;
        let crossing = telling::raising(|| self.run(py, &live, prepared, None, given_up))?;
        decode::result(py, &crossing).map(Bound::unbind)
    }

    fn run(
        &self,
        py: Python<'_>,
        live: &Live,
        prepared: Prepared,
        progress: Option<&Progress<'_, '_>>,
        given_up: Option<&Bound<'_, GivenUp>>,
    ) -> PyResult<Crossing> {
        let (hooks, why) = (self.hooks.get(), Arc::<Why>::default());
        let attended = Attended { progress, asked: self.asked(live), given_up: given_up.map(Bound::get) };
        attended.check()?;
        let running = why.of_call(prepared.run_and_deliver());
        drive(py, live, running, &attended, &self.hooks)?.map_err(|error| {
            match settle(py, live, attended.asked.as_ref(), &self.hooks, error.kind() == ErrorKind::Timeout) {
                Ok(()) => hooks.raised(py, &error, &why),
                Err(raised) => raised,
            }
        })
    }

    /// Where the questions go that come up while a thread runs the client's runtime: whichever of its calls they are about,
    /// that thread answers them.
    fn asked(&self, live: &Live) -> Option<Arc<Asked>> {
        (live.held.background.is_none() && self.hooks.get().has_answers()).then(Arc::default)
    }
}

type Progress<'a, 'py> = (Arc<Heard>, &'a Bound<'py, PyAny>);

/// What the thread of a call attends to while it waits.
struct Attended<'a, 'py> {
    progress: Option<&'a Progress<'a, 'py>>,
    asked: Option<Arc<Asked>>,
    given_up: Option<&'a GivenUp>,
}

impl Attended<'_, '_> {
    fn check(&self) -> PyResult<()> {
        self.given_up.map_or(Ok(()), GivenUp::check)
    }

    fn attend(&self, py: Python<'_>, hooks: &Py<Hooks>) -> PyResult<()> {
        self.check()?;
        if let Some((heard, callback)) = self.progress {
            heard.deliver(py, callback)?;
        }
        self.asked.as_ref().map_or(Ok(()), |asked| asked.answer(py, hooks))
    }
}

/// Runs `work` where the client's calls run, and waits for it on this thread.
fn drive<T: Send + 'static>(
    py: Python<'_>,
    live: &Live,
    work: impl Future<Output = T> + Send + 'static,
    attended: &Attended<'_, '_>,
    hooks: &Py<Hooks>,
) -> PyResult<T> {
    live.runtime(py)?;
    let Some(shared) = &live.held.background else {
        return wait(py, live, Box::pin(work), attended, hooks);
    };
    let task = Task::spawn_call(shared.clone(), work);
    wait(py, live, Box::pin(task), attended, hooks)?.map_err(|_| raised(py, &panicked()))
}

/// Waits for `work` on this thread. The runtime is left for every signal check and callback, so that meanwhile another
/// thread can drive it.
fn wait<T: Send>(
    py: Python<'_>,
    live: &Live,
    mut work: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    attended: &Attended<'_, '_>,
    hooks: &Py<Hooks>,
) -> PyResult<T> {
    let runtime = live.runtime(py)?;
    let (heard, asked) = (attended.progress.map(|(heard, _)| &**heard), attended.asked.as_ref());
    let mut is_first = true;
    loop {
        let pending = &mut work;
        let pause = py.detach(|| {
            let _here = asked.map(Asked::here);
            runtime.block_on(async {
                // Set before the call's own timers: one that is due before all others wakes the runtime needlessly.
                let mut signals = pin!(tokio::time::sleep(SIGNALS_EVERY));
                if std::mem::take(&mut is_first) {
                    // A connection that the server closed while nobody looked must not be used again.
                    tokio::select! {
                        biased;
                        () = &mut signals => {}
                        () = turn_anywhere() => {}
                    }
                }
                tokio::select! {
                    biased;
                    done = pending => Pause::Done(done),
                    () = arrived(heard, asked) => Pause::Attend,
                    () = signals => Pause::Attend,
                }
            })
        });
        if let Some(Pause::Done(_)) = &pause
            && let Some(heard) = heard
        {
            // What was not processed by now came too late, and was counted.
            heard.close();
        }
        let attended = telling::kept().and_then(|()| attended.attend(py, hooks));
        match pause {
            Some(Pause::Done(done)) => return attended.map(|()| done),
            Some(Pause::Attend) => {}
            None => return Err(raised(py, &closed())),
        }
        if let Err(raised) = attended.and_then(|()| py.check_signals()) {
            // It ends in the runtime, where it can leave a notice for the server behind.
            py.detach(|| runtime.block_on(async { drop(work) }));
            // What is raised meanwhile comes too late.
            let _ = settle(py, live, asked, hooks, true);
            return Err(raised);
        }
    }
}

/// Why the driving of a call paused.
enum Pause<T> {
    Done(T),
    Attend,
}

/// Lets the connection of a call that failed close now, and not when the client is next used. Where the call was given
/// up, it lets the server be told.
fn settle(
    py: Python<'_>,
    live: &Live,
    asked: Option<&Arc<Asked>>,
    hooks: &Py<Hooks>,
    was_given_up: bool,
) -> PyResult<()> {
    let runtime = live.runtime(py)?;
    let mut settled = Box::pin(async {
        turn_anywhere().await;
        turn_anywhere().await;
    });
    loop {
        let is_settled = py.detach(|| {
            // Other threads' calls go on meanwhile, and may be asked something.
            let _here = asked.map(Asked::here);
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = &mut settled => true,
                    () = arrived(None, asked) => false,
                }
            })
        });
        asked.map_or(Ok(()), |asked| asked.answer(py, hooks))?;
        if is_settled != Some(false) {
            if was_given_up
                && let Some(notices) = live.held.bridge.held_notices()
                && let Ok(shared) = shared(py)
            {
                // Behind the error, which must not wait for a server that is silent.
                shared.handle.spawn(notices);
            }
            return Ok(());
        }
    }
}

async fn arrived(heard: Option<&Heard>, asked: Option<&Arc<Asked>>) {
    match (heard, asked) {
        (None, None) => std::future::pending().await,
        (Some(heard), None) => progress(heard).await,
        (None, Some(asked)) => asked.arrived().await,
        (Some(heard), Some(asked)) => tokio::select! {
            () = progress(heard) => {}
            () = asked.arrived() => {}
        },
    }
}

/// Ends when there is progress to deliver and what has arrived behind it was read: a callback may take its time.
async fn progress(heard: &Heard) {
    heard.arrived().await;
    turn_anywhere().await;
}
