//! The loop over the attempts of one operation.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;

use crate::auth::token::Token;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::http::proxy_status;
use crate::observe::log::log_event;
use crate::observe::span::{millis, record};
use crate::observe::waiting::Stage;
use crate::retry::attempt::{Attempt, in_time, log_failure, span};
use crate::retry::budget::Taken;
use crate::retry::context::{ClosePhase, Context};
use crate::retry::operation::{Completed, Operation};
use crate::retry::plan::Plan;
use crate::retry::policy::{self, Decision, Situation};
use crate::transport::call_slots::Slot;
use crate::transport::response_reader::ended_after_skipped;

/// How long an operation waits for local resources to become available, without that counting as attempts.
const LOCAL_FAULT_RETRY_TIME: Duration = Duration::from_secs(5);

/// Runs an operation until it succeeds, or returns the failure of the last attempt.
pub(crate) async fn run<O: Operation>(
    context: &Arc<Context>,
    plan: &Plan,
    operation: &O,
) -> Result<O::Reply, AttemptError> {
    run_counted(context, plan, operation).await.map(|completed| completed.reply)
}

/// As [`run`], and returns the number of attempts.
pub(crate) async fn run_counted<O: Operation>(
    context: &Arc<Context>,
    plan: &Plan,
    operation: &O,
) -> Result<Completed<O::Reply>, AttemptError> {
    let mut progress = Progress::new(context, plan, operation);
    loop {
        let slot = progress.take_slot().await?;
        plan.state.waiting.enter(Stage::Session(&context.handshake_now));
        let prepared = operation.prepare(context).await.map_err(|failure| progress.unprepared(failure))?;
        if let Some(failure) = operation.final_failure(&prepared) {
            return Err(progress.end_with(failure));
        }
        plan.state.waiting.enter(Stage::Token);
        let token =
            in_time(plan.timeout, operation.token(context)).await.map_err(|failure| progress.unprepared(failure))?;
        plan.state.waiting.enter(Stage::Response);
        context.stale_connections.detect_closed().await;
        let attempt = progress.begin(token, slot);
        let before = plan.state.begin_sending();
        let span = span(operation, progress.attempts, &attempt);
        // Boxed: it is large, and a call that waits for a slot or for its next attempt does not need it yet.
        let outcome = Box::pin(operation.send(context, &prepared, &attempt).instrument(span.clone())).await;
        match &outcome {
            Ok(reply) => record(&span, O::status(reply), None, attempt.begun),
            Err(failure) => record(&span, failure.error.info().status, Some(failure.error.code()), attempt.begun),
        }
        context.stale_connections.touch();
        plan.state.end_sending(before);
        // Other calls must not wait for the next attempt of this one.
        attempt.release_slot();
        let failure = match outcome {
            Ok(reply) => return Ok(progress.succeed(reply, attempt)),
            Err(failure) => progress.fail(failure, &prepared, &attempt),
        };
        progress.next(failure, &prepared, attempt).await?;
    }
}

/// The state of the loop: the attempts of one operation.
struct Progress<'a, O> {
    context: &'a Arc<Context>,
    plan: &'a Plan,
    operation: &'a O,
    attempts: u32,
    /// The share of the retries in the budget.
    taken: Taken,
    /// Attempts that repaired something of the client, such as its session. They do not count against `max_attempts`.
    repaired: u32,
    reopened: u32,
    renewed: bool,
    learned_headers: bool,
    /// When the first attempt failed because a local resource was missing.
    local_fault_since: Option<Instant>,
    /// The last failure, and the request id of its attempt.
    last: Option<(AttemptError, Option<String>)>,
}

impl<'a, O: Operation> Progress<'a, O> {
    fn new(context: &'a Arc<Context>, plan: &'a Plan, operation: &'a O) -> Self {
        Self {
            context,
            plan,
            operation,
            attempts: 0,
            taken: Taken::default(),
            repaired: 0,
            reopened: 0,
            renewed: false,
            learned_headers: false,
            local_fault_since: None,
            last: None,
        }
    }

    /// Waits for a connection slot, if the operation takes one.
    ///
    /// # Errors
    /// If the client is closed: the failure of the last attempt, which has more details than `client_closed`.
    async fn take_slot(&mut self) -> Result<Option<Slot>, AttemptError> {
        if !O::OPENS && self.context.is_closed() {
            let (failure, sent_id) = self.last.take().unwrap_or_else(|| (closed(), None));
            return Err(self.plan.last(failure, self.attempts, sent_id));
        }
        if !O::TAKES_SLOT {
            return Ok(None);
        }
        let closing = self.context.close_phase(ClosePhase::Closing);
        self.context.slots.take(closing, &self.plan.state.waiting).await.map_err(|failure| self.unprepared(failure))
    }

