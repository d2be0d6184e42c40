//! How long to wait between attempts.

use std::time::Duration;

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Backoff {
    /// The wait before the second attempt. Default 250 ms.
    pub initial: Duration,
    /// The longest wait that the doubling reaches. Default 4 s.
    pub max: Duration,
}

impl Backoff {
    /// The wait after the failed attempt number `attempt` (from 1): `initial × 2ⁿ` up to `max`, of which
    /// `random` (0 to 1) decides the upper half, so that clients that failed together do not return together.
    pub(crate) fn wait(&self, attempt: u32, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.initial.saturating_mul(1 << doublings).min(self.max);
        full.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}
