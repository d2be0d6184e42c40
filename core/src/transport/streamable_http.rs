//! Streamable HTTP (specification 2025-11-25, basic/transports): one POST and what it is answered with.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Request, Response};
use tokio::time::Instant;
use url::Url;

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::body::{self, Beginning, Body, BodyFailure, check_headers};
use crate::http::client::Http;
use crate::http::retry_after;
use crate::http::sniff::BodyKind;
use crate::http::status::{self, StatusUse};
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::{self, Message};
use crate::transport::connection_slots::{self, Slot};
use crate::transport::message::{
    Answer, Content, Listener, NoopListener, OutgoingMessage, content, not_a_message, only_message,
};
use crate::transport::reconnect_delay;
use crate::transport::response_reader::{self, ResponseReading};
use crate::transport::sse_stream::EventStream;
use crate::util::headers;

/// How long the end of a stream is waited for behind the answer, so that its connection can be used again.
const END_OF_STREAM: Duration = Duration::from_millis(2);
/// How long a connection whose stream goes on behind the answer is still drained.
const DRAIN: Duration = Duration::from_secs(1);
/// How often in a row one answer's stream is resumed without anything new on it.
const MAX_RESUMPTIONS: u32 = 5;
/// The wait before resuming, where the server names none.
const RESUME_AFTER: Duration = Duration::from_millis(500);
/// How many events on the way to one answer are remembered, by which one that comes again is told.
const EVENTS_KEPT: usize = 4096;

/// Headers of every POST.
pub(crate) fn set_content_headers(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
}

/// Sends a message and reads its answer. A response with another id, a body that is none, a stream without the answer: each
/// settles the attempt at once.
pub(crate) async fn post(
    http: &Http,
    url: &Url,
    out: OutgoingMessage,
    listener: &dyn Listener,
) -> Result<Answer, AttemptError> {
    let resumption = out.id.filter(|_| out.resumes).map(|_| out.headers.clone());
    let mut request = Request::new(Method::POST, url.clone());
    *request.headers_mut() = out.headers;
    let begun = Instant::now();
    let mut response = http.execute_watched(request, Some(out.body), listener.idle()).await?;
    if let Some(idle) = listener.idle() {
        idle.hears(response.status());
    }
    check_headers(&response, &out.limits)?;

    let status = response.status();
    if !status.is_success() {
        let headers = std::mem::take(response.headers_mut());
        let Beginning { text, cut } = body::read_beginning(&mut response, out.limits.error).await;
        let content = error_content(text, listener);
        if !matches!(content, Content::RpcError(_)) {
            http.forget_redirect(&Method::POST, url);
        }
        return Ok(Answer { status, headers, content, cut });
    }
    let headers = std::mem::take(response.headers_mut());
    let Some(id) = out.id else {
        // Accepted; a body that comes at once is read, so that the connection can be used again.
        let rest = body::read_beginning(&mut response, out.limits.error);
        let text = tokio::time::timeout(END_OF_STREAM, rest).await.unwrap_or_default().text;
        return Ok(Answer { status, headers, content: Content::Other(text), cut: None });
    };
    let resume = resumption.map(|headers| Resume { http, url, headers, begun });
    let reading = ResponseReading::new(id, &out.limits, listener);
    let content = successful(Body::of(response), status, &headers, reading, resume, out.slot).await;
    match content {
        Ok(content) => Ok(Answer { status, headers, content, cut: None }),
        Err(failure) => {
            http.forget_redirect(&Method::POST, url);
            Err(failure.answered(status, &headers))
        }
    }
}

