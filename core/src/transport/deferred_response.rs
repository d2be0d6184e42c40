//! Responses that a server sends on its own stream, after it only acknowledged the POST of the request.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::config::limits::Limits;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::protocol::jsonrpc;
use crate::transport::http_sse::is_acknowledgement;
use crate::transport::message::{Content, Listener, OutgoingMessage, ServerResponse};
use crate::transport::pending_requests::{PendingRequest, PendingRequests};

/// How long the end of a POST is waited for after its response on the stream, so that its connection can be used again.
const END_OF_POST: Duration = Duration::from_millis(20);
/// The longest wait for the response after a body that may not be an acknowledgement.
const WAIT_IN_DOUBT: Duration = Duration::from_secs(5);

/// The requests of one session whose responses may come on the server's own stream.
#[derive(Default)]
pub(crate) struct DeferredResponses {
    inbox: PendingRequests,
    /// Whether the stream is open or was requested.
    is_expected: AtomicBool,
}

/// The server's own stream, from its request to its end. When this is dropped, the requests stop waiting for responses on it.
pub(crate) struct StreamExpectation(Arc<DeferredResponses>);

impl Drop for StreamExpectation {
    fn drop(&mut self) {
        self.0.is_expected.store(false, Ordering::SeqCst);
        self.0.inbox.abandon();
    }
}

impl DeferredResponses {
    /// Notes that the server's own stream is requested.
    pub(crate) fn expect_stream(self: &Arc<Self>) -> StreamExpectation {
        self.is_expected.store(true, Ordering::SeqCst);
        StreamExpectation(Arc::clone(self))
    }

    /// Whether a request waits for the response with this id.
    pub(crate) fn is_pending(&self, id: &str) -> bool {
        jsonrpc::our_id(id).is_some_and(|id| self.inbox.is_pending(id))
    }

    /// Delivers a response to the request that waits for it.
    pub(crate) fn deliver(&self, text: &Bytes, listener: &dyn Listener) {
        // An error is about a text that is not a message; this one is a response.
        drop(self.inbox.deliver(text, listener));
    }

    /// Sends a message by `post`. If there is an own stream of the server, the response may come there: during the POST, or after
    /// an acknowledgement.
    pub(crate) async fn exchange<F: Future<Output = Result<ServerResponse, AttemptError>>>(
        &self,
        out: OutgoingMessage,
        listener: &dyn Listener,
        post: impl FnOnce(OutgoingMessage) -> F,
    ) -> Result<ServerResponse, AttemptError> {
        let limits = out.limits;
        let Some(id) = out.id else { return post(out).await };
        // Registered before the POST, as the response may come before the acknowledgement; and before the check for a stream, as
        // the end of the stream must end this wait.
        let mut waiting = self.inbox.expect(id, None, &limits)?;
        if !self.is_expected.load(Ordering::SeqCst) {
            drop(waiting);
            return post(out).await;
        }
        let mut posting = pin!(post(out));
        let posted = tokio::select! {
            biased;
            content = waiting.response(listener, &limits) => match content {
                Err(_) if waiting.is_abandoned() => return posting.await,
                content => {
                    let _ = tokio::time::timeout(END_OF_POST, posting).await;
                    return content.map(|content| ServerResponse::without_head(StatusCode::OK, content));
                }
            },
            posted = &mut posting => posted,
        };
        let accepted = match posted {
            Err(failure) if is_acknowledgement(&failure) || failure.is_empty_stream => failure,
            outcome => return outcome,
        };
        let status = accepted.error.info().status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or_default();
        match wait(&mut waiting, listener, &limits, is_in_doubt(&accepted, status)).await {
            Some(Ok(content)) => Ok(ServerResponse::without_head(status, content)),
            Some(Err(failure)) if !waiting.is_abandoned() => Err(failure),
            _ => Err(accepted),
        }
    }
}

/// The response on the stream; `None` if the body may not be an acknowledgement and no response comes soon.
async fn wait(
    waiting: &mut PendingRequest<'_>,
    listener: &dyn Listener,
    limits: &Limits,
    is_in_doubt: bool,
) -> Option<Result<Content, AttemptError>> {
    let response = waiting.response(listener, limits);
    if !is_in_doubt {
        return Some(response.await);
    }
    let half = listener.idle().and_then(|idle| idle.timeout()).map_or(WAIT_IN_DOUBT, |timeout| timeout / 2);
    tokio::time::timeout(half.min(WAIT_IN_DOUBT), response).await.ok()
}

