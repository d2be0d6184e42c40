//! The rate limit: one token bucket for each key.

use std::sync::Mutex;
use std::time::Instant;

use super::errors::OmniError;
use crate::headers;
use crate::options::RateLimit;
use crate::server_state::lock;

struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// The buckets of all keys.
pub(crate) struct Limiter {
    limit: RateLimit,
    burst: u32,
    buckets: Mutex<Vec<Bucket>>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit, keys: usize) -> Self {
        let burst = limit.burst.unwrap_or(limit.per_minute);
        let full = || Bucket { tokens: f64::from(burst), filled: Instant::now() };
        Self { limit, burst, buckets: Mutex::new((0..keys).map(|_| full()).collect()) }
    }

    /// Takes a token of this key, or returns when one is available.
    pub(crate) fn take(&self, key: usize) -> Result<(), OmniError> {
        self.try_take(key).map_err(|wait| self.exceeded(wait))
    }

    /// The same, with the seconds to wait as the error.
    pub(crate) fn try_take(&self, key: usize) -> Result<(), u64> {
        let per_second = f64::from(self.limit.per_minute) / 60.0;
        let mut buckets = lock(&self.buckets);
        let bucket = &mut buckets[key];
        let now = Instant::now();
        let gained = now.duration_since(bucket.filled).as_secs_f64() * per_second;
        bucket.tokens = (bucket.tokens + gained).min(f64::from(self.burst));
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - bucket.tokens) / per_second).ceil() as u64;
        Err(self.limit.retry_after.unwrap_or(wait))
    }

    fn exceeded(&self, retry_after: u64) -> OmniError {
        exceeded(&retry_after.to_string(), Some((self.burst, self.limit.per_minute)))
    }

    pub(crate) fn figures(&self) -> (u32, u32) {
        (self.burst, self.limit.per_minute)
    }
}

/// The error with its headers, which state the burst and the calls per minute.
pub(crate) fn exceeded(retry_after: &str, figures: Option<(u32, u32)>) -> OmniError {
    let (burst, minute) = figures.unwrap_or((10, 60));
    OmniError::new("rate_limit_exceeded")
        .header("retry-after", retry_after)
        .header(headers::RATE_LIMIT_BURST, burst.to_string())
        .header(headers::RATE_LIMIT_MINUTE, minute.to_string())
}
