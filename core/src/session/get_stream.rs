//! The optional stream on which a server sends messages outside of calls, requested by GET (specification 2025-11-25,
//! basic/transports, Listening for Messages from the Server). A server without one responds with 405.

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
use crate::retry::plan::Plan;
use crate::session::inbound::InboundHandler;
use crate::session::loss::{self, LossSign};
use crate::session::manager::SessionManager;
use crate::session::open_session::{Listening, ServerStreamState, Session};
use crate::transport::classify::{self, ResponseContext};
use crate::transport::deferred_response::DeferredResponses;
use crate::transport::link::Link;
use crate::transport::message::{Listener, message};
use crate::transport::sse_stream::EventStream;
use crate::transport::streamable_http::{StreamOutcome, get_stream};
use crate::transport::{reconnect_delay, response_reader};
use crate::util::headers;
use crate::util::wait_group::WaitGroup;

/// The most failed requests in a row before the client stops listening.
const MAX_RECONNECTS: u32 = 5;
/// After a stream that was open this long, the backoff begins again.
pub(crate) const STABLE_AFTER: Duration = Duration::from_secs(10);
/// The timeout of the response head; the client is referenced meanwhile.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest that a call waits without a byte before the server's stream is closed for it.
const MAX_BLOCKED: Duration = Duration::from_secs(5);

