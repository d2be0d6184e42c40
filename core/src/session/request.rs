//! One logical call: what is made once before the first attempt, and what each attempt sends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::value::RawValue;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::auth::token::Token;
use crate::config::call_options::CallOptions;
use crate::config::client_options::Settings;
use crate::config::header_rules;
use crate::config::option_table::refuse_given;
use crate::error::attempt_error::{AttemptError, Tie};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Error, Result};
use crate::http::idle_timeout::{IdleTimer, Questions};
use crate::oauth::access_token;
use crate::observe::deviations::Deviation;
use crate::observe::waiting::Deadline;
use crate::protocol::era::{HEADER_MISMATCH, UNSUPPORTED_VERSION, is_modern};
use crate::protocol::methods::{self, INITIALIZE, RESOURCES_READ, TOOLS_CALL, TOOLS_LIST};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::trace_context::TraceContext;
use crate::protocol::{jsonrpc, lenient_json, modern, params, validate_params};
use crate::retry::attempt::{Attempt, in_time};
use crate::retry::call_log::{self, CallLog};
use crate::retry::call_state::CallState;
use crate::retry::context::{ClosePhase, Context};
use crate::retry::operation::{Correction, Operation, OperationName};
use crate::retry::plan::Plan;
use crate::retry::{executor, idempotency};
use crate::session::cancellation::CancelOnDrop;
use crate::session::inbound::{AskedInCall, InboundHandler};
use crate::session::input_rounds::Rounds;
use crate::session::loss::{self, LossSign, Suspicion};
use crate::session::manager::SessionManager;
use crate::session::open::SessionBuilder;
use crate::session::open_session::Session;
use crate::session::{get_stream, output_schemas, pagination, result_cache};
use crate::transport::classify::{self, ResponseContext};
use crate::transport::link::Link;
use crate::transport::message::{self, Content, LeftOut, Listener, OutgoingMessage, Renewed};
use crate::transport::pending_requests::progress_token;
use crate::util::bounded_queue::{BoundedQueue, WaitLimit};
use crate::util::headers;
use crate::util::sanitize::preview;

/// How long a process is given to answer the question for its era.
const PROBE_WITHIN: Duration = Duration::from_secs(5);

/// Where the progress of a call goes.
#[derive(Clone)]
pub(crate) struct ProgressSink {
    /// Is called with the params of each progress notification, as JSON text.
    pub(crate) hear: Arc<dyn Fn(&str) + Send + Sync>,
    /// The queue that `hear` fills, where there is one.
    pub(crate) room: Option<Arc<BoundedQueue>>,
}

const PROGRESS: &str = "notifications/progress";
/// How long a callback that takes nothing is waited for where attempts have no timeout.
const STALLED_AFTER: Duration = Duration::from_secs(20);

/// What is made once, before the first attempt.
pub(crate) struct LogicalCall {
    method: String,
    /// Whether nothing is answered to it.
    is_notification: bool,
    plan: Plan,
    params: Bytes,
    /// The params as the caller gave them, by which a reused key is judged.
    payload: Bytes,
    /// Whether this call was the first to use its key.
    claimed: bool,
    key: Option<(String, HeaderValue)>,
    headers: HeaderMap,
    raise_tool_errors: bool,
    validate_output: bool,
    /// Whether the server is asked even where its last answer still holds.
    fresh: bool,
    progress: Option<(String, ProgressSink)>,
    trace: TraceContext,
}

