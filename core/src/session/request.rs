//! Sends a request of a call once, and reads its response.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::error::attempt_error::{AttemptError, Tie};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Result};
use crate::http::idle_timeout::{IdleTimer, Questions};
use crate::protocol::era::{Codec, RequestParts};
use crate::protocol::methods::{RESOURCES_READ, TOOLS_CALL, TOOLS_LIST};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::{jsonrpc, lenient_json, params};
use crate::retry::attempt::Attempt;
use crate::retry::context::ClosePhase;
use crate::session::call::LogicalCall;
use crate::session::call_listener::CallListener;
use crate::session::get_stream;
use crate::session::inbound::{AskedInCall, InboundHandler};
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::transport::classify::{self, ResponseContext};
use crate::transport::link::Link;
use crate::transport::message::{Answer, Content, OutgoingMessage};
use crate::util::headers;
use crate::util::sanitize::preview;

/// Where a message goes, and what it carries there.
pub(crate) struct RequestTarget<'a> {
    pub(super) link: &'a Link,
    pub(super) headers: &'a HeaderMap,
    pub(super) session_id: Option<&'a HeaderValue>,
    pub(super) codec: &'a Codec,
    pub(super) ears: &'a InboundHandler,
    /// The params of a round, where they are not those of the call.
    pub(super) params: Option<&'a Bytes>,
    pub(super) key: Option<&'a (String, HeaderValue)>,
    /// The session, where it is open.
    pub(super) peer: Option<&'a Session>,
}

impl<'a> RequestTarget<'a> {
    /// In an open session.
    pub(crate) fn of(peer: &'a Session) -> Self {
        let Session { link, headers, ears, codec, .. } = peer;
        let session_id = peer.session_id();
        Self { link, headers, session_id, codec, ears, params: None, key: None, peer: Some(peer) }
    }
}

impl LogicalCall {
    /// The message for `line`.
    pub(crate) fn outgoing(
        &self,
        core: &SessionManager,
        line: &RequestTarget<'_>,
        turn: &Attempt,
        id: Option<u64>,
    ) -> Result<OutgoingMessage, AttemptError> {
        let mut headers = line.headers.clone();
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
        if self.method == TOOLS_CALL && line.codec.era().has_argument_headers() {
            core.mirror_arguments(&mut headers, given);
        }
        let log_level = core.log_level();
        let parts = RequestParts {
            method: &self.method,
            params: given,
            session_id: line.session_id,
            log_level: log_level.as_deref(),
            trace: &self.trace,
            to_process: line.link.is_process(),
        };
        let params = line.codec.encode(&parts, &mut headers).map_err(AttemptError::not_sent)?;
        // Servers with strict schemas refuse empty params of requests, and others demand those of notifications.
        let params = match (params::are_empty(&params), self.is_notification) {
            (true, true) => Bytes::from_static(b"{}"),
            (true, false) => Bytes::new(),
            (false, _) => params,
        };
        let string_ids = core.context.settings.profile.string_ids;
        Ok(OutgoingMessage {
            headers,
            body: match id {
                Some(id) => jsonrpc::request(id, string_ids, &self.method, &params),
                None => jsonrpc::notification(&self.method, &params),
            },
            id,
            progress_token: self.progress.as_ref().map(|(token, _)| token.clone()),
            limits: core.context.settings.limits,
            resumes: line.codec.era().resumes_streams(),
            slot: turn.slot.lock().unwrap_or_else(PoisonError::into_inner).take(),
        })
    }

