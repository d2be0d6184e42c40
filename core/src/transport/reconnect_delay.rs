//! The wait before a stream that broke off is asked for again.

use std::time::Duration;

/// The longest wait that a server may name.
pub(crate) const AT_MOST: Duration = Duration::from_secs(30);
/// The shortest: a server that names none at all is not asked without a pause.
const AT_LEAST: Duration = Duration::from_millis(10);
/// What chance adds to a wait at most, so that clients that were cut off together do not return together.
const JITTER: f64 = 0.25;

/// The wait that a server named, or is taken to have; `random` is between 0 and 1. What it named is the least, but for the cap,
/// below which chance then works.
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
    fn what_is_named_is_the_least_up_to_the_cap() {
        let between =
            |milliseconds| [0.0, 1.0].map(|random| wait(Duration::from_millis(milliseconds), random).as_millis());
        assert_eq!(between(500), [500, 625]);
        assert_eq!(between(0), [10, 12]);
        assert_eq!(between(29_000), [24_000, 30_000]);
        assert_eq!(between(3_600_000), [24_000, 30_000]);
        assert_eq!(between(u64::MAX), [24_000, 30_000]);
    }
}
