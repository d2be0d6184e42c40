//! Streamable HTTP (specification 2025-11-25, basic/transports): one POST and what it is answered with.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Client, Request, Response};
use serde_json::value::RawValue;
use url::Url;

use super::body;
use super::event_stream::EventStream;
use crate::error::Code;
use crate::failure::Failure;
use crate::headers;
use crate::protocol::jsonrpc::{self, Message, RpcError};
use crate::retry::Happened;

/// The most of an error's body that is read.
const ERROR_BODY_BYTES: usize = 64 << 10;
/// How long the end of a stream is waited for behind the answer, so that its connection can be used again.
const END_OF_STREAM: Duration = Duration::from_millis(2);
/// How long a connection whose stream goes on behind the answer is still drained.
const DRAIN: Duration = Duration::from_secs(1);
/// How often one answer's stream is resumed.
const MAX_RESUMPTIONS: u32 = 5;
/// The wait before resuming, where the server names none, and the longest that it may name.
const RESUME_AFTER: Duration = Duration::from_millis(500);
const RESUME_AFTER_AT_MOST: Duration = Duration::from_secs(30);

/// A message to send.
pub(crate) struct Outgoing<'a> {
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The JSON-RPC id that the answer must carry; `None` for what is not answered.
    pub(crate) id: Option<u64>,
    /// The largest answer or event, in bytes.
    pub(crate) limit: usize,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    /// The `result` of the response to our request, as JSON text.
    Result(Bytes),
    /// The `error` of the response to our request.
    RpcError(RpcError),
    /// A body that is no response to our request.
    Other(Bytes),
}

/// Who hears of what the server sends on the way to the answer.
pub(crate) trait Listener: Sync {
    fn notification(&self, method: &str, params: Option<&RawValue>);
    fn request(&self, id: &str, method: &str);
}

/// Headers of every POST.
pub(crate) fn set_content_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
}

/// Sends a message and reads its answer. A response with another id, invalid JSON, a stream without the answer: each
/// settles the attempt at once.
pub(crate) async fn post(http: &Client, out: Outgoing<'_>, listener: &dyn Listener) -> Result<Answer, Failure> {
    let resumption = out.id.map(|_| out.headers.clone());
    let mut request = Request::new(Method::POST, out.url.clone());
    *request.headers_mut() = out.headers;
    *request.body_mut() = Some(out.body.into());
    let mut response = http.execute(request).await.map_err(|error| not_answered(&error))?;

    let status = response.status();
    if !status.is_success() {
        let headers = std::mem::take(response.headers_mut());
        let text = body::read_beginning(&mut response, ERROR_BODY_BYTES).await;
        return Ok(Answer { status, headers, content: error_content(text) });
    }
    let media = media_type(response.headers());
    let Some(id) = out.id else {
        // Accepted; a body that comes at once is read, so that the connection can be used again.
        let headers = std::mem::take(response.headers_mut());
        let rest = body::read_beginning(&mut response, ERROR_BODY_BYTES);
        let text = tokio::time::timeout(END_OF_STREAM, rest).await.unwrap_or_default();
        return Ok(Answer { status, headers, content: Content::Other(text) });
    };
    let headers = std::mem::take(response.headers_mut());
    let content = match media {
        Media::EventStream => {
            let resume = Resume { http, url: out.url, headers: resumption.unwrap_or_default() };
            from_stream(response, id, out.limit, listener, &resume).await
        }
        Media::Json => match body::read(&mut response, out.limit).await {
            Ok(text) => from_json(&text, id),
            Err(failure) => Err(failure),
        },
        Media::Other(_) if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT => {
            drop(body::read_beginning(&mut response, ERROR_BODY_BYTES).await);
            Err(Failure::bad_answer(Code::NoAnswer, "the server accepted the request without an answer"))
        }
        Media::Other(shown) => {
            let text = body::read_beginning(&mut response, ERROR_BODY_BYTES).await;
            let preview = crate::text::preview(&text[..text.len().min(200)]);
            let message = format!("the answer is of type {shown} and neither JSON nor an event stream: {preview}");
            Err(Failure::bad_answer(Code::UnexpectedContentType, message))
        }
    };
    match content {
        Ok(content) => Ok(Answer { status, headers, content }),
        Err(failure) => Err(failure.answered(status, &headers)),
    }
}

