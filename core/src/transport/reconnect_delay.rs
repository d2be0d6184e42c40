//! The wait before a stream that broke off is requested again.

use std::time::Duration;

/// The longest wait that a server can set.
pub(crate) const AT_MOST: Duration = Duration::from_secs(30);
/// The shortest wait, for servers that set it to zero.
const AT_LEAST: Duration = Duration::from_millis(10);
/// The most jitter, so that clients that were disconnected together do not reconnect together.
const JITTER: f64 = 0.25;

/// The wait for a value of the server or its default, with jitter; `random` is between 0 and 1. The jitter is added up to the cap, and
/// subtracted from the cap.
pub(crate) fn wait(named: Duration, random: f64) -> Duration {
    let named = named.clamp(AT_LEAST, AT_MOST);
    let most = named.mul_f64(1.0 + JITTER).min(AT_MOST);
    let least = named.min(AT_MOST.mul_f64(1.0 / (1.0 + JITTER)));
    least + (most - least).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_added_up_to_the_cap() {
        let between =
            |milliseconds| [0.0, 1.0].map(|random| wait(Duration::from_millis(milliseconds), random).as_millis());
        assert_eq!(between(500), [500, 625]);
        assert_eq!(between(0), [10, 12]);
        assert_eq!(between(29_000), [24_000, 30_000]);
        assert_eq!(between(3_600_000), [24_000, 30_000]);
        assert_eq!(between(u64::MAX), [24_000, 30_000]);
    }
}
