//! The sync client: calls run on the thread that makes them, with the interpreter released.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use omni_mcp::Spelling;
use omni_mcp::bridge::{Bridge, Hooks, closed, not_callable};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::decode;
use crate::encode;
use crate::errors::raised;
use crate::progress::Heard;
use crate::runtime::{Local, OwnRuntime, turn};

/// How soon a waiting call notices Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// What the client consists of until it is closed.
struct Live {
    bridge: Bridge,
    runtime: OwnRuntime,
}

/// A client whose calls block the calling thread; any number of threads may share it.
#[pyclass(frozen, module = "omni_mcp_py._native")]
pub(crate) struct SyncClient {
    live: Local<Mutex<Option<Arc<Live>>>>,
}

#[pymethods]
impl SyncClient {
    #[new]
    fn new(py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = encode::options(options).map_err(|error| raised(py, &error))?;
        let bridge = py
            .detach(|| Bridge::open(&options, Hooks::default(), Spelling::Snake))
            .map_err(|error| raised(py, &error))?;
        let live = Live { bridge, runtime: OwnRuntime::new()? };
        Ok(Self { live: Local::new(Mutex::new(Some(Arc::new(live)))) })
    }

    /// Calls a method of the table of methods.
    fn call(
        &self,
        py: Python<'_>,
        method: &str,
        params: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
        on_progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let live = self.live.get(py)?.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let live = live.ok_or_else(|| raised(py, &closed()))?;
        if on_progress.is_some_and(|callback| !callback.is_callable()) {
            return Err(raised(py, &not_callable()));
        }
        let progress = on_progress.map(|callback| (Arc::new(Heard::default()), callback));
        let prepared = encode::params(params).and_then(|params| {
            let sink = progress.as_ref().map(|(heard, _)| heard.sink());
            live.bridge.prepare(method, params.into(), &encode::options(options)?, sink)
        });
        let call = Box::pin(prepared.map_err(|error| raised(py, &error))?.run());
        match drive(py, &live.runtime, call, progress.as_ref())? {
            Ok(crossing) => decode::crossing(py, &crossing),
            Err(error) => {
                settle(py, &live.runtime);
                Err(raised(py, &error))
            }
        }
    }

    /// Ends the session and closes the connections. In a child process it does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let live = self.live.here().and_then(|live| live.lock().unwrap_or_else(PoisonError::into_inner).take());
        let Some(live) = live else { return Ok(()) };
        drive(py, &live.runtime, Box::pin(live.bridge.close()), None)
    }
}

/// Why the driving of a call paused.
enum Pause<T> {
    Done(T),
    Progress,
    Signals,
}

/// Runs `work` on this thread. The runtime is left for every signal check and callback, so that meanwhile another
/// thread can drive it.
fn drive<T: Send>(
    py: Python<'_>,
    runtime: &OwnRuntime,
    mut work: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    progress: Option<&(Arc<Heard>, &Bound<'_, PyAny>)>,
) -> PyResult<T> {
    let heard = progress.map(|(heard, _)| &**heard);
    let mut is_first = true;
    loop {
        let pending = &mut work;
        let pause = py.detach(|| {
            runtime.block_on(async {
                // Set before the call's own timers: one that is due before all others wakes the runtime needlessly.
                let mut signals = pin!(tokio::time::sleep(SIGNALS_EVERY));
                if std::mem::take(&mut is_first) {
                    // A connection that the server closed while nobody looked must not be used again.
                    tokio::select! {
                        biased;
                        () = &mut signals => {}
                        () = turn() => {}
                    }
                }
                tokio::select! {
                    biased;
                    done = pending => Pause::Done(done),
                    () = arrived(heard) => Pause::Progress,
                    () = signals => Pause::Signals,
                }
            })
        });
        let delivered = progress.map_or(Ok(()), |(heard, callback)| heard.deliver(py, callback));
        match pause {
            Some(Pause::Done(done)) => return delivered.map(|()| done),
            Some(Pause::Progress | Pause::Signals) => {}
            None => return Err(raised(py, &closed())),
        }
        if let Err(raised) = delivered.and_then(|()| py.check_signals()) {
            drop(work);
            settle(py, runtime);
            return Err(raised);
        }
    }
}

/// Lets the connection of a call that was given up close now, and not when the client is next used.
fn settle(py: Python<'_>, runtime: &OwnRuntime) {
    py.detach(|| {
        runtime.block_on(async {
            turn().await;
            turn().await;
        })
    });
}

async fn arrived(heard: Option<&Heard>) {
    match heard {
        Some(heard) => heard.arrived().await,
        None => std::future::pending().await,
    }
}
