//! One logical call: what is made once before the first attempt, and the loop over the attempts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::auth::Secret;
use crate::classify;
use crate::config::{optional, positive};
use crate::core::Core;
use crate::error::{Code, Delivery, Error, Result};
use crate::failure::Failure;
use crate::headers;
use crate::idempotency;
use crate::methods::{self, TOOLS_CALL};
use crate::option::options;
use crate::protocol::{arguments, jsonrpc};
use crate::retry::{self, Action, Decision, Happened, Safety, Situation};
use crate::session::Peer;
use crate::transport::http::{Answer, Content, Listener, Outgoing, post};
use crate::transport::idle::IdleTimer;

options! {
    /// The options of one call; what is not given holds as for the client.
    CallOptions, "call options", CALL_OPTIONS;
    /// How long one attempt may stay without an answer.
    timeout: Option<Duration> = "the client's";
    /// How long the call may take over all attempts and waits.
    total_timeout: Option<Duration> = "the client's";
    /// The key by which the server runs the call once, 1 to 255 visible ASCII characters.
    idempotency_key: String = "a fresh one where the server honours keys";
    /// The id that the service's logs will show; further attempts append -2, -3 and so on.
    request_id: String = "a fresh one for each attempt";
    /// Further headers; the names that the client itself sets are refused.
    headers: BTreeMap<String, Secret> = "none";
    /// How often the call is sent at most.
    max_attempts: u32 = "the client's";
    /// Declares that the server runs a repeated `Idempotency-Key` once.
    honours_idempotency_keys: bool = "the client's";
    /// Lets a call without an honoured key be sent again after a 503 with Retry-After.
    retry_unavailable: bool = "the client's";
    /// Makes a result with `isError` an error of kind `tool`.
    raise_tool_errors: bool = "the client's";
    /// Returns the result together with its metadata (in Rust, metadata is always there).
    with_metadata: bool = "false";
}

/// Hears the params of each progress notification of a call, as JSON text.
pub(crate) type ProgressSink = Arc<dyn Fn(&str) + Send + Sync>;

/// How far a call has come, readable from outside: what a caller who cancels it is told.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    sent: AtomicU8,
    attempts: AtomicU32,
    request_id: Mutex<Option<String>>,
    idempotency_key: OnceLock<String>,
}

impl CallState {
    fn reached(&self, delivery: Delivery) {
        self.sent.fetch_max(delivery as u8, Ordering::Relaxed);
    }

    fn begin_attempt(&self, number: u32, request_id: &str) {
        self.attempts.store(number, Ordering::Relaxed);
        *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(request_id.to_owned());
    }

    fn delivery(&self) -> Delivery {
        match self.sent.load(Ordering::Relaxed) {
            0 => Delivery::NotSent,
            1 => Delivery::Rejected,
            2 => Delivery::MaybeExecuted,
            _ => Delivery::Executed,
        }
    }

    /// An error for a call that ends from outside, by its deadline or its caller.
    pub(crate) fn ended(&self, code: Code, message: &str) -> Error {
        let mut error = Error::new(code, message);
        let info = error.info_mut();
        info.delivery = self.delivery();
        info.attempts = self.attempts.load(Ordering::Relaxed);
        info.request_id = self.request_id.lock().unwrap_or_else(PoisonError::into_inner).clone();
        info.idempotency_key = self.idempotency_key.get().cloned();
        error
    }
}

/// A result as JSON text, with what is known of its answer.
#[derive(Clone, Default)]
pub(crate) struct RawReply {
    pub(crate) result: Bytes,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) request_id: Option<String>,
    pub(crate) session_id: Option<HeaderValue>,
    pub(crate) idempotency_key: Option<String>,
}

/// What is known of a result besides the result.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The id to quote to the service.
    pub request_id: Option<String>,
    /// The session that the call ran in.
    pub session_id: Option<String>,
    /// HTTP attempts made.
    pub attempts: u32,
    /// The key that all attempts carried.
    pub idempotency_key: Option<String>,
    /// Whether the server answered from its memory of an earlier call with the same key.
    pub replayed: bool,
}

impl std::fmt::Debug for RawReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The payload, the session id and cookies stay out.
        f.debug_struct("RawReply")
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl RawReply {
    pub(crate) fn metadata(&self) -> Metadata {
        let as_text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let replayed = headers::text(&self.headers, &headers::IDEMPOTENCY_REPLAYED);
        Metadata {
            status: self.status.as_u16(),
            headers: self
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.to_string(), as_text(value)?)))
                .collect(),
            request_id: headers::text(&self.headers, &headers::X_REQUEST_ID)
                .map(str::to_owned)
                .or_else(|| self.request_id.clone()),
            session_id: self.session_id.as_ref().and_then(as_text),
            attempts: self.attempts,
            idempotency_key: self.idempotency_key.clone(),
            replayed: replayed.is_some_and(|text| text.eq_ignore_ascii_case("true")),
        }
    }
}