impl LogicalCall {
    /// Checks everything that can be checked before anything is sent. `field` names the params in messages.
    pub(crate) fn prepare(
        core: &SessionManager,
        method: &str,
        field: &str,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<Self> {
        params::check(field, &params)?;
        validate_params::check(method, &params)?;
        let settings = &core.settings;
        if method == TOOLS_CALL {
            let tool = params::check_tool_call(&params)?;
            if !settings.tools.allow(&tool) {
                return Err(blocked(core, &tool));
            }
        }
        if settings.route.url().is_none() {
            refuse_given(
                &[
                    ("idempotency_key", options.idempotency_key.is_some()),
                    ("honours_idempotency_keys", options.honours_idempotency_keys == Some(true)),
                    ("headers", options.headers.as_ref().is_some_and(|headers| !headers.is_empty())),
                ],
                "does not belong to the transport stdio",
            )?;
        }
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
                (params::with_progress_token(&params, &token)?.into(), Some((token, sink)))
            }
        };
        let plan = Plan::of_call(core, methods::safety(method, key.is_some() && honoured), options)?;
        if let Some((key, _)) = &key {
            let _ = plan.state.idempotency_key.set(key.clone());
        }
        let headers = header_rules::extra("headers", options.headers.iter().flatten())?;
        let [traceparent, tracestate, baggage] =
            [&options.traceparent, &options.tracestate, &options.baggage].map(Option::as_deref);
        let trace = TraceContext::of(traceparent, tracestate, baggage)?;
        // Last: what is refused has not used its key.
        let claimed = match &options.idempotency_key {
            Some(key) => core.used_keys.claim(key, method, &payload)?,
            None => false,
        };
        Ok(Self {
            claimed,
            method: method.to_owned(),
            is_notification: false,
            plan,
            params,
            payload,
            key,
            headers,
            raise_tool_errors: options.raise_tool_errors.unwrap_or(settings.raise_tool_errors),
            validate_output: options.validate_output.unwrap_or(settings.validate_output),
            fresh: options.fresh.unwrap_or(!settings.cache),
            progress,
            trace,
        })
    }

    /// A request of the client's own.
    pub(crate) fn of_its_own(core: &SessionManager, method: &str, params: Bytes, safety: Safety) -> Self {
        let mut plan = Plan::internal(core, safety);
        plan.deadline = core.settings.total_timeout.and_then(Deadline::after);
        Self {
            claimed: false,
            method: method.to_owned(),
            is_notification: false,
            plan,
            payload: params.clone(),
            params,
            key: None,
            headers: HeaderMap::new(),
            raise_tool_errors: false,
            validate_output: false,
            fresh: true,
            progress: None,
            trace: TraceContext::default(),
        }
    }

    /// A request of the client's own that is sent once, and not waited for long.
    pub(crate) fn look(core: &SessionManager, method: &str, params: Bytes, within: Duration) -> Self {
        let plan = Plan::single_attempt(core, within);
        Self { plan, ..Self::of_its_own(core, method, params, Safety::Safe) }
    }

    /// A question by which a server's era is found out: where it is not answered soon, it knows nothing of it.
    pub(crate) fn probe(core: &SessionManager, method: &str) -> Result<Self> {
        let params = Bytes::from_static(b"{}");
        let mut call = Self::prepare(core, method, "params", params, &CallOptions::default(), None)?;
        if core.settings.route.url().is_none() {
            call.plan = Plan::single_attempt(core, PROBE_WITHIN);
        }
        call.plan.ends_with_silence = true;
        Ok(call)
    }

    /// A notification, which is sent again only where its safety says so.
    pub(crate) fn notification(core: &SessionManager, method: &str, params: Bytes, safety: Safety) -> Self {
        Self { is_notification: true, ..Self::of_its_own(core, method, params, safety) }
    }

    pub(crate) fn state(&self) -> Arc<CallState> {
        Arc::clone(&self.plan.state)
    }

    /// The params of the next page.
    pub(crate) fn set_params(&mut self, params: Bytes) {
        self.params = params;
    }

    /// Waits for `work` no longer than the call's total timeout.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.plan.within(work).await
    }

    pub(crate) fn params(&self) -> &[u8] {
        &self.params
    }

    /// Has the server asked whatever is kept.
    pub(crate) fn ask_anew(&mut self) {
        self.fresh = true;
    }

    /// How long progress waits for its callback while the answer is read. The last quarter of the total timeout is left for
    /// the answer, which must not be lost with the progress.
    fn limit_of_progress(&self) -> WaitLimit {
        let Plan { timeout, deadline, .. } = &self.plan;
        let until = deadline.as_ref().and_then(|deadline| deadline.at.checked_sub(deadline.total / 4));
        WaitLimit { idle: timeout.unwrap_or(STALLED_AFTER), until }
    }

    /// How long the callback may take for the rest of the progress when the answer is there.
    pub(crate) fn limit_of_last_progress(&self) -> WaitLimit {
        WaitLimit { until: self.plan.deadline.as_ref().map(|deadline| deadline.at), ..self.limit_of_progress() }
    }

    /// The call as counters and logs see it.
    pub(crate) fn begin<'a>(&self, core: &'a SessionManager) -> CallLog<'a> {
        CallLog::begin(core, self.state(), self.method.clone(), self.payload.clone())
    }

    fn name(&self) -> OperationName {
        call_log::name(&self.method, &self.params)
    }

    /// Turns it into a request of another method, which takes the same params.
    pub(crate) fn set_method(&mut self, method: &str) {
        method.clone_into(&mut self.method);
    }

    /// Waits for `work` no longer than the attempt's and the total timeout.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.within(in_time(self.plan.timeout, work)).await
    }

    /// Runs the call to its one end: a result, or an error that says whether it ran.
    pub(crate) async fn run(&self, core: &Arc<SessionManager>) -> Result<RawReply> {
        let key = if self.fresh || core.is_closed() { None } else { self.cache_key(core) };
        if let Some(kept) = key.as_ref().and_then(|key| core.cache.get(key)) {
            return Ok(kept);
        }
        let key = key.map(|key| (key, core.cache.now()));
        let begun = Instant::now();
        let attempts = async {
            let schema = match self.validate_output && self.method == TOOLS_CALL {
                true => core.output_schema(&self.params).await.map_err(AttemptError::not_sent)?,
                false => None,
            };
            // Boxed: it is large, and would be copied with each of the layers around it.
            let (reply, rounds) = Box::pin(self.rounds(core)).await?;
            // Whatever ends it now: it was answered.
            self.plan.state.reached(Delivery::Executed);
            if let Some(schema) = schema {
                output_schemas::check(core, schema, &reply).await.map_err(AttemptError::settled)?;
            }
            Ok((reply, rounds))
        };
        let (reply, rounds) = self.within(attempts).await.map_err(|failure| {
            if failure.error.info().code == Code::TotalTimeout {
                core.http.renew(begun);
            }
            let error = core.redacted_of(failure.error, &header_rules::texts(&self.headers));
            match &self.key {
                Some((key, _)) if error.delivery() == Delivery::NotSent && self.claimed => core.used_keys.release(key),
                // The caller may send this key again, for this payload only.
                Some((key, _)) => drop(core.used_keys.claim(key, &self.method, &self.payload)),
                None => {}
            }
            error
        })?;
        // What came of rounds of input depends on more than the key says.
        let mut reply = reply;
        core.redact_headers(&mut reply.headers);
        if let Some((key, asked)) = key.filter(|_| rounds == 0)
            && core.session.current().is_some_and(|peer| peer.modern.is_some())
        {
            core.cache.keep(key, &reply, asked);
        }
        reply.warnings.append(&mut core.take_warnings());
        Ok(reply)
    }

    /// By what an answer may be kept. Headers of the caller's may ask for something else.
    fn cache_key(&self, core: &SessionManager) -> Option<result_cache::CacheKey> {
        let token = core.tokens.current().map(|token| token.generation);
        if token.is_none() && core.settings.credentials.are_renewed() {
            // Whose it would be is not known yet.
            return None;
        }
        self.headers.is_empty().then(|| result_cache::CacheKey::of(&self.method, &self.params, token)).flatten()
    }

    /// The call, and again for as long as the server asks for input; and how often it did.
    async fn rounds(&self, core: &Arc<SessionManager>) -> Result<(RawReply, u32), AttemptError> {
        let unanswered = CancelOnDrop::new(core);
        let mut rounds = Rounds::default();
        let mut params = self.params.clone();
        let mut attempts = 0;
        loop {
            let of_round = self.key_of_round(core, &rounds, &params)?;
            let way = InSession {
                core,
                call: self,
                params: &params,
                key: of_round.as_ref().or(self.key.as_ref()),
                unanswered: &unanswered,
                doubt: Mutex::default(),
                guessed: Mutex::default(),
                corrected: AtomicBool::new(false),
                suspected: Mutex::default(),
                renewed: AtomicBool::new(false),
            };
            let turn = self.turn(core).await;
            let mut reply = self.send(core, &way).await.map_err(|mut failure| {
                way.suspect_session(core);
                failure.error.info_mut().attempts += attempts;
                failure
            })?;
            drop(turn);
            attempts += reply.attempts;
            reply.attempts = attempts;
            // The caller's own, by which the whole call can be made again.
            reply.idempotency_key = self.key.as_ref().map(|(key, _)| key.clone());
            if !reply.input_required {
                return Ok((reply, rounds.made()));
            }
            // Whatever becomes of the questions: the server has answered, and it did not run.
            self.plan.state.reached(Delivery::Rejected);
            params = tokio::select! {
                biased;
                () = core.close_phase(ClosePhase::Closing) => {
                    let mut error = reply.unexpected(Code::ClientClosed, "the client was closed while input was asked for");
                    error.info_mut().delivery = Delivery::Rejected;
                    Err(error)
                }
                next = rounds.next(core, &self.params, &reply) => next,
            }
            .map_err(AttemptError::settled)?;
        }
    }

    /// The key of a further round: it has another payload, for which the call's own would be refused.
    fn key_of_round(
        &self,
        core: &SessionManager,
        rounds: &Rounds,
        params: &[u8],
    ) -> Result<Option<(String, HeaderValue)>, AttemptError> {
        let (Some((key, _)), round @ 1..) = (&self.key, rounds.made()) else { return Ok(None) };
        let rejected = |error: Error| AttemptError::settled(error.with_delivery(Delivery::Rejected));
        let key = idempotency::of_round(key, round + 1);
        core.used_keys.claim(&key, &self.method, params).map_err(rejected)?;
        let header = idempotency::header(&key).map_err(rejected)?;
        Ok(Some((key, header)))
    }

    /// One at a time, in the order in which they came here, where the server's record asks for it.
    async fn turn<'a>(&self, core: &'a SessionManager) -> Option<MutexGuard<'a, ()>> {
        let in_line = core.settings.force_serial_tool_calls && self.method == TOOLS_CALL;
        if in_line { Some(core.serial.lock().await) } else { None }
    }

    /// Runs the call as a part of the handshake.
    pub(crate) async fn run_opening(
        &self,
        core: &Arc<SessionManager>,
        opening: &SessionBuilder,
    ) -> Result<RawReply, AttemptError> {
        self.send(core, &InOpening(core, self, opening)).await
    }

    async fn send<O: Operation<Reply = RawReply>>(
        &self,
        core: &Arc<SessionManager>,
        way: &O,
    ) -> Result<RawReply, AttemptError> {
        Ok(executor::run_counted(&core.context, &self.plan, way).await?.into_reply())
    }

    /// The message for `line`.
    pub(crate) fn outgoing(
        &self,
        core: &SessionManager,
        line: &RequestTarget<'_>,
        turn: &Attempt,
        id: Option<u64>,
    ) -> Result<OutgoingMessage, AttemptError> {
        let mut headers = line.headers.clone();
        if let (true, Some(id)) = (line.modern.is_none(), line.session_id) {
            headers.insert(headers::MCP_SESSION_ID, id.clone());
        }
        for (name, value) in &self.headers {
            // In the place of the client's header of the same name.
            headers.insert(name.clone(), value.clone());
        }
        if let Some(token) = &turn.token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        if let Ok(value) = HeaderValue::from_str(&turn.request_id) {
            headers.insert(headers::X_REQUEST_ID, value);
        }
        if let Some((_, key)) = line.key {
            headers.insert(headers::IDEMPOTENCY_KEY, key.clone());
        }
        self.trace.set_headers(&mut headers);
        let given = line.params.unwrap_or(&self.params);
        let params = match line.modern {
            Some(members) => {
                modern::set_headers(&mut headers, &self.method, given);
                if self.method == TOOLS_CALL {
                    core.mirror_arguments(&mut headers, given);
                }
                modern::params(given, members, core.log_level().as_deref(), &self.trace)
                    .map_err(AttemptError::not_sent)?
            }
            None if line.link.is_process() => self.trace.with_meta(given).map_err(AttemptError::not_sent)?,
            None => given.clone(),
        };
        // Servers with strict schemas refuse empty params of requests, and others demand those of notifications.
        let params = match (params::are_empty(&params), self.is_notification) {
            (true, true) => Bytes::from_static(b"{}"),
            (true, false) => Bytes::new(),
            (false, _) => params,
        };
        let string_ids = core.settings.profile.string_ids;
        Ok(OutgoingMessage {
            headers,
            body: match id {
                Some(id) => jsonrpc::request(id, string_ids, &self.method, &params),
                None => jsonrpc::notification(&self.method, &params),
            },
            id,
            progress_token: self.progress.as_ref().map(|(token, _)| token.clone()),
            limits: core.settings.limits,
            resumes: line.modern.is_none(),
            slot: turn.slot.lock().unwrap_or_else(PoisonError::into_inner).take(),
        })
    }

    /// Sends once over `line`.
    async fn attempt(
        &self,
        core: &Arc<SessionManager>,
        line: RequestTarget<'_>,
        turn: &Attempt,
        id: Option<u64>,
    ) -> Result<RawReply, AttemptError> {
        let outgoing = self.outgoing(core, &line, turn, id)?;
        let idle = Arc::new(IdleTimer::start(self.plan.timeout));
        let asked = Arc::<AskedInCall>::default();
        let answers = !core.settings.hooks.answers.is_empty();
        // Where no function answers, no call waits for one.
        let questions = answers.then(|| Questions::of_call(&asked.questions, &core.asked_of_all));
        let progress = self.progress.as_ref();
        let listener = CallListener {
            core,
            token: turn.token.as_deref(),
            ears: line.ears,
            idle: &idle,
            progress,
            limit: self.limit_of_progress(),
            asked: &asked,
            skipped: Mutex::default(),
        };
        let answer = tokio::select! {
            biased;
            answer = line.link.exchange(outgoing, &listener) => answer?,
            () = idle.expired(questions.as_ref()) => return Err(listener.too_late(line.link)),
            never = get_stream::yields_to(core, line.peer, &idle) => match never {},
            () = core.close_phase(ClosePhase::Abandoning), if answers => {
                let message = "the client was closed while the server waited for an answer";
                return Err(AttemptError::new(FailureClass::Lost, Code::ClientClosed, message));
            }
        };
        let answer = core.in_form(&self.method, answer).map_err(|mut failure| {
            if line.link.is_process() {
                // Its answers have no status.
                failure.error.info_mut().status = None;
            }
            failure
        })?;
        let status = answer.status;
        if self.is_notification && status.is_success() && !matches!(answer.content, Content::RpcError(_)) {
            return Ok(RawReply { status, headers: answer.headers, ..RawReply::default() });
        }
        let standing = ResponseContext {
            in_session: line.session_id.is_some() || line.link.is_the_session(),
            is_modern: line.modern.is_some() || self.method == INITIALIZE,
        };
        let judged = classify::judge(&Method::POST, answer, &core.settings.profile, standing);
        let (result, headers) = judged.map_err(|mut failure| {
            if line.link.is_process() {
                // Its answers have no status.
                failure.error.info_mut().status = None;
            }
            if failure.error.info().code == Code::UnknownAddress
                && let Some(url) = line.link.url()
            {
                classify::name_address(&mut failure, url);
            }
            let info = failure.error.info();
            let is_unexplained = info.status == Some(409) && info.service_code.is_none() && info.rpc_code.is_none();
            if is_unexplained && self.plan.safety == Safety::Keyed && core.settings.profile.catalogue.is_empty() {
                failure.happened = FailureClass::KeyInFlight;
            }
            if failure.happened == FailureClass::Mismatch && !(line.link.is_http() && self.method == TOOLS_CALL) {
                // Only a tool's call has headers that can be learnt.
                failure.happened = FailureClass::Refused;
            }
            if self.method == RESOURCES_READ { classify::of_resource(failure) } else { failure }
        })?;
        let input_required = match line.modern {
            None => false,
            Some(_) => {
                let kind =
                    modern::kind_of(&self.method, &result).map_err(|failure| failure.answered(status, &headers))?;
                kind == modern::ResultKind::InputRequired
            }
        };
        let learns = line.modern.is_some() && line.link.is_http() && self.method == TOOLS_LIST;
        let (result, mut warnings) = if learns { core.learn_tools(result) } else { (result, Vec::new()) };
        warnings.append(&mut asked.warnings.take());
        warnings.iter_mut().for_each(|warning| core.redact_text(warning));
        let reply = RawReply {
            result,
            status,
            headers,
            session_id: line.session_id.cloned(),
            input_required,
            warnings,
            ..RawReply::default()
        };
        if self.raise_tool_errors && self.method == TOOLS_CALL && !input_required {
            refuse_tool_error(&reply)?;
        }
        Ok(reply)
    }
}

