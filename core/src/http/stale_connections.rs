//! Connections that a server closed while nobody looked.
//!
//! A runtime that is driven by calls only, as that of synchronous Python, hears between two of them of nothing: a connection
//! that was closed meanwhile looks like a good one, and a call sent on it is lost. So the news is heard first, where there
//! was time for any.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The rest after which news is listened for, in microseconds. Calls in close order do without.
const AFTER: u64 = 200;
/// Where the wall clock advanced by this much more than the monotonic one, the machine slept, or its clock was set.
const SLEPT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct StaleConnections {
    begun: Instant,
    /// When the last attempt began or ended, in microseconds from the beginning.
    last: AtomicU64,
    /// Both clocks when an attempt began last.
    clocks: Mutex<(Instant, SystemTime)>,
}

impl Default for StaleConnections {
    fn default() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0), clocks: Mutex::new((Instant::now(), SystemTime::now())) }
    }
}

impl StaleConnections {
    /// Before an attempt: lets the runtime hear of what happened, where the client has rested.
    pub(crate) async fn hear_the_news(&self) {
        if self.touch() >= AFTER {
            // The first has the runtime look at its sockets, the second its connections at what came.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Whether the machine slept since the last attempt: what it was connected to may have forgotten it, though the clock by
    /// which connections grow old stood still.
    pub(crate) fn system_was_suspended(&self) -> bool {
        self.was_suspended_by(Instant::now(), SystemTime::now())
    }

    fn was_suspended_by(&self, now: Instant, wall: SystemTime) -> bool {
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, wall_before) = std::mem::replace(&mut *clocks, (now, wall));
        // A wall clock that was set back says nothing.
        let passed = wall.duration_since(wall_before).unwrap_or_default();
        passed > now.saturating_duration_since(before) + SLEPT
    }

    /// Notes that the client does something; returns for how long it had not.
    pub(crate) fn touch(&self) -> u64 {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        now.saturating_sub(self.last.swap(now, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_what_the_wall_clock_alone_saw() {
        let rested = StaleConnections::default();
        let (now, wall) = *rested.clocks.lock().unwrap();
        let after = |monotonic, seconds: i64| {
            let wall = match u64::try_from(seconds) {
                Ok(seconds) => wall + Duration::from_secs(seconds),
                Err(_) => wall - Duration::from_secs(seconds.unsigned_abs()),
            };
            rested.was_suspended_by(now + Duration::from_secs(monotonic), wall)
        };
        assert!(!after(60, 60), "a client that rested");
        assert!(after(61, 3661), "a machine that slept for an hour");
        assert!(!after(62, 3662), "once");
        assert!(!after(63, -3600), "a clock that was set back");
        assert!(!after(64, -3599));
        assert!(!after(100, -3599), "a clock that stood still");
        assert!(after(101, 60), "a clock that was set forward: new connections do no harm");
    }
}
