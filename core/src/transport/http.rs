//! Streamable HTTP (specification 2025-11-25, basic/transports): one POST and what it is answered with.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Request, Response};
use url::Url;

use super::answer::{Answer, Content, Listener, Outgoing, content, not_a_message};
use super::body::{self, Beginning, check_headers};
use super::event_stream::EventStream;
use crate::error::Code;
use crate::failure::Failure;
use crate::headers;
use crate::http::Http;
use crate::limits::Limits;
use crate::protocol::jsonrpc::{self, Message};

/// How long the end of a stream is waited for behind the answer, so that its connection can be used again.
const END_OF_STREAM: Duration = Duration::from_millis(2);
/// How long a connection whose stream goes on behind the answer is still drained.
const DRAIN: Duration = Duration::from_secs(1);
/// How often one answer's stream is resumed.
const MAX_RESUMPTIONS: u32 = 5;
/// The wait before resuming, where the server names none, and the longest that it may name.
const RESUME_AFTER: Duration = Duration::from_millis(500);
const RESUME_AFTER_AT_MOST: Duration = Duration::from_secs(30);

/// Headers of every POST.
pub(crate) fn set_content_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
}

/// Sends a message and reads its answer. A response with another id, invalid JSON, a stream without the answer: each
/// settles the attempt at once.
pub(crate) async fn post(http: &Http, url: &Url, out: Outgoing, listener: &dyn Listener) -> Result<Answer, Failure> {
    let resumption = out.id.filter(|_| out.resumes).map(|_| out.headers.clone());
    let mut request = Request::new(Method::POST, url.clone());
    *request.headers_mut() = out.headers;
    *request.body_mut() = Some(out.body.into());
    let mut response = http.execute(request).await?;
    check_headers(&response, &out.limits)?;

    let status = response.status();
    if !status.is_success() {
        let headers = std::mem::take(response.headers_mut());
        let Beginning { text, cut } = body::read_beginning(&mut response, out.limits.error).await;
        return Ok(Answer { status, headers, content: error_content(text), cut });
    }
    let media = media_type(response.headers());
    let Some(id) = out.id else {
        // Accepted; a body that comes at once is read, so that the connection can be used again.
        let headers = std::mem::take(response.headers_mut());
        let rest = body::read_beginning(&mut response, out.limits.error);
        let text = tokio::time::timeout(END_OF_STREAM, rest).await.unwrap_or_default().text;
        return Ok(Answer { status, headers, content: Content::Other(text), cut: None });
    };
    let headers = std::mem::take(response.headers_mut());
    let content = match media {
        Media::EventStream => {
            let resume = resumption.map(|headers| Resume { http, url, headers });
            from_stream(response, id, &out.limits, listener, resume.as_ref()).await
        }
        Media::Json => match body::read(&mut response, out.limits.answer).await {
            Ok(text) => from_json(&text, id, &out.limits),
            Err(failure) => Err(failure),
        },
        Media::Other(_) if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT => {
            drop(body::read_beginning(&mut response, out.limits.error).await);
            Err(Failure::bad_answer(Code::NoAnswer, "the server accepted the request without an answer"))
        }
        Media::Other(shown) => {
            let Beginning { text, .. } = body::read_beginning(&mut response, out.limits.error).await;
            let preview = crate::text::preview(&text[..text.len().min(200)]);
            let message = format!("the answer is of type {shown} and neither JSON nor an event stream: {preview}");
            Err(Failure::bad_answer(Code::UnexpectedContentType, message))
        }
    };
    match content {
        Ok(content) => Ok(Answer { status, headers, content, cut: None }),
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
pub(crate) fn error_content(text: Bytes) -> Content {
    if let Some(Message::Response { outcome: Err(error), .. }) = jsonrpc::parse(&text) {
        return Content::RpcError(error);
    }
    Content::Other(text)
}

fn from_json(text: &Bytes, id: u64, limits: &Limits) -> Result<Content, Failure> {
    match jsonrpc::parse(text) {
        Some(Message::Response { id: answered, outcome }) => content(text, answered, outcome, id, limits),
        _ if text.is_empty() => Err(Failure::bad_answer(Code::InvalidAnswer, "the answer is empty")),
        _ => Err(not_a_message(text)),
    }
}

/// What a broken stream is asked to go on with.
struct Resume<'a> {
    http: &'a Http,
    url: &'a Url,
    headers: HeaderMap,
}

/// Reads events until the answer. A stream that ends early is resumed behind its last event id, where it has one.
async fn from_stream(
    response: Response,
    id: u64,
    limits: &Limits,
    listener: &dyn Listener,
    resume: Option<&Resume<'_>>,
) -> Result<Content, Failure> {
    let mut response = response;
    let mut last_event_id: Option<String> = None;
    let mut resumptions = 0;
    loop {
        let mut events = EventStream::new(Box::pin(body::chunks(response)), limits.event);
        let cut = loop {
            match events.next().await {
                None => break ended_without_answer(),
                Some(Err(failure)) if failure.error.info().code == Code::AnswerCut => break failure,
                Some(Err(failure)) => return Err(failure),
                Some(Ok(data)) => {
                    let text = Bytes::from(data);
                    match jsonrpc::parse(&text) {
                        Some(Message::Notification { method, params }) => listener.notification(&method, params),
                        Some(Message::Request { id, method, params }) => listener.request(id, &method, params),
                        Some(Message::Response { id: answered, outcome }) => {
                            let content = content(&text, answered, outcome, id, limits)?;
                            finish(events).await;
                            return Ok(content);
                        }
                        None => return Err(not_a_message(&text)),
                    }
                }
            }
        };
        last_event_id = events.last_event_id().or(last_event_id);
        let (Some(resume), Some(from), true) = (resume, &last_event_id, resumptions < MAX_RESUMPTIONS) else {
            return Err(cut);
        };
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
        let mut headers = self.headers.clone();
        headers.remove(headers::IDEMPOTENCY_KEY);
        headers.insert(headers::LAST_EVENT_ID, HeaderValue::from_str(last_event_id).ok()?);
        let response = get(self.http, self.url, headers).await.ok()?;
        is_open_stream(&response).then_some(response)
    }
}

/// The outcome of asking for a stream.
pub(crate) enum Stream {
    Open(Response),
    /// Another answer than a stream.
    Refused(Answer),
}

/// Asks for the server's own event stream by GET.
pub(crate) async fn get_stream(http: &Http, url: &Url, headers: HeaderMap, limits: &Limits) -> Result<Stream, Failure> {
    let mut response = get(http, url, headers).await?;
    check_headers(&response, limits)?;
    let status = response.status();
    if is_open_stream(&response) {
        return Ok(Stream::Open(response));
    }
    let headers = std::mem::take(response.headers_mut());
    let Beginning { text, cut } = body::read_beginning(&mut response, limits.error).await;
    Ok(Stream::Refused(Answer { status, headers, content: error_content(text), cut }))
}

/// Asks for an event stream, with the headers of a POST.
async fn get(http: &Http, url: &Url, mut headers: HeaderMap) -> Result<Response, Failure> {
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let mut request = Request::new(Method::GET, url.clone());
    *request.headers_mut() = headers;
    http.execute(request).await
}

fn is_open_stream(response: &Response) -> bool {
    response.status() == StatusCode::OK && matches!(media_type(response.headers()), Media::EventStream)
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
pub(crate) async fn delete(http: &Http, url: &Url, headers: HeaderMap, limits: &Limits) {
    let mut request = Request::new(Method::DELETE, url.clone());
    *request.headers_mut() = headers;
    if let Ok(mut response) = http.execute(request).await {
        drop(body::read_beginning(&mut response, limits.error).await);
    }
}
