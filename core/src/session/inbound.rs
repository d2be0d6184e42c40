//! Who hears of what the server sends by itself, and answers its requests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::oauth::access_token;
use crate::observe::deviations::Deviation;
use crate::observe::log::log_event;
use crate::observe::warnings::Warnings;
use crate::protocol::era::Era;
use crate::protocol::jsonrpc;
use crate::session::cancellation::CANCELLED;
use crate::session::manager::SessionManager;
use crate::session::server_requests::{self, RequestRefusal};
use crate::session::subscriptions::ACKNOWLEDGED;
use crate::transport::link::Link;
use crate::transport::message::{DroppedMessage, Listener, NoopListener, OutgoingMessage};
use crate::util::headers;
use crate::util::sanitize::preview;
use crate::util::wait_group::WaitGroup;

/// The longest that sending an answer to the server's own request may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The ears of one link. Neither keeps the client alive.
pub(crate) struct InboundHandler {
    manager: Weak<SessionManager>,
    link: OnceLock<Weak<Link>>,
    /// What the opening of the session came to.
    open: OnceLock<OpenedSession>,
    opening: HeaderMap,
    /// The id of the session, received with a response after the handshake.
    late_session_id: OnceLock<HeaderValue>,
    /// The era that the server is taken for while the session is being opened.
    opening_era: Mutex<Era>,
}

struct OpenedSession {
    /// The headers of an answer.
    headers: HeaderMap,
    era: Era,
}

impl InboundHandler {
    pub(crate) fn new(manager: &Weak<SessionManager>, opening: HeaderMap, era: Era) -> Arc<Self> {
        Arc::new(Self {
            manager: Weak::clone(manager),
            link: OnceLock::new(),
            open: OnceLock::new(),
            opening,
            late_session_id: OnceLock::new(),
            opening_era: Mutex::new(era),
        })
    }

    /// Tells what the server is taken for while the session is being opened.
    pub(crate) fn set_opening_era(&self, era: Era) {
        *self.opening_era.lock().unwrap_or_else(PoisonError::into_inner) = era;
    }

    pub(crate) fn late_session_id(&self) -> Option<&HeaderValue> {
        self.late_session_id.get()
    }

    /// The server gave an id to a session that began without. The first one counts.
    pub(crate) fn set_late_session_id(&self, id: HeaderValue) {
        let _ = self.late_session_id.set(id);
    }

    /// Tells where answers go.
    pub(crate) fn set_link(&self, link: &Arc<Link>) {
        let _ = self.link.set(Arc::downgrade(link));
    }

    /// Tells the headers that the opening came to, and the era.
    pub(crate) fn session_opened(&self, headers: HeaderMap, era: Era) {
        let _ = self.open.set(OpenedSession { headers, era });
    }
}

impl Listener for InboundHandler {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        let Some(manager) = self.manager.upgrade() else { return };
        if method == ACKNOWLEDGED {
            return manager.subscriptions.hear(params);
        }
        if method == CANCELLED && self.open.get().is_some_and(|open| open.era.cancels_subscriptions()) {
            return manager.subscriptions.stream_cancelled(params);
        }
        manager.heard(method, params);
        let params = params.map_or("{}", RawValue::get);
        if !manager.context.settings.limits.holds(params) {
            return manager.context.count_dropped("a notification nests deeper than max_depth, and is left out");
        }
        if let Some(listen) = &manager.context.settings.hooks.notification {
            // What a listener does is its own: the stream goes on.
            let heard = catch_unwind(AssertUnwindSafe(|| listen(method, params)));
            if heard.is_ok_and(|heard| !heard) {
                manager.context.log_dropped(
                    manager.context.counts.dropped.now(),
                    "notifications come faster than on_notification takes them",
                );
            }
        }
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.answer(id, method, params, None);
    }

    fn dropped(&self, why: DroppedMessage) {
        let Some(manager) = self.manager.upgrade() else { return };
        match why {
            DroppedMessage::UnexpectedResponse => {
                log_event!(manager.context.log(), DEBUG, "an answer came that no call waits for")
            }
            DroppedMessage::QueueFull => {
                manager.context.count_dropped("progress came faster than its call took it, and is left out")
            }
        }
    }

    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.manager.upgrade().is_none_or(|manager| manager.context.accepts(deviation, did))
    }
}

/// What a server asks while one call runs, on that call's stream.
#[derive(Default)]
pub(crate) struct RequestsInCall {
    /// Of functions that failed.
    pub(crate) warnings: Warnings,
    pub(crate) questions: Arc<WaitGroup>,
}

