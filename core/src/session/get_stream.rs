//! The stream that a server may send by itself on, asked for by GET (specification 2025-11-25, basic/transports,
//! Listening for Messages from the Server). It is optional: a server without one says 405.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::auth::token::Token;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::body::{self, Body};
use crate::http::idle_timeout::{self, IdleTimer};
use crate::http::status::is_previous_stream_open;
use crate::oauth::access_token;
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::Message;
use crate::session::inbound::InboundHandler;
use crate::session::loss::{self, LossSign};
use crate::session::manager::SessionManager;
use crate::session::open_session::{Listening, OwnStream, Session};
use crate::transport::classify::{self, ResponseContext};
use crate::transport::deferred_response::DeferredResponses;
use crate::transport::link::Link;
use crate::transport::message::{Listener, message};
use crate::transport::sse_stream::EventStream;
use crate::transport::streamable_http::{StreamOutcome, get_stream};
use crate::transport::{reconnect_delay, response_reader};
use crate::util::headers;
use crate::util::wait_group::WaitGroup;

/// How often in a row the stream is asked for in vain, before the client stops listening.
const MAX_RECONNECTS: u32 = 5;
/// A stream that lived so long was a good one: the waits before the next ones begin anew.
pub(crate) const STABLE_AFTER: Duration = Duration::from_secs(10);
/// How long the head of a stream is waited for at most, as the client is held meanwhile.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest that a call waits without a byte before the server's own stream is given up for it.
const MAX_BLOCKED: Duration = Duration::from_secs(5);

/// Ends the server's own stream where a call that was sent behind it gets not one byte: a server with one worker serves
/// nothing else while the stream is open. The call itself goes on, and is not sent again.
pub(crate) async fn close_if_blocking(
    manager: &SessionManager,
    session: Option<&Session>,
    idle: &IdleTimer,
) -> Infallible {
    if let Some(listening) = session.and_then(|session| session.listening.get()) {
        let stream = listening.stream();
        let _room = stream.precedes_calls().then_some(ObservesResponse { stream, idle });
        let did = || "the server answers no call while its own event stream is open".to_owned();
        if blocks_calls(stream, idle, &manager.open_requests).await
            && manager.context.accepts(Deviation::OneAtATime, did)
        {
            listening.end();
            idle.restart();
        }
    }
    std::future::pending().await
}

/// Whether the stream seems to take up the worker that a call needs; returns when the call was without an answer for long
/// enough to tell.
async fn blocks_calls(stream: &OwnStream, idle: &IdleTimer, open_requests: &WaitGroup) -> bool {
    if !stream.may_block_calls() {
        return false;
    }
    let events = stream.events();
    let wait = idle.timeout().map_or(MAX_BLOCKED, |timeout| (timeout / 2).min(MAX_BLOCKED));
    let mut from = Instant::now();
    loop {
        tokio::time::sleep_until(from + wait).await;
        match idle.last_upload().filter(|sent| *sent > from) {
            // The request was still leaving.
            Some(sent) => from = sent,
            None if open_requests.is_open_behind(0) => {
                // The server waits for the client.
                open_requests.over().await;
                from = Instant::now();
            }
            None => break,
        }
    }
    if idle.has_server_response() {
        // Noted now, as this call may take long, and others begin to wait.
        stream.serves_calls();
    }
    !idle.has_response() && stream.events() == events && stream.may_block_calls()
}

/// Notes at the end of a call that was sent behind the stream whether the server answered it.
struct ObservesResponse<'a> {
    stream: &'a OwnStream,
    idle: &'a IdleTimer,
}

impl Drop for ObservesResponse<'_> {
    fn drop(&mut self) {
        if self.idle.has_server_response() {
            self.stream.serves_calls();
        }
    }
}

/// Listens in the background until the session ends.
pub(crate) fn start(manager: &Arc<SessionManager>, session: &Arc<Session>) -> Listening {
    let deferred = match &*session.link {
        Link::StreamableHttp { deferred, .. } if !manager.context.settings.strict => Arc::clone(deferred),
        _ => Arc::default(),
    };
    // From now on: the first call of a session is sent while the stream is being asked for.
    let mut expected = Some(deferred.expect_stream());
    let (manager, session) = (Arc::downgrade(manager), Arc::downgrade(session));
    let (settle, settled) = watch::channel(false);
    let own = Arc::<OwnStream>::default();
    let stream = Arc::clone(&own);
    let task = tokio::spawn(async move {
        let mut place = StreamPosition::default();
        loop {
            let own = expected.take().unwrap_or_else(|| deferred.expect_stream());
            let next = listen_once(&manager, &session, &mut place, &settle, &stream, &deferred).await;
            drop(own);
            stream.ended();
            let Some(next) = next else { break };
            tokio::time::sleep(next).await;
        }
    });
    Listening::new(task.abort_handle(), settled, own)
}

