//! The loop over the attempts of one operation, and what is known of it while it runs.

use std::pin::Pin;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use crate::auth::token::Token;
use crate::config::call_options::CallOptions;
use crate::config::client_options::{optional, positive};
use crate::config::header_rules;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Error, Result};
use crate::http::idle_timeout;
use crate::observe::log::tell;
use crate::observe::waiting::{Deadline, Stage, WaitState};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::retry::budget::Taken;
use crate::retry::context::{ClosePhase, Context};
use crate::retry::policy::{self, Action, Decision, Situation};
use crate::transport::connection_slots::Slot;
use crate::transport::response_reader::ended_behind_skipped;

/// Boxed, as it is made of operations itself.
pub(crate) type Correction<'a> = Pin<Box<dyn Future<Output = Result<(), AttemptError>> + Send + 'a>>;

/// How long an operation waits for local resources to become available, without that counting as attempts.
const LOCAL_FAULT_RETRY_TIME: Duration = Duration::from_secs(5);

/// What is sent, and sent again: a message to an MCP server, a request to a registry or a token endpoint.
pub(crate) trait Operation: Sync {
    /// What must be there before an attempt, such as an open session.
    type Ground: Send + Sync;
    /// What a good answer gives.
    type Reply: Send;
    /// Whether it is part of the opening of a session, and so begins although the client was closed meanwhile.
    const OPENS: bool = false;
    /// Whether it is a request of the handshake.
    const IS_HANDSHAKE: bool = false;
    /// Whether an attempt takes one of the client's connections (the option max_connections).
    const TAKES_SLOT: bool = false;

    /// What it is called in logs.
    fn name(&self) -> OperationName;

    /// The HTTP status of a good answer, where it had one.
    fn status(_reply: &Self::Reply) -> Option<u16> {
        None
    }

    /// Makes the ground. Its failure ends the operation: it has been tried again by its own rules.
    fn prepare(&self, context: &Arc<Context>) -> impl Future<Output = Result<Self::Ground, AttemptError>> + Send;

    /// The token to send. `None` if its requests carry no token that is renewed.
    fn token(&self, _context: &Arc<Context>) -> impl Future<Output = Result<Option<Arc<Token>>, AttemptError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Sends once.
    fn attempt(
        &self,
        context: &Arc<Context>,
        ground: &Self::Ground,
        turn: &Attempt,
    ) -> impl Future<Output = Result<Self::Reply, AttemptError>> + Send;

    /// Learns what the server wants, after it refused a request for its headers.
    fn correct(&self) -> Correction<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether others used what was lost with an attempt too, so that making it anew is worth more than one try.
    fn was_shared(&self, _ground: &Self::Ground) -> bool {
        false
    }

    /// Whether a refused token may be renewed.
    fn renews(&self) -> bool {
        true
    }

    /// Called with each failure, such as to let go of a lost session.
    fn failed(&self, _ground: &Self::Ground, _failure: &AttemptError) {}
}

/// What an operation is called in logs.
pub(crate) struct OperationName {
    /// A method of the protocol, or what else it is.
    pub(crate) method: String,
    /// The tool that it calls.
    pub(crate) tool: Option<String>,
}

impl OperationName {
    /// The tool, or the method where there is none.
    pub(crate) fn shortest(self) -> String {
        self.tool.unwrap_or(self.method)
    }

    /// Of what is not a method of the protocol.
    pub(crate) fn of(what: &str) -> Self {
        Self { method: what.to_owned(), tool: None }
    }
}

/// An attempt, as logs speak of it.
struct Sent<'a> {
    name: OperationName,
    attempt: u32,
    request_id: &'a str,
    begun: Instant,
}

impl Sent<'_> {
    /// The failure's message may hold what a server said, and stays out.
    fn tell_of_failure(&self, context: &Context, failure: &AttemptError, next: Decision, budget_is_spent: bool) {
        macro_rules! tell_at {
            ($level:ident, $message:literal $(, $field:ident = $value:expr)*) => {
                tell!(
                    context.log(),
                    $level,
                    $message,
                    method = self.name.method.as_str(),
                    tool = self.name.tool.as_deref(),
                    attempt = self.attempt,
                    code = failure.error.code(),
                    status = failure.error.info().status,
                    delivery = failure.error.delivery().as_str(),
                    request_id = self.request_id,
                    duration_ms = millis(self.begun),
                    $($field = $value,)*
                )
            };
        }
        match next {
            Decision::GiveUp if budget_is_spent => {
                tell_at!(
                    WARN,
                    "an attempt failed, and no other follows: the retry budget is spent",
                    option = "retry_budget"
                )
            }
            Decision::GiveUp => tell_at!(DEBUG, "an attempt failed"),
            Decision::RetryAfter(wait) => {
                tell_at!(INFO, "an attempt failed, and another follows", wait_ms = in_millis(wait))
            }
            Decision::ReopenSession => tell_at!(INFO, "the session is lost, and another is opened"),
            Decision::RenewToken => tell_at!(INFO, "the token was refused, and another is asked for"),
            Decision::Correct => tell_at!(INFO, "the headers were refused, and are learnt anew"),
        }
    }
}

