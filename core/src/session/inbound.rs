//! Handles notifications and requests from the server.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::oauth::access_token;
use crate::observe::deviations::Deviation;
use crate::observe::log::log_event;
use crate::observe::warnings::Warnings;
use crate::protocol::era::Era;
use crate::session::cancellation::CANCELLED;
use crate::session::manager::SessionManager;
use crate::session::server_requests;
use crate::session::subscriptions::ACKNOWLEDGED;
use crate::transport::link::Link;
use crate::transport::message::{DroppedMessage, Listener, NoopListener, OutgoingMessage};
use crate::util::headers;
use crate::util::wait_group::WaitGroup;

/// The timeout for sending the response to a request of the server.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Handles the messages on one link. Holds only weak references, so it does not keep the client alive.
pub(crate) struct InboundHandler {
    manager: Weak<SessionManager>,
    link: OnceLock<Weak<Link>>,
    /// Set when the session is open.
    open: OnceLock<OpenedSession>,
    handshake_headers: HeaderMap,
    /// The session id, if it arrived with a response after the handshake.
    late_session_id: OnceLock<HeaderValue>,
    /// The era that the server is taken for while the session is opened.
    opening_era: Mutex<Era>,
}

struct OpenedSession {
    /// The headers of responses.
    headers: HeaderMap,
    era: Era,
}

impl InboundHandler {
    pub(crate) fn new(manager: &Weak<SessionManager>, handshake_headers: HeaderMap, era: Era) -> Arc<Self> {
        Arc::new(Self {
            manager: Weak::clone(manager),
            link: OnceLock::new(),
            open: OnceLock::new(),
            handshake_headers,
            late_session_id: OnceLock::new(),
            opening_era: Mutex::new(era),
        })
    }

    /// Sets the era that the server is taken for while the session is opened.
    pub(crate) fn set_opening_era(&self, era: Era) {
        *self.opening_era.lock().unwrap_or_else(PoisonError::into_inner) = era;
    }

    pub(crate) fn late_session_id(&self) -> Option<&HeaderValue> {
        self.late_session_id.get()
    }

    /// Sets the id of a session that began without one. The first id counts.
    pub(crate) fn set_late_session_id(&self, id: HeaderValue) {
        let _ = self.late_session_id.set(id);
    }

    /// Sets the link that responses are sent to.
    pub(crate) fn set_link(&self, link: &Arc<Link>) {
        let _ = self.link.set(Arc::downgrade(link));
    }

    /// Sets the headers and the era of the open session.
    pub(crate) fn session_opened(&self, headers: HeaderMap, era: Era) {
        let _ = self.open.set(OpenedSession { headers, era });
    }
}

impl Listener for InboundHandler {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        let Some(manager) = self.manager.upgrade() else { return };
        if method == ACKNOWLEDGED {
            return manager.subscriptions.acknowledge(params);
        }
        if method == CANCELLED && self.open.get().is_some_and(|open| open.era.cancels_subscriptions()) {
            return manager.subscriptions.stream_cancelled(params);
        }
        manager.invalidate(method, params);
        let params = params.map_or("{}", RawValue::get);
        if !manager.context.settings.limits.holds(params) {
            return manager.context.count_dropped("a notification is nested deeper than max_depth");
        }
        if let Some(listen) = &manager.context.settings.callbacks.notification {
            // A panic of the callback does not end the stream.
            let queued = catch_unwind(AssertUnwindSafe(|| listen(method, params)));
            if queued.is_ok_and(|queued| !queued) {
                manager.context.log_dropped(
                    manager.context.counts.dropped.now(),
                    "notifications arrive faster than on_notification handles them",
                );
            }
        }
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.respond(id, method, params, None);
    }

    fn dropped(&self, why: DroppedMessage) {
        let Some(manager) = self.manager.upgrade() else { return };
        match why {
            DroppedMessage::UnexpectedResponse => {
                log_event!(manager.context.log(), DEBUG, "a response arrived that no call waits for")
            }
            DroppedMessage::QueueFull => {
                manager.context.count_dropped("progress notifications arrive faster than the callback handles them")
            }
        }
    }

    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.manager.upgrade().is_none_or(|manager| manager.context.accepts(deviation, did))
    }
}

/// The requests of the server on the stream of one call.
#[derive(Default)]
pub(crate) struct RequestsInCall {
    /// Warnings about failed callbacks.
    pub(crate) warnings: Warnings,
    pub(crate) open: Arc<WaitGroup>,
}

impl InboundHandler {
    /// Responds to a request in the background, because the callback may take long. `call` is the call on whose stream the
    /// request arrived.
    pub(crate) fn respond(&self, id: &str, method: &str, params: Option<&RawValue>, call: Option<Arc<RequestsInCall>>) {
        let (Some(manager), Some(link)) = (self.manager.upgrade(), self.link.get().and_then(Weak::upgrade)) else {
            return;
        };
        let (mut headers, era) = match self.open.get() {
            Some(open) => (open.headers.clone(), open.era),
            None => (self.handshake_headers.clone(), *self.opening_era.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        if let Some(id) = self.late_session_id() {
            headers.insert(headers::MCP_SESSION_ID, id.clone());
        }
        // There must be no response to such a request (2026-07-28, basic/transports).
        if !era.has_server_requests() {
            return;
        }
        // Too many or too large requests at once get no response, which bounds memory.
        let size = id.len() + method.len() + params.map_or(0, |params| params.get().len());
        let Some(place) = manager.request_queue.acquire(size) else {
            log_event!(
                manager.context.log(),
                WARN,
                "requests of the server exceed max_server_requests or max_event_bytes and are not answered",
                method = server_requests::known_as(method),
            );
            return;
        };
        let (id, method, params) = (id.to_owned(), method.to_owned(), params.map(|params| params.get().to_owned()));
        tokio::spawn(async move {
            let _place = place;
            let _counted = manager.open_requests.begin();
            let open = call.as_ref().map_or(&manager.requests_outside_calls, |call| &call.open);
            // A request without a callback, such as a ping, does not prolong the call.
            let _holds_up =
                server_requests::has_callback(&manager.context.settings.callbacks, &method).then(|| open.begin());
            let warnings = call.as_ref().map_or(&manager.context.warnings, |call| &call.warnings);
            let Some(body) = server_requests::response_to(&manager, &id, &method, params, warnings).await else {
                return;
            };
            let sending = async {
                let Ok(_permit) = manager.response_permits.acquire().await else { return };
                let Ok((headers, _)) = access_token::add_to(&manager.context, headers).await else { return };
                let outgoing = OutgoingMessage::without_response(headers, body, manager.context.settings.limits);
                // The server has a timeout of its own; nobody waits for the result here.
                drop(link.exchange(outgoing, &NoopListener).await);
            };
            let _ = tokio::time::timeout(SEND_TIMEOUT, sending).await;
        });
    }
}

/// The resource that a notification refers to.
pub(crate) fn uri_of(params: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Updated {
        uri: String,
    }
    serde_json::from_str::<Updated>(params?.get()).ok().map(|updated| updated.uri)
}
