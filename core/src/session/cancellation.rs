//! Tells a server that nobody waits for an answer any more (specification 2025-11-25, basic/utilities/cancellation;
//! 2026-07-28, basic/patterns/cancellation).

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::oauth::access_token;
use crate::protocol::jsonrpc;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::transport::message::{NoopListener, OutgoingMessage};

pub(crate) const CANCELLED: &str = "notifications/cancelled";
/// The longest that the notice is worked on.
const WITHIN: Duration = Duration::from_secs(5);

/// The request of a call that is not answered yet. Dropped while there is one, it tells the server. It keeps neither the
/// client nor its session.
pub(crate) struct CancelOnDrop {
    manager: Weak<SessionManager>,
    request: Mutex<Option<(Weak<Session>, u64)>>,
}

impl CancelOnDrop {
    pub(crate) fn new(manager: &Arc<SessionManager>) -> Self {
        Self { manager: Arc::downgrade(manager), request: Mutex::default() }
    }

    /// A request leaves. One before it is forgotten: the call goes on.
    pub(crate) fn sent(&self, session: &Arc<Session>, id: u64) {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = Some((Arc::downgrade(session), id));
    }

    /// Nothing more is expected of the server.
    pub(crate) fn settled(&self) {
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
        let is_held = match &mut *manager.held_cancellations.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(held) => {
                held.push((Arc::downgrade(&session), id));
                true
            }
            None => false,
        };
        if !is_held {
            runtime.spawn(send(manager, session, id));
        }
    }
}

/// Notices that the client keeps for a runtime that goes on between its calls; `None` where its own does.
pub(crate) type HeldCancellations = Mutex<Option<Vec<(Weak<Session>, u64)>>>;

impl SessionManager {
    /// Keeps further notices until they are [taken](Self::take_held_cancellations).
    pub(crate) fn hold_notices(&self) {
        self.held_cancellations.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Sends the notices that are held; `None` where there are none.
    pub(crate) fn take_held_cancellations(self: &Arc<Self>) -> Option<BoxFuture<'static, ()>> {
        let held = std::mem::take(self.held_cancellations.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?);
        if held.is_empty() {
            return None;
        }
        let manager = Arc::clone(self);
        Some(Box::pin(async move {
            let sent =
                held.into_iter().filter_map(|(session, id)| Some(send(Arc::clone(&manager), session.upgrade()?, id)));
            futures_util::future::join_all(sent).await;
        }))
    }
}

async fn send(manager: Arc<SessionManager>, session: Arc<Session>, id: u64) {
    let sent = async {
        // Many calls that are given up at once must not come to as many connections.
        let _room = manager.cancellation_permits.acquire().await;
        tell(&manager, &session, id).await;
    };
    let _ = tokio::time::timeout(WITHIN, sent).await;
}

/// Where a request has a stream of its own in the modern era, closing that says it; and a server without a session has
/// nothing to look the request up in.
fn needs_notification(session: &Session) -> bool {
    session.era().sends_cancellation(session.link.is_http()) && session.welcome.is_some() && !session.link.is_down()
}

async fn tell(manager: &Arc<SessionManager>, session: &Session, id: u64) {
    let Ok((headers, _)) = access_token::add_to(&manager.context, session.request_headers()).await else { return };
    let quote = if manager.context.settings.profile.string_ids { "\"" } else { "" };
    let params = format!("{{\"requestId\":{quote}{id}{quote},\"reason\":\"the caller gave the call up\"}}");
    let body = jsonrpc::notification(CANCELLED, &Bytes::from(params));
    let limits = manager.context.settings.limits;
    let outgoing =
        OutgoingMessage { headers, body, id: None, progress_token: None, limits, resumes: false, slot: None };
    // Whatever becomes of it: nobody waits.
    drop(session.link.exchange(outgoing, &NoopListener).await);
}