/// What is made once, before the first attempt.
pub(crate) struct LogicalCall {
    method: String,
    safety: Safety,
    params: Bytes,
    /// The params as the caller gave them, by which a reused key is judged.
    payload: Bytes,
    /// Whether this call was the first to use its key.
    claimed: bool,
    key: Option<(String, HeaderValue)>,
    request_id: Option<String>,
    headers: HeaderMap,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    max_attempts: u32,
    retry_unavailable: bool,
    raise_tool_errors: bool,
    progress: Option<(String, ProgressSink)>,
    pub(crate) state: Arc<CallState>,
}

impl LogicalCall {
    /// Checks everything that can be checked before anything is sent. `field` names the params in messages.
    pub(crate) fn prepare(
        core: &Core,
        method: &str,
        field: &str,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<Self> {
        arguments::check(field, &params)?;
        if method == TOOLS_CALL {
            arguments::check_tool_call(&params)?;
        }
        let settings = &core.settings;
        let timeout = optional_or("timeout", options.timeout, settings.timeout)?;
        let total = optional_or("total_timeout", options.total_timeout, settings.total_timeout)?;
        let max_attempts = positive("max_attempts", options.max_attempts.unwrap_or(settings.max_attempts))?;
        let honoured = options.honours_idempotency_keys.unwrap_or(settings.honours_idempotency_keys);
        let key = match &options.idempotency_key {
            Some(key) => {
                let header = idempotency::header(key)?;
                Some((key.clone(), header))
            }
            None if method == TOOLS_CALL && honoured => {
                let key = idempotency::mint();
                let header = idempotency::header(&key)?;
                Some((key, header))
            }
            None => None,
        };
        let payload = params.clone();
        let (params, progress) = match progress {
            None => (params, None),
            Some(sink) => {
                // The key where there is one, so that the same call made again by the caller is the same to the byte.
                let token = key.as_ref().map_or_else(|| format!("progress-{}", core.next_id()), |(key, _)| key.clone());
                (arguments::with_progress_token(&params, &token)?.into(), Some((token, sink)))
            }
        };
        if let Some(id) = &options.request_id {
            headers::visible("request_id", id)?;
        }
        let state = CallState::default();
        if let Some((key, _)) = &key {
            let _ = state.idempotency_key.set(key.clone());
        }
        let headers = headers::extra(options.headers.iter().flatten())?;
        // Last: what is refused has not used its key.
        let claimed = match &options.idempotency_key {
            Some(key) => core.used_keys.claim(key, method, &payload)?,
            None => false,
        };
        Ok(Self {
            claimed,
            method: method.to_owned(),
            safety: methods::safety(method, key.is_some() && honoured),
            params,
            payload,
            key,
            request_id: options.request_id.clone(),
            headers,
            timeout,
            deadline: total.and_then(|total| Instant::now().checked_add(total)),
            max_attempts,
            retry_unavailable: options.retry_unavailable.unwrap_or(settings.retry_unavailable),
            raise_tool_errors: options.raise_tool_errors.unwrap_or(settings.raise_tool_errors),
            progress,
            state: Arc::new(state),
        })
    }

    fn request_id_of_attempt(&self, attempt: u32) -> String {
        match &self.request_id {
            None => format!("req_{}", uuid::Uuid::new_v4().simple()),
            Some(id) if attempt == 1 => id.clone(),
            Some(id) => format!("{id}-{attempt}"),
        }
    }

    /// The params of the next page.
    pub(crate) fn set_params(&mut self, params: Bytes) {
        self.params = params;
    }

    /// Waits for `work` no longer than the call's total timeout.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let Some(deadline) = self.deadline else { return work.await };
        tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| {
            let mut error = self.state.ended(Code::TotalTimeout, "the total timeout passed");
            error.info_mut().retryable = retry::action(Happened::Lost, self.safety) != Action::Stop;
            Err(Failure { happened: Happened::Lost, error })
        })
    }

    /// Runs the call to its one end: a result, or an error that says whether it ran.
    pub(crate) async fn run(&self, core: &Arc<Core>) -> Result<RawReply> {
        self.within(self.attempts(core, None)).await.map_err(|failure| {
            let error = core.redacted(failure.error);
            match &self.key {
                Some((key, _)) if error.delivery() == Delivery::NotSent && self.claimed => core.used_keys.release(key),
                // The caller may send this key again, for this payload only.
                Some((key, _)) => drop(core.used_keys.claim(key, &self.method, &self.payload)),
                None => {}
            }
            error
        })
    }

    /// The loop over the attempts. With `opening`, the call is part of the handshake and uses those headers.
    pub(crate) async fn attempts(&self, core: &Arc<Core>, opening: Option<&HeaderMap>) -> Result<RawReply, Failure> {
        let mut attempts = 0;
        let mut retries = 0;
        let mut reopened = false;
        let mut last: Option<(Failure, Option<String>)> = None;
        loop {
            if opening.is_none() && core.is_closed() {
                // The failure of the last attempt says more than that no further one was made.
                let (failure, sent_id) = last.unwrap_or_else(|| (Failure::not_sent(core.closed_error()), None));
                return Err(self.final_failure(failure, attempts, sent_id));
            }
            let peer = match opening {
                Some(_) => None,
                None => Some(core.peer().await.map_err(|failure| self.unopened(failure, attempts))?),
            };
            attempts += 1;
            let request_id = self.request_id_of_attempt(attempts);
            self.state.begin_attempt(attempts, &request_id);
            let base = peer.as_ref().map(|peer| &peer.headers).or(opening);
            let failure = match self.attempt(core, base, peer.as_deref(), &request_id).await {
                Ok(mut reply) => {
                    core.budget.give_back(retries);
                    reply.attempts = attempts;
                    reply.request_id = Some(request_id);
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            self.state.reached(failure.error.delivery());
            if let (Happened::SessionLost, Some(peer)) = (failure.happened, &peer) {
                core.session.lose(peer.generation);
            }
            let situation = Situation {
                happened: failure.happened,
                safety: self.safety,
                attempts,
                // Opening the session again is not the call's own attempt.
                max_attempts: self.max_attempts.saturating_add(u32::from(reopened)),
                reopened,
                retry_unavailable: self.retry_unavailable,
                retry_after: failure.retry_after(),
                remaining: self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())),
            };
            match retry::decide(&situation, &core.settings.backoff, fastrand::f64()) {
                Decision::RetryAfter(wait) if !core.is_closed() && core.budget.take() => {
                    retries += 1;
                    tokio::time::sleep(wait).await;
                }
                Decision::ReopenSession => reopened = true,
                Decision::RetryAfter(_) | Decision::GiveUp => {
                    return Err(self.final_failure(failure, attempts, Some(request_id)));
                }
            }
            last = Some((failure, Some(request_id)));
        }
    }

    async fn attempt(
        &self,
        core: &Arc<Core>,
        base: Option<&HeaderMap>,
        peer: Option<&Peer>,
        request_id: &str,
    ) -> Result<RawReply, Failure> {
        let id = core.next_id();
        let mut headers = base.cloned().unwrap_or_default();
        for (name, value) in &self.headers {
            // In the place of the client's header of the same name.
            headers.insert(name.clone(), value.clone());
        }
        if let Ok(value) = HeaderValue::from_str(request_id) {
            headers.insert(headers::X_REQUEST_ID, value);
        }
        if let Some((_, key)) = &self.key {
            headers.insert(headers::IDEMPOTENCY_KEY, key.clone());
        }
        let outgoing = Outgoing {
            url: &core.settings.endpoint,
            headers,
            body: jsonrpc::request(id, &self.method, &self.params),
            id: Some(id),
            limit: core.settings.max_answer_bytes,
        };
        let idle = IdleTimer::start(self.timeout);
        let listener = CallListener { core, idle: &idle, progress: self.progress.as_ref(), peer };
        let before = self.state.sent.swap(Delivery::MaybeExecuted as u8, Ordering::Relaxed);
        let answer = tokio::select! {
            biased;
            answer = post(&core.http, outgoing, &listener) => answer,
            () = idle.expired() => {
                Err(Failure::new(Happened::Lost, Code::AttemptTimeout, "no answer within the timeout"))
            }
        };
        // Settled: what the attempts before had reached, until this one's own word is added.
        self.state.sent.store(before, Ordering::Relaxed);
        let answer = answer?;
        let status = answer.status;
        let in_session = peer.is_some_and(|peer| peer.session_id.is_some());
        let (result, headers) = classify::judge(answer, core.settings.profile, in_session)?;
        let reply = RawReply {
            result,
            status,
            headers,
            attempts: 0,
            request_id: None,
            session_id: peer.and_then(|peer| peer.session_id.clone()),
            idempotency_key: self.key.as_ref().map(|(key, _)| key.clone()),
        };
        if self.raise_tool_errors && self.method == TOOLS_CALL {
            refuse_tool_error(&reply)?;
        }
        Ok(reply)
    }

    /// The failure of a handshake that ends the call: nothing of this attempt of the call itself ever left, so that the
    /// handshake's own fate decides only on trying again.
    fn unopened(&self, mut failure: Failure, attempts: u32) -> Failure {
        let own = self.state.delivery();
        let info = failure.error.info_mut();
        info.delivery = own;
        info.attempts = info.attempts.max(attempts);
        let safety = if own <= Delivery::Rejected { Safety::Safe } else { self.safety };
        info.retryable = retry::action(failure.happened, safety) != Action::Stop;
        info.idempotency_key = self.key.as_ref().map(|(key, _)| key.clone());
        failure
    }

    /// The failure that ends the call, with what is known of all its attempts.
    fn final_failure(&self, mut failure: Failure, attempts: u32, sent_id: Option<String>) -> Failure {
        let action = retry::action(failure.happened, self.safety);
        let info = failure.error.info_mut();
        info.attempts = attempts;
        info.delivery = info.delivery.max(self.state.delivery());
        info.retryable = action != Action::Stop;
        info.idempotency_key = self.key.as_ref().map(|(key, _)| key.clone());
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

fn refuse_tool_error(reply: &RawReply) -> Result<(), Failure> {
    // Read loosely: whatever else is odd about the result, the failure must not be missed.
    let result: serde_json::Value = serde_json::from_slice(&reply.result).unwrap_or_default();
    if result["isError"] != serde_json::Value::Bool(true) {
        return Ok(());
    }
    let items = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = items.iter().find_map(|item| item["text"].as_str()).unwrap_or_default();
    let message = format!("the tool reported a failure: {}", crate::text::preview(said.as_bytes()));
    let mut failure = Failure::new(Happened::Refused, Code::ToolFailed, message).answered(reply.status, &reply.headers);
    let info = failure.error.info_mut();
    info.delivery = Delivery::Executed;
    info.data = serde_json::from_slice(&reply.result).ok();
    Err(failure)
}

/// Hears what the server sends on the way to this call's answer.
struct CallListener<'a> {
    core: &'a Arc<Core>,
    idle: &'a IdleTimer,
    progress: Option<&'a (String, ProgressSink)>,
    peer: Option<&'a Peer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressToken<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
}

