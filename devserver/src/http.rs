//! One HTTP request from its arrival to its response.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use serde_json::json;

use crate::answer::Answer;
use crate::body::AnswerBody;
use crate::calendar::Day;
use crate::calls::{self, Plan};
use crate::connection::{Connection, Guard};
use crate::control;
use crate::exchange::{self, Exchange};
use crate::fault_rules::Fate;
use crate::faults::{Endless, Fault, How, LastStream};
use crate::headers::{OMNI_VERSION, REQUEST_ID};
use crate::ledger::Arrival;
use crate::legacy;
use crate::messages;
use crate::options::Profile;
use crate::server_state::Shared;
use crate::wire_faults;

#[cfg(feature = "tls")]
use crate::http2::StreamReset;
/// Only a stream of HTTP/2 ends without a response.
#[cfg(not(feature = "tls"))]
type StreamReset = std::convert::Infallible;

/// Serves one request, of HTTP/2 with the number of its stream.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    stream: u32,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, StreamReset> {
    let (head, body) = request.into_parts();
    if let Some(above) = shared.options.early_413_above
        && body.size_hint().exact().is_some_and(|length| length > above)
    {
        return Ok(refuse_early(&shared, &connection, stream));
    }
    let Ok(body) = body.collect().await else {
        // The peer closed the connection during its request.
        return Ok(wire_faults::respond(&shared, Answer::empty(400), None, None));
    };
    let bytes = body.to_bytes();
    if head.uri.path().starts_with(control::PREFIX) {
        let answer = match is_foreign(&head.headers) {
            true => Answer::empty(403),
            false => control::serve(&shared, &head.method, head.uri.path(), bytes).await,
        };
        return Ok(wire_faults::respond(&shared, answer, None, None));
    }
    let worker = shared.worker().await;
    let exchange = arrive(&shared, &connection, head, bytes);
    messages::keep(&shared, &exchange);
    let guard = Guard::new(Arc::clone(&shared), connection, exchange.entry, worker);
    let fate = shared.script().select(&exchange);
    if let Some(kind) = fate.kind() {
        shared.ledger.met_fault(exchange.entry, kind);
    }
    if legacy::takes(&shared, &exchange) {
        return Ok(legacy::serve(&shared, &exchange, fate, guard).await);
    }
    let replica = shared.options.sticky_cookie.then(|| shared.balancer.replica(&exchange.headers));
    let answer = match replica {
        Some(replica) if shared.balancer.is_elsewhere(&exchange.headers, replica) => {
            shared.service.session_lost(&exchange)
        }
        _ => answer(&shared, &exchange, &fate, &guard, stream).await?,
    };
    if !fate.after.is_zero() {
        tokio::time::sleep(fate.after).await;
    }
    shared.ledger.answering(exchange.entry, answer.status.as_u16());
    let mut response = wire_faults::respond(&shared, answer, fate.fault.as_deref(), Some(guard));
    if let Some(replica) = replica {
        shared.balancer.answer(response.headers_mut(), replica);
    }
    add_headers(&shared, &exchange, &mut response);
    Ok(response)
}

/// The response to a request with a body over `early_413_above`, before the body is read.
fn refuse_early(shared: &Shared, connection: &Connection, stream: u32) -> Response<AnswerBody> {
    if stream > 0 {
        return wire_faults::respond(shared, Answer::empty(413), None, None);
    }
    connection.end(How::Fin);
    wire_faults::respond(shared, Answer::empty(413).with("connection", "close"), None, None)
}

