//! How many requests of calls are on their way in a session, which does not end under them.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    count: AtomicUsize,
    landed: Notify,
}

impl InFlight {
    /// Counts until the guard is dropped.
    pub(crate) fn begin(&self) -> Flight<'_> {
        self.count.fetch_add(1, Ordering::SeqCst);
        Flight(self)
    }

    /// Returns when none is on its way.
    pub(crate) async fn over(&self) {
        loop {
            let landed = self.landed.notified();
            if self.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            landed.await;
        }
    }
}

/// One that is on its way.
pub(crate) struct Flight<'a>(&'a InFlight);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.landed.notify_waiters();
        }
    }
}