impl InboundHandler {
    /// Answers a request, in the background: the caller's function may take its time. `call` is the one on whose stream it
    /// came.
    pub(crate) fn answer(&self, id: &str, method: &str, params: Option<&RawValue>, call: Option<Arc<RequestsInCall>>) {
        let (Some(manager), Some(link)) = (self.manager.upgrade(), self.link.get().and_then(Weak::upgrade)) else {
            return;
        };
        let (mut headers, era) = match self.open.get() {
            Some(open) => (open.headers.clone(), open.era),
            None => (self.opening.clone(), *self.opening_era.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        if let Some(id) = self.late_session_id() {
            headers.insert(headers::MCP_SESSION_ID, id.clone());
        }
        // Such a request must not be answered (2026-07-28, basic/transports).
        if !era.has_server_requests() {
            return;
        }
        // A server that asks more at once than this is left without an answer, and not us without memory: also not where
        // few questions, or their ids, are large.
        let size = id.len() + method.len() + params.map_or(0, |params| params.get().len());
        let Some(place) = manager.questions.acquire(size) else {
            log_event!(
                manager.context.log(),
                WARN,
                "the server asks more at once than max_server_requests or max_event_bytes, and gets no answer",
                method = server_requests::known_as(method),
            );
            return;
        };
        let (id, method, params) = (id.to_owned(), method.to_owned(), params.map(|params| params.get().to_owned()));
        tokio::spawn(async move {
            let _place = place;
            let _open = manager.open_requests.begin();
            let questions = call.as_ref().map_or(&manager.requests_outside_calls, |call| &call.questions);
            // What is answered by itself, such as a ping, is no reason why a call takes long.
            let _holds_up =
                server_requests::is_answered(&manager.context.settings.hooks, &method).then(|| questions.begin());
            let warnings = call.as_ref().map_or(&manager.context.warnings, |call| &call.warnings);
            let Some(body) = answer(&manager, &id, &method, params, warnings).await else { return };
            let sending = async {
                let Ok(_permit) = manager.answers.acquire().await else { return };
                let Ok((headers, _)) = access_token::add_to(&manager.context, headers).await else { return };
                let limits = manager.context.settings.limits;
                let outgoing = OutgoingMessage {
                    headers,
                    body,
                    id: None,
                    progress_token: None,
                    limits,
                    resumes: false,
                    slot: None,
                };
                // The server waits for this answer or gives up by itself; there is nobody here to tell.
                drop(link.exchange(outgoing, &NoopListener).await);
            };
            let _ = tokio::time::timeout(SEND_TIMEOUT, sending).await;
        });
    }
}

/// The answer to the server's own request (specification 2025-11-25, basic/utilities/ping, client/sampling, client/elicitation,
/// client/roots): a ping is answered at once, what the caller answers when it has, anything else as unknown. `None` where
/// nobody waits any more.
async fn answer(
    manager: &Arc<SessionManager>,
    id: &str,
    method: &str,
    params: Option<String>,
    warnings: &Warnings,
) -> Option<Bytes> {
    if method == "ping" {
        return Some(jsonrpc::result(id, "{}"));
    }
    let asked = server_requests::answer(manager, method, params.as_deref());
    let answered = match manager.context.settings.total_timeout {
        Some(within) => tokio::time::timeout(within, asked).await.ok()?,
        None => asked.await,
    };
    Some(match answered {
        Ok(result) => jsonrpc::result(id, &result),
        Err(RequestRefusal::Undeclared) => {
            log_event!(
                manager.context.log(),
                DEBUG,
                "the server asks what the client does not answer, and is told so",
                method = server_requests::known_as(method),
            );
            jsonrpc::error(id, jsonrpc::METHOD_NOT_FOUND, "Method not found")
        }
        // The server may tell nobody of its error.
        Err(RequestRefusal::Malformed(why)) => {
            log_event!(
                manager.context.log(),
                WARN,
                "the server's request is not valid, and the client's function was not called",
                method = server_requests::known_as(method),
            );
            let shown = preview(why.as_bytes());
            warnings
                .add(format!("the server's request {method} is not valid, and its function was not called: {shown}"));
            jsonrpc::error(id, jsonrpc::INVALID_PARAMS, &format!("Invalid params: {why}"))
        }
        // Why it failed is the caller's own, and not for the server.
        Err(RequestRefusal::Failed(why)) => {
            log_event!(
                manager.context.log(),
                WARN,
                "a function gave no answer to the server",
                method = server_requests::known_as(method)
            );
            warnings.add(format!("the function for {method} gave no answer: {}", preview(why.reason.as_bytes())));
            jsonrpc::error(id, jsonrpc::INTERNAL_ERROR, "The client could not answer")
        }
    })
}

/// The resource that a notification is about.
pub(crate) fn uri_of(params: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Updated {
        uri: String,
    }
    serde_json::from_str::<Updated>(params?.get()).ok().map(|updated| updated.uri)
}