/// Reads the answer out of a body with a good status.
async fn successful(
    mut body: Body,
    status: StatusCode,
    headers: &HeaderMap,
    mut reading: ResponseReading<'_>,
    resume: Option<Resume<'_>>,
    slot: Option<Slot>,
) -> Result<Content, AttemptError> {
    let (listener, limits) = (reading.listener, reading.limits);
    if let (Media::EventStream, Some(idle)) = (media_type(headers), listener.idle()) {
        idle.restart();
    }
    let kind = decode(&mut body, headers, listener).await?;
    let media = media_type(headers);
    let is_stream = match (&media, kind) {
        (Media::EventStream, BodyKind::Json) => false,
        (Media::EventStream, _) => true,
        (_, kind) => kind == BodyKind::EventStream,
    };
    if is_stream {
        if !matches!(media, Media::EventStream) && !listener.accepts(Deviation::ContentType, &|| typed(&media)) {
            return Err(unexpected(&media, b"", FailureClass::Unreadable));
        }
        return from_stream(body, reading, resume, slot).await;
    }
    let is_known = matches!(media, Media::Json | Media::EventStream);
    if kind == BodyKind::Empty && !is_known {
        return Err(match status {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {
                AttemptError::bad_answer(Code::NoAnswer, "the server accepted the request without an answer")
            }
            _ => unexpected(&media, b"", FailureClass::BadAnswer),
        });
    }
    if kind == BodyKind::Other && !is_known {
        let text = body::beginning(&mut body, limits.error).await;
        return Err(unexpected(&media, &text, FailureClass::Unreadable));
    }
    let text = body::read(&mut body, limits.answer).await;
    let text = text.map_err(|BodyFailure { failure, text }| of_the_cut(failure, &text, reading.id))?;
    connection_slots::let_go(slot).await;
    let content = from_json(&text, headers, &mut reading).await;
    match (content, &media) {
        (content, Media::Json) => content,
        (Ok(content), media) => match listener.accepts(Deviation::ContentType, &|| typed(media)) {
            true => Ok(content),
            false => Err(unexpected(media, &text, FailureClass::Unusable)),
        },
        // Not a response: the content type is the most useful detail.
        (Err(failure), Media::Other(_)) if failure.happened == FailureClass::Unreadable => {
            Err(unexpected(&media, &text, FailureClass::Unreadable))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// Undoes the encoding of a body that the HTTP library left alone; the kind of what is in it.
async fn decode(body: &mut Body, headers: &HeaderMap, listener: &dyn Listener) -> Result<BodyKind, AttemptError> {
    // What the library undid, it took the header away from.
    let named = headers::text(headers, &CONTENT_ENCODING).unwrap_or_default().trim();
    let named = if named.eq_ignore_ascii_case("identity") { "" } else { named };
    let shown = || crate::util::sanitize::preview(named.as_bytes());
    // Blank lines keep a stream alive, too.
    let idle = listener.idle().filter(|_| matches!(media_type(headers), Media::EventStream));
    let kind = body.kind(idle).await?;
    let is_gzip = named.is_empty() || named.eq_ignore_ascii_case("gzip") || named.eq_ignore_ascii_case("x-gzip");
    let did = || match (kind, named) {
        (BodyKind::Gzip, "") => "the server compressed a body with gzip and did not say so".to_owned(),
        (BodyKind::Gzip, _) => format!("the server names its encoding {}", shown()),
        _ => format!("the server names the encoding {}, and its body is not encoded", shown()),
    };
    match kind {
        BodyKind::Gzip if is_gzip && listener.accepts(Deviation::ContentEncoding, &did) => {
            body.unpack();
            body.kind(idle).await
        }
        kind if named.is_empty() => Ok(kind),
        BodyKind::Empty => Ok(kind),
        BodyKind::Json | BodyKind::EventStream if listener.accepts(Deviation::ContentEncoding, &did) => Ok(kind),
        _ => {
            let message = format!("the answer is encoded as {}, which was not asked for", shown());
            Err(AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message))
        }
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
        Media::Other(crate::util::sanitize::preview(essence.as_bytes()))
    }
}

impl Media {
    fn shown(&self) -> &str {
        match self {
            Self::Json => "application/json",
            Self::EventStream => "text/event-stream",
            Self::Other(shown) => shown,
        }
    }
}

/// What a server did that sent a body of another type than it says.
fn typed(media: &Media) -> String {
    format!("the server sent its answer as of type {}", media.shown())
}

fn unexpected(media: &Media, text: &[u8], happened: FailureClass) -> AttemptError {
    let preview = crate::util::sanitize::preview_of(text, 200);
    let message = format!("the answer is of type {} and neither JSON nor an event stream: {preview}", media.shown());
    AttemptError::new(happened, Code::UnexpectedContentType, message).with_server_text(preview)
}

/// The failure of a body that broke off behind this text.
fn of_the_cut(failure: AttemptError, text: &[u8], id: u64) -> AttemptError {
    let info = failure.error.info();
    match info.code {
        Code::AnswerCut => response_reader::cut(text, id, info.message.clone(), Code::AnswerCut),
        _ => failure,
    }
}

/// The charset that a body says it is in, where that is not UTF-8.
fn other_charset(headers: &HeaderMap) -> Option<String> {
    let text = headers::text(headers, &CONTENT_TYPE)?;
    let charset = text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    let is_utf8 = ["utf-8", "utf8", "us-ascii", ""].iter().any(|name| charset.eq_ignore_ascii_case(name));
    (!is_utf8).then(|| crate::util::sanitize::word(charset.as_bytes()))
}

/// The body of an answer whose status is an error: a JSON-RPC error whatever its id, else anything.
pub(crate) fn error_content(text: Bytes, listener: &dyn Listener) -> Content {
    if let Some(Message::Response { outcome: Err(error), .. }) = only_message(&text, listener) {
        return Content::RpcError(error);
    }
    let unmarked = text.slice_ref(jsonrpc::without_mark(&text));
    Content::Other(unmarked)
}

async fn from_json(
    text: &Bytes,
    headers: &HeaderMap,
    reading: &mut ResponseReading<'_>,
) -> Result<Content, AttemptError> {
    if jsonrpc::without_mark(text).trim_ascii().is_empty() {
        return Err(AttemptError::bad_answer(Code::InvalidAnswer, "the answer is empty"));
    }
    if std::str::from_utf8(text).is_err() {
        let mut failure = response_reader::unreadable(text, reading.id);
        if let Some(charset) = other_charset(headers) {
            failure.server_text = None;
            failure.error.info_mut().message =
                format!("the answer is in the charset {charset}, and must be in UTF-8, as all JSON");
        }
        return Err(failure);
    }
    if !is_batch(text) {
        return match only_message(text, reading.listener) {
            Some(Message::Response { id: answered, outcome }) => {
                content(text, answered, outcome, reading.id, reading.limits)
            }
            _ => Err(response_reader::unreadable(text, reading.id)),
        };
    }
    reading.take(text).await?.ok_or_else(|| not_a_message(text))
}

fn is_batch(text: &[u8]) -> bool {
    jsonrpc::without_mark(text).trim_ascii_start().starts_with(b"[")
}

/// What a broken stream is asked to go on with.
struct Resume<'a> {
    http: &'a Http,
    url: &'a Url,
    headers: HeaderMap,
    /// When the stream that broke off was asked for.
    begun: Instant,
}

/// Reads events until the answer. A stream that ends early is resumed behind its last event id, where it has one; what the
/// server then says again is not heard twice.
async fn from_stream(
    mut body: Body,
    mut reading: ResponseReading<'_>,
    mut resume: Option<Resume<'_>>,
    slot: Option<Slot>,
) -> Result<Content, AttemptError> {
    let (limits, listener) = (reading.limits, reading.listener);
    let mut last_event_id: Option<String> = None;
    let mut retry = None;
    let mut in_vain = 0;
    let mut resumed = false;
    let mut nothing_came = true;
    let mut is_empty = true;
    let mut seen = Seen::default();
    loop {
        if let Some(idle) = listener.idle() {
            idle.restart();
        }
        let chunks = body::chunks(body, listener.idle().cloned());
        let mut events = EventStream::new(Box::pin(chunks), limits.event);
        let (cut, is_broken) = loop {
            let event = events.next_event().await;
            let is_first = std::mem::replace(&mut nothing_came, false);
            match event {
                None => break (AttemptError { is_empty_stream: is_empty, ..reading.ended() }, false),
                Some(Err(failure)) if failure.error.info().code == Code::AnswerCut => break (failure, true),
                Some(Err(failure)) => return Err(failure),
                Some(Ok((event, _))) if event == "endpoint" => return Err(is_old_transport(is_first)),
                Some(Ok((event, data))) if event != "message" || data.is_empty() => {}
                Some(Ok((_, data))) => {
                    is_empty = false;
                    let text = Bytes::from(data);
                    if resume.is_some() && !seen.add(events.event_id().as_deref(), &text) && resumed {
                        continue;
                    }
                    in_vain = 0;
                    if let Some(content) = reading.take(&text).await? {
                        finish(events, slot).await;
                        return Ok(content);
                    }
                }
            }
        };
        if let Some(id) = events.last_event_id().filter(|id| last_event_id.as_ref() != Some(id)) {
            // A server that has its clients poll gives such an id and nothing else.
            last_event_id = Some(id);
            in_vain = 0;
        }
        retry = events.retry().or(retry);
        drop(events);
        let (Some(resume), Some(from)) = (&mut resume, &last_event_id) else { return Err(cut) };
        let begun = std::mem::replace(&mut resume.begun, Instant::now());
        if is_broken {
            // What goes on must not meet another connection that is also unusable.
            resume.http.renew(begun);
        }
        let mut asked_for = Duration::ZERO;
        let mut renewed = false;
        body = loop {
            if in_vain == MAX_RESUMPTIONS {
                return Err(cut);
            }
            in_vain += 1;
            let wait = reconnect_delay::wait(retry.unwrap_or(RESUME_AFTER), fastrand::f64());
            tokio::time::sleep(wait.max(asked_for.min(reconnect_delay::AT_MOST))).await;
            match resume.from(from, limits).await {
                Resumed::Open(response) => break Body::of(response),
                Resumed::NotNow(wait) => asked_for = wait,
                // A call may take longer than a token holds.
                Resumed::Unauthorized(_) if !std::mem::replace(&mut renewed, true) && resume.renew(listener).await => {
                    in_vain -= 1;
                }
                Resumed::Unauthorized(why) => return Err(AttemptError::new(cut.happened, Code::AnswerCut, why)),
                Resumed::Refused(why) => return Err(AttemptError::new(cut.happened, Code::AnswerCut, why)),
            }
        };
        resumed = true;
    }
}

/// What came on the stream of one answer besides it, as hashes of ids and data.
#[derive(Default)]
struct Seen {
    events: HashSet<u64>,
    hasher: RandomState,
}

impl Seen {
    /// Whether the event was not there before. Without an id it is never taken for one that was.
    fn add(&mut self, id: Option<&str>, data: &[u8]) -> bool {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return true };
        let event = self.hasher.hash_one((id, data));
        if self.events.len() >= EVENTS_KEPT {
            return !self.events.contains(&event);
        }
        self.events.insert(event)
    }
}

