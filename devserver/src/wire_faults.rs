//! Converts a response to bytes, and applies the fault of the request to it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Payload};
use crate::body::{AnswerBody, KEEP_ALIVE, Step};
use crate::compression_bomb;
use crate::connection::Guard;
use crate::exchange::Exchange;
use crate::faults::{Acknowledgement, Endless, Fault, How, RetryAfter, Then, When};
use crate::headers::{EVENT_STREAM, JSON, SESSION_ID};
use crate::jsonrpc;
use crate::methods;
use crate::omni;
use crate::open_streams::Feed;
use crate::server_state::{Scripted, Shared};
use crate::sse;

/// The response of a fault instead of that of the service; `None` if the fault has none.
/// `served` is the service's own.
pub(crate) fn replacement(
    shared: &Shared,
    exchange: &Exchange,
    fault: &Fault,
    served: Option<&Answer>,
) -> Option<Answer> {
    Some(match fault {
        Fault::Status { status, headers, body, content_type, .. } => {
            status_answer(*status, headers, body.as_ref(), content_type.as_deref())
        }
        Fault::OmniError { omni_code, status, retry_after, .. } => omni::scripted(
            exchange,
            omni_code,
            *status,
            retry_after.as_ref().map(RetryAfter::text),
            shared.service.rate_figures(),
        ),
        Fault::ServiceError { code, status, message, retry_after, headers, .. } => {
            let scripted =
                Scripted { code, status: *status, message: message.as_deref(), retry_after: retry_after.as_ref() };
            with_headers(shared.service.scripted(exchange, &scripted), headers)
        }
        Fault::Accepted { .. } => Answer::empty(202),
        Fault::SessionLost {} => {
            if let Some(id) = exchange.header(SESSION_ID) {
                shared.end_session(id);
            }
            shared.service.session_lost(exchange)
        }
        Fault::SessionElsewhere {} => {
            if let Some(id) = exchange.header(SESSION_ID) {
                shared.move_session(id);
            }
            shared.service.session_elsewhere(exchange)
        }
        Fault::StreamCut { when: When::BeforeExecution, .. } => Answer::new(200, Payload::Resumed(Vec::new())),
        Fault::RpcError { code, message, data, status, .. } => {
            let mut error = json!({"code": code, "message": message});
            if let Some(data) = data {
                error["data"] = data.clone();
            }
            match *status {
                200 => {
                    let outcome = Outcome::Error(error.to_string().into());
                    methods::reply(shared, exchange.rpc_id(), outcome, Vec::new())
                }
                status => Answer::error(status, exchange.rpc_id(), &error),
            }
        }
        Fault::RawBody { body, content_type, status, .. } => {
            body_answer(*status, content_type, filled(body, exchange, served).into())
        }
        Fault::RawOutput { text, charset, on_get_stream: true, acknowledgement, .. } => {
            let bytes = charset.encode(&filled(text, exchange, served)).into();
            if let Some(session) = exchange.header(SESSION_ID) {
                shared.open_streams.send_step(session, Step::Send(bytes));
            }
            match acknowledgement {
                None => Answer::empty(202),
                Some(Acknowledgement { status, content_type, body }) => {
                    body_answer(*status, content_type, body.clone().into())
                }
            }
        }
        Fault::RawOutput { text, charset, .. } => {
            body_answer(200, EVENT_STREAM, charset.encode(&filled(text, exchange, served)).into())
        }
        // The raw bytes are sent instead of this response.
        Fault::RawResponse { .. } => body_answer(200, JSON, Bytes::new()),
        Fault::Bomb { encoding, bytes } => {
            let id = exchange.rpc_id();
            let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"text":""#);
            let (name, packed) = compression_bomb::packed(*encoding, head.as_bytes(), *bytes);
            body_answer(200, JSON, packed).with("content-encoding", name)
        }
        Fault::Redirect { status, location } => Answer::empty(*status).with("location", &at_host(location, exchange)),
        _ => return None,
    })
}

/// An address with the placeholders for the request's host and port replaced.
fn at_host(location: &str, exchange: &Exchange) -> String {
    let host = exchange.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    location.replace("$HOST", host)
}

/// A text with the placeholders for the request's id and response replaced.
fn filled(text: &str, exchange: &Exchange, served: Option<&Answer>) -> String {
    let answer = served.and_then(answer_text).unwrap_or_default();
    text.replace("$ID", &exchange.rpc_id().to_string()).replace("$ANSWER", &answer)
}

