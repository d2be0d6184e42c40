//! The limits of the call that opens a session.

use std::time::Duration;

use crate::observe::waiting::Deadline;

/// The limits of a call, which apply to the session that it opens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpeningLimits {
    /// The timeout of each attempt.
    pub(crate) timeout: Option<Duration>,
    /// The most attempts of each request.
    pub(crate) max_attempts: u32,
    pub(crate) deadline: Option<Deadline>,
}

impl OpeningLimits {
    /// How long a call with these limits waits for a response in the handshake of another call: as long as the attempts of one
    /// request may take. `None`: without a limit.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.timeout.map(|timeout| timeout.saturating_mul(self.max_attempts))
    }

    pub(crate) fn total(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.total)
    }

    /// Whether an attempt lasts at most as long as with the other limits, and there are at most as many.
    pub(crate) fn attempts_are_within(&self, other: &Self) -> bool {
        is_within(self.timeout, other.timeout) && self.max_attempts <= other.max_attempts
    }
}

/// Whether a duration is at most as long as the other. `None` is without a limit.
pub(crate) fn is_within(duration: Option<Duration>, other: Option<Duration>) -> bool {
    other.is_none_or(|other| duration.is_some_and(|duration| duration <= other))
}
