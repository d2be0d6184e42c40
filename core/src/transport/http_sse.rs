//! HTTP with SSE (specification 2024-11-05, basic/transports): one event stream for all responses, and POSTs to the URL that
//! its first event names.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::task::{AbortHandle, JoinHandle};
use url::Url;

use crate::config::limits::Limits;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};
use crate::http::body::{self, Body};
use crate::http::client::is_own;
use crate::http::pool::Pools;
use crate::observe::deviations::Deviation;
use crate::transport::message::{Content, DeviationListener, Listener, OutgoingMessage, ServerResponse};
use crate::transport::pending_requests::{PendingRequests, Reader};
use crate::transport::sse_stream::{EventStream, Events};
use crate::transport::streamable_http::{StreamOutcome, get_stream, post};

/// How long the end of a POST is waited for after its response on the stream, so that its connection can be used again.
const END_OF_POST: Duration = Duration::from_secs(1);

/// How long `close` waits for the responses to calls in flight.
pub(crate) const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// An open event stream, and the URL for POSTs.
pub(crate) struct SseLink {
    http: Arc<Pools>,
    endpoint: Url,
    inbox: Arc<PendingRequests>,
    reader: AbortHandle,
    /// Decides on deviations in the responses to POSTs.
    deviations: Arc<DeviationListener>,
}

/// The outcome of opening.
pub(crate) enum Opened {
    Link(SseLink),
    /// A response other than a stream.
    Refused(ServerResponse),
}

impl SseLink {
    /// Opens the stream and waits for its first event, the endpoint.
    pub(crate) async fn open(
        http: &Arc<Pools>,
        url: &Url,
        headers: HeaderMap,
        limits: Limits,
        listener: Arc<dyn Listener>,
    ) -> Result<Opened, AttemptError> {
        let response = match get_stream(&http.here(), url, headers, &limits).await? {
            StreamOutcome::Open(response) => response,
            StreamOutcome::Refused(response) => return Ok(Opened::Refused(response)),
        };
        // A relative endpoint is relative to the last redirect.
        let from = response.url().clone();
        let mut events: Events = EventStream::new(Box::pin(body::chunks(Body::of(response), None)), limits.event);
        let endpoint = endpoint(&mut events, &from, &*listener).await?;
        let inbox = Arc::new(PendingRequests::default());
        let reader = tokio::spawn(read(events, Reader(Arc::clone(&inbox)), Arc::clone(&listener))).abort_handle();
        let deviations = Arc::new(DeviationListener(listener));
        Ok(Opened::Link(Self { http: Arc::clone(http), endpoint, inbox, reader, deviations }))
    }

    pub(crate) async fn exchange(
        &self,
        out: OutgoingMessage,
        listener: &dyn Listener,
    ) -> Result<ServerResponse, AttemptError> {
        let Some(id) = out.id else {
            self.inbox.notified();
            return post(&self.http.here(), &self.endpoint, out, listener).await;
        };
        let limits = out.limits;
        let mut waiting = self.inbox.expect(id, out.progress_token.clone(), &limits)?;
        let mut posting = self.begin_post(out);
        let on_stream = |content| ServerResponse::without_head(StatusCode::OK, content);
        tokio::select! {
            biased;
            content = waiting.response(listener, &limits) => match content {
                Err(end) if end.error.info().code == Code::AnswerCut && self.is_down() => return posting.outcome().await.unwrap_or(Err(end)),
                content => {
                    posting.finish();
                    return content.map(on_stream);
                }
            },
            posted = posting.ended() => match posted {
                // An acknowledgement: the response comes on the stream.
                Err(failure) if is_acknowledgement(&failure) => {}
                Ok(ServerResponse { status, content: Content::Other(_), .. }) if status.is_success() => {}
                // A refusal; or the response itself, as some servers send it here.
                outcome => return outcome,
            },
        }
        waiting.response(listener, &limits).await.map(on_stream)
    }

    /// In its own task, so that a response on the stream need not wait for its end.
    fn begin_post(&self, out: OutgoingMessage) -> Posting {
        let (http, endpoint, deviations) = (self.http.here(), self.endpoint.clone(), Arc::clone(&self.deviations));
        Posting(Some(tokio::spawn(async move { post(&http, &endpoint, out, &*deviations).await })))
    }

    /// Closes the stream, after a short wait for the responses to calls in flight.
    pub(crate) async fn close(&self) {
        self.inbox.idle(CLOSE_WAIT).await;
        self.inbox.end(ended());
        self.reader.abort();
    }

