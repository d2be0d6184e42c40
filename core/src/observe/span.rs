//! The ends of spans: status, code and duration.

use std::time::Duration;

use tokio::time::Instant;

/// The time since `begun`, in milliseconds.
pub(crate) fn millis(begun: Instant) -> f64 {
    in_millis(begun.elapsed())
}

/// In milliseconds, rounded to microseconds.
pub(crate) fn in_millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1000.0
}

/// Records the end of an attempt or a call.
pub(crate) fn record(span: &tracing::Span, status: Option<u16>, code: Option<&str>, begun: Instant) {
    if !span.is_disabled() {
        span.record("status", status).record("code", code).record("duration_ms", millis(begun));
    }
}
