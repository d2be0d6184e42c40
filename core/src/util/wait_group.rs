//! Counts open items, such as calls, and waits until all of them have ended.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Open items, in the order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct WaitGroup {
    state: Mutex<WaitGroupState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct WaitGroupState {
    /// Numbers of the open items.
    open: BTreeSet<u64>,
    begun: u64,
}

impl WaitGroup {
    /// Opens an item, until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> OpenGuard {
        let number = {
            let mut state = self.locked();
            state.begun += 1;
            let number = state.begun;
            state.open.insert(number);
            number
        };
        self.changed.notify_waiters();
        OpenGuard { of: Arc::clone(self), number }
    }

    /// Number of items opened so far.
    pub(crate) fn begun(&self) -> u64 {
        self.locked().begun
    }

    /// Whether an item with a number above `begun` is open.
    pub(crate) fn is_open_behind(&self, begun: u64) -> bool {
        self.locked().open.last().is_some_and(|last| *last > begun)
    }

    /// Returns when an item was opened or has ended since this was called.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns when no item is open.
    pub(crate) async fn over(&self) {
        loop {
            let changed = self.changed.notified();
            if !self.is_open_behind(0) {
                return;
            }
            changed.await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, WaitGroupState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open item. It ends on drop.
pub(crate) struct OpenGuard {
    of: Arc<WaitGroup>,
    number: u64,
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.of.locked().open.remove(&self.number);
        self.of.changed.notify_waiters();
    }
}