/// The bytes of a raw output and what follows them, for such a fault.
pub(crate) fn raw_output(fault: &Fault, id: &Value, served: Option<&Answer>) -> Option<(Bytes, Then)> {
    let Fault::RawOutput { text, charset, then, .. } = fault else { return None };
    let answer = served.and_then(answer_text).unwrap_or_default();
    let text = text.replace("$ID", &id.to_string()).replace("$ANSWER", &answer);
    Some((charset.encode(&text).into(), *then))
}

/// The bytes of a raw response, for such a fault.
pub(crate) fn raw_response(fault: &Fault, exchange: &Exchange, served: Option<&Answer>) -> Option<Bytes> {
    let Fault::RawResponse { head, body, charset, packing, .. } = fault else { return None };
    let body = charset.encode(&filled(body, exchange, served));
    let body = match packing {
        None => body.into(),
        Some(packing) => compression_bomb::packed(*packing, &body, body.len() as u64).1,
    };
    let mut head = filled(head.trim_end_matches('\n'), exchange, served).replace('\n', "\r\n");
    let named = head.to_ascii_lowercase();
    if !named.contains("\r\ncontent-length:") && !named.contains("\r\ntransfer-encoding:") {
        head.push_str(&format!("\r\nContent-Length: {}", body.len()));
    }
    head.push_str("\r\n\r\n");
    Some([head.as_bytes(), &body].concat().into())
}

/// The JSON-RPC message of a response.
fn answer_text(answer: &Answer) -> Option<String> {
    match &answer.payload {
        Payload::Rpc { id, outcome, .. } => Some(jsonrpc::render(id, outcome)),
        _ => None,
    }
}

fn body_answer(status: u16, content_type: &str, bytes: Bytes) -> Answer {
    let content_type = HeaderValue::try_from(content_type).unwrap_or(HeaderValue::from_static(JSON));
    Answer::new(status, Payload::Body { content_type, bytes })
}

fn status_answer(
    status: u16,
    headers: &BTreeMap<String, String>,
    body: Option<&Value>,
    content_type: Option<&str>,
) -> Answer {
    let (own_type, bytes) = match body {
        None => (None, Bytes::new()),
        Some(Value::String(text)) => (Some("text/plain"), text.clone().into()),
        Some(value) => (Some(JSON), value.to_string().into()),
    };
    let answer = match content_type.or(own_type) {
        Some(content_type) => body_answer(status, content_type, bytes),
        None => Answer::empty(status),
    };
    with_headers(answer, headers)
}

fn with_headers(mut answer: Answer, headers: &BTreeMap<String, String>) -> Answer {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers.insert(name, value);
        }
    }
    answer
}

/// What is sent, before it is divided into steps.
enum Wire {
    Whole(Bytes),
    /// Events, and the interval between two of them.
    Events(Vec<Bytes>, Duration),
    Open(Bytes),
    Streamed(Bytes, Feed),
    Relay(Incoming),
}

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
        Payload::Rpc { id, outcome, mut before, sse } => {
            let text = jsonrpc::render(&id_of(id, fault), &outcome);
            let forced = match fault {
                Some(Fault::MalformedJson {}) => Some(false),
                Some(
                    Fault::StreamCut { .. }
                    | Fault::Pause { .. }
                    | Fault::MalformedEvent {}
                    | Fault::DuplicateEvent {}
                    | Fault::ReorderedEvents {},
                ) => Some(true),
                _ => None,
            };
            if !forced.unwrap_or(sse) {
                let bytes = match fault {
                    Some(Fault::MalformedJson {}) => cut_json(text),
                    _ => text.into(),
                };
                return (json, Wire::Whole(bytes));
            }
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
            (stream, Wire::Events(events, Duration::from_millis(pause)))
        }
    }
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
        None => Value::String("an-id-nobody-asked-for".to_owned()),
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

