//! Counts the requests in flight in a session, so that the session is not ended before they are.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Number of requests in flight.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    count: AtomicUsize,
    all_ended: Notify,
}

impl InFlight {
    /// Counts a request until the guard is dropped.
    pub(crate) fn begin(&self) -> Flight<'_> {
        self.count.fetch_add(1, Ordering::SeqCst);
        Flight(self)
    }

    /// Returns when no request is in flight.
    pub(crate) async fn over(&self) {
        loop {
            let all_ended = self.all_ended.notified();
            if self.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            all_ended.await;
        }
    }
}

/// A request in flight.
pub(crate) struct Flight<'a>(&'a InFlight);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.all_ended.notify_waiters();
        }
    }
}