/// Where a message goes, and what it carries there.
pub(crate) struct RequestTarget<'a> {
    link: &'a Link,
    headers: &'a HeaderMap,
    session_id: Option<&'a HeaderValue>,
    modern: Option<&'a str>,
    ears: &'a InboundHandler,
    /// The params of a round, where they are not those of the call.
    params: Option<&'a Bytes>,
    key: Option<&'a (String, HeaderValue)>,
    /// The session, where it is open.
    peer: Option<&'a Session>,
}

impl<'a> RequestTarget<'a> {
    /// In an open session.
    pub(crate) fn of(peer: &'a Session) -> Self {
        let Session { link, headers, ears, modern, .. } = peer;
        let session_id = peer.session_id();
        Self { link, headers, session_id, modern: modern.as_deref(), ears, params: None, key: None, peer: Some(peer) }
    }
}

/// A call in an open session.
struct InSession<'a> {
    core: &'a Arc<SessionManager>,
    call: &'a LogicalCall,
    params: &'a Bytes,
    key: Option<&'a (String, HeaderValue)>,
    unanswered: &'a CancelOnDrop,
    /// The refusal of a server that may be of the other era by now, and whether it was taken for a modern one.
    doubt: Mutex<Option<(bool, AttemptError)>>,
    /// The era that the server was taken for, and the JSON-RPC code of a refusal by which it may be of the other one.
    guessed: Mutex<Option<(bool, Option<i64>)>>,
    /// Whether the tools were listed for this call, as its headers were refused.
    corrected: AtomicBool,
    /// The last failure, where it may mean that the session is lost for the next call, and the session that it came in.
    suspected: Mutex<Option<(LossSign, Arc<Session>)>>,
    /// Whether a refused token was renewed.
    renewed: AtomicBool,
}