/// The time since then, in milliseconds.
pub(crate) fn millis(begun: Instant) -> f64 {
    in_millis(begun.elapsed())
}

/// In milliseconds, with no more digits than a person wants to read.
fn in_millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1000.0
}

/// The span of one attempt.
fn span<O: Operation>(operation: &O, attempt: u32, turn: &Attempt) -> tracing::Span {
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
        request_id = turn.request_id,
        status = Empty,
        code = Empty,
        duration_ms = Empty
    )
}

/// What is known of an attempt or a call at its end.
pub(crate) fn record(span: &tracing::Span, status: Option<u16>, code: Option<&str>, begun: Instant) {
    if !span.is_disabled() {
        span.record("status", status).record("code", code).record("duration_ms", millis(begun));
    }
}

/// What is the attempt's own.
pub(crate) struct Attempt {
    pub(crate) request_id: String,
    pub(crate) token: Option<Arc<Token>>,
    /// A slot among the client's connections, kept until the answer is read.
    pub(crate) slot: Mutex<Option<Slot>>,
    timeout: Option<Duration>,
}

impl Attempt {
    /// Of a request that is sent once, and not by the loop.
    pub(crate) fn alone(token: Option<Arc<Token>>) -> Self {
        Self { request_id: fresh_request_id(), token, slot: Mutex::default(), timeout: None }
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
        () = idle_timeout::reached(until) => Err(idle_timeout::too_late(timeout)),
    }
}

/// How far an operation has come, readable from outside: what a caller who cancels it is told.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    sent: AtomicU8,
    attempts: AtomicU32,
    /// Over all rounds of input.
    sendings: AtomicU32,
    retries: AtomicU32,
    request_id: Mutex<Option<String>>,
    /// What the operation waits for.
    pub(crate) waiting: WaitState,
    pub(crate) idempotency_key: OnceLock<String>,
}

impl CallState {
    pub(crate) fn reached(&self, delivery: Delivery) {
        self.sent.fetch_max(delivery as u8, Ordering::Relaxed);
    }

    fn begin_attempt(&self, number: u32, request_id: &str) {
        self.attempts.store(number, Ordering::Relaxed);
        self.sendings.fetch_add(1, Ordering::Relaxed);
        *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(request_id.to_owned());
    }

    fn is_sent_again(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it was sent, and how often after a failure.
    pub(crate) fn sendings(&self) -> (u32, u32) {
        (self.sendings.load(Ordering::Relaxed), self.retries.load(Ordering::Relaxed))
    }

    pub(crate) fn delivery(&self) -> Delivery {
        match self.sent.load(Ordering::Relaxed) {
            0 => Delivery::NotSent,
            1 => Delivery::Rejected,
            2 => Delivery::MaybeExecuted,
            _ => Delivery::Executed,
        }
    }

    /// An error for an operation that ends from outside, by its deadline or its caller.
    pub(crate) fn ended(&self, code: Code, message: impl Into<String>) -> Error {
        let mut error = Error::new(code, message);
        let info = error.info_mut();
        info.delivery = self.delivery();
        info.attempts = self.attempts.load(Ordering::Relaxed).max(self.waiting.tries());
        info.request_id = self.request_id.lock().unwrap_or_else(PoisonError::into_inner).clone();
        info.idempotency_key = self.idempotency_key.get().cloned();
        error
    }
}

/// The rules of one operation.
pub(crate) struct Plan {
    pub(crate) safety: Safety,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) max_attempts: u32,
    pub(crate) retry_unavailable: bool,
    /// Whether no answer in time is an answer.
    pub(crate) ends_with_silence: bool,
    /// The caller's own request id.
    pub(crate) request_id: Option<String>,
    pub(crate) state: Arc<CallState>,
}