impl Listener for CallListener<'_> {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        match (method, params, self.progress) {
            ("notifications/progress", Some(params), Some((token, sink))) => {
                let sent: Option<ProgressToken<'_>> = serde_json::from_str(params.get()).ok();
                if sent.is_some_and(|sent| sent.progress_token.get().trim_matches('"') == token) {
                    self.idle.restart();
                    sink(params.get());
                }
            }
            ("notifications/progress" | "notifications/message", ..) => self.idle.restart(),
            _ => {}
        }
    }

    fn request(&self, id: &str, method: &str) {
        if let Some(peer) = self.peer {
            self.core.answer_server(peer.headers.clone(), id, method);
        }
    }
}

/// Sends a notification; an answer with an error status is a failure.
pub(crate) async fn notify(
    core: &Arc<Core>,
    headers: &HeaderMap,
    method: &str,
    params: &[u8],
    timeout: Option<Duration>,
) -> Result<(), Failure> {
    let mut headers = headers.clone();
    if let Ok(value) = HeaderValue::from_str(&format!("req_{}", uuid::Uuid::new_v4().simple())) {
        headers.insert(headers::X_REQUEST_ID, value);
    }
    let outgoing = Outgoing {
        url: &core.settings.endpoint,
        headers,
        body: jsonrpc::notification(method, params),
        id: None,
        limit: core.settings.max_answer_bytes,
    };
    let idle = IdleTimer::start(timeout);
    let listener = CallListener { core, idle: &idle, progress: None, peer: None };
    let answer: Answer = tokio::select! {
        biased;
        answer = post(&core.http, outgoing, &listener) => answer?,
        () = idle.expired() => {
            return Err(Failure::new(Happened::Lost, Code::AttemptTimeout, "no answer within the timeout"));
        }
    };
    if answer.status.is_success() && !matches!(answer.content, Content::RpcError(_)) {
        return Ok(());
    }
    let in_session = core.session.current().is_some_and(|peer| peer.session_id.is_some());
    classify::judge(answer, core.settings.profile, in_session).map(drop)
}