    pub(crate) fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The values in the query of the endpoint, such as the session id.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        self.endpoint.query_pairs().map(|(_, value)| value.into_owned())
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inbox.ended().is_some()
    }

    /// The beginning of the last event that was not a message.
    pub(crate) fn skipped(&self) -> Option<String> {
        self.inbox.skipped()
    }
}

/// Reads the endpoint, the first event of the stream at `from`.
async fn endpoint(events: &mut Events, from: &Url, listener: &dyn Listener) -> Result<Url, AttemptError> {
    let mut before = None;
    loop {
        match events.next_event().await {
            Some(Ok((event, data))) if event == "endpoint" => return same_origin(from, &data),
            Some(Ok((event, data))) => {
                let named = crate::util::sanitize::preview(event.as_bytes());
                let did = || format!("the server's stream begins with the event {named} and not with endpoint");
                if !data.is_empty() && !listener.accepts(Deviation::NotAMessage, &did) {
                    return Err(invalid(format!("the stream's first event is {named} and not endpoint")));
                }
                before.get_or_insert(named);
            }
            Some(Err(failure)) => return Err(failure),
            None => {
                let named =
                    |event| invalid(format!("the stream ended without an event endpoint; its first is {event}"));
                return Err(before.map_or_else(ended, named));
            }
        }
    }
}

/// Delivers the messages of the stream to its end.
async fn read(mut events: Events, reader: Reader, listener: Arc<dyn Listener>) {
    let inbox = &reader.0;
    let failure = loop {
        match events.next().await {
            None => break ended(),
            Some(Err(failure)) => break failure,
            Some(Ok(data)) => {
                let text = Bytes::from(data);
                inbox.is_ready_for(&text).await;
                if let Err(failure) = inbox.deliver(&text, &*listener) {
                    break failure;
                }
            }
        }
    };
    inbox.end(failure);
}

/// Whether a response only acknowledges a POST. The specification names no status for that, so servers send several.
pub(crate) fn is_acknowledgement(failure: &AttemptError) -> bool {
    let info = failure.error.info();
    let is_success = info.status.is_some_and(|status| (200..300).contains(&status));
    let is_response = failure.class == FailureClass::Unusable;
    is_success
        && !is_response
        && matches!(info.code, Code::NoAnswer | Code::UnexpectedContentType | Code::InvalidAnswer)
}

/// A running POST; aborted with its call.
struct Posting(Option<JoinHandle<Result<ServerResponse, AttemptError>>>);

impl Posting {
    async fn ended(&mut self) -> Result<ServerResponse, AttemptError> {
        let lost = || AttemptError::new(FailureClass::Lost, Code::ConnectionLost, "the POST was aborted");
        match &mut self.0 {
            Some(posting) => posting.await.unwrap_or_else(|_| Err(lost())),
            None => Err(lost()),
        }
    }

    /// The response to the POST after the stream ended, if it decides the call: a refusal proves that it did not run.
    async fn outcome(&mut self) -> Option<Result<ServerResponse, AttemptError>> {
        let posted = tokio::time::timeout(END_OF_POST, self.ended()).await.ok()?;
        match &posted {
            Ok(ServerResponse { status, content: Content::Other(_), .. }) if status.is_success() => None,
            Err(failure) if failure.error.delivery() > Delivery::Rejected => None,
            _ => Some(posted),
        }
    }

    /// Waits in the background for the end of the POST, so that its connection can be used again.
    fn finish(&mut self) {
        if let Some(posting) = self.0.take() {
            let abort = posting.abort_handle();
            tokio::spawn(async move {
                if tokio::time::timeout(END_OF_POST, posting).await.is_err() {
                    abort.abort();
                }
            });
        }
    }
}

impl Drop for Posting {
    fn drop(&mut self) {
        if let Some(posting) = &self.0 {
            posting.abort();
        }
    }
}

impl Drop for SseLink {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// The endpoint for POSTs. One of another origin would receive our credentials and calls.
fn same_origin(stream: &Url, named: &str) -> Result<Url, AttemptError> {
    let endpoint = stream.join(named.trim()).map_err(|_| invalid("the stream names no endpoint".to_owned()))?;
    if !is_own(stream, &endpoint) {
        let origin = crate::util::sanitize::preview(endpoint.origin().ascii_serialization().as_bytes());
        return Err(invalid(format!("the stream names an endpoint of another origin or with credentials, {origin}")));
    }
    Ok(endpoint)
}

fn invalid(message: String) -> AttemptError {
    AttemptError::new(FailureClass::Refused, Code::InvalidEndpoint, message)
}

fn ended() -> AttemptError {
    AttemptError::new(FailureClass::Lost, Code::AnswerCut, "the server's event stream ended")
}
