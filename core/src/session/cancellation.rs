//! Sends `notifications/cancelled` for requests whose call ended without a response (specification 2025-11-25,
//! basic/utilities/cancellation; 2026-07-28, basic/patterns/cancellation).

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue};

use crate::oauth::access_token;
use crate::protocol::jsonrpc;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::transport::link::Link;
use crate::transport::message::{NoopListener, OutgoingMessage};

pub(crate) const CANCELLED: &str = "notifications/cancelled";
/// The timeout for sending a notification.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// Cancels the last request of a call on drop, unless its response was received. Holds only weak references to the client and
/// the session.
pub(crate) struct CancelOnDrop {
    manager: Weak<SessionManager>,
    request: Mutex<Option<(Weak<Session>, u64)>>,
}

impl CancelOnDrop {
    pub(crate) fn new(manager: &Arc<SessionManager>) -> Self {
        Self { manager: Arc::downgrade(manager), request: Mutex::default() }
    }

    /// A request was sent. It replaces the previous one, because the call continues.
    pub(crate) fn sent(&self, session: &Arc<Session>, id: u64) {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::downgrade(session), id));
    }

    /// The response was received, or none will come.
    pub(crate) fn response_received(&self) {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let request = self.request.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let (Some((session, id)), Ok(runtime)) = (request, tokio::runtime::Handle::try_current()) else { return };
        let (Some(manager), Some(session)) = (self.manager.upgrade(), session.upgrade()) else { return };
        if !needs_notification(&session) || manager.context.is_closed() {
            return;
        }
        if manager.hold(HeldNotice::Cancelled(Arc::downgrade(&session), id)).is_some() {
            runtime.spawn(send(manager, session, id));
        }
    }
}

/// A notice to the server that is sent after a call.
pub(crate) enum HeldNotice {
    /// A request was cancelled.
    Cancelled(Weak<Session>, u64),
    /// The session of a cancelled handshake ends: its link, the headers of its requests, and its id.
    Ended(Arc<Link>, HeaderMap, HeaderValue),
}

/// Notices to be sent on a runtime that runs between calls; `None` if the current runtime sends them.
pub(crate) type HeldNotices = Mutex<Option<Vec<HeldNotice>>>;

impl SessionManager {
    /// Holds further notices until they are [taken](Self::take_held_notices).
    pub(crate) fn hold_notices(&self) {
        self.held_notices.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Holds a notice; returns it if the current runtime is to send it.
    fn hold(&self, notice: HeldNotice) -> Option<HeldNotice> {
        match &mut *self.held_notices.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(held) => {
                held.push(notice);
                None
            }
            None => Some(notice),
        }
    }

    /// Sends the held notices; `None` if there are none.
    pub(crate) fn take_held_notices(self: &Arc<Self>) -> Option<BoxFuture<'static, ()>> {
        let held = std::mem::take(self.held_notices.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?);
        if held.is_empty() {
            return None;
        }
        let manager = Arc::clone(self);
        Some(Box::pin(async move {
            let sent = held.into_iter().map(|notice| send_notice(Arc::clone(&manager), notice));
            futures_util::future::join_all(sent).await;
        }))
    }

    /// Ends the session of a handshake that was cancelled.
    pub(super) fn end_cancelled(self: &Arc<Self>, link: Arc<Link>, headers: HeaderMap, id: HeaderValue) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if let Some(notice) = self.hold(HeldNotice::Ended(link, headers, id)) {
            runtime.spawn(send_notice(Arc::clone(self), notice));
        }
    }
}

async fn send_notice(manager: Arc<SessionManager>, notice: HeldNotice) {
    match notice {
        HeldNotice::Cancelled(session, id) => {
            if let Some(session) = session.upgrade() {
                send(manager, session, id).await;
            }
        }
        HeldNotice::Ended(link, headers, id) => manager.end_unfinished(&link, headers, &id).await,
    }
}

async fn send(manager: Arc<SessionManager>, session: Arc<Session>, id: u64) {
    let sent = async {
        // Each notification takes a connection, so many cancelled calls must not send at once.
        let _permit = manager.cancellation_permits.acquire().await;
        notify(&manager, &session, id).await;
    };
    let _ = tokio::time::timeout(SEND_TIMEOUT, sent).await;
}

/// Whether the server is to be notified. It is not if closing the response stream cancels the request, or if there is no
/// session in which the server could find the request.
fn needs_notification(session: &Session) -> bool {
    session.era().sends_cancellation(session.link.is_http())
        && session.initialize_reply.is_some()
        && !session.link.is_down()
}

async fn notify(manager: &Arc<SessionManager>, session: &Session, id: u64) {
    let Ok((headers, _)) = access_token::add_to(&manager.context, session.request_headers()).await else { return };
    let quote = if manager.context.settings.profile.string_ids { "\"" } else { "" };
    let params = format!("{{\"requestId\":{quote}{id}{quote},\"reason\":\"the call ended without a response\"}}");
    let body = jsonrpc::notification(CANCELLED, params.as_bytes());
    let outgoing = OutgoingMessage::without_response(headers, body, manager.context.settings.limits);
    // The result does not matter.
    drop(session.link.exchange(outgoing, &NoopListener).await);
}
