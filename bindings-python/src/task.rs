//! A call as a task of the shared runtime, which ends when nobody waits for it any more.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

use crate::exit::Gate;
use crate::runtime::{Shared, turn};

/// A task that is ended when nobody waits for it any more: that drops its request and closes its socket. In a child
/// process it is left alone, as its locks may be held by a thread that is not there.
pub(crate) struct Task<T> {
    pid: u32,
    running: JoinHandle<T>,
    pub(crate) gate: Gate,
}

impl<T: Send + 'static> Task<T> {
    pub(crate) fn spawn(on: Shared, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self { pid: std::process::id(), running: on.handle.spawn(last_in_line(work)), gate: on.gate }
    }

    /// For work that uses connections: what is known of them by now must be seen before one of them is used.
    pub(crate) fn spawn_call(on: Shared, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self::spawn(on, async {
            turn().await;
            work.await
        })
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.running).poll(context)
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
