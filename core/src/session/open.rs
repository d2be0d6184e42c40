//! Opens a session: its link, and the handshake if there is one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::config::call_options::CallOptions;
use crate::config::endpoint::Route;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, Error, ErrorKind};
use crate::observe::deviations::Deviation;
use crate::protocol::era::{self, EraDecision, ProbeResponse};
use crate::protocol::methods::{DISCOVER, INITIALIZE, SET_LEVEL, SUBSCRIBE};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::{legacy, modern};
use crate::retry::executor;
use crate::retry::opening_limits::OpeningLimits;
use crate::retry::plan::Plan;
use crate::retry::policy::{self, Action};
use crate::session::call::LogicalCall;
use crate::session::close::CLOSE_TIMEOUT;
use crate::session::handshake_operation::link_lost;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::opening::{EndOnCancel, OpenLink, SessionOpening};
use crate::session::server_requests;
use crate::transport::streamable_http::set_content_headers;
use crate::util::headers;
use crate::util::in_flight::InFlight;

/// How long the client waits for an HTTP+SSE stream that it only tries.
const SSE_PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an attempt to restore the log level or a subscription takes at most.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a handshake begins again because its link ended.
const MAX_LOST_LINKS: u32 = 2;

impl SessionManager {
    /// Opens a session as the profile and the era require.
    pub(crate) async fn open(
        self: &Arc<Self>,
        generation: u64,
        limits: &OpeningLimits,
    ) -> Result<Session, AttemptError> {
        let renews = !self.token_is_new.swap(false, Ordering::Relaxed);
        let was_known = self.era.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let session = match self.open_once(generation, renews, limits).await {
            Err(failure) if era::is_refusal_by_modern_server(&failure, &self.context.settings.versions()) => {
                self.forget_era();
                match was_known && !self.context.is_closed() {
                    true => self.open_once(generation, renews, limits).await,
                    false => Err(failure),
                }
            }
            opened => opened,
        }?;
        if self.context.is_closed() {
            // `close` found no session to end, because this one was opened later.
            self.end_session(&session, Instant::now() + CLOSE_TIMEOUT).await;
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        Ok(session)
    }

    async fn open_once(
        self: &Arc<Self>,
        generation: u64,
        renews: bool,
        limits: &OpeningLimits,
    ) -> Result<Session, AttemptError> {
        let route = match &self.context.settings.route {
            Route::StreamableHttp { url, or_sse: true } if self.uses_sse.load(Ordering::Relaxed) => {
                Route::Sse(url.clone())
            }
            route => route.clone(),
        };
        let opening = SessionOpening::new(route, self.request_headers(), renews, *limits);
        if let Some(session) = self.open_discovered(generation, &opening).await? {
            Ok(session)
        } else if self.context.is_closed() {
            Err(AttemptError::not_sent(Error::client_closed()))
        } else if self.handshake.load(Ordering::Relaxed) {
            match self.open_by_handshake(generation, &opening).await {
                Err(failure) if self.may_be_sse(&failure) => self.open_by_sse(generation, failure, &opening).await,
                session => session,
            }
        } else {
            let plan = Plan::internal(&self.context, Safety::Safe).within_limits(limits);
            executor::run(&self.context, &plan, &OpenLink(self, &opening)).await?;
            self.build_session(generation, &opening, None, None).await
        }
    }

    /// The headers of every request, before a session is open.
    fn request_headers(&self) -> HeaderMap {
        let mut headers = self.context.settings.headers.clone();
        set_content_headers(&mut headers);
        headers
    }

    /// Probes whether the server is of the modern era, if the client accepts a version of it. Then no handshake is needed.
    async fn open_discovered(
        self: &Arc<Self>,
        generation: u64,
        opening: &SessionOpening,
    ) -> Result<Option<Session>, AttemptError> {
        if matches!(opening.route, Route::Sse(_)) {
            // HTTP+SSE is older than the modern era.
            return Ok(None);
        }
        let versions = self.context.settings.versions();
        let Some(first) = era::version_without_handshake(&versions) else { return Ok(None) };
        let known = self.era.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known == Some(EraDecision::Handshake) {
            return Ok(None);
        }
        opening.set_version(&self.context.settings, first);
        let (decision, found) = self.probe(opening, &versions).await?;
        match decision {
            EraDecision::Handshake => {
                opening.reset_version();
                if !found.is_err_and(|failure| self.may_depend_on_limits(&failure, &opening.limits)) {
                    self.set_era(EraDecision::Handshake);
                }
                Ok(None)
            }
            EraDecision::NoVersion(named) => {
                let named = crate::util::sanitize::preview(named.join(", ").as_bytes());
                let hint = self.context.settings.profile_hint();
                let message = format!("the server supports {named}; accepted are {}{hint}", versions.join(", "));
                let failure = AttemptError::new(FailureClass::Refused, Code::UnsupportedVersion, message);
                Err(match found {
                    Ok(found) => opening.with_response(&found, failure),
                    Err(mut refusal) => {
                        // The other data of the refusal stay.
                        let info = refusal.error.info_mut();
                        (info.code, info.kind) = (Code::UnsupportedVersion, Code::UnsupportedVersion.kind());
                        info.message.clone_from(&failure.error.info().message);
                        refusal
                    }
                })
            }
            EraDecision::Discovered(version) => {
                opening.set_version(&self.context.settings, &version);
                self.set_era(EraDecision::Discovered(version.clone()));
                let found = found.unwrap_or_default();
                let result = modern::as_initialize_result(&found.result, &version);
                *self.initialize_result.write().unwrap_or_else(PoisonError::into_inner) = Some(result.clone());
                self.build_session(generation, opening, None, Some(RawReply { result, ..found })).await.map(Some)
            }
        }
    }

    /// Whether a probe of the era failed in a manner that the client's own limits, which are larger, may prevent.
    fn may_depend_on_limits(&self, failure: &AttemptError, limits: &OpeningLimits) -> bool {
        let own = Plan::client_limits(&self.context);
        policy::action(failure.class, Safety::Safe) == Action::Retry && !own.attempts_are_within(limits)
    }

    /// Kept for the life of the client, or until the server contradicts it: an endpoint or a program has one era
    /// (basic/versioning, Backward Compatibility).
    fn set_era(&self, decision: EraDecision) {
        *self.era.lock().unwrap_or_else(PoisonError::into_inner) = Some(decision);
    }

    /// The decision, and the response that it follows from.
    async fn probe(
        self: &Arc<Self>,
        opening: &SessionOpening,
        versions: &[&str],
    ) -> Result<(EraDecision, Result<RawReply, AttemptError>), AttemptError> {
        let probe = LogicalCall::probe(self, DISCOVER, &opening.limits).map_err(AttemptError::not_sent)?;
        let failure = match probe.run_opening(self, opening).await {
            Ok(found) => {
                return Ok((era::decide(found.status, &ProbeResponse::Result(&found.result), versions), Ok(found)));
            }
            // The probe did not arrive: there was no connection or no token.
            Err(failure) if failure.error.delivery() == Delivery::NotSent => return Err(failure),
            Err(failure) => failure,
        };
        let info = failure.error.info();
        let status = info.status.and_then(|status| http::StatusCode::from_u16(status).ok()).unwrap_or_default();
        let answered = match info.rpc_code {
            Some(code) => ProbeResponse::Error(code, info.data.as_ref().map(|data| data.get())),
            None => ProbeResponse::Other,
        };
        let decision = era::decide(status, &answered, versions);
        if decision == EraDecision::Handshake && era::version_with_handshake(versions).is_none() {
            return Err(unsupported_version(failure, versions));
        }
        Ok((decision, Err(failure)))
    }

    /// The handshake (specification 2025-11-25, basic/lifecycle). It begins again on a new link if its session or link is
    /// lost, and once with a version that the server names when it refuses the requested one.
    async fn open_by_handshake(
        self: &Arc<Self>,
        generation: u64,
        opening: &SessionOpening,
    ) -> Result<Session, AttemptError> {
        let mut version = self.context.settings.handshake_version().to_owned();
        let (mut restarts, mut was_refused) = (0, false);
        let unfinished = EndOnCancel(self, opening);
        loop {
            let mut failure = match self.handshake_once(generation, opening, &version).await {
                Ok(session) => {
                    unfinished.keep();
                    return Ok(session);
                }
                Err(failure) => failure,
            };
            let session_id = opening.clear_session_id().or_else(|| failure.session_id.take().map(|id| *id));
            if self.context.is_closed() {
                return Err(failure);
            }
            if failure.class == FailureClass::SessionLost {
                let most = if opening.is_link_down().await { MAX_LOST_LINKS } else { 1 };
                restarts += 1;
                if restarts <= most {
                    continue;
                }
            } else if let (Some(id), Some((link, _))) = (session_id, opening.open_link().await) {
                self.end_unfinished(&link, opening.headers(), &id).await;
            }
            let named = legacy::named_version(&failure, &version, &self.context.settings.versions());
            let did = || format!("the server refused protocol version {version} instead of choosing one");
            match named {
                Some(named) if !was_refused && self.context.accepts(Deviation::VersionNotNegotiated, did) => {
                    was_refused = true;
                    version = named;
                }
                _ if legacy::is_refused_version(&failure) => return Err(self.with_version_hint(failure)),
                _ => return Err(failure),
            }
        }
    }

    /// Adds the options that change the version to the message of a refused version.
    fn with_version_hint(&self, mut failure: AttemptError) -> AttemptError {
        let settings = &self.context.settings;
        let option = settings.spelling.name("protocol_version");
        if !failure.server_text().contains(&option) {
            let hint = settings.profile_hint();
            let added = format!("; the option {option} sets the version to request{hint}");
            failure.error.info_mut().message.push_str(&added);
        }
        failure
    }

    async fn handshake_once(
        self: &Arc<Self>,
        generation: u64,
        opening: &SessionOpening,
        version: &str,
    ) -> Result<Session, AttemptError> {
        let settings = &self.context.settings;
        let capabilities = server_requests::capabilities(&settings.callbacks, opening.codec().era());
        let params = Bytes::from(legacy::initialize_params(version, &capabilities, &settings.client_info));
        let call = LogicalCall::prepare(self, INITIALIZE, "params", params, &CallOptions::default(), None)
            .map_err(AttemptError::not_sent)?;
        let reply = call.within_limits(&opening.limits).run_opening(self, opening).await?;
        // Before the version is checked, because this session has begun in any case.
        let mut session_id = self.take_session_id(opening, &reply.headers);
        let did = || "the server chose a protocol version with white space around it".to_owned();
        let accepts = || self.context.accepts(Deviation::Envelope, did);
        let version = legacy::negotiated(&reply.result, &self.context.settings.profile.versions, accepts)
            .map_err(|failure| opening.with_response(&reply, failure))?;
        if let Ok(version) = HeaderValue::from_str(&version) {
            opening.edit_headers(|headers| drop(headers.insert(headers::MCP_PROTOCOL_VERSION, version)));
        }
        // Retried as a safe call: without it, the session would stay half open.
        let initialized = LogicalCall::notification(self, legacy::INITIALIZED, Bytes::new(), Safety::Safe);
        match initialized.within_limits(&opening.limits).run_opening(self, opening).await {
            Ok(reply) => {
                let is_late = session_id.is_none() && reply.headers.contains_key(&headers::MCP_SESSION_ID);
                if is_late && self.accepts_late_session_id() {
                    session_id = self.take_session_id(opening, &reply.headers);
                }
            }
            Err(failure) if self.accepts_notification_error(&failure) => {}
            Err(failure) => return Err(failure),
        }
        self.restore(opening).await;
        if let Some((link, _)) = opening.open_link().await {
            // If the server ends the stream now, the end arrives before the response to the notification.
            link.catch_up().await;
        }
        if opening.is_link_down().await {
            return Err(link_lost());
        }
        *self.initialize_result.write().unwrap_or_else(PoisonError::into_inner) = Some(reply.result.clone());
        let reply = RawReply { session_id: session_id.clone(), ..reply };
        self.build_session(generation, opening, session_id, Some(reply)).await
    }

    /// Takes the session id from the headers of a response, for all further requests.
    fn take_session_id(&self, opening: &SessionOpening, headers: &HeaderMap) -> Option<HeaderValue> {
        let id = self.session_id_of(headers)?;
        opening.edit_headers(|headers| drop(headers.insert(headers::MCP_SESSION_ID, id.clone())));
        Some(id)
    }

    /// Whether a handshake continues although the server responded to its notification with an error. Notifications have no
    /// response.
    fn accepts_notification_error(&self, failure: &AttemptError) -> bool {
        let Some(status) = failure.error.info().status else { return false };
        failure.class != FailureClass::SessionLost
            && self.context.accepts(Deviation::NotificationAnswered, || {
                format!("the server answered {} with HTTP {status}", legacy::INITIALIZED)
            })
    }

    /// Restores the log level and the subscriptions in a new session. Ends at the first refusal.
    async fn restore(self: &Arc<Self>, opening: &SessionOpening) {
        let level = self.log_level().map(|level| (SET_LEVEL, serde_json::json!({ "level": level })));
        let uris = self.subscriptions.uris().into_iter().map(|uri| (SUBSCRIBE, serde_json::json!({ "uri": uri })));
        for (method, params) in level.into_iter().chain(uris) {
            let call = LogicalCall::internal(self, method, Bytes::from(params.to_string()), Safety::Safe);
            let call = call.within_limits(&opening.limits).with_single_attempt(RESTORE_TIMEOUT);
            if call.run_opening(self, opening).await.is_err() {
                return;
            }
        }
    }

    async fn build_session(
        &self,
        generation: u64,
        opening: &SessionOpening,
        session_id: Option<HeaderValue>,
        initialize_reply: Option<RawReply>,
    ) -> Result<Session, AttemptError> {
        let Some((link, inbound)) = opening.open_link().await else {
            return Err(AttemptError::not_sent(Error::new(Code::Panicked, "a session was opened without a link")));
        };
        let headers = opening.headers();
        let codec = opening.codec();
        inbound.session_opened(headers.clone(), codec.era());
        let (calls, listening) = (AtomicU32::new(0), OnceLock::new());
        Ok(Session {
            generation,
            link,
            inbound,
            session_id,
            headers,
            codec,
            initialize_reply,
            calls,
            in_flight: InFlight::default(),
            listening,
        })
    }

    /// Whether the refusal of the handshake may be that of an HTTP+SSE server (specification 2025-11-25, basic/transports,
    /// Backwards Compatibility).
    fn may_be_sse(&self, failure: &AttemptError) -> bool {
        let info = failure.error.info();
        let may = matches!(self.context.settings.route, Route::StreamableHttp { or_sse: true, .. });
        let is_refused = matches!(info.status, Some(400 | 404 | 405)) && info.rpc_code.is_none();
        may && (is_refused || info.code == Code::UnexpectedTransport)
    }

    async fn open_by_sse(
        self: &Arc<Self>,
        generation: u64,
        refusal: AttemptError,
        refused: &SessionOpening,
    ) -> Result<Session, AttemptError> {
        let Some(url) = self.context.settings.route.url() else { return Err(refusal) };
        let opening = refused.by(Route::Sse(url.clone()), self.request_headers());
        // One short attempt: a server with such a stream begins it at once.
        let plan = Plan::internal(&self.context, Safety::Safe).within_limits(&opening.limits);
        let plan = plan.with_single_attempt(SSE_PROBE_TIMEOUT);
        if let Err(failure) = executor::run(&self.context, &plan, &OpenLink(self, &opening)).await {
            let is_sse = failure.error.info().code == Code::InvalidEndpoint;
            return Err(if is_sse { failure } else { refusal });
        }
        match self.open_by_handshake(generation, &opening).await {
            Ok(session) => {
                self.uses_sse.store(true, Ordering::Relaxed);
                Ok(session)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// The failure of a server that does not know any accepted version. A server that failed, or refused the credentials,
/// proves nothing about versions.
fn unsupported_version(mut failure: AttemptError, versions: &[&str]) -> AttemptError {
    let info = failure.error.info_mut();
    if failure.class == FailureClass::Refused && info.kind != ErrorKind::Permission {
        info.message =
            format!("the server does not support {}, the only accepted version: {}", versions.join(", "), info.message);
        info.code = Code::UnsupportedVersion;
        info.kind = info.code.kind();
    }
    failure
}
