//! Responses on the server's own stream to requests that were only accepted where they were sent.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::answer::{Answer, Content, Listener, Outgoing};
use super::inbox::{Inbox, Waiting};
use super::sse::is_acknowledgement;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::protocol::jsonrpc;
use crate::retry::Happened;

/// How long the end of a POST is waited for behind its response on the stream, so that its connection can be used again.
const END_OF_POST: Duration = Duration::from_millis(20);
/// How long the response is waited for at most behind a body that may be no acknowledgement, where attempts have no timeout.
const IN_DOUBT: Duration = Duration::from_secs(5);

/// The requests of one session that may be answered on its own stream, while there is one.
#[derive(Default)]
pub(crate) struct Elsewhere {
    inbox: Inbox,
    /// Whether the stream is open, or was asked for.
    is_expected: AtomicBool,
}

/// The server's own stream, from when it is asked for to its end. However that comes, the requests that wait for their
/// responses on it are told.
pub(crate) struct OwnStreamIsExpected(Arc<Elsewhere>);

impl Drop for OwnStreamIsExpected {
    fn drop(&mut self) {
        self.0.is_expected.store(false, Ordering::SeqCst);
        self.0.inbox.abandon();
    }
}

impl Elsewhere {
    /// The server's own stream is asked for.
    pub(crate) fn expect_stream(self: &Arc<Self>) -> OwnStreamIsExpected {
        self.is_expected.store(true, Ordering::SeqCst);
        OwnStreamIsExpected(Arc::clone(self))
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

    /// Sends a message by `post`. The response may come on the server's own stream, where there is one: while the POST is on
    /// its way, or behind an acknowledgement.
    pub(crate) async fn exchange<F: Future<Output = Result<Answer, Failure>>>(
        &self,
        out: Outgoing,
        listener: &dyn Listener,
        post: impl FnOnce(Outgoing) -> F,
    ) -> Result<Answer, Failure> {
        let limits = out.limits;
        let Some(id) = out.id else { return post(out).await };
        // Before it is sent: the response may come before the acknowledgement. And before it is asked whether there is a
        // stream: one that ends behind that ends this wait.
        let mut waiting = self.inbox.expect(id, None, &limits)?;
        if !self.is_expected.load(Ordering::SeqCst) {
            drop(waiting);
            return post(out).await;
        }
        let mut posting = pin!(post(out));
        let posted = tokio::select! {
            biased;
            content = waiting.answer(listener, &limits) => match content {
                Err(_) if waiting.is_abandoned() => posting.await,
                content => {
                    let _ = tokio::time::timeout(END_OF_POST, posting).await;
                    return content.map(|content| on_stream(StatusCode::OK, content));
                }
            },
            posted = &mut posting => posted,
        };
        let accepted = match posted {
            Err(failure) if is_acknowledgement(&failure) || failure.is_empty_stream => failure,
            settled => return settled,
        };
        let status = accepted.error.info().status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or_default();
        match wait(&mut waiting, listener, &limits, is_in_doubt(&accepted, status)).await {
            Some(Ok(content)) => Ok(on_stream(status, content)),
            Some(Err(failure)) if !waiting.is_abandoned() => Err(failure),
            _ => Err(accepted),
        }
    }
}

/// The response on the stream; nothing where the acknowledgement may be none and the response does not come soon.
async fn wait(
    waiting: &mut Waiting<'_>,
    listener: &dyn Listener,
    limits: &Limits,
    is_in_doubt: bool,
) -> Option<Result<Content, Failure>> {
    let response = waiting.answer(listener, limits);
    if !is_in_doubt {
        return Some(response.await);
    }
    let half = listener.idle().and_then(|idle| idle.timeout()).map_or(IN_DOUBT, |timeout| timeout / 2);
    tokio::time::timeout(half.min(IN_DOUBT), response).await.ok()
}

/// Whether a body came that is no response, with a status that does not say "accepted": a page of an error, perhaps.
fn is_in_doubt(accepted: &Failure, status: StatusCode) -> bool {
    status != StatusCode::ACCEPTED && accepted.happened == Happened::Unreadable
}

fn on_stream(status: StatusCode, content: Content) -> Answer {
    Answer { status, headers: http::HeaderMap::new(), content, cut: None }
}
