//! The calls that wait for a session which another call opens: how long they wait, and which of them share a failure.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};
use crate::http::idle_timeout;
use crate::observe::waiting::CallLimit;
use crate::retry::opening_limits::{OpeningLimits, is_within};
use crate::session::manager::SessionManager;
use crate::util::sanitize::seconds;

/// A failed opening of a session.
#[derive(Debug, Clone)]
pub(crate) struct OpeningFailure {
    pub(crate) failure: AttemptError,
    /// The limits of the call that opened it.
    limits: OpeningLimits,
    /// Whether an attempt timed out.
    timed_out: bool,
    /// The limit without which a request would have been sent again.
    ended_by: Option<CallLimit>,
}

impl OpeningFailure {
    pub(crate) fn new(
        failure: AttemptError,
        limits: OpeningLimits,
        timed_out: bool,
        ended_by: Option<CallLimit>,
    ) -> Self {
        let timed_out = timed_out || failure.error.info().code == Code::AttemptTimeout;
        Self { failure, limits, timed_out, ended_by }
    }

    /// Whether a call with these limits would have failed, too. If it has a larger limit, and the smaller one caused the failure,
    /// it opens the session itself.
    pub(crate) fn is_shared_by(&self, waiting: &OpeningLimits) -> bool {
        let opener = &self.limits;
        if self.timed_out && !is_within(waiting.timeout, opener.timeout) {
            return false;
        }
        match self.ended_by {
            Some(CallLimit::MaxAttempts) => waiting.max_attempts <= opener.max_attempts,
            Some(CallLimit::TotalTimeout) => is_within(waiting.total(), opener.total()),
            None => true,
        }
    }
}

impl SessionManager {
    /// Returns when a call with these limits does not wait longer for the session that another call opens.
    pub(super) async fn give_up(&self, limits: &OpeningLimits) -> OpeningFailure {
        let Some(wait) = limits.wait() else { return std::future::pending().await };
        let mut begun = Instant::now();
        loop {
            let Some(until) = begun.checked_add(wait) else { return std::future::pending().await };
            idle_timeout::reached(until).await;
            let opener = *self.opener.lock().unwrap_or_else(PoisonError::into_inner);
            let responded = self.context.handshake_now.responded().filter(|responded| *responded > begun);
            begun = match (responded, opener) {
                (Some(responded), _) => responded,
                // The handshake ends as early as one with these limits would.
                (None, Some(opener)) if opener.attempts_are_within(limits) => Instant::now(),
                _ => return self.gave_up(limits, wait),
            };
        }
    }

    fn gave_up(&self, limits: &OpeningLimits, wait: Duration) -> OpeningFailure {
        let handshake = &self.context.handshake_now;
        let message = format!(
            "the call waited {} for the handshake of another call: {} (options timeout and max_attempts)",
            seconds(wait),
            handshake.state()
        );
        let mut failure =
            AttemptError::new(FailureClass::Lost, Code::AttemptTimeout, message).with_delivery(Delivery::NotSent);
        let info = failure.error.info_mut();
        let (attempts, request_id) = handshake.attempts();
        (info.attempts, info.request_id, info.retryable) = (attempts, request_id, true);
        OpeningFailure::new(failure, *limits, true, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::waiting::Deadline;

    fn limits(timeout: u64, max_attempts: u32, total: Option<u64>) -> OpeningLimits {
        let seconds = Duration::from_secs;
        OpeningLimits {
            timeout: Some(seconds(timeout)),
            max_attempts,
            deadline: total.and_then(|total| Deadline::after(seconds(total))),
        }
    }

    #[test]
    fn a_failure_is_shared_unless_a_smaller_limit_caused_it() {
        let opener = limits(2, 2, Some(10));
        for (timed_out, ended_by, waiting, is_shared) in [
            (false, None, limits(9, 9, None), true),
            (true, None, limits(2, 9, None), true),
            (true, None, limits(3, 1, Some(1)), false),
            (true, None, OpeningLimits { timeout: None, ..opener }, false),
            (false, Some(CallLimit::MaxAttempts), limits(9, 2, None), true),
            (false, Some(CallLimit::MaxAttempts), limits(1, 3, Some(1)), false),
            (false, Some(CallLimit::TotalTimeout), limits(9, 9, Some(10)), true),
            (false, Some(CallLimit::TotalTimeout), limits(1, 1, Some(11)), false),
            (false, Some(CallLimit::TotalTimeout), limits(1, 1, None), false),
        ] {
            let failure = AttemptError::new(FailureClass::NotConnected, Code::ConnectFailed, "no");
            let failed = OpeningFailure::new(failure, opener, timed_out, ended_by);
            assert_eq!(failed.is_shared_by(&waiting), is_shared, "{timed_out} {ended_by:?} {waiting:?}");
        }
    }
}