/// The repeated content of an endless response: large pieces if sent at once, small ones at intervals.
fn endless_chunk(what: Endless, flood: bool) -> Bytes {
    let piece = match what {
        Endless::Comments => ": filler\n\n".to_owned(),
        Endless::Events => {
            let params = json!({"level": "info", "data": "filler"});
            let message = jsonrpc::notification("notifications/message", &params);
            format!("event: message\ndata: {message}\n\n")
        }
        Endless::Body | Endless::Event | Endless::Headers => "x".repeat(64),
    };
    let pieces = if flood { 16 * 1024 / piece.len() } else { 1 };
    piece.repeat(pieces).into()
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

fn steps(shared: &Shared, wire: Wire, fault: Option<&Fault>) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    match (fault, wire) {
        (Some(Fault::Truncate { bytes, how }), wire) => {
            let mut sent = wire.text();
            sent.truncate(*bytes);
            steps.extend([Step::Send(sent), Step::Cut(*how)]);
        }
        (Some(Fault::StreamCut { after_events, how, .. }), Wire::Streamed(first, feed)) if *after_events > 0 => {
            // The stream of a call that sends messages begins empty.
            let begun = usize::from(!first.is_empty());
            let feed = feed.cut_after(after_events.saturating_sub(begun), *how);
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            steps.extend([Step::Send(first), Step::Feed { feed, every }]);
        }
        (Some(Fault::StreamCut { after_events, how, .. }), wire) => {
            let (events, pause) = wire.events();
            push_events(&mut steps, events.into_iter().take(*after_events), pause);
            if *how != How::End {
                steps.push_back(Step::Cut(*how));
            }
        }
        (Some(Fault::Pause { after_events, ms }), wire @ (Wire::Whole(_) | Wire::Events(..))) => {
            let (mut events, pause) = wire.events();
            let rest = events.split_off(events.len().min(*after_events));
            push_events(&mut steps, events.into_iter(), pause);
            steps.push_back(Step::Wait(ms.map_or(Duration::MAX, Duration::from_millis)));
            push_events(&mut steps, rest.into_iter(), pause);
        }
        (Some(Fault::SlowDrip { bytes_per_tick, tick_ms }), wire @ (Wire::Whole(_) | Wire::Events(..))) => {
            let rest = wire.text();
            if !rest.is_empty() {
                steps.push_back(Step::Drip { rest, size: *bytes_per_tick, every: Duration::from_millis(*tick_ms) });
            }
        }
        (
            Some(fault @ (Fault::RawBody { .. } | Fault::RawResponse { .. } | Fault::RawOutput { .. })),
            Wire::Whole(rest),
        ) => {
            if let (Fault::RawBody { bytes_per_tick: Some(size), tick_ms, .. }, false) = (fault, rest.is_empty()) {
                steps.push_back(Step::Drip { rest, size: *size, every: Duration::from_millis(*tick_ms) });
            } else if !rest.is_empty() {
                steps.push_back(Step::Send(rest));
            }
            match fault.then().unwrap_or_default() {
                Then::End => {}
                Then::Fin => steps.push_back(Step::Cut(How::Fin)),
                Then::Rst => steps.push_back(Step::Cut(How::Rst)),
                Then::Hang => steps.push_back(Step::Wait(Duration::MAX)),
            }
        }
        (Some(Fault::EndlessStream { what, tick_ms }), wire) => {
            steps.extend([
                Step::Send(wire.text()),
                Step::Repeat { chunk: endless_chunk(*what, *tick_ms == 0), every: Duration::from_millis(*tick_ms) },
            ]);
        }
        (_, Wire::Whole(bytes)) => {
            if !bytes.is_empty() {
                steps.push_back(Step::Send(bytes));
            }
        }
        (_, Wire::Events(events, pause)) => push_events(&mut steps, events.into_iter(), pause),
        (_, Wire::Relay(from)) => steps.push_back(Step::Relay(from)),
        (_, Wire::Open(first)) => {
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            let chunk = Bytes::from_static(KEEP_ALIVE);
            steps.extend([Step::Send(first), Step::Wait(every), Step::Repeat { chunk, every }]);
        }
        (_, Wire::Streamed(first, feed)) => {
            let every = Duration::from_millis(shared.options.keep_alive_ms);
            steps.extend([Step::Send(first), Step::Feed { feed, every }]);
        }
    }
    steps
}

fn push_events(steps: &mut VecDeque<Step>, events: impl Iterator<Item = Bytes>, pause: Duration) {
    if pause.is_zero() {
        let all: Vec<Bytes> = events.collect();
        if !all.is_empty() {
            steps.push_back(Step::Send(all.concat().into()));
        }
        return;
    }
    for (n, event) in events.enumerate() {
        if n > 0 {
            steps.push_back(Step::Wait(pause));
        }
        steps.push_back(Step::Send(event));
    }
}

impl Wire {
    /// The bytes that are known in advance.
    fn text(self) -> Bytes {
        match self {
            Self::Whole(bytes) | Self::Open(bytes) | Self::Streamed(bytes, _) => bytes,
            Self::Events(events, _) => events.concat().into(),
            Self::Relay(_) => Bytes::new(),
        }
    }

    fn events(self) -> (Vec<Bytes>, Duration) {
        match self {
            Self::Events(events, pause) => (events, pause),
            Self::Whole(bytes) | Self::Open(bytes) | Self::Streamed(bytes, _) => (vec![bytes], Duration::ZERO),
            Self::Relay(_) => (Vec::new(), Duration::ZERO),
        }
    }
}