impl InSession<'_> {
    /// Judges whether a failure may mean that the session is lost; then the call is sent once more in another, or the next call
    /// is sent in another.
    fn judge_session(
        &self,
        core: &Arc<SessionManager>,
        peer: &Arc<Session>,
        turn: &Attempt,
        mut failure: AttemptError,
    ) -> AttemptError {
        let is_established = peer.session_id().is_some() || peer.link.is_the_session();
        if peer.modern.is_some() || !is_established || failure.happened == FailureClass::SessionLost {
            return failure;
        }
        let named = loss::names_unknown_session(&failure);
        if named && !core.settings.strict {
            let info = failure.error.info_mut();
            info.delivery = info.delivery.min(Delivery::Rejected);
        }
        if failure.happened == FailureClass::Unauthorized
            && !named
            && turn.token.is_some()
            && !self.renewed.swap(true, Ordering::Relaxed)
        {
            // Another token is tried first.
            return failure;
        }
        // A stream that is open is a session that is known, unless a text says otherwise.
        if !named && peer.link.is_the_session() {
            return failure;
        }
        let kind = LossSign::of(&failure, self.call.name().shortest());
        match loss::suspicion(&failure, &core.settings.profile, self.call.plan.safety) {
            Suspicion::None => failure,
            Suspicion::ForNextCall => {
                let suspected = Some((kind, Arc::clone(peer)));
                *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = suspected;
                failure
            }
            Suspicion::SendAgain if !core.suspects(&kind, peer) => failure,
            Suspicion::SendAgain if self.call.plan.max_attempts <= 1 => {
                core.lose_session(peer.generation);
                failure
            }
            Suspicion::SendAgain => {
                core.token_is_new.store(self.renewed.load(Ordering::Relaxed), Ordering::Relaxed);
                AttemptError { happened: FailureClass::SessionLost, ..failure }
            }
        }
    }

    /// Whether a refusal is a reason to find out anew of which era the server is. It is none where that was done for such a
    /// refusal before, and the server was of the same era.
    fn doubts_era(&self, core: &Arc<SessionManager>, peer: &Session, failure: &AttemptError) -> bool {
        let is_modern = peer.modern.is_some();
        // The era of a process that has shaken hands does not change.
        if (!is_modern && peer.link.is_process()) || !is_of_another_era(failure, is_modern, &core.settings) {
            return false;
        }
        let guess = (is_modern, failure.error.info().rpc_code);
        let before = self.guessed.lock().unwrap_or_else(PoisonError::into_inner).replace(guess);
        if before == Some(guess) {
            core.confirms_era(guess.0, guess.1);
        }
        !core.is_of_that_era(guess.0, guess.1)
    }

    /// Whether the headers of this tool's calls are refused also where they were just learnt.
    fn is_refused_again(&self, core: &SessionManager) -> bool {
        let name = format!("the headers of {}", self.call.name().shortest());
        if self.corrected.load(Ordering::Relaxed) {
            core.note_invalid(name);
            return false;
        }
        core.is_always_invalid(&name)
    }

    /// The call has failed: where its last failure may mean a lost session, the next call opens another.
    fn suspect_session(&self, core: &Arc<SessionManager>) {
        let suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((kind, peer)) = suspected
            && core.suspects(&kind, &peer)
        {
            core.lose_session(peer.generation);
        }
    }
}

