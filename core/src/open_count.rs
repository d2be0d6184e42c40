//! A count of what is open, which can be waited for to be over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct OpenCount {
    open: AtomicUsize,
    changed: Notify,
}

impl OpenCount {
    /// Counts until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
        Open(Arc::clone(self))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire) > 0
    }

    /// Returns when something more is open, or less, than when this was called.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns when nothing is open.
    pub(crate) async fn over(&self) {
        loop {
            let told = self.changed.notified();
            if !self.is_open() {
                return;
            }
            told.await;
        }
    }
}

/// Something that is open.
pub(crate) struct Open(Arc<OpenCount>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_waiters();
    }
}