enum Media {
    Json,
    EventStream,
    Other(String),
}

fn media_type(headers: &HeaderMap) -> Media {
    let text = headers::text(headers, &CONTENT_TYPE).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Media::Json
    } else if essence.eq_ignore_ascii_case("text/event-stream") {
        Media::EventStream
    } else if essence.is_empty() {
        Media::Other("(none)".to_owned())
    } else {
        Media::Other(crate::text::preview(essence.as_bytes()))
    }
}

/// The body of an answer whose status is an error: a JSON-RPC error whatever its id, else anything.
fn error_content(text: Bytes) -> Content {
    if let Some(Message::Response { outcome: Err(error), .. }) = jsonrpc::parse(&text) {
        return Content::RpcError(error);
    }
    Content::Other(text)
}

fn from_json(text: &Bytes, id: u64) -> Result<Content, Failure> {
    match jsonrpc::parse(text) {
        Some(Message::Response { id: answered, outcome }) => content(text, answered, outcome, id),
        _ if text.is_empty() => Err(Failure::bad_answer(Code::InvalidAnswer, "the answer is empty")),
        _ => Err(not_a_message(text)),
    }
}

fn not_a_message(text: &[u8]) -> Failure {
    let preview = crate::text::preview(&text[..text.len().min(200)]);
    Failure::bad_answer(Code::InvalidAnswer, format!("the answer is not a JSON-RPC response: {preview}"))
}

fn content(
    text: &Bytes,
    answered: Option<&str>,
    outcome: Result<&RawValue, RpcError>,
    id: u64,
) -> Result<Content, Failure> {
    match (answered, outcome) {
        (Some(answered), _) if !jsonrpc::is_ours(answered, id) => {
            let shown = crate::text::preview(&answered.as_bytes()[..answered.len().min(64)]);
            Err(Failure::bad_answer(Code::WrongId, format!("the answer has id {shown}, the request had id {id}")))
        }
        (Some(_), Ok(result)) => Ok(Content::Result(text.slice_ref(result.get().as_bytes()))),
        // A server that could not read the id answers with none.
        (_, Err(error)) => Ok(Content::RpcError(error)),
        (None, Ok(_)) => Err(not_a_message(text)),
    }
}

/// What a broken stream is asked to go on with.
struct Resume<'a> {
    http: &'a Client,
    url: &'a Url,
    headers: HeaderMap,
}

/// Reads events until the answer. A stream that ends early is resumed behind its last event id, where it has one.
async fn from_stream(
    response: Response,
    id: u64,
    limit: usize,
    listener: &dyn Listener,
    resume: &Resume<'_>,
) -> Result<Content, Failure> {
    let mut response = response;
    let mut last_event_id: Option<String> = None;
    let mut resumptions = 0;
    loop {
        let mut events = EventStream::new(Box::pin(body::chunks(response)), limit);
        let cut = loop {
            match events.next().await {
                None => break ended_without_answer(),
                Some(Err(failure)) if failure.error.info().code == Code::AnswerCut => break failure,
                Some(Err(failure)) => return Err(failure),
                Some(Ok(data)) => {
                    let text = Bytes::from(data);
                    match jsonrpc::parse(&text) {
                        Some(Message::Notification { method, params }) => listener.notification(&method, params),
                        Some(Message::Request { id, method }) => listener.request(id, &method),
                        Some(Message::Response { id: answered, outcome }) => {
                            let content = content(&text, answered, outcome, id)?;
                            finish(events).await;
                            return Ok(content);
                        }
                        None => return Err(not_a_message(&text)),
                    }
                }
            }
        };
        last_event_id = events.last_event_id().or(last_event_id);
        let (Some(from), true) = (&last_event_id, resumptions < MAX_RESUMPTIONS) else { return Err(cut) };
        resumptions += 1;
        tokio::time::sleep(events.retry().unwrap_or(RESUME_AFTER).min(RESUME_AFTER_AT_MOST)).await;
        response = resume.from(from).await.ok_or(cut)?;
    }
}