impl Operation for InSession<'_> {
    type Prepared = Arc<Session>;
    type Reply = RawReply;
    const TAKES_SLOT: bool = true;

    fn name(&self) -> OperationName {
        self.call.name()
    }

    fn status(reply: &RawReply) -> Option<u16> {
        Some(reply.status.as_u16())
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<Arc<Session>, AttemptError> {
        self.core.peer().await
    }

    async fn token(&self, context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
        access_token::current(context).await
    }

    async fn send(&self, _: &Arc<Context>, peer: &Arc<Session>, attempt: &Attempt) -> Result<RawReply, AttemptError> {
        let core = self.core;
        let doubt = self.doubt.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((was_modern, failure)) = doubt.filter(|(was_modern, _)| *was_modern == peer.modern.is_some()) {
            core.confirms_era(was_modern, failure.error.info().rpc_code);
            return Err(failure);
        }
        let _in_flight = peer.in_flight.begin();
        if core.is_closed() {
            // Its end may not wait for this one any more.
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        let line = RequestTarget { params: Some(self.params), key: self.key, ..RequestTarget::of(peer) };
        let id = (!self.call.is_notification).then(|| core.next_id());
        if let Some(id) = id {
            self.unanswered.sent(peer, id);
        }
        peer.requests.fetch_add(1, Ordering::Relaxed);
        *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let answered = self.call.attempt(core, line, attempt, id).await;
        match answered {
            // Left open: if it is not sent again, the server is told.
            Err(failure) if failure.error.info().code == Code::AttemptTimeout => Err(failure),
            Err(failure) if self.doubts_era(core, peer, &failure) => {
                self.unanswered.settled();
                core.forget_era();
                core.sets_aside(peer);
                if !proves_that_none_ran(&failure, peer.modern.is_some()) && self.call.plan.safety == Safety::Plain {
                    // The code alone does not say that it did not run; that the server is of the other era by now does.
                    let doubt = (peer.modern.is_some(), failure.clone());
                    *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(doubt);
                }
                Err(AttemptError { happened: FailureClass::SessionLost, ..failure })
            }
            Err(mut failure) => {
                self.unanswered.settled();
                if failure.happened == FailureClass::Mismatch && self.is_refused_again(core) {
                    failure.happened = FailureClass::Refused;
                }
                Err(self.judge_session(core, peer, attempt, failure))
            }
            Ok(reply) => {
                self.unanswered.settled();
                core.suspicions.succeeded(|| self.call.name().shortest(), peer.generation);
                core.take_late_session_id(peer, &reply.headers);
                Ok(reply)
            }
        }
    }

    fn correct(&self) -> Correction<'_> {
        let core = self.core;
        self.corrected.store(true, Ordering::Relaxed);
        Box::pin(async move {
            let params = Bytes::from_static(b"{}");
            let fresh = CallOptions::default().fresh(true);
            let list = LogicalCall::prepare(core, TOOLS_LIST, "params", params, &fresh, None)
                .map_err(AttemptError::not_sent)?;
            // All pages: the tool may be on any.
            pagination::all(core, list, "tools").await.map(drop).map_err(AttemptError::not_sent)
        })
    }

    fn was_shared(&self, peer: &Arc<Session>) -> bool {
        peer.requests.load(Ordering::Relaxed) > 1
    }

    fn failed(&self, peer: &Arc<Session>, failure: &AttemptError) {
        if failure.happened == FailureClass::SessionLost || peer.link.is_down() {
            self.core.lose_session(peer.generation);
        }
    }
}

