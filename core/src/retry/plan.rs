//! The retry rules of one operation: its safety, timeouts and attempts.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::call_options::CallOptions;
use crate::config::header_rules;
use crate::config::values::{optional, positive};
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Result};
use crate::http::idle_timeout;
use crate::observe::waiting::Deadline;
use crate::protocol::safety::Safety;
use crate::retry::attempt::fresh_request_id;
use crate::retry::call_state::CallState;
use crate::retry::context::Context;
use crate::retry::opening_limits::OpeningLimits;
use crate::retry::policy::{self, Action};

/// The retry rules of one operation.
pub(crate) struct Plan {
    pub(crate) safety: Safety,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) max_attempts: u32,
    pub(crate) retry_unavailable: bool,
    /// Whether a timeout of an attempt ends the operation.
    pub(crate) fails_on_attempt_timeout: bool,
    /// The request id that the caller set.
    pub(crate) request_id: Option<String>,
    pub(crate) state: Arc<CallState>,
}

impl Plan {
    /// The plan of a request that the client makes itself, by the options of the client.
    pub(crate) fn internal(context: &Context, safety: Safety) -> Self {
        Self {
            safety,
            timeout: context.settings.timeout,
            deadline: None,
            max_attempts: context.settings.max_attempts,
            retry_unavailable: false,
            fails_on_attempt_timeout: false,
            request_id: None,
            state: Arc::default(),
        }
    }

    /// The limits of the client, for a session that no call opens.
    pub(crate) fn client_limits(context: &Context) -> OpeningLimits {
        let deadline = context.settings.total_timeout.and_then(Deadline::after);
        OpeningLimits { deadline, ..Self::internal(context, Safety::Safe).opening_limits() }
    }

    /// With the limits of the call that opens the session.
    pub(crate) fn within_limits(self, limits: &OpeningLimits) -> Self {
        let OpeningLimits { timeout, max_attempts, deadline } = *limits;
        Self { timeout, max_attempts, deadline, ..self }
    }

    /// With one attempt, and a timeout of `within` at most.
    pub(crate) fn with_single_attempt(self, within: Duration) -> Self {
        Self { timeout: Some(self.timeout.map_or(within, |timeout| timeout.min(within))), max_attempts: 1, ..self }
    }

    /// The limits for a session that the operation opens.
    pub(crate) fn opening_limits(&self) -> OpeningLimits {
        OpeningLimits { timeout: self.timeout, max_attempts: self.max_attempts, deadline: self.deadline }
    }

    /// The plan of a call, by its options.
    pub(crate) fn of_call(context: &Context, safety: Safety, options: &CallOptions) -> Result<Self> {
        let settings = &context.settings;
        let timeout = optional_or("timeout", options.timeout, settings.timeout)?;
        let total = optional_or("total_timeout", options.total_timeout, settings.total_timeout)?;
        let max_attempts = positive("max_attempts", options.max_attempts.unwrap_or(settings.max_attempts))?;
        if let Some(id) = &options.request_id {
            header_rules::visible("request_id", id)?;
        }
        Ok(Self {
            safety,
            timeout,
            deadline: total.and_then(Deadline::after),
            max_attempts,
            retry_unavailable: options.retry_unavailable.unwrap_or(settings.retry_unavailable),
            fails_on_attempt_timeout: false,
            request_id: options.request_id.clone(),
            state: Arc::default(),
        })
    }

    /// Whether the same call may succeed later, and does not run twice if it is made again.
    fn is_retryable(&self, class: FailureClass, delivery: Delivery) -> bool {
        let safety = match self.safety {
            // A call that did not run may be sent again like a safe one.
            Safety::Plain if delivery <= Delivery::Rejected => Safety::Safe,
            // The option retry_unavailable accepts a second run after a 503 with Retry-After.
            Safety::Plain => return self.retry_unavailable && class == FailureClass::Unavailable,
            safety => safety,
        };
        // Refused credentials are refused again.
        matches!(policy::action(class, safety), Action::Retry | Action::ReopenSession)
    }

    pub(crate) fn request_id_of_attempt(&self, attempt: u32) -> String {
        match &self.request_id {
            None => fresh_request_id(),
            Some(id) if attempt == 1 => id.clone(),
            Some(id) => format!("{id}-{attempt}"),
        }
    }

