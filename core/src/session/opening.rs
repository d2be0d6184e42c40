//! A session that is being opened: its link, and the state of the handshake.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue, Method};

use crate::auth::token::Token;
use crate::config::endpoint::Route;
use crate::config::settings::Settings;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::oauth::access_token;
use crate::protocol::era::{Codec, Era};
use crate::protocol::raw_result::RawReply;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::opening_limits::OpeningLimits;
use crate::retry::operation::{Operation, OperationName};
use crate::session::inbound::InboundHandler;
use crate::session::manager::SessionManager;
use crate::session::server_requests;
use crate::transport::classify::{self, ResponseContext};
use crate::transport::http_sse::{Opened, SseLink};
use crate::transport::link::Link;
use crate::transport::stdio::StdioLink;
use crate::util::headers;

/// A session that is being opened.
pub(crate) struct SessionOpening {
    pub(crate) route: Route,
    headers: Mutex<HeaderMap>,
    /// Encodes the requests, in the era that the server is taken for.
    codec: Mutex<Codec>,
    /// Opened by the first attempt, and again by a later one if it has ended since.
    link: tokio::sync::Mutex<Option<(Arc<Link>, Arc<InboundHandler>)>>,
    /// Whether a refused token may be renewed.
    renews: bool,
    /// The limits of the call that opens the session.
    pub(crate) limits: OpeningLimits,
    /// Whether a process has ended before it responded to `initialize`.
    has_ended: AtomicBool,
}

impl SessionOpening {
    pub(crate) fn new(route: Route, headers: HeaderMap, renews: bool, limits: OpeningLimits) -> Self {
        Self {
            route,
            headers: Mutex::new(headers),
            codec: Mutex::new(Codec::with_handshake()),
            link: tokio::sync::Mutex::default(),
            renews,
            limits,
            has_ended: AtomicBool::new(false),
        }
    }

    /// Another opening for the same call.
    pub(crate) fn by(&self, route: Route, headers: HeaderMap) -> Self {
        Self::new(route, headers, self.renews, self.limits)
    }

    pub(crate) fn renews(&self) -> bool {
        self.renews
    }

    /// Records that a process ended before its first response; returns whether it is the first such process.
    pub(crate) fn is_first_end(&self) -> bool {
        !self.has_ended.swap(true, Ordering::Relaxed)
    }

    /// Removes the session id of a failed handshake from the headers, and returns it.
    pub(crate) fn clear_session_id(&self) -> Option<HeaderValue> {
        let mut headers = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        headers.remove(headers::MCP_PROTOCOL_VERSION);
        headers.remove(headers::MCP_SESSION_ID)
    }

