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
use crate::transport::deferred_response::Elsewhere;
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
pub(crate) const LIVED: Duration = Duration::from_secs(10);
/// How long the head of a stream is waited for at most, as the client is held meanwhile.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// The longest that a call waits without a byte before the server's own stream is given up for it.
const WAIT_FOR_A_WORKER: Duration = Duration::from_secs(5);

/// Ends the server's own stream where a call that was sent behind it gets not one byte: a server with one worker serves
/// nothing else while the stream is open. The call itself goes on, and is not sent again.
pub(crate) async fn yields_to(core: &SessionManager, peer: Option<&Session>, idle: &IdleTimer) -> Infallible {
    if let Some(listening) = peer.and_then(|peer| peer.listening.get()) {
        let stream = listening.stream();
        let _room = stream.is_before_a_call().then_some(NotesRoom { stream, idle });
        let did = || "the server answers no call while its own event stream is open".to_owned();
        if is_in_the_way(stream, idle, &core.asking).await && core.context.accepts(Deviation::OneAtATime, did) {
            listening.end();
            idle.restart();
        }
    }
    std::future::pending().await
}

/// Whether the stream seems to take up the worker that a call needs; returns when the call was without an answer for long
/// enough to tell.
async fn is_in_the_way(stream: &OwnStream, idle: &IdleTimer, asking: &WaitGroup) -> bool {
    if !stream.may_be_in_the_way() {
        return false;
    }
    let events = stream.events();
    let wait = idle.timeout().map_or(WAIT_FOR_A_WORKER, |timeout| (timeout / 2).min(WAIT_FOR_A_WORKER));
    let mut from = Instant::now();
    loop {
        tokio::time::sleep_until(from + wait).await;
        match idle.sent().filter(|sent| *sent > from) {
            // The request was still leaving.
            Some(sent) => from = sent,
            None if asking.is_open_behind(0) => {
                // The server waits for the client.
                asking.over().await;
                from = Instant::now();
            }
            None => break,
        }
    }
    if idle.has_heard_the_server() {
        // Noted now, as this call may take long, and others begin to wait.
        stream.leaves_room();
    }
    !idle.has_heard() && stream.events() == events && stream.may_be_in_the_way()
}

/// Notes at the end of a call that was sent behind the stream whether the server answered it.
struct NotesRoom<'a> {
    stream: &'a OwnStream,
    idle: &'a IdleTimer,
}

impl Drop for NotesRoom<'_> {
    fn drop(&mut self) {
        if self.idle.has_heard_the_server() {
            self.stream.leaves_room();
        }
    }
}