/// Whether the body is not a response and the status is not 202: it may be an error page.
fn is_in_doubt(accepted: &AttemptError, status: StatusCode) -> bool {
    status != StatusCode::ACCEPTED && accepted.class == FailureClass::Unreadable
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use tokio::time::Instant;

    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::error::Code;
    use crate::transport::message::NoopListener;

    /// The outcome of the POST.
    enum Posted {
        Accepted,
        AttemptError(FailureClass, Code, u16),
        EmptyStream,
        Status(u16),
        Nothing,
    }

    fn out() -> OutgoingMessage {
        let limits = ClientConfig::default().api_key("k").resolve(|_| None).unwrap().limits;
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        let (slot, observer) = (None, None);
        OutgoingMessage { headers, body, id: Some(7), progress_token: None, limits, resumes: true, slot, observer }
    }

    async fn post(posted: Posted, after: u64) -> Result<ServerResponse, AttemptError> {
        tokio::time::sleep(Duration::from_millis(after)).await;
        let failure = |class, code, status| {
            let mut failure = AttemptError::new(class, code, "as given");
            failure.error.info_mut().status = Some(status);
            failure
        };
        match posted {
            Posted::Accepted => Err(failure(FailureClass::BadAnswer, Code::NoAnswer, 202)),
            Posted::AttemptError(class, code, status) => Err(failure(class, code, status)),
            Posted::EmptyStream => {
                Err(AttemptError { is_empty_stream: true, ..failure(FailureClass::BadAnswer, Code::AnswerCut, 200) })
            }
            Posted::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap();
                Ok(ServerResponse::without_head(status, Content::Other(Bytes::from_static(b"gone"))))
            }
            Posted::Nothing => std::future::pending().await,
        }
    }

    /// The outcome as text, and the milliseconds until it. The response comes on the stream after `responded`, and the stream
    /// ends after `ended`.
    async fn outcome(posted: (Posted, u64), responded: Option<u64>, ended: Option<u64>) -> (String, u64) {
        let deferred = Arc::<DeferredResponses>::default();
        let mut own = Some(deferred.expect_stream());
        let begun = Instant::now();
        let stream = async {
            if let Some(after) = responded {
                tokio::time::sleep(Duration::from_millis(after)).await;
                deferred.deliver(&Bytes::from_static(br#"{"jsonrpc":"2.0","id":7,"result":{"n":1}}"#), &NoopListener);
            }
            if let Some(after) = ended {
                tokio::time::sleep(Duration::from_millis(after)).await;
                own = None;
            }
        };
        let call = async {
            let answer = deferred.exchange(out(), &NoopListener, |_| post(posted.0, posted.1)).await;
            (answer, begun.elapsed().as_millis())
        };
        let ((answer, after), ()) = tokio::join!(call, stream);
        drop(own);
        let text = match answer {
            Ok(ServerResponse { content: Content::Result(result), .. }) => String::from_utf8(result.to_vec()).unwrap(),
            Ok(answer) => answer.status.as_str().to_owned(),
            Err(failure) => failure.error.code().to_owned(),
        };
        (text, after.try_into().unwrap())
    }

    fn result(after: u64) -> (String, u64) {
        (r#"{"n":1}"#.to_owned(), after)
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_on_the_stream_counts_whatever_the_outcome_of_the_post() {
        assert_eq!(outcome((Posted::Status(404), 115), Some(100), None).await, result(115));
        assert_eq!(outcome((Posted::Status(404), 300), Some(100), None).await, result(120));
        let lost = Posted::AttemptError(FailureClass::Lost, Code::ConnectionLost, 0);
        assert_eq!(outcome((lost, 110), Some(100), None).await, result(110));
        assert_eq!(outcome((Posted::Nothing, 0), Some(100), None).await, result(120));
        assert_eq!(outcome((Posted::Accepted, 110), Some(100), None).await, result(110));
        assert_eq!(outcome((Posted::Accepted, 100), Some(90_000), None).await, result(90_000));
        assert_eq!(outcome((Posted::Status(404), 100), Some(300), None).await, ("404".to_owned(), 100));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_stream_ends_the_wait() {
        assert_eq!(outcome((Posted::Accepted, 100), None, Some(300)).await, ("no_answer".to_owned(), 300));
        assert_eq!(outcome((Posted::Accepted, 300), None, Some(100)).await, ("no_answer".to_owned(), 300));
        assert_eq!(outcome((Posted::Status(404), 300), None, Some(100)).await, ("404".to_owned(), 300));
    }

    #[tokio::test(start_paused = true)]
    async fn acknowledgements_are_recognised_in_all_forms_of_servers() {
        let acknowledged = |class, code, status| Posted::AttemptError(class, code, status);
        for (posted, waits) in [
            (acknowledged(FailureClass::BadAnswer, Code::InvalidAnswer, 202), true),
            (acknowledged(FailureClass::BadAnswer, Code::InvalidAnswer, 200), true),
            (acknowledged(FailureClass::Unreadable, Code::InvalidAnswer, 202), true),
            (acknowledged(FailureClass::Unreadable, Code::UnexpectedContentType, 202), true),
            (Posted::EmptyStream, true),
            // It may be an error page.
            (acknowledged(FailureClass::Unreadable, Code::UnexpectedContentType, 200), false),
            (acknowledged(FailureClass::Unreadable, Code::InvalidAnswer, 200), false),
        ] {
            let code = match &posted {
                Posted::AttemptError(_, code, _) => code.as_str(),
                _ => "answer_cut",
            };
            let short = match &posted {
                Posted::AttemptError(class, code, status) => acknowledged(*class, *code, *status),
                _ => Posted::EmptyStream,
            };
            assert_eq!(outcome((short, 100), Some(3000), None).await, result(3000), "{code}");
            let long = outcome((posted, 100), Some(30_000), None).await;
            assert_eq!(long, if waits { result(30_000) } else { (code.to_owned(), 5100) }, "{code}");
        }
        for (class, code, status) in [
            (FailureClass::Unusable, Code::InvalidAnswer, 200),
            (FailureClass::BadAnswer, Code::WrongId, 200),
            (FailureClass::BadAnswer, Code::AnswerCut, 200),
            (FailureClass::TooLarge, Code::AnswerTooLarge, 200),
        ] {
            let ended = outcome((Posted::AttemptError(class, code, status), 100), Some(3000), None).await;
            assert_eq!(ended, (code.as_str().to_owned(), 100));
        }
    }

    #[tokio::test]
    async fn without_a_stream_nothing_is_waited_for() {
        let deferred = Arc::<DeferredResponses>::default();
        drop(deferred.expect_stream());
        let answer = deferred.exchange(out(), &NoopListener, |_| post(Posted::Accepted, 0)).await;
        assert_eq!(answer.err().unwrap().error.code(), "no_answer");
    }
}