    /// The failure that ends the operation without another attempt, with the request id of the last one.
    fn end_with(&mut self, failure: AttemptError) -> AttemptError {
        let sent_id = self.last.take().and_then(|(_, sent_id)| sent_id);
        self.plan.last(failure, self.attempts, sent_id)
    }

    fn unprepared(&self, failure: AttemptError) -> AttemptError {
        self.plan.unprepared(failure, self.attempts)
    }

    /// Begins the next attempt.
    fn begin(&mut self, token: Option<Arc<Token>>, slot: Option<Slot>) -> Attempt {
        if self.context.stale_connections.system_was_suspended() {
            self.context.http.renew(Instant::now());
        }
        if self.last.is_some() {
            self.plan.state.count_retry();
        }
        self.attempts += 1;
        let request_id = self.plan.request_id_of_attempt(self.attempts);
        self.plan.state.begin_attempt(self.attempts, &request_id);
        if O::IS_HANDSHAKE {
            self.context.handshake_now.attempt(self.operation.name().method, &request_id);
        }
        let (number, timeout, begun) = (self.attempts, self.plan.timeout, Instant::now());
        Attempt { number, request_id, token, slot: Mutex::new(slot), timeout, begun }
    }

    fn succeed(&self, reply: O::Reply, Attempt { request_id, begun, .. }: Attempt) -> Completed<O::Reply> {
        self.context.budget.give_back(&self.taken, begun);
        if O::IS_HANDSHAKE {
            self.context.handshake_now.succeeded();
        }
        self.context.note_valid(|| self.operation.name().shortest());
        log_event!(
            self.context.log(),
            DEBUG,
            "attempt succeeded",
            method = self.operation.name().method,
            tool = self.operation.name().tool,
            attempt = self.attempts,
            status = O::status(&reply),
            request_id = request_id.as_str(),
            duration_ms = millis(begun),
        );
        Completed { reply, attempts: self.attempts, request_id }
    }

    /// Records a failed attempt.
    fn fail(&self, failure: AttemptError, prepared: &O::Prepared, attempt: &Attempt) -> AttemptError {
        let context = self.context;
        let failure = match context.is_closed() && is_end_of_link(&failure) {
            // The client ended the session, its stream or process itself.
            true => AttemptError::not_retried(Error::client_closed().with_delivery(failure.error.delivery())),
            false => failure,
        };
        let failure = with_key_source(context, failure);
        if let Some(id) = &failure.session_id {
            context.keep_secret(String::from_utf8_lossy(id.as_bytes()).into());
        }
        self.plan.state.reached(failure.error.delivery());
        self.operation.failed(prepared, &failure);
        if O::IS_HANDSHAKE {
            match failure.error.info() {
                info if info.code == Code::AttemptTimeout => context.handshake_now.timed_out(),
                info => context.handshake_now.failed(&info.message),
            }
        }
        if failure.is_timeout_or_truncation() {
            // The next attempt must not use another connection that is lost as well.
            context.http.renew(attempt.begun);
        }
        failure
    }

    /// Decides what follows a failure, and does it.
    ///
    /// # Errors
    /// The failure that ends the operation.
    async fn next(
        &mut self,
        mut failure: AttemptError,
        prepared: &O::Prepared,
        attempt: Attempt,
    ) -> Result<(), AttemptError> {
        let begun = attempt.begun;
        let decision = self.decide(&failure, prepared, attempt.token.is_some());
        let is_paid = self.pays_for(decision, &failure, begun);
        let decision = if is_paid { decision } else { Decision::Fail };
        if matches!(decision, Decision::Fail) && self.plan.has_time_for(proxy_status::TIMEOUT) {
            // Not within the attempt, whose timeout must not end a request that was certainly not sent.
            self.context.http.here().name_proxy_status(&mut failure).await;
        }
        if !is_paid {
            let message = &mut failure.error.info_mut().message;
            message.push_str("; not retried, the retry budget is exhausted (option retry_budget)");
        }
        log_failure(self.context, self.operation, self.attempts, &attempt, &failure, decision, !is_paid);
        let Attempt { request_id, token, .. } = attempt;
        match decision {
            Decision::RetryAfter(wait) => self.wait(wait, &failure, begun).await,
            Decision::ReopenSession => self.reopened += 1,
            Decision::RenewToken => {
                self.renewed = true;
                if let Some(token) = &token {
                    self.context.tokens.lose(token.generation);
                }
            }
            Decision::LearnHeaders => {
                self.learned_headers = true;
                self.operation.learn_headers().await.map_err(|failure| self.unprepared(failure))?;
            }
            Decision::Fail => return Err(self.plan.last(failure, self.attempts, Some(request_id))),
        }
        self.repaired += u32::from(!matches!(decision, Decision::RetryAfter(_)));
        self.last = Some((failure, Some(request_id)));
        Ok(())
    }