/// Listens in the background until the session ends.
pub(crate) fn start(core: &Arc<SessionManager>, peer: &Arc<Session>) -> Listening {
    let elsewhere = match &*peer.link {
        Link::StreamableHttp { elsewhere, .. } if !core.context.settings.strict => Arc::clone(elsewhere),
        _ => Arc::default(),
    };
    // From now on: the first call of a session is sent while the stream is being asked for.
    let mut expected = Some(elsewhere.expect_stream());
    let (core, peer) = (Arc::downgrade(core), Arc::downgrade(peer));
    let (settle, settled) = watch::channel(false);
    let own = Arc::<OwnStream>::default();
    let stream = Arc::clone(&own);
    let task = tokio::spawn(async move {
        let mut place = StreamPosition::default();
        loop {
            let own = expected.take().unwrap_or_else(|| elsewhere.expect_stream());
            let next = listen_once(&core, &peer, &mut place, &settle, &stream, &elsewhere).await;
            drop(own);
            stream.is_over();
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
    core: &Weak<SessionManager>,
    peer: &Weak<Session>,
    place: &mut StreamPosition,
    settle: &watch::Sender<bool>,
    stream: &OwnStream,
    elsewhere: &Elsewhere,
) -> Option<Duration> {
    let (mut events, ears) = {
        let (core, peer) = (core.upgrade()?, peer.upgrade()?);
        let (headers, token) = match access_token::add_to(&core.context, peer.request_headers()).await {
            Ok(found) => found,
            Err(failure) => return after_failure(&core, &peer, &failure, None),
        };
        stream.is_asked_for();
        let asked = tokio::time::timeout(OPEN_WITHIN, ask(&core, &peer, headers, place.last_event_id.as_deref()));
        let asked = asked.await.unwrap_or_else(|_| Err(idle_timeout::too_late(None)));
        settle.send_replace(true);
        match asked {
            Ok(events) => (events, Arc::clone(&peer.ears)),
            Err(failure) if is_about_the_place(&failure) && place.last_event_id.take().is_some() => {
                // It has forgotten what was said: what it says from now on can still be heard.
                return may_be_tried_again(&core);
            }
            Err(failure) if place.was_open && failure.error.info().status.is_some_and(is_previous_stream_open) => {
                // It has not seen the end of the stream before, and says that there is one already.
                return may_be_tried_again(&core);
            }
            Err(failure) => return after_failure(&core, &peer, &failure, token.as_deref()),
        }
    };
    place.was_open = true;
    stream.has_begun();
    // Neither the client nor its session is held while nothing comes.
    let begun = Instant::now();
    let mut heard = false;
    while let Some(Ok(data)) = events.next().await {
        stream.hears();
        heard |= hear(&ears, elsewhere, &Bytes::from(data));
    }
    place.last_event_id = events.last_event_id().or(place.last_event_id.take());
    place.retry = events.retry().or(place.retry);
    let core = core.upgrade()?;
    if heard || begun.elapsed() >= LIVED {
        core.listening_failures.store(0, Ordering::Relaxed);
    }
    // One that opened is asked for again without end, but ever more slowly while it comes to nothing.
    let (_, own) = backoff(&core);
    let named = place.retry.map_or(Duration::ZERO, |retry| reconnect_delay::wait(retry, fastrand::f64()));
    Some(named.max(own))
}

/// Whether a stream was refused perhaps only because it was to go on behind an event.
fn is_about_the_place(failure: &AttemptError) -> bool {
    failure.happened == FailureClass::Refused
        && matches!(failure.error.info().status, Some(400 | 404 | 410 | 412 | 422))
}

/// The wait before the next try; nothing where too many in a row have failed.
fn may_be_tried_again(core: &SessionManager) -> Option<Duration> {
    let (failures, wait) = backoff(core);
    (failures <= MAX_RECONNECTS).then_some(wait)
}

/// How many tries in a row have failed, and the wait before the next one.
pub(crate) fn backoff(core: &SessionManager) -> (u32, Duration) {
    let failures = core.listening_failures.fetch_add(1, Ordering::Relaxed) + 1;
    (failures, core.context.settings.backoff.wait(failures, fastrand::f64()))
}

async fn ask(
    core: &Arc<SessionManager>,
    peer: &Arc<Session>,
    mut headers: HeaderMap,
    last_event_id: Option<&str>,
) -> Result<EventStream<impl futures_util::Stream<Item = Result<Bytes, AttemptError>> + Unpin + use<>>, AttemptError> {
    let Link::StreamableHttp { http, url, .. } = &*peer.link else {
        return Err(AttemptError::new(FailureClass::Refused, Code::UnknownAddress, "there is no such stream"));
    };
    if let Some(value) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        headers.insert(headers::LAST_EVENT_ID, value);
    }
    match get_stream(&http.here(), url, headers, &core.context.settings.limits).await? {
        StreamOutcome::Open(response) => {
            Ok(EventStream::new(Box::pin(body::chunks(Body::of(response), None)), core.context.settings.limits.event))
        }
        StreamOutcome::Refused(answer) if answer.status == StatusCode::METHOD_NOT_ALLOWED => {
            Err(AttemptError::new(FailureClass::Refused, Code::UnknownAddress, "the server has no such stream"))
        }
        StreamOutcome::Refused(answer) => {
            let standing = ResponseContext { in_session: peer.session_id().is_some(), has_envelope_codes: false };
            let failure = classify::refused(&Method::GET, answer, &core.context.settings.profile, standing);
            let is_named = standing.in_session
                && matches!(failure.happened, FailureClass::Refused | FailureClass::Unauthorized)
                && loss::names_unknown_session(&failure);
            let is_lost = is_named && core.suspects(&LossSign::of(&failure, "GET".to_owned()), peer);
            Err(if is_lost { AttemptError { happened: FailureClass::SessionLost, ..failure } } else { failure })
        }
    }
}

/// What a stream that was not given means: the wait before the next try, or nothing where there is none to be had.
pub(crate) fn after_failure(
    core: &Arc<SessionManager>,
    peer: &Session,
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
    let wait = may_be_tried_again(core)?;
    match failure.happened {
        FailureClass::SessionLost => {
            core.lose_session(peer.generation);
            // Opened anew, with a stream of its own: nobody may be about to call.
            let core = Arc::clone(core);
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                core.peer().await.map(drop)
            });
            None
        }
        FailureClass::Unauthorized => sent.map(|token| {
            core.context.tokens.lose(token.generation);
            wait
        }),
        _ => Some(wait.max(failure.retry_after().unwrap_or_default()).min(reconnect_delay::AT_MOST)),
    }
}

/// Whether there was a message of the server's own in it.
fn hear(ears: &InboundHandler, elsewhere: &Elsewhere, text: &Bytes) -> bool {
    let mut heard = false;
    for text in response_reader::messages(text, ears) {
        match message(&text, ears) {
            Some(Message::Notification { method, params }) => ears.notification(&method, params),
            Some(Message::Request { id, method, params }) => ears.request(id, &method, params),
            Some(Message::Response { id: Some(id), .. }) if elsewhere.is_waited_for(id) => {
                if !ears.accepts(Deviation::OtherStream, &answered_here) {
                    continue;
                }
                elsewhere.deliver(&text, ears);
            }
            Some(Message::Response { .. }) => {
                ears.accepts(Deviation::UnknownId, &response_reader::unknown_id);
                continue;
            }
            None => {
                response_reader::skips(&text, ears);
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
        stream.is_asked_for();
        stream.has_begun();
        let idle = IdleTimer::start(Some(TIMEOUT));
        let asking = Arc::<WaitGroup>::default();
        let begun = Instant::now();
        let question = matches!(beside, Beside::AQuestion(_)).then(|| asking.begin());
        let happens = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            match beside {
                Beside::Nothing => {}
                Beside::AnEvent => stream.hears(),
                Beside::AHead(status) => idle.hears(StatusCode::from_u16(status).unwrap()),
                Beside::AQuestion(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds - 1)).await;
                    drop(question);
                }
                Beside::AnUpload(seconds) => {
                    for _ in 0..seconds {
                        idle.sends();
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
            begun
        };
        let watched = async {
            let is_in_the_way = is_in_the_way(&stream, &idle, &asking).await;
            (is_in_the_way, Instant::now())
        };
        let (begun, (is_in_the_way, ended)) = tokio::join!(happens, watched);
        (is_in_the_way, (ended - begun).as_secs(), stream.may_be_in_the_way())
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