impl Plan {
    /// The plan of what the client does by itself, by its own options.
    pub(crate) fn of_its_own(context: &Context, safety: Safety) -> Self {
        Self {
            safety,
            timeout: context.settings.timeout,
            deadline: None,
            max_attempts: context.settings.max_attempts,
            retry_unavailable: false,
            ends_with_silence: false,
            request_id: None,
            state: Arc::default(),
        }
    }

    /// The plan of a look that is taken once.
    pub(crate) fn look(context: &Context, within: Duration) -> Self {
        let own = Self::of_its_own(context, Safety::Safe);
        Self { timeout: Some(own.timeout.map_or(within, |timeout| timeout.min(within))), max_attempts: 1, ..own }
    }

    /// The plan of a call with its own options.
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
            ends_with_silence: false,
            request_id: options.request_id.clone(),
            state: Arc::default(),
        })
    }

    /// What is said of a failure that ends an operation. Credentials that were refused will be again.
    fn is_worth_sending_again(&self, happened: FailureClass, safety: Safety) -> bool {
        match policy::action(happened, safety) {
            Action::Retry | Action::Reopen => true,
            Action::RetryIfAllowed => self.retry_unavailable,
            Action::Stop | Action::Renew | Action::Correct => false,
        }
    }

    fn request_id_of_attempt(&self, attempt: u32) -> String {
        match &self.request_id {
            None => fresh_request_id(),
            Some(id) if attempt == 1 => id.clone(),
            Some(id) => format!("{id}-{attempt}"),
        }
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
                let mut error = self.state.ended(Code::TotalTimeout, self.state.waiting.passed(deadline.total));
                error.info_mut().retryable = self.is_worth_sending_again(FailureClass::Lost, self.safety);
                Err(AttemptError::of(FailureClass::Lost, error))
            }
        }
    }

    /// The failure of what had to be there first: nothing of this attempt itself ever left, so that the other's own fate
    /// decides only on trying again.
    fn unprepared(&self, mut failure: AttemptError, attempts: u32) -> AttemptError {
        let own = self.state.delivery();
        let info = failure.error.info_mut();
        info.delivery = own;
        info.attempts = info.attempts.max(attempts);
        let safety = if own <= Delivery::Rejected { Safety::Safe } else { self.safety };
        info.retryable = self.is_worth_sending_again(failure.happened, safety);
        info.idempotency_key = self.state.idempotency_key.get().cloned();
        failure
    }

    /// The failure that ends the operation, with what is known of all its attempts.
    fn last(&self, mut failure: AttemptError, attempts: u32, sent_id: Option<String>) -> AttemptError {
        let info = failure.error.info_mut();
        info.attempts = attempts;
        info.delivery = info.delivery.max(self.state.delivery());
        info.retryable = self.is_worth_sending_again(failure.happened, self.safety);
        info.idempotency_key = self.state.idempotency_key.get().cloned();
        if info.request_id.is_none() {
            info.request_id = sent_id;
        }
        failure
    }
}

fn fresh_request_id() -> String {
    format!("req_{}", uuid::Uuid::new_v4().simple())
}

fn optional_or(name: &str, given: Option<Option<Duration>>, client: Option<Duration>) -> Result<Option<Duration>> {
    match given {
        None => Ok(client),
        Some(given) => optional(name, Some(given), Duration::MAX),
    }
}

/// Whether there was no session any more to send in.
fn is_end_of_link(failure: &AttemptError) -> bool {
    let is_link = matches!(failure.error.info().code, Code::AnswerCut | Code::ProcessExited);
    failure.happened == FailureClass::SessionLost || (failure.happened == FailureClass::NotConnected && is_link)
}

/// Whether a whole response arrived that is invalid. One that broke off may be whole at the next attempt.
fn is_invalid(failure: &AttemptError) -> bool {
    let code = failure.error.info().code;
    let is_whole = matches!(code, Code::InvalidAnswer | Code::UnexpectedContentType | Code::NoAnswer | Code::WrongId);
    failure.happened == FailureClass::BadAnswer && (is_whole || ended_behind_skipped(failure))
}

