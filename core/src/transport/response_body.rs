//! The body of the response to a POST: JSON, a batch, or an event stream, also if the headers state another type or encoding.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::body::{self, Body, BodyFailure};
use crate::http::error_body::{self, Beginning};
use crate::http::sniff::BodyKind;
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::{self, Message};
use crate::transport::call_slots::{self, Slot};
use crate::transport::call_stream::{self, StreamRequest};
use crate::transport::media_type::{MediaType, other_charset};
use crate::transport::message::{Content, Listener, content, not_a_message, only_message};
use crate::transport::response_reader::{self, ResponseReading};
use crate::transport::truncated_response;
use crate::util::headers;
use crate::util::sanitize::preview;

/// Reads the response out of a body with a success status. A stream that breaks off is resumed by `resume`.
pub(super) async fn read(
    mut body: Body,
    status: StatusCode,
    headers: &HeaderMap,
    reading: ResponseReading<'_>,
    resume: Option<StreamRequest<'_>>,
    slot: Option<Slot>,
) -> Result<Content, AttemptError> {
    let listener = reading.listener;
    let media = MediaType::of(headers);
    if let (MediaType::EventStream, Some(idle)) = (&media, listener.idle()) {
        idle.restart();
    }
    let kind = decode(&mut body, headers, &media, listener).await?;
    let is_stream = match (&media, kind) {
        (MediaType::EventStream, BodyKind::Json) => false,
        (MediaType::EventStream, _) => true,
        (_, kind) => kind == BodyKind::EventStream,
    };
    if !is_stream {
        return read_json(body, kind, status, headers, media, reading, slot).await;
    }
    let is_stated = matches!(media, MediaType::EventStream);
    if !is_stated && !listener.accepts(Deviation::ContentType, &|| media.deviation()) {
        return Err(media.unexpected(b"", true, FailureClass::Unreadable));
    }
    call_stream::read(body, reading, resume, slot).await
}

/// Reads the response out of a body that is not an event stream.
async fn read_json(
    mut body: Body,
    kind: BodyKind,
    status: StatusCode,
    headers: &HeaderMap,
    media: MediaType,
    mut reading: ResponseReading<'_>,
    slot: Option<Slot>,
) -> Result<Content, AttemptError> {
    let (listener, limits) = (reading.listener, reading.limits);
    let is_known = matches!(media, MediaType::Json | MediaType::EventStream);
    if kind == BodyKind::Empty && !is_known {
        return Err(match status {
            StatusCode::ACCEPTED | StatusCode::NO_CONTENT => {
                AttemptError::bad_answer(Code::NoAnswer, "the server accepted the request without a response")
            }
            _ => media.unexpected(b"", true, FailureClass::BadAnswer),
        });
    }
    if kind == BodyKind::Other && !is_known {
        let Beginning { text, truncated_because } = error_body::read_beginning(&mut body, limits.error).await;
        return Err(media.unexpected(&text, truncated_because.is_none(), FailureClass::Unreadable));
    }
    let text = body::read(&mut body, limits.answer).await;
    let text = text.map_err(|BodyFailure { failure, text }| truncated(failure, &text, reading.id))?;
    call_slots::release(slot).await;
    match (from_json(&text, headers, &mut reading).await, &media) {
        (content, MediaType::Json) => content,
        (Ok(content), media) => match listener.accepts(Deviation::ContentType, &|| media.deviation()) {
            true => Ok(content),
            false => Err(media.unexpected(&text, true, FailureClass::Unusable)),
        },
        // Not a response: the content type is the most useful detail.
        (Err(failure), MediaType::Other(_)) if failure.class == FailureClass::Unreadable => {
            Err(media.unexpected(&text, true, FailureClass::Unreadable))
        }
        (Err(failure), _) => Err(failure),
    }
}

/// Undoes an encoding that the HTTP library did not undo, and returns the kind of the decoded body.
async fn decode(
    body: &mut Body,
    headers: &HeaderMap,
    media: &MediaType,
    listener: &dyn Listener,
) -> Result<BodyKind, AttemptError> {
    // The library removes the header of an encoding that it has undone.
    let named = headers::text(headers, &CONTENT_ENCODING).unwrap_or_default().trim();
    let named = if named.eq_ignore_ascii_case("identity") { "" } else { named };
    let shown = || preview(named.as_bytes());
    // Blank lines keep a stream alive, too.
    let idle = listener.idle().filter(|_| matches!(media, MediaType::EventStream));
    let kind = body.kind(idle).await?;
    let is_gzip = named.is_empty() || named.eq_ignore_ascii_case("gzip") || named.eq_ignore_ascii_case("x-gzip");
    let did = || match (kind, named) {
        (BodyKind::Gzip, "") => "the server compressed a body with gzip without a Content-Encoding".to_owned(),
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
            let message = format!("the response is encoded as {}, which was not requested", shown());
            Err(AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message))
        }
    }
}

/// The failure of a body that ended early, after this text.
fn truncated(failure: AttemptError, text: &[u8], id: u64) -> AttemptError {
    let info = failure.error.info();
    match info.code {
        Code::AnswerCut => truncated_response::failure(text, id, info.message.clone(), Code::AnswerCut),
        _ => failure,
    }
}

async fn from_json(
    text: &Bytes,
    headers: &HeaderMap,
    reading: &mut ResponseReading<'_>,
) -> Result<Content, AttemptError> {
    if jsonrpc::without_mark(text).trim_ascii().is_empty() {
        return Err(AttemptError::bad_answer(Code::InvalidAnswer, "the response is empty"));
    }
    if std::str::from_utf8(text).is_err() {
        let mut failure = response_reader::unreadable(text, reading.id);
        if let Some(charset) = other_charset(headers) {
            failure.server_text = None;
            failure.error.info_mut().message = format!("the response has the charset {charset}; JSON must be UTF-8");
        }
        return Err(failure);
    }
    if is_batch(text) {
        return reading.take(text).await?.ok_or_else(|| not_a_message(text));
    }
    match only_message(text, reading.listener) {
        Some(Message::Response { id: answered, outcome }) => {
            content(text, answered, outcome, reading.id, reading.limits)
        }
        _ => Err(response_reader::unreadable(text, reading.id)),
    }
}

fn is_batch(text: &[u8]) -> bool {
    jsonrpc::without_mark(text).trim_ascii_start().starts_with(b"[")
}

/// The content of a body with an error status: a JSON-RPC error whatever its id, else any text.
pub(crate) fn of_error(text: Bytes, listener: &dyn Listener) -> Content {
    if let Some(Message::Response { outcome: Err(error), .. }) = only_message(&text, listener) {
        return Content::RpcError(error);
    }
    let unmarked = text.slice_ref(jsonrpc::without_mark(&text));
    Content::Other(unmarked)
}
