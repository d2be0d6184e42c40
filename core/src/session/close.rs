//! `close`, and the end of sessions: how long it waits for calls in flight and for the server.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::time::Instant;
use url::Url;

use crate::http::pool::Pools;
use crate::observe::state::State;
use crate::retry::context::ClosePhase;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::transport::http_sse::CLOSE_WAIT;
use crate::transport::link::Link;
use crate::transport::streamable_http as transport;
use crate::util::headers;

/// The longest that `close` waits for the server.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that a failed call waits for the end of the session that its handshake began.
const END_UNFINISHED_TIMEOUT: Duration = Duration::from_secs(1);

impl SessionManager {
    /// Refuses further calls and ends the session. Bounded in time; never fails.
    pub(crate) async fn close(self: &Arc<Self>) {
        self.context.enter_close_phase(ClosePhase::Closing);
        self.enter(State::Closed);
        let (graceful_until, until) = (Instant::now() + CLOSE_WAIT, Instant::now() + CLOSE_TIMEOUT);
        // After the end of the session a response could not be delivered, and its call would wait for it.
        if tokio::time::timeout_at(graceful_until, self.open_requests.over()).await.is_err() {
            self.context.enter_close_phase(ClosePhase::Abandoning);
        }
        let suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).take();
        let end_suspected_session = async {
            let Some(session) = suspected else { return };
            match tokio::time::timeout_at(graceful_until, session.in_flight.over()).await {
                Ok(()) => self.end_session(&session, until).await,
                Err(_) => self.end_after_its_calls(session),
            }
        };
        tokio::join!(end_suspected_session, self.close_session(graceful_until, until));
    }

    async fn close_session(self: &Arc<Self>, graceful_until: Instant, until: Instant) {
        if let Some(session) = self.session.current().filter(|session| self.is_deleted(session))
            && tokio::time::timeout_at(graceful_until, session.in_flight.over()).await.is_err()
        {
            // Calls that take longer end the session themselves.
            self.session_was_ended.store(true, Ordering::SeqCst);
            drop(self.session.take());
            self.end_after_its_calls(session);
            return;
        }
        let opening_link = self.opening_link.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        self.session_was_ended.store(true, Ordering::SeqCst);
        match (self.session.take(), opening_link) {
            (Some(session), _) => self.end_session(&session, until).await,
            // The task that opens it notices the end of the link, and stops.
            (None, Some(link)) => drop(tokio::time::timeout_at(until, link.close()).await),
            (None, None) => {}
        }
    }

    pub(super) fn end_after_its_calls(self: &Arc<Self>, session: Arc<Session>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let manager = Arc::clone(self);
        runtime.spawn(async move {
            session.in_flight.over().await;
            manager.end_session(&session, Instant::now() + CLOSE_TIMEOUT).await;
        });
    }

    /// Whether a session is ended by a DELETE request.
    pub(super) fn is_deleted(&self, session: &Session) -> bool {
        session.link.is_http() && session.session_id().is_some() && self.context.settings.profile.deletes_sessions
    }

    /// Ends a session whose handshake failed, so that the server does not keep it.
    pub(crate) async fn end_unfinished(&self, link: &Link, mut headers: HeaderMap, id: &HeaderValue) {
        let Link::StreamableHttp { http, url, .. } = link else { return };
        if !self.context.settings.profile.deletes_sessions {
            return;
        }
        headers.insert(headers::MCP_SESSION_ID, id.clone());
        let _ = tokio::time::timeout(END_UNFINISHED_TIMEOUT, self.delete_session(http, url, headers)).await;
    }

    /// Ends a session. Waits until `until` at most.
    pub(crate) async fn end_session(&self, session: &Session, until: Instant) {
        if let Some(listening) = session.listening.get() {
            listening.end();
        }
        let end = async {
            if let (Link::StreamableHttp { http, url, .. }, true) = (&*session.link, self.is_deleted(session)) {
                self.delete_session(http, url, session.request_headers()).await;
            }
            session.link.close().await;
        };
        let _ = tokio::time::timeout_at(until, end).await;
    }

    /// Sends the DELETE request that ends a session.
    async fn delete_session(&self, pools: &Pools, url: &Url, mut headers: HeaderMap) {
        headers.remove(http::header::CONTENT_TYPE);
        if let Some(token) = self.context.tokens.current() {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        transport::delete(&pools.here(), url, headers, &self.context.settings.limits).await;
    }
}