/// Whether a server gives an invalid response that another attempt does not change: to a part of the handshake, or the same to
/// the attempt before or to an earlier call.
fn is_invalid_again<O: Operation>(
    context: &Context,
    operation: &O,
    failure: &AttemptError,
    last: Option<&AttemptError>,
) -> bool {
    if O::OPENS && failure.happened == FailureClass::BadAnswer && failure.error.info().code != Code::AnswerCut {
        return true;
    }
    if !is_invalid(failure) {
        return false;
    }
    let name = operation.name().shortest();
    let (now, before) = (failure.error.info(), last.map(|last| last.error.info()));
    let is_the_same = before.is_some_and(|before| before.code == now.code && before.message == now.message);
    let is_always = is_the_same || context.is_always_invalid(&name);
    if is_the_same {
        context.note_invalid(name);
    }
    is_always
}

/// A reply, and how it was come by.
pub(crate) struct Completed<T> {
    pub(crate) reply: T,
    pub(crate) attempts: u32,
    pub(crate) request_id: String,
}

impl Completed<RawReply> {
    /// The reply, which tells of it.
    pub(crate) fn into_reply(self) -> RawReply {
        RawReply { attempts: self.attempts, request_id: Some(self.request_id), ..self.reply }
    }
}

/// A session that is lost to its very first request is opened once more only; one that others used too was lost by a
/// misfortune that may come again, but not without end. Whether they were answered does not matter: their answers may
/// have come, and not be read yet.
fn may_reopen(reopened: u32, was_shared: bool, plan: &Plan) -> bool {
    reopened == 0 || (was_shared && reopened < plan.max_attempts)
}

/// Runs an operation to its one end: a reply, or the failure of the last attempt.
pub(crate) async fn run<O: Operation>(
    context: &Arc<Context>,
    plan: &Plan,
    operation: &O,
) -> Result<O::Reply, AttemptError> {
    run_counted(context, plan, operation).await.map(|ended| ended.reply)
}