/// The failure of a request that was answered as the transport of 2024-11-05 answers a GET: nobody read it, where nothing
/// came before.
fn is_old_transport(is_first: bool) -> AttemptError {
    let message =
        "the server answered with the event `endpoint`, as one of HTTP+SSE does: set the option transport to sse";
    let happened = if is_first { FailureClass::Refused } else { FailureClass::Unreadable };
    AttemptError::new(happened, Code::UnexpectedTransport, message)
}

/// The outcome of resuming.
enum Resumed {
    Open(Response),
    /// It may be had later, and not before this wait.
    NotNow(Duration),
    /// The server does not accept the token, and why the answer is cut.
    Unauthorized(String),
    /// The server does not give it, and why the answer is cut.
    Refused(String),
}

impl Resume<'_> {
    /// Asks for the rest of the stream.
    async fn from(&self, last_event_id: &str, limits: &Limits) -> Resumed {
        let mut headers = self.headers.clone();
        headers.remove(headers::IDEMPOTENCY_KEY);
        let Ok(id) = HeaderValue::from_str(last_event_id) else {
            return Resumed::Refused("the event stream broke off at an id that cannot be sent back".to_owned());
        };
        headers.insert(headers::LAST_EVENT_ID, id);
        let mut response = match get(self.http, self.url, headers).await {
            Ok(response) => response,
            Err(failure) if failure.happened == FailureClass::CertificateInvalid => {
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
        drop(body::read_beginning(&mut response, limits.error).await);
        let refused = || format!("the event stream broke off and could not be resumed: HTTP {status}");
        match status::transient(status.as_u16(), StatusUse::Resumption) {
            Some(_) => Resumed::NotNow(wait),
            None if status == StatusCode::UNAUTHORIZED => Resumed::Unauthorized(refused()),
            None => Resumed::Refused(refused()),
        }
    }

    /// Takes another token, where there is one.
    async fn renew(&mut self, listener: &dyn Listener) -> bool {
        let renewed = listener.renewed_token().await;
        renewed.map(|header| self.headers.insert(AUTHORIZATION, header)).is_some()
    }
}

/// The outcome of asking for a stream.
pub(crate) enum StreamOutcome {
    Open(Response),
    /// Another answer than a stream.
    Refused(Answer),
}

/// Asks for the server's own event stream by GET.
pub(crate) async fn get_stream(
    http: &Http,
    url: &Url,
    headers: HeaderMap,
    limits: &Limits,
) -> Result<StreamOutcome, AttemptError> {
    let mut response = get(http, url, headers).await?;
    check_headers(&response, limits)?;
    let status = response.status();
    if is_open_stream(&response) {
        return Ok(StreamOutcome::Open(response));
    }
    http.forget_redirect(&Method::GET, url);
    let headers = std::mem::take(response.headers_mut());
    let Beginning { text, cut } = body::read_beginning(&mut response, limits.error).await;
    Ok(StreamOutcome::Refused(Answer { status, headers, content: error_content(text, &NoopListener), cut }))
}

/// Asks for an event stream, with the headers of a POST.
async fn get(http: &Http, url: &Url, mut headers: HeaderMap) -> Result<Response, AttemptError> {
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let mut request = Request::new(Method::GET, url.clone());
    *request.headers_mut() = headers;
    http.execute(request, None).await
}

fn is_open_stream(response: &Response) -> bool {
    response.status() == StatusCode::OK && matches!(media_type(response.headers()), Media::EventStream)
}

/// Reads a stream to its end behind the answer: at once where the end is near, else in the background.
async fn finish<S>(mut events: EventStream<S>, slot: Option<Slot>)
where
    S: futures_util::Stream<Item = Result<Bytes, AttemptError>> + Unpin + Send + 'static,
{
    let near = tokio::time::timeout(END_OF_STREAM, async { while events.next().await.is_some_and(|e| e.is_ok()) {} });
    if near.await.is_err() {
        tokio::spawn(tokio::time::timeout(DRAIN, async move {
            let _slot = slot;
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
    if let Ok(mut response) = http.execute(request, None).await {
        drop(body::read_beginning(&mut response, limits.error).await);
    }
}
