//! One attempt: its request id, token, slot and timeout, and its log record.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::field::Empty;

use crate::auth::token::Token;
use crate::error::attempt_error::AttemptError;
use crate::http::idle_timeout;
use crate::observe::log::log_event;
use crate::observe::span::{in_millis, millis};
use crate::retry::context::Context;
use crate::retry::operation::{Operation, OperationName};
use crate::retry::policy::Decision;
use crate::transport::call_slots::Slot;

/// One attempt.
pub(crate) struct Attempt {
    /// Its number within the operation, from 1.
    pub(crate) number: u32,
    pub(crate) request_id: String,
    pub(crate) token: Option<Arc<Token>>,
    /// A slot of the client's connections, held until the response is read.
    pub(crate) slot: Mutex<Option<Slot>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) begun: Instant,
}

impl Attempt {
    /// An attempt outside of the loop, for a request that is sent only once.
    pub(crate) fn alone(token: Option<Arc<Token>>) -> Self {
        Self {
            number: 1,
            request_id: fresh_request_id(),
            token,
            slot: Mutex::default(),
            timeout: None,
            begun: Instant::now(),
        }
    }

    /// Frees the slot for other calls.
    pub(crate) fn release_slot(&self) {
        drop(self.slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Waits for `work` no longer than the attempt's timeout.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        in_time(self.timeout, work).await
    }
}

pub(crate) async fn in_time<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = Result<T, AttemptError>>,
) -> Result<T, AttemptError> {
    let Some(until) = timeout.and_then(|timeout| Instant::now().checked_add(timeout)) else { return work.await };
    tokio::select! {
        biased;
        done = work => done,
        () = idle_timeout::reached(until) => Err(idle_timeout::timed_out(timeout)),
    }
}

pub(crate) fn fresh_request_id() -> String {
    format!("req_{}", uuid::Uuid::new_v4().simple())
}

/// The span of one attempt.
pub(crate) fn span<O: Operation>(operation: &O, attempt: u32, sent: &Attempt) -> tracing::Span {
    if !tracing::enabled!(target: "omni_mcp", tracing::Level::INFO) {
        return tracing::Span::none();
    }
    let OperationName { method, tool } = operation.name();
    tracing::info_span!(
        target: "omni_mcp",
        "attempt",
        method,
        tool,
        attempt,
        request_id = sent.request_id,
        status = Empty,
        code = Empty,
        duration_ms = Empty
    )
}

/// Logs a failed attempt, without the message of its failure, which may contain text of the server.
pub(crate) fn log_failure<O: Operation>(
    context: &Context,
    operation: &O,
    number: u32,
    attempt: &Attempt,
    failure: &AttemptError,
    next: Decision,
    budget_is_spent: bool,
) {
    let OperationName { method, tool } = operation.name();
    macro_rules! log_at {
            ($level:ident, $message:literal $(, $field:ident = $value:expr)*) => {
                log_event!(
                    context.log(),
                    $level,
                    $message,
                    method = method.as_str(),
                    tool = tool.as_deref(),
                    attempt = number,
                    code = failure.error.code(),
                    status = failure.error.info().status,
                    delivery = failure.error.delivery().as_str(),
                    request_id = attempt.request_id.as_str(),
                    duration_ms = millis(attempt.begun),
                    $($field = $value,)*
                )
            };
        }
    match next {
        Decision::Fail if budget_is_spent => {
            log_at!(INFO, "attempt failed; not retried, the retry budget is exhausted", option = "retry_budget")
        }
        Decision::Fail => log_at!(DEBUG, "attempt failed"),
        Decision::RetryAfter(wait) => {
            log_at!(INFO, "attempt failed; retrying", wait_ms = in_millis(wait))
        }
        Decision::ReopenSession => log_at!(INFO, "session lost; opening another"),
        Decision::RenewToken => log_at!(INFO, "token refused; requesting another"),
        Decision::LearnHeaders => log_at!(INFO, "headers refused; listing the tools again"),
    }
}