    /// The rest of the total timeout; `None` without one.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.at.saturating_duration_since(Instant::now()))
    }

    /// Whether more than `time` is left of the total timeout.
    pub(crate) fn has_time_for(&self, time: Duration) -> bool {
        self.remaining().is_none_or(|remaining| remaining > time)
    }

    /// Waits for `work` no longer than the total timeout.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        let Some(deadline) = self.deadline else { return work.await };
        tokio::select! {
            biased;
            done = work => done,
            () = idle_timeout::reached(deadline.at) => {
                let mut error = self.state.ended(Code::TotalTimeout, self.state.waiting.timeout_message(deadline.total));
                let delivery = error.delivery();
                error.info_mut().retryable = self.is_retryable(FailureClass::Lost, delivery);
                Err(AttemptError::of(FailureClass::Lost, error))
            }
        }
    }

    /// The failure of preparing an attempt. Nothing of this attempt was sent, so the delivery is that of the attempts before.
    pub(crate) fn unprepared(&self, mut failure: AttemptError, attempts: u32) -> AttemptError {
        let own = self.state.delivery();
        failure = failure.with_delivery(own);
        let info = failure.error.info_mut();
        info.attempts = info.attempts.max(attempts);
        info.retryable = self.is_retryable(failure.class, own);
        info.idempotency_key = self.state.idempotency_key.get().cloned();
        failure
    }

    /// The failure that ends the operation, with the data of all its attempts.
    pub(crate) fn last(&self, mut failure: AttemptError, attempts: u32, sent_id: Option<String>) -> AttemptError {
        failure = failure.at_least(self.state.delivery());
        let delivery = failure.error.delivery();
        let info = failure.error.info_mut();
        info.attempts = attempts;
        info.retryable = self.is_retryable(failure.class, delivery);
        info.idempotency_key = self.state.idempotency_key.get().cloned();
        if info.request_id.is_none() {
            info.request_id = sent_id;
        }
        failure
    }
}

fn optional_or(name: &str, given: Option<Option<Duration>>, client: Option<Duration>) -> Result<Option<Duration>> {
    match given {
        None => Ok(client),
        Some(given) => optional(name, Some(given), Duration::MAX),
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::{
        BadAnswer, Cancelled, CertificateInvalid, KeyInFlight, LocalFault, Lost, Mismatch, NotConnected, ProxyRefused,
        QuotaSpent, RateLimited, Refused, ServerFault, SessionLost, TooLarge, Unauthorized, Unavailable, Unreadable,
        Unusable,
    };

    use super::*;
    use crate::config::client_options::ClientConfig;

    /// Whether another attempt may succeed after a failure of the class, if the call may be made again.
    const MAY_SUCCEED: &[(FailureClass, bool)] = &[
        (NotConnected, true),
        (LocalFault, true),
        (CertificateInvalid, false),
        (ProxyRefused, false),
        (Lost, true),
        (BadAnswer, true),
        (Unreadable, false),
        (Unusable, false),
        (TooLarge, false),
        (ServerFault, true),
        (Unavailable, true),
        (RateLimited, true),
        (QuotaSpent, false),
        (SessionLost, true),
        (Unauthorized, false),
        (Mismatch, false),
        (Refused, false),
        (Cancelled, false),
    ];

    #[test]
    fn a_failure_is_retryable_if_the_call_may_succeed_and_does_not_run_twice() {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1:9/mcp");
        let context = Context::new(config.resolve(|_| None).unwrap()).unwrap();
        let plan = |safety| Plan::internal(&context, safety);
        assert_eq!(MAY_SUCCEED.len() + 1, policy::TABLE.len());
        for (class, may_succeed) in MAY_SUCCEED {
            for delivery in [Delivery::NotSent, Delivery::Rejected, Delivery::MaybeExecuted, Delivery::Executed] {
                for safety in [Safety::Safe, Safety::Keyed, Safety::Plain] {
                    let runs_once = safety != Safety::Plain || delivery <= Delivery::Rejected;
                    let is_retryable = plan(safety).is_retryable(*class, delivery);
                    assert_eq!(is_retryable, *may_succeed && runs_once, "{class:?} {delivery:?} {safety:?}");
                }
            }
        }
        let in_flight = |safety| plan(safety).is_retryable(KeyInFlight, Delivery::Rejected);
        assert_eq!([Safety::Safe, Safety::Keyed, Safety::Plain].map(in_flight), [false, true, false]);
        let mut allowed = plan(Safety::Plain);
        allowed.retry_unavailable = true;
        assert!(allowed.is_retryable(Unavailable, Delivery::MaybeExecuted));
        assert!(!allowed.is_retryable(Lost, Delivery::MaybeExecuted));
    }
}
