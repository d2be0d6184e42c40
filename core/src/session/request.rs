//! Sends one request of a call, and reads its response.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};

use crate::error::attempt_error::{AttemptError, RefersToCall};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Result};
use crate::http::idle_timeout::{IdleTimer, OpenCallbacks};
use crate::protocol::era::{Codec, RequestParts};
use crate::protocol::methods::{RESOURCES_READ, TOOLS_CALL, TOOLS_LIST};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::{jsonrpc, lenient_json, params};
use crate::retry::attempt::Attempt;
use crate::retry::context::ClosePhase;
use crate::retry::http_observer;
use crate::session::call::LogicalCall;
use crate::session::call_listener::CallListener;
use crate::session::get_stream;
use crate::session::inbound::{InboundHandler, RequestsInCall};
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::transport::classify::{self, ResponseContext};
use crate::transport::link::Link;
use crate::transport::message::{Content, OutgoingMessage, ServerResponse};
use crate::util::headers;
use crate::util::sanitize::preview;

/// The target of a request, and what the request contains there.
pub(crate) struct RequestTarget<'a> {
    link: &'a Link,
    headers: &'a HeaderMap,
    session_id: Option<&'a HeaderValue>,
    codec: &'a Codec,
    inbound: &'a InboundHandler,
    /// The params of an input round, if they differ from those of the call.
    params: Option<&'a Bytes>,
    key: Option<&'a (String, HeaderValue)>,
    /// The session, if it is open.
    session: Option<&'a Session>,
}

impl<'a> RequestTarget<'a> {
    /// The target in an open session.
    pub(crate) fn of(session: &'a Session) -> Self {
        let Session { link, headers, inbound, codec, .. } = session;
        let session_id = session.session_id();
        Self { link, headers, session_id, codec, inbound, params: None, key: None, session: Some(session) }
    }

    /// The target in a session that is being opened. The headers contain its id, if it has one.
    pub(crate) fn in_handshake(
        link: &'a Link,
        inbound: &'a InboundHandler,
        headers: &'a HeaderMap,
        codec: &'a Codec,
    ) -> Self {
        let session_id = headers.get(&headers::MCP_SESSION_ID);
        Self { link, headers, session_id, codec, inbound, params: None, key: None, session: None }
    }

    /// With the params of an input round.
    pub(crate) fn with_params(self, params: &'a Bytes) -> Self {
        Self { params: Some(params), ..self }
    }

    /// With an idempotency key, if there is one.
    pub(crate) fn with_key(self, key: Option<&'a (String, HeaderValue)>) -> Self {
        Self { key, ..self }
    }
}

impl LogicalCall {
    /// The message for `target`.
    pub(crate) fn outgoing(
        &self,
        manager: &SessionManager,
        target: &RequestTarget<'_>,
        attempt: &Attempt,
        id: Option<u64>,
    ) -> Result<OutgoingMessage, AttemptError> {
        let mut headers = target.headers.clone();
        for (name, value) in &self.headers {
            // Replaces the header of the client.
            headers.insert(name.clone(), value.clone());
        }
        if let Some(token) = &attempt.token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        if let Ok(value) = HeaderValue::from_str(&attempt.request_id) {
            headers.insert(headers::X_REQUEST_ID, value);
        }
        if let Some((_, key)) = target.key {
            headers.insert(headers::IDEMPOTENCY_KEY, key.clone());
        }
        self.trace.set_headers(&mut headers);
        let given = target.params.unwrap_or(&self.params);
        if self.method == TOOLS_CALL && target.codec.era().has_argument_headers() {
            manager.add_argument_headers(&mut headers, given);
        }
        let log_level = manager.log_level();
        let parts = RequestParts {
            method: &self.method,
            params: given,
            session_id: target.session_id,
            log_level: log_level.as_deref(),
            trace: &self.trace,
            to_process: target.link.is_process(),
        };
        let params = target.codec.encode(&parts, &mut headers).map_err(AttemptError::not_sent)?;
        // Some servers refuse empty params of requests, others require those of notifications.
        let params = match (params::are_empty(&params), self.is_notification) {
            (true, true) => Bytes::from_static(b"{}"),
            (true, false) => Bytes::new(),
            (false, _) => params,
        };
        let string_ids = manager.context.settings.profile.string_ids;
        Ok(OutgoingMessage {
            headers,
            body: match id {
                Some(id) => jsonrpc::request(id, string_ids, &self.method, &params),
                None => jsonrpc::notification(&self.method, &params),
            },
            id,
            progress_token: self.progress.as_ref().map(|(token, _)| token.clone()),
            limits: manager.context.settings.limits,
            resumes: target.codec.era().resumes_streams(),
            slot: attempt.slot.lock().unwrap_or_else(PoisonError::into_inner).take(),
            observer: http_observer::of_attempt(&manager.context, || self.name(), attempt),
        })
    }