/// Whether a refusal that may be one of another era proves that the call did not run.
fn proves_that_none_ran(failure: &AttemptError, taken_for_modern: bool) -> bool {
    let info = failure.error.info();
    let is_of_the_envelope = taken_for_modern && info.rpc_code == Some(UNSUPPORTED_VERSION);
    info.delivery <= Delivery::Rejected && (failure.tie == Tie::Status || is_of_the_envelope)
}

/// Whether a server refuses as one of another version or era does than it was taken for: what was found out of it does not
/// hold any more.
pub(crate) fn is_of_another_era(failure: &AttemptError, taken_for_modern: bool, settings: &Settings) -> bool {
    let info = failure.error.info();
    if failure.happened != FailureClass::Refused {
        return false;
    }
    // A process has no status.
    let is_400 = matches!(info.status, Some(400) | None);
    match (info.rpc_code, taken_for_modern) {
        (Some(UNSUPPORTED_VERSION), true) => true,
        (Some(-32000 | jsonrpc::INVALID_REQUEST), true) => info.status == Some(400),
        _ if taken_for_modern || !settings.versions().into_iter().any(is_modern) => false,
        (Some(HEADER_MISMATCH | UNSUPPORTED_VERSION), _) => is_400,
        // It misses what every modern request has.
        (Some(jsonrpc::INVALID_PARAMS), _) => is_400 && info.message.contains("_meta"),
        _ => false,
    }
}

