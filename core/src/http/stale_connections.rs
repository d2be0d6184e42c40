//! Connections that a server closed while the client was idle.
//!
//! A runtime that only calls drive, as that of synchronous Python, does not notice between two calls that a connection was closed, and
//! a call that is sent on it is lost. So after an idle time, the runtime polls its sockets before the attempt.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The idle time after which sockets are polled, in microseconds.
const IDLE: u64 = 200;
/// If the wall clock advanced by this much more than the monotonic one, the machine was suspended, or its clock was set.
const SUSPENDED: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct StaleConnections {
    begun: Instant,
    /// When the last attempt began or ended, in microseconds since `begun`.
    last: AtomicU64,
    /// Both clocks when the last attempt began.
    clocks: Mutex<(Instant, SystemTime)>,
}

impl Default for StaleConnections {
    fn default() -> Self {
        Self { begun: Instant::now(), last: AtomicU64::new(0), clocks: Mutex::new((Instant::now(), SystemTime::now())) }
    }
}

impl StaleConnections {
    /// Lets the runtime notice closed connections before an attempt, if the client was idle.
    pub(crate) async fn detect_closed(&self) {
        if self.touch() >= IDLE {
            // In the first yield the runtime polls its sockets, in the second the connections read them.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
    }

    /// Whether the machine was suspended since the last attempt: servers may have closed the connections, although the monotonic clock
    /// did not advance.
    pub(crate) fn system_was_suspended(&self) -> bool {
        self.was_suspended_by(Instant::now(), SystemTime::now())
    }

    fn was_suspended_by(&self, now: Instant, wall: SystemTime) -> bool {
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, wall_before) = std::mem::replace(&mut *clocks, (now, wall));
        // A wall clock that was set back proves nothing.
        let passed = wall.duration_since(wall_before).unwrap_or_default();
        passed > now.saturating_duration_since(before) + SUSPENDED
    }

    /// Notes activity of the client. Returns how long it was idle, in microseconds.
    pub(crate) fn touch(&self) -> u64 {
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        now.saturating_sub(self.last.swap(now, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspension_advances_only_the_wall_clock() {
        let idle = StaleConnections::default();
        let (now, wall) = *idle.clocks.lock().unwrap();
        let after = |monotonic, seconds: i64| {
            let wall = match u64::try_from(seconds) {
                Ok(seconds) => wall + Duration::from_secs(seconds),
                Err(_) => wall - Duration::from_secs(seconds.unsigned_abs()),
            };
            idle.was_suspended_by(now + Duration::from_secs(monotonic), wall)
        };
        assert!(!after(60, 60), "an idle client");
        assert!(after(61, 3661), "a machine that was suspended for an hour");
        assert!(!after(62, 3662), "once");
        assert!(!after(63, -3600), "a clock that was set back");
        assert!(!after(64, -3599));
        assert!(!after(100, -3599), "a clock that stopped");
        assert!(after(101, 60), "a clock that was set forward: new connections do no harm");
    }
}
