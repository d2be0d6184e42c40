//! Responses on the server's own stream to requests that were only accepted where they were sent.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::answer::{Answer, Listener, Outgoing};
use super::inbox::Inbox;
use crate::error::Code;
use crate::failure::Failure;
use crate::protocol::jsonrpc;

/// The requests of one session that may be answered on its own stream, while there is one.
#[derive(Default)]
pub(crate) struct Elsewhere {
    inbox: Inbox,
    is_open: AtomicBool,
}

impl Elsewhere {
    /// The server's own stream is open.
    pub(crate) fn opened(&self) {
        self.is_open.store(true, Ordering::Release);
    }

    /// The stream has ended, and with it the hope for responses.
    pub(crate) fn closed(&self) {
        self.is_open.store(false, Ordering::Release);
        self.inbox.abandon();
    }

    /// Whether a request waits for the response with this id.
    pub(crate) fn is_waited_for(&self, id: &str) -> bool {
        jsonrpc::our_id(id).is_some_and(|id| self.inbox.is_waited_for(id))
    }

    /// Gives a response to the request that waits for it.
    pub(crate) fn deliver(&self, text: &Bytes, listener: &dyn Listener) {
        // A response that can be read was given to its request, or is left.
        drop(self.inbox.deliver(text, listener));
    }

    /// Sends a message by `post`; where it is only accepted and the server's own stream is open, waits for the response there.
    pub(crate) async fn exchange<F: Future<Output = Result<Answer, Failure>>>(
        &self,
        out: Outgoing,
        listener: &dyn Listener,
        post: impl FnOnce(Outgoing) -> F,
    ) -> Result<Answer, Failure> {
        let limits = out.limits;
        let id = out.id.filter(|_| self.is_open.load(Ordering::Acquire));
        let Some(id) = id else { return post(out).await };
        // Before it is sent: the response may come before the acceptance.
        let mut waiting = self.inbox.expect(id, None, &limits)?;
        let accepted = match post(out).await {
            Err(failure) if failure.error.info().code == Code::NoAnswer => failure,
            answered => return answered,
        };
        let status = accepted.error.info().status.and_then(|status| http::StatusCode::from_u16(status).ok());
        match waiting.answer(listener, &limits).await {
            Ok(content) => {
                Ok(Answer { status: status.unwrap_or_default(), headers: http::HeaderMap::new(), content, cut: None })
            }
            Err(_) if waiting.is_abandoned() => Err(accepted),
            Err(failure) => Err(failure),
        }
    }
}
