//! Handles the messages that arrive before the response to a call.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::RawValue;

use crate::auth::token::Token;
use crate::error::attempt_error::AttemptError;
use crate::http::idle_timeout::IdleTimer;
use crate::oauth::access_token;
use crate::observe::deviations::Deviation;
use crate::session::call::ProgressSink;
use crate::session::inbound::{InboundHandler, RequestsInCall};
use crate::session::manager::SessionManager;
use crate::transport::link::Link;
use crate::transport::message::{self, DroppedMessage, Listener, Renewed};
use crate::transport::pending_requests::progress_token;
use crate::util::bounded_queue::WaitLimit;

const PROGRESS: &str = "notifications/progress";

/// Handles the messages that arrive before the response to a call.
pub(super) struct CallListener<'a> {
    pub(super) manager: &'a Arc<SessionManager>,
    /// The token of the request.
    pub(super) token: Option<&'a Token>,
    pub(super) inbound: &'a InboundHandler,
    pub(super) idle: &'a Arc<IdleTimer>,
    pub(super) progress: Option<&'a (String, ProgressSink)>,
    /// How long reading waits for space in the progress queue.
    pub(super) limit: WaitLimit,
    pub(super) requests: &'a Arc<RequestsInCall>,
    /// The beginning of the last event on the call's stream that was not a message.
    pub(super) skipped: Mutex<Option<String>>,
}

impl CallListener<'_> {
    /// The failure of an attempt that timed out. Its message shows the last event that was not a message.
    pub(super) fn too_late(&self, link: &Link) -> AttemptError {
        let mut failure = self.idle.timed_out();
        let own = self.skipped.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(skipped) = own.or_else(|| link.skipped()) {
            let message = &mut failure.error.info_mut().message;
            message.push_str("; the last event that was not a JSON-RPC message: ");
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
                        return (sink.listener)(params.get());
                    }
                }
                _ => self.idle.restart(),
            }
        }
        self.inbound.notification(method, params);
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.inbound.respond(id, method, params, Some(Arc::clone(self.requests)));
    }

    fn idle(&self) -> Option<&Arc<IdleTimer>> {
        Some(self.idle)
    }

    fn wait_for_capacity(&self, method: &str, params: Option<&RawValue>) -> Option<message::QueueWait<'_>> {
        let queue = self.progress.and_then(|(_, sink)| sink.queue.as_ref()).filter(|_| method == PROGRESS)?;
        let size = params.map_or(0, |params| params.get().len());
        if queue.has_capacity_for(size) {
            return None;
        }
        Some(Box::pin(async move {
            // The server is not idle: the client does not read.
            let _paused = self.idle.pause();
            queue.wait_for_capacity(size, self.limit).await;
        }))
    }

    fn renewed_token(&self) -> Renewed<'_> {
        Box::pin(async {
            // Invalidates only this token: another call may have renewed it already.
            self.manager.context.tokens.lose(self.token?.generation);
            let token = access_token::current(&self.manager.context).await.ok().flatten()?;
            Some(token.header.clone())
        })
    }

    fn dropped(&self, why: DroppedMessage) {
        self.inbound.dropped(why);
    }

    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.manager.context.accepts(deviation, did)
    }

    fn skipped(&self, shown: String) {
        *self.skipped.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
    }
}