/// As [`run`], and tells how many attempts it took.
pub(crate) async fn run_counted<O: Operation>(
    context: &Arc<Context>,
    plan: &Plan,
    operation: &O,
) -> Result<Completed<O::Reply>, AttemptError> {
    let mut attempts = 0;
    let mut taken = Taken::default();
    // Attempts that repaired what was wrong with the client's side are not counted as the operation's own.
    let mut repaired = 0;
    let mut reopened = 0;
    let mut renewed = false;
    let mut corrected = false;
    let mut without_room: Option<Instant> = None;
    let mut last: Option<(AttemptError, Option<String>)> = None;
    loop {
        if !O::OPENS && context.is_closed() {
            // The failure of the last attempt says more than that no further one was made.
            let (failure, sent_id) = last.unwrap_or_else(|| (AttemptError::not_sent(Error::client_closed()), None));
            return Err(plan.last(failure, attempts, sent_id));
        }
        let slot = match O::TAKES_SLOT {
            true => context
                .slots
                .take(context.close_phase(ClosePhase::Closing), &plan.state.waiting)
                .await
                .map_err(|failure| plan.unprepared(failure, attempts))?,
            false => None,
        };
        plan.state.waiting.enters(Stage::SessionCache(&context.handshake_now));
        let ground = operation.prepare(context).await.map_err(|failure| plan.unprepared(failure, attempts))?;
        plan.state.waiting.enters(Stage::Token);
        let token = in_time(plan.timeout, operation.token(context))
            .await
            .map_err(|failure| plan.unprepared(failure, attempts))?;
        plan.state.waiting.enters(Stage::Answer);
        context.rested.hear_the_news().await;
        if context.rested.system_was_suspended() {
            context.http.renew(Instant::now());
        }
        if last.is_some() {
            plan.state.is_sent_again();
        }
        attempts += 1;
        let request_id = plan.request_id_of_attempt(attempts);
        plan.state.begin_attempt(attempts, &request_id);
        if O::IS_HANDSHAKE {
            context.handshake_now.sends(operation.name().method);
        }
        let turn = Attempt { request_id, token, slot: Mutex::new(slot), timeout: plan.timeout };
        let before = plan.state.sent.swap(Delivery::MaybeExecuted as u8, Ordering::Relaxed);
        let begun = Instant::now();
        let span = span(operation, attempts, &turn);
        let outcome = operation.attempt(context, &ground, &turn).instrument(span.clone()).await;
        match &outcome {
            Ok(reply) => record(&span, O::status(reply), None, begun),
            Err(failure) => record(&span, failure.error.info().status, Some(failure.error.code()), begun),
        }
        context.rested.touch();
        // Settled: what the attempts before had reached, until this one's own word is added.
        plan.state.sent.store(before, Ordering::Relaxed);
        // Its slot is free from here on: others must not wait for the next attempt.
        let Attempt { request_id, token, slot, .. } = turn;
        drop(slot);
        let failure = match outcome {
            Ok(reply) => {
                context.budget.give_back(&taken, begun);
                context.note_valid(|| operation.name().shortest());
                tell!(
                    context.log(),
                    DEBUG,
                    "an attempt was answered",
                    method = operation.name().method,
                    tool = operation.name().tool,
                    attempt = attempts,
                    status = O::status(&reply),
                    request_id = request_id.as_str(),
                    duration_ms = millis(begun),
                );
                return Ok(Completed { reply, attempts, request_id });
            }
            // Its session, or its stream or process, was not lost by the server: it ended with the client.
            Err(failure) if context.is_closed() && is_end_of_link(&failure) => {
                AttemptError::settled(Error::client_closed().with_delivery(failure.error.delivery()))
            }
            Err(failure) => failure,
        };
        if let Some(id) = &failure.session_id {
            context.keep_secret(String::from_utf8_lossy(id.as_bytes()).into());
        }
        plan.state.reached(failure.error.delivery());
        operation.failed(&ground, &failure);
        if O::IS_HANDSHAKE && failure.error.info().code != Code::AttemptTimeout {
            context.handshake_now.failed(&failure.error.info().message);
        }
        if failure.is_silence_or_cut() {
            // The next attempt must not meet another connection that is also unusable.
            context.http.renew(begun);
        }
        let situation = Situation {
            happened: failure.happened,
            safety: plan.safety,
            attempts,
            max_attempts: plan.max_attempts.saturating_add(repaired),
            reopened: O::OPENS || !may_reopen(reopened, operation.was_shared(&ground), plan),
            renewable: token.is_some() && !renewed && operation.renews(),
            corrected,
            retry_unavailable: plan.retry_unavailable,
            retry_after: failure.retry_after(),
            remaining: plan.deadline.map(|deadline| deadline.at.saturating_duration_since(Instant::now())),
        };
        let is_silent = plan.ends_with_silence && failure.error.info().code == Code::AttemptTimeout;
        let last_failure = last.as_ref().map(|(failure, _)| failure);
        let is_over = is_silent || is_invalid_again(context, operation, &failure, last_failure);
        let decision = match is_over {
            true => Decision::GiveUp,
            false => policy::decide(&situation, &context.settings.backoff, fastrand::f64()),
        };
        let mut failure = failure;
        let mut budget_is_spent = false;
        let decision = match decision {
            Decision::RetryAfter(_) if context.is_closed() => Decision::GiveUp,
            // Nothing left this machine: the retry adds no load on the server.
            Decision::RetryAfter(_)
                if failure.happened != FailureClass::LocalFault && !context.budget.take(&mut taken, begun) =>
            {
                budget_is_spent = true;
                let message = &mut failure.error.info_mut().message;
                message.push_str("; not sent again, as the client's retry budget is spent (option retry_budget)");
                Decision::GiveUp
            }
            decision => decision,
        };
        let sent = Sent { name: operation.name(), attempt: attempts, request_id: &request_id, begun };
        sent.tell_of_failure(context, &failure, decision, budget_is_spent);
        match decision {
            Decision::RetryAfter(wait) => {
                plan.state.waiting.enters(Stage::NextAttempt);
                if failure.happened == FailureClass::LocalFault {
                    let patience = LOCAL_FAULT_RETRY_TIME.min(plan.timeout.unwrap_or(LOCAL_FAULT_RETRY_TIME));
                    let is_within_limit = without_room.get_or_insert(begun).elapsed() < patience;
                    repaired += u32::from(is_within_limit);
                }
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    // There will be no further attempt.
                    () = context.close_phase(ClosePhase::Closing), if !O::OPENS => {}
                }
            }
            Decision::ReopenSession => {
                reopened += 1;
                repaired += 1;
            }
            Decision::RenewToken => {
                renewed = true;
                repaired += 1;
                if let Some(token) = &token {
                    context.tokens.lose(token.generation);
                }
            }
            Decision::Correct => {
                corrected = true;
                repaired += 1;
                operation.correct().await.map_err(|failure| plan.unprepared(failure, attempts))?;
            }
            Decision::GiveUp => return Err(plan.last(failure, attempts, Some(request_id))),
        }
        last = Some((failure, Some(request_id)));
    }
}