    fn decide(&self, failure: &AttemptError, prepared: &O::Prepared, has_token: bool) -> Decision {
        let plan = self.plan;
        let situation = Situation {
            class: failure.class,
            safety: plan.safety,
            attempts: self.attempts,
            max_attempts: plan.max_attempts.saturating_add(self.repaired),
            reopened: O::OPENS || !may_reopen(self.reopened, self.operation.was_shared(prepared), plan),
            renewable: has_token && !self.renewed && self.operation.renews(),
            learned_headers: self.learned_headers,
            retry_unavailable: plan.retry_unavailable,
            retry_after: failure.retry_after(),
            remaining: plan.remaining(),
        };
        let is_attempt_timeout = plan.fails_on_attempt_timeout && failure.error.info().code == Code::AttemptTimeout;
        if is_attempt_timeout || self.is_invalid_again(failure) {
            return Decision::Fail;
        }
        let (backoff, random) = (&self.context.settings.backoff, fastrand::f64());
        match policy::decide(&situation, backoff, random) {
            Decision::RetryAfter(_) if self.context.is_closed() => Decision::Fail,
            Decision::Fail if O::IS_HANDSHAKE => {
                self.context.handshake_now.ended_by(policy::limit(&situation, backoff, random));
                Decision::Fail
            }
            decision => decision,
        }
    }

    /// Takes the cost of a retry from the budget. Returns whether the decision is allowed.
    fn pays_for(&mut self, decision: Decision, failure: &AttemptError, begun: Instant) -> bool {
        // After a local fault a retry adds no load on the server, as nothing was sent.
        let is_free = !matches!(decision, Decision::RetryAfter(_)) || failure.class == FailureClass::LocalFault;
        is_free || self.context.budget.take(&mut self.taken, begun)
    }

    /// Waits for the next attempt.
    async fn wait(&mut self, wait: Duration, failure: &AttemptError, begun: Instant) {
        self.plan.state.waiting.enter(Stage::NextAttempt);
        if failure.class == FailureClass::LocalFault {
            let limit = LOCAL_FAULT_RETRY_TIME.min(self.plan.timeout.unwrap_or(LOCAL_FAULT_RETRY_TIME));
            let is_within_limit = self.local_fault_since.get_or_insert(begun).elapsed() < limit;
            self.repaired += u32::from(is_within_limit);
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            // No further attempt is made.
            () = self.context.close_phase(ClosePhase::Closing), if !O::OPENS => {}
        }
    }

    /// Whether another attempt would receive the same invalid response: in the handshake, or if the last attempt or an earlier call
    /// received it.
    fn is_invalid_again(&self, failure: &AttemptError) -> bool {
        if O::OPENS && failure.class == FailureClass::BadAnswer && failure.error.info().code != Code::AnswerCut {
            return true;
        }
        if !is_invalid(failure) {
            return false;
        }
        let name = self.operation.name().shortest();
        let (now, before) = (failure.error.info(), self.last.as_ref().map(|(last, _)| last.error.info()));
        let is_the_same = before.is_some_and(|before| before.code == now.code && before.message == now.message);
        let is_always = is_the_same || self.context.is_always_invalid(&name);
        if is_the_same {
            self.context.note_invalid(name);
        }
        is_always
    }
}

/// Names the source of an API key that was refused.
fn with_key_source(context: &Context, mut failure: AttemptError) -> AttemptError {
    let info = failure.error.info_mut();
    if let Some(source) = context.settings.api_key_source.as_ref().filter(|_| info.code == Code::Unauthorized) {
        info.message = format!("{}; the key is from the {source}", info.message);
    }
    failure
}

fn closed() -> AttemptError {
    AttemptError::not_sent(Error::client_closed())
}

/// Whether the session, its stream or its process ended.
fn is_end_of_link(failure: &AttemptError) -> bool {
    let is_link = matches!(failure.error.info().code, Code::AnswerCut | Code::ProcessExited);
    failure.class == FailureClass::SessionLost || (failure.class == FailureClass::NotConnected && is_link)
}

/// Whether a complete response is invalid. A truncated one may be complete at the next attempt.
fn is_invalid(failure: &AttemptError) -> bool {
    let code = failure.error.info().code;
    let is_whole = matches!(code, Code::InvalidAnswer | Code::UnexpectedContentType | Code::NoAnswer | Code::WrongId);
    failure.class == FailureClass::BadAnswer && (is_whole || ended_after_skipped(failure))
}

/// Whether another session may be opened. A session that was lost at its first request is opened only once more; one that other
/// calls used, too, up to `max_attempts` times. Whether those calls have succeeded does not matter, as their responses may not have
/// been read yet.
fn may_reopen(reopened: u32, was_shared: bool, plan: &Plan) -> bool {
    reopened == 0 || (was_shared && reopened < plan.max_attempts)
}
