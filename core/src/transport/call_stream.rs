//! The event stream that answers one POST, read until the response. A stream that breaks off is resumed after its last event
//! (specification 2025-11-25, basic/transports, Resumability and Redelivery).

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::Response;
use tokio::time::Instant;
use url::Url;

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::body::{self, Body, check_headers};
use crate::http::client::Http;
use crate::http::error_body;
use crate::http::retry_after;
use crate::http::status::{self, StatusUse};
use crate::transport::call_slots::Slot;
use crate::transport::message::{Content, Listener};
use crate::transport::reconnect_delay;
use crate::transport::response_reader::ResponseReading;
use crate::transport::sse_stream::{EventStream, Events};
use crate::transport::streamable_http::{get, is_open_stream};
use crate::util::headers;

/// How long the end of a stream is waited for after the response, so that its connection can be used again.
pub(super) const END_OF_STREAM: Duration = Duration::from_millis(2);
/// How long a stream that continues after the response is read in the background.
const DRAIN: Duration = Duration::from_secs(1);
/// How many times in a row a stream is resumed without anything new on it.
const MAX_RESUMPTIONS: u32 = 5;
/// The wait before resuming, if the server names none.
const RESUME_AFTER: Duration = Duration::from_millis(500);
/// How many events of a stream are remembered, to recognise those that the server repeats.
const EVENTS_KEPT: usize = 4096;

/// How a stream is requested again.
pub(super) struct StreamRequest<'a> {
    pub(super) http: &'a Http,
    pub(super) url: &'a Url,
    pub(super) headers: HeaderMap,
    /// When the request of the present stream was sent.
    pub(super) begun: Instant,
}

/// Reads events until the response. A stream that ends early is resumed if an event had an id; events that the server then
/// repeats are skipped.
pub(super) async fn read(
    mut body: Body,
    reading: ResponseReading<'_>,
    resume: Option<StreamRequest<'_>>,
    slot: Option<Slot>,
) -> Result<Content, AttemptError> {
    let mut stream = CallStream::new(reading, resume);
    loop {
        match stream.read(body).await? {
            StreamEnd::Response(content, events) => {
                finish(events, slot).await;
                return Ok(content);
            }
            StreamEnd::Early { failure, is_broken } => body = stream.resume(failure, is_broken).await?,
        }
    }
}

/// Where one body of the stream ended.
enum StreamEnd {
    Response(Content, Box<Events>),
    /// Without the response. `is_broken`: with its connection.
    Early {
        failure: AttemptError,
        is_broken: bool,
    },
}

/// The stream of one call, over all its resumptions.
struct CallStream<'a> {
    reading: ResponseReading<'a>,
    request: Option<StreamRequest<'a>>,
    last_event_id: Option<String>,
    /// The wait that the server named.
    retry: Option<Duration>,
    /// Attempts to resume since something new was received.
    idle_resumptions: u32,
    is_resumed: bool,
    /// Whether no event was received.
    has_no_events: bool,
    /// Whether no event with data was received.
    has_no_data: bool,
    seen: SeenEvents,
}

impl<'a> CallStream<'a> {
    fn new(reading: ResponseReading<'a>, request: Option<StreamRequest<'a>>) -> Self {
        Self {
            reading,
            request,
            last_event_id: None,
            retry: None,
            idle_resumptions: 0,
            is_resumed: false,
            has_no_events: true,
            has_no_data: true,
            seen: SeenEvents::default(),
        }
    }

    /// Reads one body to the response or to its end.
    async fn read(&mut self, body: Body) -> Result<StreamEnd, AttemptError> {
        let (limits, listener) = (self.reading.limits, self.reading.listener);
        if let Some(idle) = listener.idle() {
            idle.restart();
        }
        let chunks = body::chunks(body, listener.idle().cloned());
        let mut events: Events = EventStream::new(Box::pin(chunks), limits.event);
        let (failure, is_broken) = loop {
            let event = events.next_event().await;
            let is_first = std::mem::replace(&mut self.has_no_events, false);
            match event {
                None => break (AttemptError { is_empty_stream: self.has_no_data, ..self.reading.ended() }, false),
                Some(Err(failure)) if failure.error.info().code == Code::AnswerCut => break (failure, true),
                Some(Err(failure)) => return Err(failure),
                Some(Ok((event, _))) if event == "endpoint" => return Err(is_old_transport(is_first)),
                Some(Ok((event, data))) if event != "message" || data.is_empty() => {}
                Some(Ok((_, data))) => {
                    // The ids are compared only on a stream that can be resumed.
                    let id = self.request.as_ref().and_then(|_| events.event_id());
                    if let Some(content) = self.take(id, Bytes::from(data)).await? {
                        return Ok(StreamEnd::Response(content, Box::new(events)));
                    }
                }
            }
        };
        if let Some(id) = events.last_event_id().filter(|id| self.last_event_id.as_ref() != Some(id)) {
            // A server that has its clients poll sends nothing but such an id.
            self.last_event_id = Some(id);
            self.idle_resumptions = 0;
        }
        self.retry = events.retry().or(self.retry);
        Ok(StreamEnd::Early { failure, is_broken })
    }