    pub(crate) async fn is_link_down(&self) -> bool {
        self.open_link().await.is_some_and(|(link, _)| link.is_down())
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes the headers of further requests.
    pub(crate) fn edit_headers(&self, edit: impl FnOnce(&mut HeaderMap)) {
        edit(&mut self.headers.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Encodes further requests in this version, which has no handshake.
    pub(crate) fn set_version(&self, settings: &Settings, version: &str) {
        let capabilities = |era: Era| server_requests::capabilities(&settings.callbacks, era);
        self.set_codec(Codec::without_handshake(version, capabilities, &settings.client_info));
        self.edit_headers(|headers| match HeaderValue::from_str(version) {
            Ok(version) => drop(headers.insert(headers::MCP_PROTOCOL_VERSION, version)),
            Err(_) => drop(headers.remove(headers::MCP_PROTOCOL_VERSION)),
        });
    }

    /// Encodes further requests as before a handshake, which negotiates the version.
    pub(crate) fn reset_version(&self) {
        self.set_codec(Codec::with_handshake());
        self.edit_headers(|headers| drop(headers.remove(headers::MCP_PROTOCOL_VERSION)));
    }

    fn set_codec(&self, codec: Codec) {
        *self.codec.lock().unwrap_or_else(PoisonError::into_inner) = codec;
    }

    /// Adds the data of a response to a failure that its content caused.
    pub(crate) fn with_response(&self, reply: &RawReply, mut failure: AttemptError) -> AttemptError {
        if !matches!(self.route, Route::Stdio(_)) {
            failure = failure.with_response_head(reply.status, &reply.headers);
        }
        let info = failure.error.info_mut();
        info.attempts = reply.attempts;
        if info.request_id.is_none() {
            info.request_id.clone_from(&reply.request_id);
        }
        failure
    }

    /// The link, if it is open.
    pub(crate) async fn open_link(&self) -> Option<(Arc<Link>, Arc<InboundHandler>)> {
        self.link.lock().await.clone()
    }

    /// The link; opens it if necessary.
    pub(crate) async fn link(
        &self,
        manager: &Arc<SessionManager>,
        attempt: &Attempt,
    ) -> Result<(Arc<Link>, Arc<InboundHandler>), AttemptError> {
        let mut open = self.link.lock().await;
        if let Some((link, inbound)) = open.as_ref().filter(|(link, _)| !link.is_down()) {
            return Ok((Arc::clone(link), Arc::clone(inbound)));
        }
        let mut headers = self.headers();
        if let Some(token) = &attempt.token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        let inbound = InboundHandler::new(&Arc::downgrade(manager), self.headers(), self.codec().era());
        let limits = manager.context.settings.limits;
        let link = match &self.route {
            Route::StreamableHttp { url, .. } => {
                Link::StreamableHttp { http: manager.context.http.clone(), url: url.clone(), deferred: Arc::default() }
            }
            Route::Sse(url) => match SseLink::open(&manager.context.http, url, headers, limits, inbound.clone()).await?
            {
                Opened::Link(link) => {
                    link.secrets().for_each(|secret| manager.context.keep_secret(secret.into()));
                    Link::Sse(link)
                }
                Opened::Refused(response) => {
                    let profile = &manager.context.settings.profile;
                    let mut failure = classify::refused(&Method::GET, response, profile, ResponseContext::default());
                    if failure.error.info().code == Code::UnknownAddress {
                        classify::name_path(&mut failure, url);
                    }
                    return Err(failure);
                }
            },
            Route::Stdio(program) => Link::Stdio(StdioLink::start(program, limits, inbound.clone())?),
        };
        let link = Arc::new(link);
        inbound.set_link(&link);
        manager.set_opening_link(&link);
        *open = Some((Arc::clone(&link), Arc::clone(&inbound)));
        Ok((link, inbound))
    }
}

/// Ends the session of a handshake that is cancelled, so that the server does not keep it.
pub(crate) struct EndOnCancel<'a>(pub(crate) &'a Arc<SessionManager>, pub(crate) &'a SessionOpening);

impl EndOnCancel<'_> {
    /// The handshake has succeeded.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for EndOnCancel<'_> {
    fn drop(&mut self) {
        let Self(manager, opening) = self;
        let headers = opening.headers();
        let link = opening.link.try_lock().ok().and_then(|link| link.as_ref().map(|(link, _)| Arc::clone(link)));
        // A handshake that failed has no id any more.
        if let (Some(id), Some(link)) = (opening.clear_session_id(), link) {
            manager.end_cancelled(link, headers, id);
        }
    }
}

/// The name of this operation in log records.
pub(crate) const OPEN_LINK: &str = "connect";

/// Opens only the link, for sessions without a handshake.
pub(crate) struct OpenLink<'a>(pub(crate) &'a Arc<SessionManager>, pub(crate) &'a SessionOpening);

impl Operation for OpenLink<'_> {
    type Prepared = ();
    type Reply = ();
    const OPENS: bool = true;
    const IS_HANDSHAKE: bool = true;

    fn name(&self) -> OperationName {
        OperationName::of(OPEN_LINK)
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn token(&self, context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
        access_token::current(context).await
    }

    async fn send(&self, _: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<(), AttemptError> {
        attempt.in_time(self.1.link(self.0, attempt)).await.map(drop)
    }
}
