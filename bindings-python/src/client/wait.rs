//! How the thread of a call waits for it: the thread drives the runtime, handles signals and runs callbacks.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use omni_mcp::bridge::{closed, panicked};
use pyo3::prelude::*;

use crate::callbacks::functions::Callbacks;
use crate::callbacks::local_questions::LocalQuestions;
use crate::callbacks::log_state;
use crate::callbacks::progress::ProgressBuffer;
use crate::client::cancel_flag::CancelFlag;
use crate::client::open_client::OpenClient;
use crate::convert::errors::raised;
use crate::runtime::call_runtime::yield_to_all;
use crate::runtime::shared_runtime::shared;
use crate::runtime::task::Task;

/// How soon a waiting call notices Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// The progress of a call, and its callback.
pub(crate) type Progress<'a, 'py> = (Arc<ProgressBuffer>, &'a Bound<'py, PyAny>);

/// The work of a thread while it waits for its call.
pub(crate) struct WaitingCall<'a, 'py> {
    pub(crate) callbacks: &'a Py<Callbacks>,
    pub(crate) progress: Option<&'a Progress<'a, 'py>>,
    pub(crate) questions: Option<Arc<LocalQuestions>>,
    pub(crate) cancel: Option<&'a CancelFlag>,
}

impl WaitingCall<'_, '_> {
    /// # Errors
    /// The call was cancelled by another thread.
    pub(crate) fn check(&self) -> PyResult<()> {
        self.cancel.map_or(Ok(()), CancelFlag::check)
    }

    fn run_callbacks(&self, py: Python<'_>) -> PyResult<()> {
        self.check()?;
        if let Some((progress, callback)) = self.progress {
            progress.deliver(py, callback)?;
        }
        self.answer_questions(py)
    }

    fn answer_questions(&self, py: Python<'_>) -> PyResult<()> {
        self.questions.as_ref().map_or(Ok(()), |questions| questions.answer(py, self.callbacks))
    }

    /// Runs `work` where the client's calls run, and waits for it on this thread.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        py: Python<'_>,
        client: &OpenClient,
        work: impl Future<Output = T> + Send + 'static,
    ) -> PyResult<T> {
        client.runtime(py)?;
        let Some(shared) = &client.handle.background else {
            return self.wait(py, client, Box::pin(work));
        };
        let task = Task::spawn_call(shared.clone(), work);
        self.wait(py, client, Box::pin(task))?.map_err(|_| raised(py, &panicked()))
    }

    /// Waits for `work` on this thread. The runtime is released for every signal check and callback, so that meanwhile
    /// another thread can drive it.
    fn wait<T: Send>(
        &self,
        py: Python<'_>,
        client: &OpenClient,
        mut work: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    ) -> PyResult<T> {
        let runtime = client.runtime(py)?;
        let (progress, questions) = (self.progress.map(|(progress, _)| &**progress), self.questions.as_ref());
        let mut is_first = true;
        loop {
            let pending = &mut work;
            let pause = py.detach(|| {
                let _collecting = questions.map(LocalQuestions::collect);
                runtime.block_on(next_pause(pending, progress, questions, std::mem::take(&mut is_first)))
            });
            if let Some(Pause::Done(_)) = &pause
                && let Some(progress) = progress
            {
                // Progress that was not processed by now is too late, and was counted.
                progress.close();
            }
            let ran = log_state::take_kept().and_then(|()| self.run_callbacks(py));
            match pause {
                Some(Pause::Done(done)) => return ran.map(|()| done),
                Some(Pause::Callbacks) => {}
                None => return Err(raised(py, &closed())),
            }
            if let Err(raised) = ran.and_then(|()| py.check_signals()) {
                // Dropped in the runtime, where it can leave a notice for the server.
                py.detach(|| runtime.block_on(async { drop(work) }));
                // A further exception would replace this one.
                let _ = self.settle(py, client, true);
                return Err(raised);
            }
        }
    }

    /// Closes the connection of a call that failed now, and not at the next use of the client. If the call was cancelled,
    /// notifies the server.
    pub(crate) fn settle(&self, py: Python<'_>, client: &OpenClient, was_cancelled: bool) -> PyResult<()> {
        let runtime = client.runtime(py)?;
        let questions = self.questions.as_ref();
        let mut settled = Box::pin(async {
            yield_to_all().await;
            yield_to_all().await;
        });
        loop {
            let is_settled = py.detach(|| {
                // Calls of other threads continue meanwhile, and may cause questions.
                let _collecting = questions.map(LocalQuestions::collect);
                runtime.block_on(async {
                    tokio::select! {
                        biased;
                        () = &mut settled => true,
                        () = arrived(None, questions) => false,
                    }
                })
            });
            self.answer_questions(py)?;
            if is_settled != Some(false) {
                if was_cancelled
                    && let Some(notices) = client.handle.bridge.held_notices()
                    && let Ok(shared) = shared(py)
                {
                    // After the error, which must not wait for a server that does not respond.
                    shared.handle.spawn(notices);
                }
                return Ok(());
            }
        }
    }
}

/// Why the runtime was released.
enum Pause<T> {
    Done(T),
    Callbacks,
}

async fn next_pause<T>(
    work: &mut Pin<Box<dyn Future<Output = T> + Send + '_>>,
    progress: Option<&ProgressBuffer>,
    questions: Option<&Arc<LocalQuestions>>,
    is_first: bool,
) -> Pause<T> {
    // Set before the call's own timers: a timer that is due before all others wakes the runtime needlessly.
    let mut signals = pin!(tokio::time::sleep(SIGNALS_EVERY));
    if is_first {
        // A connection that the server closed while the runtime was idle must not be used again.
        tokio::select! {
            biased;
            () = &mut signals => {}
            () = yield_to_all() => {}
        }
    }
    tokio::select! {
        biased;
        done = work => Pause::Done(done),
        () = arrived(progress, questions) => Pause::Callbacks,
        () = signals => Pause::Callbacks,
    }
}

async fn arrived(progress: Option<&ProgressBuffer>, questions: Option<&Arc<LocalQuestions>>) {
    match (progress, questions) {
        (None, None) => std::future::pending().await,
        (Some(progress), None) => progress_arrived(progress).await,
        (None, Some(questions)) => questions.arrived().await,
        (Some(progress), Some(questions)) => tokio::select! {
            () = progress_arrived(progress) => {}
            () = questions.arrived() => {}
        },
    }
}

/// Resolves when there is progress to deliver and what arrived after it was read: a callback may take its time.
async fn progress_arrived(progress: &ProgressBuffer) {
    progress.arrived().await;
    yield_to_all().await;
}
