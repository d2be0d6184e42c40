//! The older HTTP+SSE transport (2024-11-05): messages go in by POST, everything comes out on one stream.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header};

use crate::answer::{Answer, Payload};
use crate::body::{AnswerBody, Step};
use crate::calls::{self, Plan};
use crate::connection::Guard;
use crate::exchange::Exchange;
use crate::faults::{Fault, How, Then};
use crate::mangle;
use crate::options::Transport;
use crate::script::Fate;
use crate::sessions::Standing;
use crate::shared::Shared;
use crate::talk::Outlet;

const MESSAGES: &str = "/messages";

/// Whether a request is a message that is answered on a stream.
pub(crate) fn takes(shared: &Shared, exchange: &Exchange) -> bool {
    shared.options.transport == Transport::Sse
        && exchange.http_method == Method::POST
        && exchange.path == MESSAGES
        && !crate::http::is_foreign(&exchange.headers)
}

/// `GET /sse`: opens a session and its stream, and names the address for its messages.
pub(crate) fn open(shared: &Shared, exchange: &Exchange) -> Answer {
    let options = &shared.options;
    let session = shared.open_session();
    let (first, feed) = shared.held.open(Some(&session), false, options.sse_retry_ms);
    let origin = exchange.header(header::HOST.as_str()).map(|host| format!("http://{host}")).unwrap_or_default();
    let event = |data: &str| -> Bytes {
        let data = data.replace("$SESSION", &session).replace("$ORIGIN", &origin);
        format!("event: endpoint\ndata: {data}\n\n").into()
    };
    let own = format!("{MESSAGES}?session_id={session}");
    let endpoint = event(options.endpoint_event.as_deref().unwrap_or(&own));
    if let Some(data) = &options.second_endpoint_event {
        shared.held.keep_for_later(&session, event(data));
    }
    let late = Duration::from_millis(options.endpoint_event_late_ms);
    let begins = match (options.no_endpoint_event, late.is_zero()) {
        (true, _) => first,
        (false, true) => [first, endpoint].concat().into(),
        (false, false) => {
            shared.held.tell(&session, Step::Wait(late));
            shared.held.tell(&session, Step::Send(endpoint));
            first
        }
    };
    Answer::new(200, Payload::Held(begins, feed))
}

/// Where a fault shows itself.
enum Side {
    /// The POST is not answered 202, and no answer comes on the stream.
    Post,
    /// The POST is answered 202.
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
    mangle::respond(shared, answer, on_post, Some(guard))
}

fn text(status: u16, text: &'static str) -> Answer {
    let content_type = HeaderValue::from_static("text/plain");
    Answer::new(status, Payload::Body { content_type, bytes: text.into() })
}

/// The session of a message and what is owed to it.
fn read(shared: &Arc<Shared>, exchange: &Exchange) -> Result<(String, Option<Plan>), Box<Answer>> {
    let service = shared.service.generic().ok_or_else(|| Answer::empty(404))?;
    let key = service.admit(shared, exchange)?;
    let session = exchange.parameter("session_id").ok_or_else(|| text(400, "session_id is required"))?;
    if shared.sessions().standing(&session) != Standing::Live || !shared.held.is_open(&session) {
        return Err(text(404, "Could not find session").into());
    }
    match service.message(shared, exchange, key, Some(&session)) {
        Ok(plan) => Ok((session, plan)),
        Err(_) => Err(text(400, "Could not parse message").into()),
    }
}

/// Takes a message: its answer comes on the stream.
async fn accept(shared: &Arc<Shared>, exchange: &Exchange, fate: Fate) -> Answer {
    let (session, plan) = match read(shared, exchange) {
        Ok(read) => read,
        Err(refused) => return *refused,
    };
    let fault = fate.fault.as_deref();
    let replaced = fault.and_then(|fault| mangle::replacement(shared, exchange, fault, None));
    let serves = fault.is_none_or(Fault::serves_first);
    let Some(plan) = plan else {
        if let Some((bytes, then)) = fault.and_then(|fault| mangle::raw_output(fault, &exchange.rpc_id(), None)) {
            output_on_stream(shared, &session, bytes, then);
            if matches!(then, Then::Fin | Then::Rst) {
                // The end of the stream is sent before the response is.
                shared.held.closed(&session).await;
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
        if let Some((bytes, then)) = fault.and_then(|fault| mangle::raw_output(fault, &id, served.as_ref())) {
            return output_on_stream(&shared, &session, bytes, then);
        }
        if let Some(answer) = replaced.or(served) {
            answer_on_stream(&shared, &session, answer, fault).await;
        }
    });
    text(202, "Accepted")
}

fn output_on_stream(shared: &Shared, session: &str, bytes: Bytes, then: Then) {
    shared.held.tell(session, Step::Send(bytes));
    match then {
        Then::End | Then::Hang => {}
        Then::Fin => drop(shared.held.tell(session, Step::Cut(How::Fin))),
        Then::Rst => drop(shared.held.tell(session, Step::Cut(How::Rst))),
    }
}

async fn answer_on_stream(shared: &Shared, session: &str, answer: Answer, fault: Option<&Fault>) {
    if matches!(fault, Some(Fault::Hang { .. } | Fault::Accepted { .. })) {
        return;
    }
    for step in mangle::on_stream(shared, answer, fault) {
        match step {
            // Others may speak meanwhile.
            Step::Wait(time) => tokio::time::sleep(time).await,
            step => {
                shared.held.tell(session, step);
            }
        }
    }
    match fault {
        Some(Fault::StreamCut { how: How::End, .. }) => shared.held.end(session),
        _ => shared.held.tell_later(session),
    }
}

/// What a fault of the POST makes of it.
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
    if let Some(bytes) = mangle::raw_response(fault, exchange, None) {
        guard.connection().send_instead(bytes);
    }
    mangle::replacement(shared, exchange, fault, None).unwrap_or(accepted)
}
