//! Converts a response to bytes, and applies the fault of the request to it.

mod replacement;
mod steps;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use serde_json::Value;

use crate::answer::{Answer, Payload};
use crate::body::{AnswerBody, Step};
use crate::connection::Guard;
use crate::faults::{Endless, Fault, Then};
use crate::headers::{EVENT_STREAM, JSON};
use crate::jsonrpc;
use crate::server_state::Shared;
use crate::sse;
use steps::{Wire, steps};

pub(crate) use replacement::{raw_output, raw_response, replacement};

/// The HTTP response, changed by the fault.
pub(crate) fn respond(
    shared: &Shared,
    answer: Answer,
    fault: Option<&Fault>,
    guard: Option<Guard>,
) -> Response<AnswerBody> {
    let Answer { status, headers, payload } = answer;
    let (mut content_type, wire) = lay_out(shared, payload, fault);
    if let Some(Fault::ContentType { value }) = fault {
        content_type = HeaderValue::try_from(value).ok();
    }
    let is_stream = !matches!(wire, Wire::Whole(_));
    let mut response = Response::new(into_body(shared, wire, fault, guard));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    let sent = response.headers_mut();
    if let Some(content_type) = content_type {
        sent.entry(header::CONTENT_TYPE).or_insert(content_type);
    }
    if is_stream {
        sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}

fn lay_out(shared: &Shared, payload: Payload, fault: Option<&Fault>) -> (Option<HeaderValue>, Wire) {
    let json = Some(HeaderValue::from_static(JSON));
    let stream = Some(HeaderValue::from_static(EVENT_STREAM));
    if let Some(Fault::EndlessStream { what, .. }) = fault {
        return match what {
            Endless::Body => (json, Wire::Open(endless_head(&payload))),
            Endless::Comments | Endless::Events => (stream, Wire::Open(Bytes::new())),
            Endless::Event => (stream, Wire::Open(Bytes::from_static(b"event: message\ndata: "))),
            // Only its length is sent.
            Endless::Headers => (json, Wire::Open(Bytes::new())),
        };
    }
    if let Some(Fault::EmptyBody {}) = fault {
        let content_type = match &payload {
            Payload::Rpc { sse: false, .. } | Payload::Empty => json,
            Payload::Body { content_type, .. } => Some(content_type.clone()),
            _ => stream,
        };
        return (content_type, Wire::Whole(Bytes::new()));
    }
    match payload {
        Payload::Empty => (None, Wire::Whole(Bytes::new())),
        Payload::Body { content_type, bytes } => {
            let cut = matches!(fault, Some(Fault::MalformedJson {}));
            let sent = if cut { bytes.slice(..bytes.len() / 2) } else { bytes };
            (Some(content_type), Wire::Whole(sent))
        }
        Payload::Resumed(events) => (stream, Wire::Events(events, Duration::ZERO)),
        Payload::Open(first) => (stream, Wire::Open(first)),
        Payload::Streamed(first, feed) => (stream, Wire::Streamed(first, feed)),
        Payload::Relayed(from) => (stream, Wire::Relay(from)),
        Payload::Rpc { id, outcome, before, sse } => {
            let text = jsonrpc::render(&id_of(id, fault), &outcome);
            match as_stream(fault).unwrap_or(sse) {
                true => (stream, events(shared, text, before, fault)),
                false if matches!(fault, Some(Fault::MalformedJson {})) => (json, Wire::Whole(cut_json(text))),
                false => (json, Wire::Whole(text.into())),
            }
        }
    }
}

/// Whether a fault needs an event stream (true) or a JSON body (false).
fn as_stream(fault: Option<&Fault>) -> Option<bool> {
    match fault? {
        Fault::MalformedJson {} => Some(false),
        Fault::StreamCut { .. }
        | Fault::Pause { .. }
        | Fault::MalformedEvent {}
        | Fault::DuplicateEvent {}
        | Fault::ReorderedEvents {} => Some(true),
        _ => None,
    }
}

/// The events of a response and of the messages that precede it.
fn events(shared: &Shared, text: String, mut before: Vec<String>, fault: Option<&Fault>) -> Wire {
    let pause = match before.is_empty() {
        true => 0,
        false => shared.options.progress_interval_ms,
    };
    match fault {
        Some(Fault::MalformedEvent {}) => before.push(text[..half(&text)].to_owned()),
        Some(Fault::DuplicateEvent {}) => before.extend([text.clone(), text]),
        Some(Fault::ReorderedEvents {}) => before.insert(0, text),
        _ => before.push(text),
    }
    let events = match shared.gives_ids() {
        true => shared.streams().open(shared.options.sse_retry_ms, &before),
        false => before.iter().map(|data| sse::event(None, data)).collect(),
    };
    Wire::Events(events, Duration::from_millis(pause))
}

/// The messages of a response, each unchanged.
pub(crate) fn messages(answer: Answer, fault: Option<&Fault>) -> Vec<String> {
    match answer.payload {
        Payload::Rpc { id, outcome, mut before, .. } => {
            before.push(jsonrpc::render(&id_of(id, fault), &outcome));
            before
        }
        _ => Vec::new(),
    }
}

/// The id of a response, changed by the fault.
pub(crate) fn id_of(id: Value, fault: Option<&Fault>) -> Value {
    match fault {
        Some(Fault::WrongId {}) => wrong_id(&id),
        Some(Fault::StringId {}) if id.is_number() => Value::String(id.to_string()),
        _ => id,
    }
}

fn wrong_id(id: &Value) -> Value {
    match id.as_i64() {
        Some(id) => Value::from(id.wrapping_add(1_000_000)),
        None => Value::String("an-unknown-id".to_owned()),
    }
}

/// A position in the middle of a text where it can be cut.
pub(crate) fn half(text: &str) -> usize {
    let mut at = text.len() / 2;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn cut_json(mut text: String) -> Bytes {
    text.truncate(half(&text));
    text.into()
}

fn endless_head(payload: &Payload) -> Bytes {
    let id = match payload {
        Payload::Rpc { id, .. } => id.clone(),
        _ => Value::Null,
    };
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"text":""#).into()
}

fn into_body(shared: &Shared, wire: Wire, fault: Option<&Fault>, guard: Option<Guard>) -> AnswerBody {
    let length = match (&wire, fault) {
        (_, Some(Fault::StreamCut { .. })) => None,
        // A response that stops early or is sent in chunks has no `Content-Length`.
        (_, Some(Fault::RawBody { bytes_per_tick: Some(_), .. })) => None,
        (_, Some(fault)) if fault.then().is_some_and(|then| then != Then::End) => None,
        (Wire::Whole(bytes), _) => Some(bytes.len() as u64),
        _ => None,
    };
    AnswerBody::new(steps(shared, wire, fault), length, guard)
}

/// A response as sent on a stream that carries those of other requests too.
pub(crate) fn on_stream(shared: &Shared, answer: Answer, fault: Option<&Fault>) -> VecDeque<Step> {
    let fault = match fault {
        Some(Fault::MalformedJson {}) => Some(&Fault::MalformedEvent {}),
        Some(Fault::EmptyBody {}) => return VecDeque::from([Step::Send(sse::event(None, ""))]),
        fault => fault,
    };
    let payload = match answer.payload {
        Payload::Rpc { id, outcome, before, .. } => Payload::Rpc { id, outcome, before, sse: true },
        other => other,
    };
    let (_, wire) = lay_out(shared, payload, fault);
    steps(shared, wire, fault)
}
