//! The HTTP+SSE transport (2024-11-05): messages arrive by POST, and all responses are sent on one stream.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header};

use crate::answer::{Answer, Payload};
use crate::body::{AnswerBody, Step};
use crate::calls::{self, Plan};
use crate::client_requests::Outlet;
use crate::connection::Guard;
use crate::exchange::Exchange;
use crate::fault_rules::Fate;
use crate::faults::{Fault, How, Then};
use crate::options::Transport;
use crate::server_state::Shared;
use crate::sessions::Standing;
use crate::wire_faults;

const MESSAGES: &str = "/messages";

/// Whether the response to a message is sent on a stream.
pub(crate) fn takes(shared: &Shared, exchange: &Exchange) -> bool {
    shared.options.transport == Transport::Sse
        && exchange.http_method == Method::POST
        && exchange.path == MESSAGES
        && !crate::http::is_foreign(&exchange.headers)
}

/// `GET /sse`: opens a session and its stream, and sends the address for its messages.
pub(crate) fn open(shared: &Shared, exchange: &Exchange) -> Answer {
    let options = &shared.options;
    let session = shared.open_session();
    let (first, feed) = shared.open_streams.open(Some(&session), false, options.sse_retry_ms);
    let origin = exchange.header(header::HOST.as_str()).map(|host| format!("http://{host}")).unwrap_or_default();
    let event = |data: &str| -> Bytes {
        let data = data.replace("$SESSION", &session).replace("$ORIGIN", &origin);
        format!("event: endpoint\ndata: {data}\n\n").into()
    };
    let own = format!("{MESSAGES}?session_id={session}");
    let endpoint = event(options.endpoint_event.as_deref().unwrap_or(&own));
    if let Some(data) = &options.second_endpoint_event {
        shared.open_streams.keep_for_later(&session, event(data));
    }
    let late = Duration::from_millis(options.endpoint_event_late_ms);
    let begins = match (options.no_endpoint_event, late.is_zero()) {
        (true, _) => first,
        (false, true) => [first, endpoint].concat().into(),
        (false, false) => {
            shared.open_streams.send_step(&session, Step::Wait(late));
            shared.open_streams.send_step(&session, Step::Send(endpoint));
            first
        }
    };
    Answer::new(200, Payload::Streamed(begins, feed))
}

/// Where a fault takes effect.
enum Side {
    /// On the response to the POST; no response is sent on the stream.
    Post,
    /// On the stream; the response to the POST is 202.
    Stream,
}

fn side(fault: &Fault) -> Side {
    match fault {
        Fault::Status { .. }
        | Fault::OmniError { .. }
        | Fault::ServiceError { .. }
        | Fault::Reset { .. }
        | Fault::ContentType { .. }
        | Fault::SessionLost {}
        | Fault::SessionElsewhere {}
        | Fault::RawBody { .. }
        | Fault::RawResponse { .. }
        | Fault::Restart { .. }
        | Fault::Redirect { .. } => Side::Post,
        _ => Side::Stream,
    }
}

/// Serves one message.
pub(crate) async fn serve(shared: &Arc<Shared>, exchange: &Exchange, fate: Fate, guard: Guard) -> Response<AnswerBody> {
    let fault = fate.fault.clone();
    let on_post = fault.as_deref().filter(|fault| matches!(side(fault), Side::Post));
    let answer = match on_post {
        Some(fault) => instead(shared, exchange, &fate, fault, &guard).await,
        None => accept(shared, exchange, fate).await,
    };
    shared.ledger.answering(exchange.entry, answer.status.as_u16());
    wire_faults::respond(shared, answer, on_post, Some(guard))
}

fn text(status: u16, text: &'static str) -> Answer {
    let content_type = HeaderValue::from_static("text/plain");
    Answer::new(status, Payload::Body { content_type, bytes: text.into() })
}

/// The session of a message, and its response.
fn read(shared: &Arc<Shared>, exchange: &Exchange) -> Result<(String, Option<Plan>), Box<Answer>> {
    let service = shared.service.generic().ok_or_else(|| Answer::empty(404))?;
    let key = service.admit(shared, exchange)?;
    let session = exchange.parameter("session_id").ok_or_else(|| text(400, "session_id is required"))?;
    if shared.sessions().standing(&session) != Standing::Live || !shared.open_streams.is_open(&session) {
        return Err(text(404, "Could not find session").into());
    }
    match service.message(shared, exchange, key, Some(&session)) {
        Ok(plan) => Ok((session, plan)),
        Err(_) => Err(text(400, "Could not parse message").into()),
    }
}