/// Adds the cookies of the options, and the headers of the service.
fn add_headers(shared: &Shared, exchange: &Exchange, response: &mut Response<AnswerBody>) {
    for cookie in shared.options.set_cookies.iter().filter_map(|cookie| HeaderValue::try_from(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    match shared.options.profile {
        Profile::Omni => sign(exchange, response.headers_mut()),
        Profile::Odock => {
            response.headers_mut().entry(REQUEST_ID).or_insert_with(|| exchange.request_id.clone());
        }
        _ => {}
    }
}

fn arrive(shared: &Shared, connection: &Connection, head: http::request::Parts, bytes: Bytes) -> Exchange {
    let (body, is_json) = exchange::read_body(&bytes);
    let body = Arc::new(body);
    let path = head.uri.path().to_owned();
    let query = head.uri.query().map(str::to_owned);
    let entry = shared.ledger.arrived(&Arrival {
        connection: connection.number,
        http_method: &head.method,
        path: &path,
        query: query.as_deref(),
        headers: &head.headers,
        body: &body,
        rpc_method: exchange::rpc_method(&body),
        tool: exchange::tool(&body),
    });
    Exchange {
        request_id: request_id(&head.headers),
        http_method: head.method,
        path,
        query,
        headers: head.headers,
        bytes,
        body,
        is_json,
        entry,
    }
}

/// The response of the service, or of the fault.
async fn answer(
    shared: &Arc<Shared>,
    exchange: &Exchange,
    fate: &Fate,
    guard: &Guard,
    stream: u32,
) -> Result<Answer, StreamReset> {
    let Some(fault) = fate.fault.as_deref() else {
        return Ok(serve_plan(shared, exchange, fate).await);
    };
    if let (Fault::GoAway { last }, 1..) = (fault, stream) {
        guard.connection().go_away(if *last == LastStream::This { stream } else { stream.saturating_sub(2) });
    }
    let served = match fault.serves_first() {
        true => Some(serve_plan(shared, exchange, fate).await),
        false => {
            tokio::time::sleep(fate.before).await;
            None
        }
    };
    if matches!(fault, Fault::EndlessStream { what: Endless::Headers, .. }) {
        guard.connection().flood();
    }
    if let Some(bytes) = wire_faults::raw_response(fault, exchange, served.as_ref()) {
        guard.connection().send_instead(bytes);
    }
    match fault {
        Fault::Hang { .. } | Fault::GoAway { last: LastStream::Previous } => pending().await,
        Fault::Stall { all } => {
            guard.connection().stall();
            if *all {
                shared.stall_all();
            }
            pending().await
        }
        Fault::Reset { how, .. } => {
            guard.connection().end(*how);
            pending().await
        }
        #[cfg(feature = "tls")]
        Fault::ResetStream { reason, .. } if stream > 0 => Err(StreamReset::new(*reason)),
        Fault::ResetStream { .. } => {
            guard.connection().end(How::Rst);
            pending().await
        }
        Fault::Restart { down_ms, with, .. } => {
            shared.restarts.restart(*with + 1, Duration::from_millis(*down_ms)).await;
            pending().await
        }
        _ => Ok(wire_faults::replacement(shared, exchange, fault, served.as_ref())
            .or(served)
            .unwrap_or_else(|| Answer::empty(500))),
    }
}

async fn serve_plan(shared: &Arc<Shared>, exchange: &Exchange, fate: &Fate) -> Answer {
    if is_foreign(&exchange.headers) {
        return Answer::json(403, &json!({"error": "the Origin is not a local one"}));
    }
    let plan = match shared.oauth.as_ref().and_then(|oauth| oauth.serve(exchange)) {
        Some(answer) => Plan::Answer(answer),
        None => shared.service.prepare(shared, exchange),
    };
    calls::carry_out(shared, plan, fate, None).await
}

/// Whether the request was sent by a page of another origin, as in DNS rebinding.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let host = origin.to_str().ok().and_then(|origin| {
        let (_, rest) = origin.split_once("://")?;
        let host = match rest.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => rest,
        };
        Some(host)
    });
    !matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// The request id of the caller, if it is valid, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_fit =
        |value: &&HeaderValue| (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    match headers.get(REQUEST_ID).filter(is_fit) {
        Some(value) => value.clone(),
        None => HeaderValue::try_from(format!("req_{:032x}", fastrand::u128(..)))
            .unwrap_or(HeaderValue::from_static("req_0")),
    }
}

/// The headers of every response of the OMNI service.
fn sign(exchange: &Exchange, headers: &mut HeaderMap) {
    headers.entry(REQUEST_ID).or_insert_with(|| exchange.request_id.clone());
    let version =
        exchange.headers.get(OMNI_VERSION).filter(|value| value.to_str().is_ok_and(|text| Day::parse(text).is_some()));
    if let Some(version) = version {
        headers.insert(OMNI_VERSION, version.clone());
    }
}