/// Where the next stream goes on.
#[derive(Default)]
struct StreamPosition {
    last_event_id: Option<String>,
    /// Whether there was a stream already.
    was_open: bool,
    /// The wait that the server named.
    retry: Option<Duration>,
}

/// One stream to its end; then how long to wait before the next, or nothing where there is none to be had.
async fn listen_once(
    manager: &Weak<SessionManager>,
    session: &Weak<Session>,
    place: &mut StreamPosition,
    settle: &watch::Sender<bool>,
    stream: &OwnStream,
    deferred: &DeferredResponses,
) -> Option<Duration> {
    let (mut events, inbound) = {
        let (manager, session) = (manager.upgrade()?, session.upgrade()?);
        let (headers, token) = match access_token::add_to(&manager.context, session.request_headers()).await {
            Ok(found) => found,
            Err(failure) => return after_failure(&manager, &session, &failure, None),
        };
        stream.requested();
        let asked =
            tokio::time::timeout(OPEN_TIMEOUT, ask(&manager, &session, headers, place.last_event_id.as_deref()));
        let asked = asked.await.unwrap_or_else(|_| Err(idle_timeout::timed_out(None)));
        settle.send_replace(true);
        match asked {
            Ok(events) => (events, Arc::clone(&session.inbound)),
            Err(failure) if is_about_the_place(&failure) && place.last_event_id.take().is_some() => {
                // It has forgotten what was said: what it says from now on can still be heard.
                return may_be_tried_again(&manager);
            }
            Err(failure) if place.was_open && failure.error.info().status.is_some_and(is_previous_stream_open) => {
                // It has not seen the end of the stream before, and says that there is one already.
                return may_be_tried_again(&manager);
            }
            Err(failure) => return after_failure(&manager, &session, &failure, token.as_deref()),
        }
    };
    place.was_open = true;
    stream.opened();
    // Neither the client nor its session is held while nothing comes.
    let begun = Instant::now();
    let mut heard = false;
    while let Some(Ok(data)) = events.next().await {
        stream.hears();
        heard |= hear(&inbound, deferred, &Bytes::from(data));
    }
    place.last_event_id = events.last_event_id().or(place.last_event_id.take());
    place.retry = events.retry().or(place.retry);
    let manager = manager.upgrade()?;
    if heard || begun.elapsed() >= STABLE_AFTER {
        manager.listening_failures.store(0, Ordering::Relaxed);
    }
    // One that opened is asked for again without end, but ever more slowly while it comes to nothing.
    let (_, own) = backoff(&manager);
    let named = place.retry.map_or(Duration::ZERO, |retry| reconnect_delay::wait(retry, fastrand::f64()));
    Some(named.max(own))
}

/// Whether a stream was refused perhaps only because it was to go on behind an event.
fn is_about_the_place(failure: &AttemptError) -> bool {
    failure.happened == FailureClass::Refused
        && matches!(failure.error.info().status, Some(400 | 404 | 410 | 412 | 422))
}

/// The wait before the next try; nothing where too many in a row have failed.
fn may_be_tried_again(manager: &SessionManager) -> Option<Duration> {
    let (failures, wait) = backoff(manager);
    (failures <= MAX_RECONNECTS).then_some(wait)
}

/// How many tries in a row have failed, and the wait before the next one.
pub(crate) fn backoff(manager: &SessionManager) -> (u32, Duration) {
    let failures = manager.listening_failures.fetch_add(1, Ordering::Relaxed) + 1;
    (failures, manager.context.settings.backoff.wait(failures, fastrand::f64()))
}

async fn ask(
    manager: &Arc<SessionManager>,
    session: &Arc<Session>,
    mut headers: HeaderMap,
    last_event_id: Option<&str>,
) -> Result<EventStream<impl futures_util::Stream<Item = Result<Bytes, AttemptError>> + Unpin + use<>>, AttemptError> {
    let Link::StreamableHttp { http, url, .. } = &*session.link else {
        return Err(AttemptError::new(FailureClass::Refused, Code::UnknownAddress, "there is no such stream"));
    };
    if let Some(value) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(headers::LAST_EVENT_ID, value);
    }
    match get_stream(&http.here(), url, headers, &manager.context.settings.limits).await? {
        StreamOutcome::Open(response) => Ok(EventStream::new(
            Box::pin(body::chunks(Body::of(response), None)),
            manager.context.settings.limits.event,
        )),
        StreamOutcome::Refused(answer) if answer.status == StatusCode::METHOD_NOT_ALLOWED => {
            Err(AttemptError::new(FailureClass::Refused, Code::UnknownAddress, "the server has no such stream"))
        }
        StreamOutcome::Refused(answer) => {
            let context = ResponseContext { in_session: session.session_id().is_some(), has_envelope_codes: false };
            let failure = classify::refused(&Method::GET, answer, &manager.context.settings.profile, context);
            let is_named = context.in_session
                && matches!(failure.happened, FailureClass::Refused | FailureClass::Unauthorized)
                && loss::names_unknown_session(&failure);
            let is_lost = is_named && manager.suspects(&LossSign::of(&failure, "GET".to_owned()), session);
            Err(if is_lost { AttemptError { happened: FailureClass::SessionLost, ..failure } } else { failure })
        }
    }
}

