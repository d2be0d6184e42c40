//! Delay between attempts.

use std::time::Duration;

/// Delay between attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Backoff {
    /// Delay before the second attempt. Default: 250 ms.
    pub initial: Duration,
    /// Maximum delay. Default: 4 s.
    pub max: Duration,
}

impl Backoff {
    /// Delay after the failed attempt number `attempt` (from 1): `initial × 2ⁿ` up to `max`. `random` (0 to 1) scales the
    /// upper half (jitter).
    pub(crate) fn wait(&self, attempt: u32, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.initial.saturating_mul(1 << doublings).min(self.max);
        full.mul_f64(0.5 + 0.5 * random.clamp(0.0, 1.0))
    }
}