    /// Sends the request once, and reads its response.
    pub(super) async fn exchange(
        &self,
        core: &Arc<SessionManager>,
        line: RequestTarget<'_>,
        turn: &Attempt,
        id: Option<u64>,
    ) -> Result<RawReply, AttemptError> {
        let outgoing = self.outgoing(core, &line, turn, id)?;
        let idle = Arc::new(IdleTimer::start(self.plan.timeout));
        let asked = Arc::<AskedInCall>::default();
        let answers = !core.context.settings.hooks.answers.is_empty();
        // Without a callback that answers requests of the server, no call waits for one.
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
            () = core.context.close_phase(ClosePhase::Abandoning), if answers => {
                let message = "the client was closed while the server waited for an answer";
                return Err(AttemptError::new(FailureClass::Lost, Code::ClientClosed, message));
            }
        };
        let mut reply = self.read(core, &line, answer)?;
        reply.warnings.append(&mut asked.warnings.take());
        reply.warnings.iter_mut().for_each(|warning| core.context.redact_text(warning));
        if self.raise_tool_errors && self.method == TOOLS_CALL && !reply.input_required {
            refuse_tool_error(&reply)?;
        }
        Ok(reply)
    }

    /// Reads a response: a result, or the failure that it means.
    fn read(
        &self,
        core: &Arc<SessionManager>,
        line: &RequestTarget<'_>,
        answer: Answer,
    ) -> Result<RawReply, AttemptError> {
        let answer = core.in_form(&self.method, answer).map_err(|failure| without_status(failure, line.link))?;
        let status = answer.status;
        if self.is_notification && status.is_success() && !matches!(answer.content, Content::RpcError(_)) {
            return Ok(RawReply { status, headers: answer.headers, ..RawReply::default() });
        }
        let era = line.codec.era();
        let context = ResponseContext {
            in_session: line.session_id.is_some() || line.link.is_the_session(),
            has_envelope_codes: era.has_envelope_codes(&self.method),
        };
        let (result, headers) = classify::judge(&Method::POST, answer, &core.context.settings.profile, context)
            .map_err(|failure| self.specify(core, line, failure))?;
        let input_required =
            era.requires_input(&self.method, &result).map_err(|failure| failure.answered(status, &headers))?;
        let learns = era.has_argument_headers() && line.link.is_http() && self.method == TOOLS_LIST;
        let (result, warnings) = if learns { core.learn_tools(result) } else { (result, Vec::new()) };
        let session_id = line.session_id.cloned();
        Ok(RawReply { result, status, headers, session_id, input_required, warnings, ..RawReply::default() })
    }

    /// Adds to a failure what follows from the method and the link.
    fn specify(&self, core: &SessionManager, line: &RequestTarget<'_>, failure: AttemptError) -> AttemptError {
        let mut failure = without_status(failure, line.link);
        if failure.error.info().code == Code::UnknownAddress
            && let Some(url) = line.link.url()
        {
            classify::name_address(&mut failure, url);
        }
        let info = failure.error.info();
        let is_unexplained = info.status == Some(409) && info.service_code.is_none() && info.rpc_code.is_none();
        if is_unexplained && self.plan.safety == Safety::Keyed && core.context.settings.profile.catalogue.is_empty() {
            failure.happened = FailureClass::KeyInFlight;
        }
        if failure.happened == FailureClass::Mismatch && !(line.link.is_http() && self.method == TOOLS_CALL) {
            // Only calls of tools have headers that can be learned.
            failure.happened = FailureClass::Refused;
        }
        if self.method == RESOURCES_READ { classify::of_resource(failure) } else { failure }
    }
}

/// Responses of a process have no HTTP status.
fn without_status(mut failure: AttemptError, link: &Link) -> AttemptError {
    if link.is_process() {
        failure.error.info_mut().status = None;
    }
    failure
}

fn refuse_tool_error(reply: &RawReply) -> Result<(), AttemptError> {
    // Read loosely: whatever else is odd about the result, the failure must not be missed.
    let (is_error, said) = lenient_json::tool_result(&reply.result);
    if !is_error {
        return Ok(());
    }
    let said = said.unwrap_or_default();
    let message = format!("the tool reported a failure: {}", preview(said.as_bytes()));
    let failure = AttemptError::new(FailureClass::Refused, Code::ToolFailed, message).executed();
    let mut failure = failure.answered(reply.status, &reply.headers);
    failure.error.info_mut().data = serde_json::from_slice(&reply.result).ok();
    failure.tie = Tie::Code;
    Err(failure)
}