    /// Sends the request once, and reads its response.
    pub(super) async fn exchange(
        &self,
        manager: &Arc<SessionManager>,
        target: RequestTarget<'_>,
        attempt: &Attempt,
        id: Option<u64>,
    ) -> Result<RawReply, AttemptError> {
        let outgoing = self.outgoing(manager, &target, attempt, id)?;
        let idle = Arc::new(IdleTimer::start(self.plan.timeout));
        let requests = Arc::<RequestsInCall>::default();
        let answers = !manager.context.settings.callbacks.requests.is_empty();
        // Without callbacks for requests of the server, no call waits for one.
        let open_requests = answers.then(|| OpenCallbacks::of_call(&requests.open, &manager.requests_outside_calls));
        let progress = self.progress.as_ref();
        let listener = CallListener {
            manager,
            token: attempt.token.as_deref(),
            inbound: target.inbound,
            idle: &idle,
            progress,
            limit: self.progress_wait(),
            requests: &requests,
            skipped: Mutex::default(),
        };
        let response = tokio::select! {
            biased;
            response = target.link.exchange(outgoing, &listener) => response?,
            () = idle.expired(open_requests.as_ref()) => return Err(listener.too_late(target.link)),
            never = get_stream::close_if_blocking(manager, target.session, &idle) => match never {},
            () = manager.context.close_phase(ClosePhase::Abandoning), if answers => {
                let message = "the client was closed while the server waited for a response";
                return Err(AttemptError::new(FailureClass::Lost, Code::ClientClosed, message));
            }
        };
        let mut reply = self.read(manager, &target, response)?;
        reply.warnings.append(&mut requests.warnings.take());
        reply.warnings.iter_mut().for_each(|warning| manager.context.redact_text(warning));
        if self.raise_tool_errors && self.method == TOOLS_CALL && !reply.input_required {
            refuse_tool_error(&reply)?;
        }
        Ok(reply)
    }

    /// Reads a response: a result, or a failure.
    fn read(
        &self,
        manager: &Arc<SessionManager>,
        target: &RequestTarget<'_>,
        response: ServerResponse,
    ) -> Result<RawReply, AttemptError> {
        let response =
            manager.normalize_result(&self.method, response).map_err(|failure| without_status(failure, target.link))?;
        let status = response.status;
        if self.is_notification && status.is_success() && !matches!(response.content, Content::RpcError(_)) {
            return Ok(RawReply { status, headers: response.headers, ..RawReply::default() });
        }
        let era = target.codec.era();
        let context = ResponseContext {
            in_session: target.session_id.is_some() || target.link.is_the_session(),
            has_envelope_codes: era.has_envelope_codes(&self.method),
        };
        let (result, headers) =
            classify::result_of(&Method::POST, response, &manager.context.settings.profile, context)
                .map_err(|failure| self.specify(manager, target, failure))?;
        let input_required = era
            .requires_input(&self.method, &result)
            .map_err(|failure| failure.with_response_head(status, &headers))?;
        let learns = era.has_argument_headers() && target.link.is_http() && self.method == TOOLS_LIST;
        let (result, warnings) = if learns { manager.learn_argument_headers(result) } else { (result, Vec::new()) };
        let session_id = target.session_id.cloned();
        Ok(RawReply { result, status, headers, session_id, input_required, warnings, ..RawReply::default() })
    }

    /// Specifies a failure by the method and the link.
    fn specify(&self, manager: &SessionManager, target: &RequestTarget<'_>, failure: AttemptError) -> AttemptError {
        let mut failure = without_status(failure, target.link);
        if failure.error.info().code == Code::UnknownAddress
            && let Some(url) = target.link.url()
        {
            classify::name_path(&mut failure, url);
        }
        let info = failure.error.info();
        let is_unexplained = info.status == Some(409) && info.service_code.is_none() && info.rpc_code.is_none();
        if is_unexplained && self.plan.safety == Safety::Keyed && manager.context.settings.profile.catalogue.is_empty()
        {
            failure.class = FailureClass::KeyInFlight;
        }
        if failure.class == FailureClass::Mismatch && !(target.link.is_http() && self.method == TOOLS_CALL) {
            // Only tool calls have headers that can be learned.
            failure.class = FailureClass::Refused;
        }
        if self.method == RESOURCES_READ { classify::of_resource(failure) } else { failure }
    }
}

/// Removes the status: responses of a process have none.
fn without_status(mut failure: AttemptError, link: &Link) -> AttemptError {
    if link.is_process() {
        failure.error.info_mut().status = None;
    }
    failure
}

fn refuse_tool_error(reply: &RawReply) -> Result<(), AttemptError> {
    // Parsed leniently, so that the failure of a tool is detected in any result.
    let (is_error, text) = lenient_json::tool_result(&reply.result);
    if !is_error {
        return Ok(());
    }
    let text = text.unwrap_or_default();
    let message = format!("the tool reported a failure: {}", preview(text.as_bytes()));
    let failure = AttemptError::new(FailureClass::Refused, Code::ToolFailed, message).executed();
    let mut failure = failure.with_response_head(reply.status, &reply.headers);
    failure.error.info_mut().data = serde_json::from_slice(&reply.result).ok();
    failure.refers_to_call = RefersToCall::ByCode;
    Err(failure)
}