/// A call that is a part of the handshake.
struct InOpening<'a>(&'a Arc<SessionManager>, &'a LogicalCall, &'a SessionBuilder);

impl Operation for InOpening<'_> {
    type Prepared = ();
    type Reply = RawReply;
    const OPENS: bool = true;
    const IS_HANDSHAKE: bool = true;

    fn name(&self) -> OperationName {
        self.1.name()
    }

    fn status(reply: &RawReply) -> Option<u16> {
        Some(reply.status.as_u16())
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn token(&self, context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
        access_token::current(context).await
    }

    fn renews(&self) -> bool {
        self.2.renews()
    }

    async fn send(&self, _: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<RawReply, AttemptError> {
        let core = self.0;
        // Only what begins a handshake may be the first request on a link.
        let begins = matches!(self.1.method.as_str(), INITIALIZE | modern::DISCOVER);
        let (link, ears) = match begins {
            true => attempt.in_time(self.2.link(core, attempt)).await?,
            false => self.2.line().await.filter(|(link, _)| !link.is_down()).ok_or_else(link_lost)?,
        };
        let headers = self.2.headers();
        let modern = self.2.modern();
        let (modern, key) = (modern.as_deref(), self.1.key.as_ref());
        ears.opens_as(modern.is_some());
        let session_id = headers.get(&headers::MCP_SESSION_ID);
        let line = RequestTarget {
            link: &link,
            headers: &headers,
            session_id,
            modern,
            ears: &ears,
            params: None,
            key,
            peer: None,
        };
        let id = (!self.1.is_notification).then(|| core.next_id());
        self.1.attempt(core, line, attempt, id).await.map_err(|mut failure| {
            let info = failure.error.info_mut();
            if info.code == Code::AttemptTimeout {
                let server = core.settings.route.origin();
                info.message = format!("the handshake with {server}, {}: {}", self.1.method, info.message);
            }
            if !begins && link.is_down() {
                failure.happened = FailureClass::SessionLost;
            } else if link.is_process() && link.is_down() {
                let is_first = failure.error.info().code == Code::ProcessExited && self.2.is_first_end();
                if !(is_first && self.1.method == INITIALIZE) {
                    // A program that has ended before its first answer twice, or talks, would do so again.
                    failure.happened = FailureClass::Refused;
                }
            } else if self.1.is_notification
                && failure.error.info().status.is_some()
                && !matches!(failure.happened, FailureClass::SessionLost | FailureClass::Unauthorized)
            {
                // It arrived: sent again, it would be answered the same.
                failure.happened = FailureClass::Refused;
            }
            failure
        })
    }
}

/// The link of a handshake ended before the handshake did.
pub(crate) fn link_lost() -> AttemptError {
    AttemptError::new(
        FailureClass::SessionLost,
        Code::SessionLost,
        "the connection to the server ended within the handshake",
    )
}

fn blocked(core: &SessionManager, tool: &str) -> Error {
    let shown = preview(tool.as_bytes());
    let mut error = Error::new(
        Code::ToolBlocked,
        format!("the tool {shown} is not one that allowed_tools and blocked_tools let through"),
    );
    error.info_mut().service_code = core.settings.profile.word_for(Code::ToolBlocked).map(str::to_owned);
    error
}

fn refuse_tool_error(reply: &RawReply) -> Result<(), AttemptError> {
    // Read loosely: whatever else is odd about the result, the failure must not be missed.
    let (is_error, said) = lenient_json::tool_result(&reply.result);
    if !is_error {
        return Ok(());
    }
    let said = said.unwrap_or_default();
    let message = format!("the tool reported a failure: {}", preview(said.as_bytes()));
    let mut failure =
        AttemptError::new(FailureClass::Refused, Code::ToolFailed, message).answered(reply.status, &reply.headers);
    let info = failure.error.info_mut();
    info.delivery = Delivery::Executed;
    info.data = serde_json::from_slice(&reply.result).ok();
    failure.tie = Tie::Code;
    Err(failure)
}

/// Hears what the server sends on the way to this call's answer.
struct CallListener<'a> {
    core: &'a Arc<SessionManager>,
    /// The token that the call was sent with.
    token: Option<&'a Token>,
    ears: &'a InboundHandler,
    idle: &'a Arc<IdleTimer>,
    progress: Option<&'a (String, ProgressSink)>,
    /// How long room for progress is waited for.
    limit: WaitLimit,
    asked: &'a Arc<AskedInCall>,
    /// The beginning of the last event of its own stream that was no message.
    skipped: Mutex<Option<String>>,
}

