//! Responses that a fault sends instead of that of the service.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Payload};
use crate::body::Step;
use crate::compression_bomb;
use crate::exchange::Exchange;
use crate::faults::{Acknowledgement, Fault, RetryAfter, Then, When};
use crate::headers::{EVENT_STREAM, JSON, SESSION_ID};
use crate::jsonrpc;
use crate::methods;
use crate::omni;
use crate::server_state::{Scripted, Shared};

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
        Fault::SessionLost {} => session_lost(shared, exchange),
        Fault::SessionElsewhere {} => session_elsewhere(shared, exchange),
        Fault::StreamCut { when: When::BeforeExecution, .. } => Answer::new(200, Payload::Resumed(Vec::new())),
        Fault::RpcError { code, message, data, status, .. } => {
            let mut error = json!({"code": code, "message": message});
            if let Some(data) = data {
                error["data"] = data.clone();
            }
            rpc_error(shared, exchange, *status, &error)
        }
        Fault::RawBody { body, content_type, status, .. } => {
            body_answer(*status, content_type, filled(body, &exchange.rpc_id(), served).into())
        }
        Fault::RawOutput { text, charset, on_get_stream: true, acknowledgement, .. } => {
            let bytes = charset.encode(&filled(text, &exchange.rpc_id(), served)).into();
            send_on_get_stream(shared, exchange, bytes, acknowledgement.as_ref())
        }
        Fault::RawOutput { text, charset, .. } => {
            body_answer(200, EVENT_STREAM, charset.encode(&filled(text, &exchange.rpc_id(), served)).into())
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

fn session_lost(shared: &Shared, exchange: &Exchange) -> Answer {
    if let Some(id) = exchange.header(SESSION_ID) {
        shared.end_session(id);
    }
    shared.service.session_lost(exchange)
}

fn session_elsewhere(shared: &Shared, exchange: &Exchange) -> Answer {
    if let Some(id) = exchange.header(SESSION_ID) {
        shared.move_session(id);
    }
    shared.service.session_elsewhere(exchange)
}

fn rpc_error(shared: &Shared, exchange: &Exchange, status: u16, error: &Value) -> Answer {
    match status {
        200 => {
            let outcome = Outcome::Error(error.to_string().into());
            methods::reply(shared, exchange.rpc_id(), outcome, Vec::new())
        }
        status => Answer::error(status, exchange.rpc_id(), error),
    }
}

/// Sends bytes on the GET stream of the session, and returns the response to the request.
fn send_on_get_stream(
    shared: &Shared,
    exchange: &Exchange,
    bytes: Bytes,
    acknowledgement: Option<&Acknowledgement>,
) -> Answer {
    if let Some(session) = exchange.header(SESSION_ID) {
        shared.open_streams.send_step(session, Step::Send(bytes));
    }
    match acknowledgement {
        None => Answer::empty(202),
        Some(Acknowledgement { status, content_type, body }) => body_answer(*status, content_type, body.clone().into()),
    }
}

/// An address with the placeholders for the request's host and port replaced.
fn at_host(location: &str, exchange: &Exchange) -> String {
    let host = exchange.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    location.replace("$HOST", host)
}

/// A text with the placeholders for the request's id and response replaced.
fn filled(text: &str, id: &Value, served: Option<&Answer>) -> String {
    let answer = served.and_then(answer_text).unwrap_or_default();
    text.replace("$ID", &id.to_string()).replace("$ANSWER", &answer)
}

/// The bytes of a raw output and what follows them, for such a fault.
pub(crate) fn raw_output(fault: &Fault, id: &Value, served: Option<&Answer>) -> Option<(Bytes, Then)> {
    let Fault::RawOutput { text, charset, then, .. } = fault else { return None };
    Some((charset.encode(&filled(text, id, served)).into(), *then))
}

/// The bytes of a raw response, for such a fault.
pub(crate) fn raw_response(fault: &Fault, exchange: &Exchange, served: Option<&Answer>) -> Option<Bytes> {
    let Fault::RawResponse { head, body, charset, packing, .. } = fault else { return None };
    let body = charset.encode(&filled(body, &exchange.rpc_id(), served));
    let body = match packing {
        None => body.into(),
        Some(packing) => compression_bomb::packed(*packing, &body, body.len() as u64).1,
    };
    let mut head = filled(head.trim_end_matches('\n'), &exchange.rpc_id(), served).replace('\n', "\r\n");
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