/// Closes the server's stream if a call that was sent after it receives no byte: a server with one worker serves nothing
/// else while the stream is open. The call continues and is not sent again.
pub(crate) async fn close_if_blocking(
    manager: &SessionManager,
    session: Option<&Session>,
    idle: &IdleTimer,
) -> Infallible {
    if let Some(listening) = session.and_then(|session| session.listening.get()) {
        let stream = listening.stream();
        let _observer = stream.precedes_calls().then_some(ObservesResponse { stream, idle });
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

/// Whether the stream seems to occupy the only worker of the server. Returns after the call had no response for long
/// enough.
async fn blocks_calls(stream: &ServerStreamState, idle: &IdleTimer, open_requests: &WaitGroup) -> bool {
    if !stream.may_block_calls() {
        return false;
    }
    let events = stream.events();
    let wait = idle.timeout().map_or(MAX_BLOCKED, |timeout| (timeout / 2).min(MAX_BLOCKED));
    let mut from = Instant::now();
    loop {
        tokio::time::sleep_until(from + wait).await;
        match idle.last_upload().filter(|sent| *sent > from) {
            // The request was still being sent.
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
        // Recorded now, because this call may take long and other calls begin to wait.
        stream.serves_calls();
    }
    !idle.has_response() && stream.events() == events && stream.may_block_calls()
}

/// Records at the end of a call that was sent after the stream whether the server responded.
struct ObservesResponse<'a> {
    stream: &'a ServerStreamState,
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
    // Expected from now on: the first call of a session is sent while the stream is requested.
    let mut expected = Some(deferred.expect_stream());
    let (manager, session) = (Arc::downgrade(manager), Arc::downgrade(session));
    let (responded, has_response) = watch::channel(false);
    let own = Arc::<ServerStreamState>::default();
    let stream = Arc::clone(&own);
    let task = tokio::spawn(async move {
        let mut position = StreamPosition::default();
        loop {
            let own = expected.take().unwrap_or_else(|| deferred.expect_stream());
            let next = listen_once(&manager, &session, &mut position, &responded, &stream, &deferred).await;
            drop(own);
            stream.ended();
            let Some(next) = next else { break };
            tokio::time::sleep(next).await;
        }
    });
    Listening::new(task.abort_handle(), has_response, own)
}

/// Where the next stream continues.
#[derive(Default)]
struct StreamPosition {
    last_event_id: Option<String>,
    /// Whether a stream was open before.
    was_open: bool,
    /// The wait that the server set.
    retry: Option<Duration>,
}

/// Reads one stream to its end. Returns the wait before the next one, or `None` if there is none.
async fn listen_once(
    manager: &Weak<SessionManager>,
    session: &Weak<Session>,
    position: &mut StreamPosition,
    responded: &watch::Sender<bool>,
    stream: &ServerStreamState,
    deferred: &DeferredResponses,
) -> Option<Duration> {
    let (mut events, inbound) = {
        let (manager, session) = (manager.upgrade()?, session.upgrade()?);
        let (headers, token) = match access_token::add_to(&manager.context, session.request_headers()).await {
            Ok(found) => found,
            Err(failure) => return after_failure(&manager, &session, &failure, None),
        };
        stream.requested();
        let response =
            tokio::time::timeout(OPEN_TIMEOUT, request(&manager, &session, headers, position.last_event_id.as_deref()));
        let response = response.await.unwrap_or_else(|_| Err(idle_timeout::timed_out(None)));
        responded.send_replace(true);
        match response {
            Ok(events) => (events, Arc::clone(&session.inbound)),
            Err(failure) if is_about_position(&failure) && position.last_event_id.take().is_some() => {
                // The server no longer has that event, but a new stream receives further messages.
                return wait_before_retry(&manager);
            }
            Err(failure) if position.was_open && failure.error.info().status.is_some_and(is_previous_stream_open) => {
                // The server has not noticed the end of the previous stream yet.
                return wait_before_retry(&manager);
            }
            Err(failure) => return after_failure(&manager, &session, &failure, token.as_deref()),
        }
    };
    position.was_open = true;
    stream.opened();
    // Neither the client nor the session is referenced while waiting.
    let begun = Instant::now();
    let mut has_messages = false;
    while let Some(Ok(data)) = events.next().await {
        stream.count_event();
        has_messages |= handle(&inbound, deferred, &Bytes::from(data));
    }
    position.last_event_id = events.last_event_id().or(position.last_event_id.take());
    position.retry = events.retry().or(position.retry);
    let manager = manager.upgrade()?;
    if has_messages || begun.elapsed() >= STABLE_AFTER {
        manager.listening_failures.store(0, Ordering::Relaxed);
    }
    // A stream that was opened is requested again without limit, with growing waits if it receives nothing.
    let (_, own) = backoff(&manager);
    let named = position.retry.map_or(Duration::ZERO, |retry| reconnect_delay::wait(retry, fastrand::f64()));
    Some(named.max(own))
}

/// Whether the stream may have been refused only because of the id of its last event.
fn is_about_position(failure: &AttemptError) -> bool {
    failure.class == FailureClass::Refused && matches!(failure.error.info().status, Some(400 | 404 | 410 | 412 | 422))
}

/// The wait before the next request; `None` after too many failures in a row.
fn wait_before_retry(manager: &SessionManager) -> Option<Duration> {
    let (failures, wait) = backoff(manager);
    (failures <= MAX_RECONNECTS).then_some(wait)
}

/// Counts a failure. Returns the failures in a row, and the wait before the next request.
pub(crate) fn backoff(manager: &SessionManager) -> (u32, Duration) {
    let failures = manager.listening_failures.fetch_add(1, Ordering::Relaxed) + 1;
    (failures, manager.context.settings.backoff.wait(failures, fastrand::f64()))
}

async fn request(
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
        StreamOutcome::Refused(response) if response.status == StatusCode::METHOD_NOT_ALLOWED => {
            Err(AttemptError::new(FailureClass::Refused, Code::UnknownAddress, "the server has no such stream"))
        }
        StreamOutcome::Refused(response) => {
            let context = ResponseContext { in_session: session.session_id().is_some(), has_envelope_codes: false };
            let failure = classify::refused(&Method::GET, response, &manager.context.settings.profile, context);
            let named = context.in_session
                && matches!(failure.class, FailureClass::Refused | FailureClass::Unauthorized)
                && loss::names_unknown_session(&failure);
            let is_lost = named && manager.suspects(&LossSign::of(&failure, named, "GET".to_owned()), session);
            Err(if is_lost { AttemptError { class: FailureClass::SessionLost, ..failure } } else { failure })
        }
    }
}

/// Handles a refused stream. Returns the wait before the next request, or `None` if there is none.
pub(crate) fn after_failure(
    manager: &Arc<SessionManager>,
    session: &Session,
    failure: &AttemptError,
    sent: Option<&Token>,
) -> Option<Duration> {
    if matches!(
        failure.class,
        FailureClass::Refused
            | FailureClass::CertificateInvalid
            | FailureClass::ProxyRefused
            | FailureClass::QuotaSpent
    ) {
        return None;
    }
    let wait = wait_before_retry(manager)?;
    match failure.class {
        FailureClass::SessionLost => {
            manager.lose_session(session.generation);
            // Opens a new session with its own stream, because no call may follow that would do so.
            let manager = Arc::clone(manager);
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                manager.connected(&Plan::client_limits(&manager.context)).await.map(drop)
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

/// Handles an event. Returns whether it had a message other than an unexpected response.
fn handle(inbound: &InboundHandler, deferred: &DeferredResponses, text: &Bytes) -> bool {
    let mut has_messages = false;
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
        has_messages = true;
    }
    has_messages
}

fn answered_here() -> String {
    "the server accepted a request and sent the response on its own stream".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(60);

    /// What happens during a call that is sent after the stream.
    enum During {
        Nothing,
        Event,
        Head(u16),
        /// A request of the server, open from the second before the call for this many seconds.
        ServerRequest(u64),
        /// A piece of the request each second, for this many seconds.
        Upload(u64),
    }

    /// Whether the stream blocks the call, after how many seconds, and whether it may block later calls.
    async fn observe(during: During) -> (bool, u64, bool) {
        let stream = ServerStreamState::default();
        stream.requested();
        stream.opened();
        let idle = IdleTimer::start(Some(TIMEOUT));
        let open_requests = Arc::<WaitGroup>::default();
        let begun = Instant::now();
        let request = matches!(during, During::ServerRequest(_)).then(|| open_requests.begin());
        let happens = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            match during {
                During::Nothing => {}
                During::Event => stream.count_event(),
                During::Head(status) => idle.note_response(StatusCode::from_u16(status).unwrap()),
                During::ServerRequest(seconds) => {
                    tokio::time::sleep(Duration::from_secs(seconds - 1)).await;
                    drop(request);
                }
                During::Upload(seconds) => {
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
    async fn a_stream_blocks_calls_only_if_nothing_else_explains_the_missing_response() {
        assert_eq!(observe(During::Nothing).await, (true, 5, true));
        assert_eq!(observe(During::Event).await, (false, 5, true), "the server has sent something on it");
        for status in [200, 202, 400, 404, 500] {
            assert_eq!(observe(During::Head(status)).await, (false, 5, false), "{status}");
        }
        for status in [502, 503, 504] {
            assert_eq!(observe(During::Head(status)).await, (false, 5, true), "{status}, perhaps of a gateway");
        }
        assert_eq!(
            observe(During::ServerRequest(9)).await,
            (true, 14, true),
            "the server waits for the client meanwhile"
        );
        assert_eq!(observe(During::Upload(8)).await, (true, 13, true), "counted from the last piece");
    }
}
