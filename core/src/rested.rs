//! Connections that a server closed while nobody looked.
//!
//! A runtime that is driven by calls only, as that of synchronous Python, hears between two of them of nothing: a connection
//! that was closed meanwhile looks like a good one, and a call sent on it is lost. So the news is heard first, where there
//! was time for any.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The rest after which news is listened for, in microseconds. Calls in close order do without.
const AFTER: u64 = 200;

#[derive(Debug)]
pub(crate) struct Rested {
    begun: Instant,
    /// When the last attempt began or ended, in microseconds from the beginning.
    last: AtomicU64,
}

impl Default for Rested {
    fn default() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0) }
    }
}

impl Rested {
    /// Before an attempt: lets the runtime hear of what happened, where the client has rested.
    pub(crate) async fn hear_the_news(&self) {
        if self.touch() >= AFTER {
            // The first has the runtime look at its sockets, the second its connections at what came.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Notes that the client does something; returns for how long it had not.
    pub(crate) fn touch(&self) -> u64 {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        now.saturating_sub(self.last.swap(now, Ordering::Relaxed))
    }
}