/// Serves a message whose response is sent on the stream.
async fn accept(shared: &Arc<Shared>, exchange: &Exchange, fate: Fate) -> Answer {
    let (session, plan) = match read(shared, exchange) {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    let fault = fate.fault.as_deref();
    let replaced = fault.and_then(|fault| wire_faults::replacement(shared, exchange, fault, None));
    let serves = fault.is_none_or(Fault::serves_first);
    let Some(plan) = plan else {
        if let Some((bytes, then)) = fault.and_then(|fault| wire_faults::raw_output(fault, &exchange.rpc_id(), None)) {
            output_on_stream(shared, &session, bytes, then);
            if matches!(then, Then::Fin | Then::Rst) {
                // The end of the stream is sent before the HTTP response.
                shared.open_streams.closed(&session).await;
            }
        }
        return text(202, "Accepted");
    };
    let (shared, id) = (Arc::clone(shared), exchange.rpc_id());
    tokio::spawn(async move {
        let served = match serves {
            true => Some(calls::carry_out(&shared, plan, &fate, Some(Outlet::Session(session.clone()))).await),
            false => {
                tokio::time::sleep(fate.before).await;
                None
            }
        };
        tokio::time::sleep(fate.after).await;
        let fault = fate.fault.as_deref();
        if let Some((bytes, then)) = fault.and_then(|fault| wire_faults::raw_output(fault, &id, served.as_ref())) {
            return output_on_stream(&shared, &session, bytes, then);
        }
        if let Some(answer) = replaced.or(served) {
            answer_on_stream(&shared, &session, answer, fault).await;
        }
    });
    text(202, "Accepted")
}

fn output_on_stream(shared: &Shared, session: &str, bytes: Bytes, then: Then) {
    shared.open_streams.send_step(session, Step::Send(bytes));
    match then {
        Then::End | Then::Hang => {}
        Then::Fin => drop(shared.open_streams.send_step(session, Step::Cut(How::Fin))),
        Then::Rst => drop(shared.open_streams.send_step(session, Step::Cut(How::Rst))),
    }
}

async fn answer_on_stream(shared: &Shared, session: &str, answer: Answer, fault: Option<&Fault>) {
    if matches!(fault, Some(Fault::Hang { .. } | Fault::Accepted { .. })) {
        return;
    }
    for step in wire_faults::on_stream(shared, answer, fault) {
        match step {
            // Other tasks may send meanwhile.
            Step::Wait(time) => tokio::time::sleep(time).await,
            step => {
                shared.open_streams.send_step(session, step);
            }
        }
    }
    match fault {
        Some(Fault::StreamCut { how: How::End, .. }) => shared.open_streams.end(session),
        _ => shared.open_streams.send_kept(session),
    }
}

/// The effect of a fault on the POST.
async fn instead(shared: &Arc<Shared>, exchange: &Exchange, fate: &Fate, fault: &Fault, guard: &Guard) -> Answer {
    let mut accepted = Answer::empty(500);
    if fault.serves_first() {
        match read(shared, exchange) {
            Ok((session, plan)) => {
                if let Some(plan) = plan {
                    calls::carry_out(shared, plan, fate, Some(Outlet::Session(session))).await;
                }
                accepted = text(202, "Accepted");
            }
            Err(refused) => accepted = *refused,
        }
    } else if !fate.before.is_zero() {
        tokio::time::sleep(fate.before).await;
    }
    if !fate.after.is_zero() {
        tokio::time::sleep(fate.after).await;
    }
    if let Fault::Restart { down_ms, with, .. } = fault {
        shared.restarts.restart(*with + 1, Duration::from_millis(*down_ms)).await;
        return pending().await;
    }
    if let Fault::Reset { how, .. } = fault {
        guard.connection().end(*how);
        return pending().await;
    }
    if let Some(bytes) = wire_faults::raw_response(fault, exchange, None) {
        guard.connection().send_instead(bytes);
    }
    wire_faults::replacement(shared, exchange, fault, None).unwrap_or(accepted)
}