/// What a stream that was not given means: the wait before the next try, or nothing where there is none to be had.
pub(crate) fn after_failure(
    manager: &Arc<SessionManager>,
    session: &Session,
    failure: &AttemptError,
    sent: Option<&Token>,
) -> Option<Duration> {
    if matches!(
        failure.happened,
        FailureClass::Refused
            | FailureClass::CertificateInvalid
            | FailureClass::ProxyRefused
            | FailureClass::QuotaSpent
    ) {
        return None;
    }
    let wait = may_be_tried_again(manager)?;
    match failure.happened {
        FailureClass::SessionLost => {
            manager.lose_session(session.generation);
            // Opened anew, with a stream of its own: nobody may be about to call.
            let manager = Arc::clone(manager);
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                manager.connected().await.map(drop)
            });
            None
        }
        FailureClass::Unauthorized => sent.map(|token| {
            manager.context.tokens.lose(token.generation);
            wait
        }),
        _ => Some(wait.max(failure.retry_after().unwrap_or_default()).min(reconnect_delay::AT_MOST)),
    }
}

/// Whether there was a message of the server's own in it.
fn hear(inbound: &InboundHandler, deferred: &DeferredResponses, text: &Bytes) -> bool {
    let mut heard = false;
    for text in response_reader::messages(text, inbound) {
        match message(&text, inbound) {
            Some(Message::Notification { method, params }) => inbound.notification(&method, params),
            Some(Message::Request { id, method, params }) => inbound.request(id, &method, params),
            Some(Message::Response { id: Some(id), .. }) if deferred.is_pending(id) => {
                if !inbound.accepts(Deviation::OtherStream, &answered_here) {
                    continue;
                }
                deferred.deliver(&text, inbound);
            }
            Some(Message::Response { .. }) => {
                inbound.accepts(Deviation::UnknownId, &response_reader::unknown_id);
                continue;
            }
            None => {
                response_reader::skips(&text, inbound);
                continue;
            }
        }
        heard = true;
    }
    heard
}

fn answered_here() -> String {
    "the server accepted a request and sent the response on its own stream".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    /// What happens beside a call that is sent behind the stream.
    enum Beside {
        Nothing,
        AnEvent,
        AHead(u16),
        /// From the second before the call on, for so many seconds.
        AQuestion(u64),
        /// A piece of the request each second, for so many seconds.
        AnUpload(u64),
    }

    /// Whether the stream is found to be in the way, after how many seconds, and whether it may be of later calls.
    async fn found(beside: Beside) -> (bool, u64, bool) {
        let stream = OwnStream::default();
        stream.requested();
        stream.opened();
        let idle = IdleTimer::start(Some(TIMEOUT));
        let open_requests = Arc::<WaitGroup>::default();
        let begun = Instant::now();
        let question = matches!(beside, Beside::AQuestion(_)).then(|| open_requests.begin());
        let happens = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            match beside {
                Beside::Nothing => {}
                Beside::AnEvent => stream.hears(),
                Beside::AHead(status) => idle.note_response(StatusCode::from_u16(status).unwrap()),
                Beside::AQuestion(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds - 1)).await;
                    drop(question);
                }
                Beside::AnUpload(seconds) => {
                    for _ in 0..seconds {
                        idle.note_upload();
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
            begun
        };
        let watched = async {
            let blocks_calls = blocks_calls(&stream, &idle, &open_requests).await;
            (blocks_calls, Instant::now())
        };
        let (begun, (blocks_calls, ended)) = tokio::join!(happens, watched);
        (blocks_calls, (ended - begun).as_secs(), stream.may_block_calls())
    }

    #[tokio::test(start_paused = true)]
    async fn the_stream_is_in_the_way_only_where_nothing_else_explains_the_silence() {
        assert_eq!(found(Beside::Nothing).await, (true, 5, true));
        assert_eq!(found(Beside::AnEvent).await, (false, 5, true), "the server has sent something on it");
        for status in [200, 202, 400, 404, 500] {
            assert_eq!(found(Beside::AHead(status)).await, (false, 5, false), "{status}");
        }
        for status in [502, 503, 504] {
            assert_eq!(found(Beside::AHead(status)).await, (false, 5, true), "{status}, perhaps of a gateway");
        }
        assert_eq!(found(Beside::AQuestion(9)).await, (true, 14, true), "the server waits for the client meanwhile");
        assert_eq!(found(Beside::AnUpload(8)).await, (true, 13, true), "counted from the last piece");
    }
}