    /// Handles the messages of one event. Returns the response, if it is among them.
    async fn take(&mut self, id: Option<String>, text: Bytes) -> Result<Option<Content>, AttemptError> {
        self.has_no_data = false;
        if self.request.is_some() && !self.seen.add(id.as_deref(), &text) && self.is_resumed {
            return Ok(None);
        }
        self.idle_resumptions = 0;
        self.reading.take(&text).await
    }

    /// Requests the rest of a stream that ended with `failure`.
    ///
    /// # Errors
    /// If the stream cannot be resumed.
    async fn resume(&mut self, failure: AttemptError, is_broken: bool) -> Result<Body, AttemptError> {
        let (limits, listener) = (self.reading.limits, self.reading.listener);
        let (Some(request), Some(from)) = (&mut self.request, &self.last_event_id) else { return Err(failure) };
        if is_broken {
            // Other connections of the same age may be broken, too.
            request.http.renew(request.begun);
        }
        let cut = |message| AttemptError::new(failure.class, Code::AnswerCut, message);
        let mut requested_wait = Duration::ZERO;
        let mut has_renewed = false;
        loop {
            if self.idle_resumptions == MAX_RESUMPTIONS {
                return Err(failure);
            }
            self.idle_resumptions += 1;
            let wait = reconnect_delay::wait(self.retry.unwrap_or(RESUME_AFTER), fastrand::f64());
            tokio::time::sleep(wait.max(requested_wait.min(reconnect_delay::AT_MOST))).await;
            match request.send(from, limits).await {
                Resumed::Open(response) => {
                    self.is_resumed = true;
                    return Ok(Body::of(response));
                }
                Resumed::NotNow(wait) => requested_wait = wait,
                // A call may take longer than its token is valid.
                Resumed::Unauthorized(_)
                    if !std::mem::replace(&mut has_renewed, true) && request.renew_token(listener).await =>
                {
                    self.idle_resumptions -= 1;
                }
                Resumed::Unauthorized(message) | Resumed::Refused(message) => return Err(cut(message)),
            }
        }
    }
}

/// The events of a stream, as hashes of ids and data.
#[derive(Default)]
struct SeenEvents {
    events: HashSet<u64>,
    hasher: RandomState,
}

impl SeenEvents {
    /// Whether the event is new. One without an id always is.
    fn add(&mut self, id: Option<&str>, data: &[u8]) -> bool {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return true };
        let event = self.hasher.hash_one((id, data));
        if self.events.len() >= EVENTS_KEPT {
            return !self.events.contains(&event);
        }
        self.events.insert(event)
    }
}

/// The failure of a POST to a server of the transport of 2024-11-05, which answers any request with its event stream. If the
/// event is the first one, the server has not read the POST.
fn is_old_transport(is_first: bool) -> AttemptError {
    let message =
        "the server answered with the event `endpoint`, as one of HTTP+SSE does: set the option transport to sse";
    let class = if is_first { FailureClass::Refused } else { FailureClass::Unreadable };
    AttemptError::new(class, Code::UnexpectedTransport, message)
}

/// The outcome of a request to resume.
enum Resumed {
    Open(Response),
    /// It may succeed later, not before this wait.
    NotNow(Duration),
    /// The server does not accept the token; with the message of the failure.
    Unauthorized(String),
    /// It cannot be resumed; with the message of the failure.
    Refused(String),
}

