//! A call as a task of the shared runtime, which is aborted when its handle is dropped.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

use crate::runtime::interpreter_access::InterpreterAccess;
use crate::runtime::process_local::ProcessLocal;
use crate::runtime::shared_runtime::{SharedRuntime, yield_to_connections};

/// A task that is aborted when this is dropped: that drops its request and closes its socket. In a child process it is
/// left alone, as its locks may be held by a thread that does not exist there.
pub(crate) struct Task<T> {
    running: ProcessLocal<JoinHandle<T>>,
    pub(crate) access: InterpreterAccess,
}

impl<T: Send + 'static> Task<T> {
    pub(crate) fn spawn(on: SharedRuntime, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { running: ProcessLocal::new(on.handle.spawn(after_ready_tasks(work))), access: on.access }
    }

    /// For work that uses connections: their state must be up to date before one of them is used.
    pub(crate) fn spawn_call(on: SharedRuntime, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self::spawn(on, async {
            yield_to_connections().await;
            work.await
        })
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = self.running.anywhere_mut() else { return Poll::Pending };
        Pin::new(running).poll(context)
    }
}

/// Polls `work` after all other tasks that are ready. The end of a response wakes its call before the connection is back
/// in the pool; a call that continued at once would open another one.
async fn after_ready_tasks<T>(work: impl Future<Output = T>) -> T {
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
        if let Some(running) = self.running.here() {
            running.abort();
        }
    }
}