impl CallListener<'_> {
    /// The failure of an attempt that took too long, which tells what came in the place of an answer.
    fn too_late(&self, link: &Link) -> AttemptError {
        let mut failure = self.idle.too_late();
        let own = self.skipped.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(skipped) = own.or_else(|| link.skipped()) {
            let message = &mut failure.error.info_mut().message;
            message.push_str("; the last that came and was not a JSON-RPC message: ");
            message.push_str(&skipped);
        }
        failure
    }
}

impl Listener for CallListener<'_> {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        if method == PROGRESS || method == "notifications/message" {
            match (params, self.progress) {
                (Some(params), Some((token, sink))) if method == PROGRESS => {
                    if progress_token(params).as_ref() == Some(token) {
                        self.idle.restart();
                        return (sink.hear)(params.get());
                    }
                }
                _ => self.idle.restart(),
            }
        }
        self.ears.notification(method, params);
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.ears.answer(id, method, params, Some(Arc::clone(self.asked)));
    }

    fn idle(&self) -> Option<&Arc<IdleTimer>> {
        Some(self.idle)
    }

    fn room_for(&self, method: &str, params: Option<&RawValue>) -> Option<message::QueueWait<'_>> {
        let room = self.progress.and_then(|(_, sink)| sink.room.as_ref()).filter(|_| method == PROGRESS)?;
        let size = params.map_or(0, |params| params.get().len());
        if room.has_place_for(size) {
            return None;
        }
        Some(Box::pin(async move {
            // The server is not silent: the client does not read.
            let _paused = self.idle.pause();
            room.wait_for_place(size, self.limit).await;
        }))
    }

    fn renewed_token(&self) -> Renewed<'_> {
        Box::pin(async {
            // Lost once: who lost it before has made another by now.
            self.core.tokens.lose(self.token?.generation);
            let token = access_token::current(self.core).await.ok().flatten()?;
            Some(token.header.clone())
        })
    }

    fn left_out(&self, why: LeftOut) {
        self.ears.left_out(why);
    }

    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.core.accepts(deviation, did)
    }

    fn skipped(&self, shown: String) {
        *self.skipped.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;

    /// It is copied with each layer around it: what is large in it belongs into a box.
    #[test]
    fn a_call_on_its_way_is_small() {
        let settings = ClientConfig::default().api_key("k").resolve(|_| None).unwrap();
        let core = Arc::new(SessionManager::new(settings).unwrap());
        let params = Bytes::from_static(br#"{"name":"t"}"#);
        let call = LogicalCall::prepare(&core, TOOLS_CALL, "arguments", params, &CallOptions::default(), None).unwrap();
        let size = size_of_val(&call.run(&core));
        assert!(size <= 4096, "{size} bytes");
    }
}