impl StreamRequest<'_> {
    /// Requests the rest of the stream.
    async fn send(&mut self, last_event_id: &str, limits: &Limits) -> Resumed {
        let mut headers = self.headers.clone();
        headers.remove(headers::IDEMPOTENCY_KEY);
        let Ok(id) = HeaderValue::from_str(last_event_id) else {
            return Resumed::Refused("the event stream broke off at an id that cannot be sent back".to_owned());
        };
        headers.insert(headers::LAST_EVENT_ID, id);
        self.begun = Instant::now();
        let response = match get(self.http, self.url, headers).await {
            Ok(response) => response,
            Err(failure) if failure.class == FailureClass::CertificateInvalid => {
                return Resumed::Refused(
                    "the event stream broke off; the certificate is not valid any more".to_owned(),
                );
            }
            Err(_) => return Resumed::NotNow(Duration::ZERO),
        };
        if check_headers(&response, limits).is_err() {
            return Resumed::Refused("the event stream broke off; resumed, it has more than max_headers".to_owned());
        }
        if is_open_stream(&response) {
            return Resumed::Open(response);
        }
        let status = response.status();
        let wait = retry_after::read(response.headers(), SystemTime::now()).unwrap_or_default();
        // Read to its end, so that the connection can be used again.
        drop(error_body::read_beginning(&mut Body::of(response), limits.error).await);
        let refused = || format!("the event stream broke off and could not be resumed: HTTP {status}");
        match status::transient(status.as_u16(), StatusUse::Resumption) {
            Some(_) => Resumed::NotNow(wait),
            None if status == StatusCode::UNAUTHORIZED => Resumed::Unauthorized(refused()),
            None => Resumed::Refused(refused()),
        }
    }

    /// Sends another token from now on, if there is one.
    async fn renew_token(&mut self, listener: &dyn Listener) -> bool {
        let renewed = listener.renewed_token().await;
        renewed.map(|header| self.headers.insert(AUTHORIZATION, header)).is_some()
    }
}

/// Reads a stream to its end after the response: at once if the end is near, else in the background.
async fn finish(mut events: Box<Events>, slot: Option<Slot>) {
    let near = tokio::time::timeout(END_OF_STREAM, async { while events.next().await.is_some_and(|e| e.is_ok()) {} });
    if near.await.is_err() {
        tokio::spawn(tokio::time::timeout(DRAIN, async move {
            let _slot = slot;
            while events.next().await.is_some_and(|event| event.is_ok()) {}
        }));
    } else {
        // Lets the task of the connection return it to the pool, so that the next request does not open another one.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;
    use reqwest::Request;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::http::pool::Pools;
    use crate::transport::message::{NoopListener, OutgoingMessage};
    use crate::transport::streamable_http::post;

    /// Accepts a connection and reads one request without a body.
    async fn accept(listener: &TcpListener) -> TcpStream {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream
    }

    /// Sends the head of an event stream and one event.
    async fn send_event(stream: &mut TcpStream, event: &str) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked";
        let chunk = format!("{head}\r\n\r\n{:x}\r\n{event}\r\n", event.len());
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn a_resumed_stream_that_breaks_off_renews_the_connections_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/mcp", listener.local_addr().unwrap()).parse().unwrap();
        let config = ClientConfig::default().profile("generic").endpoint(url.as_str());
        let settings = Arc::new(config.resolve(|_| None).unwrap());
        let http = Pools::new(&settings).unwrap().here();
        let (report, resumed) = oneshot::channel();

        let serving = async {
            let mut first = accept(&listener).await;
            send_event(&mut first, "retry: 10\nid: 1\ndata:\n\n").await;
            drop(first);
            let mut second = accept(&listener).await;
            send_event(&mut second, "id: 2\ndata:\n\n").await;
            report.send(()).unwrap();
            let mut other = accept(&listener).await;
            other.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            drop(second);
            let received = other.read(&mut [0; 1]).await.unwrap();
            assert_eq!(received, 0, "a connection of the same age as the broken one is used");
            let mut last = accept(&listener).await;
            send_event(&mut last, "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n").await;
        };
        let (headers, limits) = (HeaderMap::new(), settings.limits);
        let out = OutgoingMessage {
            headers,
            body: Bytes::new(),
            id: Some(7),
            progress_token: None,
            limits,
            resumes: true,
            slot: None,
            observer: None,
        };
        let other = async {
            resumed.await.unwrap();
            http.execute(Request::new(Method::GET, url.clone()), None).await.unwrap();
        };
        let (response, (), ()) = tokio::join!(post(&http, &url, out, &NoopListener), other, serving);
        assert!(matches!(response.unwrap().content, Content::Result(_)));
    }
}
