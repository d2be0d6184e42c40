//! A count of what is open, which can be waited for to be over.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct WaitGroup {
    state: Mutex<WaitGroupState>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct WaitGroupState {
    /// The numbers of those that are open, in the order in which they began.
    open: BTreeSet<u64>,
    begun: u64,
}

impl WaitGroup {
    /// Counts until the guard is dropped.
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

    /// How many have begun so far.
    pub(crate) fn begun(&self) -> u64 {
        self.locked().begun
    }

    /// Whether one is open that began after so many others.
    pub(crate) fn is_open_behind(&self, begun: u64) -> bool {
        self.locked().open.last().is_some_and(|last| *last > begun)
    }

    /// Returns when something more is open, or less, than when this was called.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns when nothing is open.
    pub(crate) async fn over(&self) {
        loop {
            let told = self.changed.notified();
            if !self.is_open_behind(0) {
                return;
            }
            told.await;
        }
    }

    fn locked(&self) -> MutexGuard<'_, WaitGroupState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is open.
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