fn ended_without_answer() -> Failure {
    Failure::bad_answer(Code::AnswerCut, "the event stream ended without the answer")
}

impl Resume<'_> {
    /// The rest of the stream; `None` where the server does not give it.
    async fn from(&self, last_event_id: &str) -> Option<Response> {
        let mut request = Request::new(Method::GET, self.url.clone());
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.remove(CONTENT_TYPE);
        headers.remove(headers::IDEMPOTENCY_KEY);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(headers::LAST_EVENT_ID, HeaderValue::from_str(last_event_id).ok()?);
        let response = self.http.execute(request).await.ok()?;
        let is_stream = matches!(media_type(response.headers()), Media::EventStream);
        (response.status() == StatusCode::OK && is_stream).then_some(response)
    }
}

/// Reads a stream to its end behind the answer: at once where the end is near, else in the background.
async fn finish<S>(mut events: EventStream<S>)
where
    S: futures_util::Stream<Item = Result<Bytes, Failure>> + Unpin + Send + 'static,
{
    let near = tokio::time::timeout(END_OF_STREAM, async { while events.next().await.is_some_and(|e| e.is_ok()) {} });
    if near.await.is_err() {
        tokio::spawn(tokio::time::timeout(DRAIN, async move {
            while events.next().await.is_some_and(|event| event.is_ok()) {}
        }));
    } else {
        // The connection returns to the pool in a task of its own: let it, or the next request opens another one.
        tokio::task::yield_now().await;
    }
}

/// Ends a session (specification 2025-11-25, basic/transports, Session Management). Best effort.
pub(crate) async fn delete(http: &Client, url: &Url, headers: HeaderMap) {
    let mut request = Request::new(Method::DELETE, url.clone());
    *request.headers_mut() = headers;
    if let Ok(mut response) = http.execute(request).await {
        drop(body::read_beginning(&mut response, ERROR_BODY_BYTES).await);
    }
}

/// Only a failure to connect proves that nothing was sent.
fn not_answered(error: &reqwest::Error) -> Failure {
    if has_cause::<rustls::Error>(error, |tls| matches!(tls, rustls::Error::InvalidCertificate(_))) {
        let message = "the server's certificate is not valid";
        return Failure::new(Happened::CertificateInvalid, Code::CertificateInvalid, message);
    }
    if error.is_connect() {
        let (code, message) = if error.is_timeout() {
            (Code::ConnectTimeout, "no connection within the connect timeout".to_owned())
        } else if error.is_dns() {
            (Code::NameNotResolved, "the host name could not be resolved".to_owned())
        } else {
            (Code::ConnectFailed, format!("no connection could be made{}", io_reason(error)))
        };
        return Failure::new(Happened::NotConnected, code, message);
    }
    let message = format!("the connection was lost before the answer{}", io_reason(error));
    Failure::new(Happened::Lost, Code::ConnectionLost, message)
}

fn io_reason(error: &reqwest::Error) -> String {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return format!(": {}", io.kind());
        }
        source = cause.source();
    }
    String::new()
}

/// Looks through an error's causes, those inside of I/O errors included.
fn has_cause<T: StdError + 'static>(error: &reqwest::Error, is_it: impl Fn(&T) -> bool) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<T>());
        if cause.downcast_ref::<T>().or(inner).is_some_and(&is_it) {
            return true;
        }
        source = cause.source();
    }
    false
}
