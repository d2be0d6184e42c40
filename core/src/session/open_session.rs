//! An open session, which all calls share.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::protocol::era::{Codec, Era};
use crate::protocol::raw_result::RawReply;
use crate::session::inbound::InboundHandler;
use crate::session::opening_failure::OpeningFailure;
use crate::transport::link::Link;
use crate::util::in_flight::InFlight;
use crate::util::single_flight::{Reusable, SingleFlight};

/// An open session.
pub(crate) struct Session {
    /// The number of the session, so that a late failure of an old session does not end a new one.
    pub(crate) generation: u64,
    pub(crate) link: Arc<Link>,
    pub(crate) inbound: Arc<InboundHandler>,
    pub(crate) session_id: Option<HeaderValue>,
    /// The headers of every request in this session.
    pub(crate) headers: HeaderMap,
    /// Encodes the requests, in the era of the server.
    pub(crate) codec: Codec,
    /// The reply to `initialize` or `server/discover`; `None` if neither was sent.
    pub(crate) initialize_reply: Option<RawReply>,
    /// The number of calls that sent a request in it, each counted once.
    pub(crate) calls: AtomicU32,
    /// Those of them that are in flight.
    pub(crate) in_flight: InFlight,
    /// The task that reads the server's stream.
    pub(crate) listening: OnceLock<Listening>,
}

impl Session {
    pub(crate) fn era(&self) -> Era {
        self.codec.era()
    }

    /// The id of the session, from the handshake or a later response.
    pub(crate) fn session_id(&self) -> Option<&HeaderValue> {
        self.session_id.as_ref().or_else(|| self.inbound.late_session_id())
    }

    /// The values that allow others to use this session.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let id = self.session_id().map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let mut secrets: Vec<_> = id.into_iter().collect();
        if let Link::Sse(link) = &*self.link {
            secrets.extend(link.secrets());
        }
        secrets
    }

    /// The headers of a request in this session.
    pub(crate) fn request_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        if let (None, Some(id)) = (&self.session_id, self.inbound.late_session_id()) {
            headers.insert(crate::util::headers::MCP_SESSION_ID, id.clone());
        }
        headers
    }
}

/// The task that reads the server's stream.
pub(crate) struct Listening {
    task: AbortHandle,
    /// Whether the server has responded, with a stream or without.
    has_response: watch::Receiver<bool>,
    /// How long calls wait for the response.
    until: Instant,
    stream: Arc<ServerStreamState>,
}

/// The state of the server's stream.
#[derive(Default)]
pub(crate) struct ServerStreamState {
    /// When the stream was requested, and whether it is open; `None` if there is none.
    requested_at: Mutex<Option<(Instant, bool)>>,
    /// Whether the server has responded to calls while the stream was open.
    serves_calls: AtomicBool,
    /// The number of events received.
    events: AtomicU64,
}

/// A server with one worker handles a request for the stream first if it is this much older than a call.
const PRECEDES_AFTER: Duration = Duration::from_secs(1);

impl ServerStreamState {
    pub(crate) fn requested(&self) {
        *self.locked() = Some((Instant::now(), false));
    }

    pub(crate) fn opened(&self) {
        if let Some((_, open)) = &mut *self.locked() {
            *open = true;
        }
    }

    pub(crate) fn ended(&self) {
        *self.locked() = None;
    }

    /// Counts an event.
    pub(crate) fn count_event(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of events received.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Whether the stream may occupy the worker that a call needs.
    pub(crate) fn may_block_calls(&self) -> bool {
        self.locked().is_some() && !self.serves_calls.load(Ordering::Relaxed)
    }

    /// Whether the server handles the stream before a call that is sent now.
    pub(crate) fn precedes_calls(&self) -> bool {
        self.locked().is_some_and(|(requested, open)| open || requested.elapsed() >= PRECEDES_AFTER)
    }

    /// Records a response to a call that was sent after the stream.
    pub(crate) fn serves_calls(&self) {
        if self.locked().is_some() {
            self.serves_calls.store(true, Ordering::Relaxed);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Option<(Instant, bool)>> {
        self.requested_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long calls wait for the stream after it was requested: some servers send its head only with the first event.
const RESPONSE_WAIT: Duration = Duration::from_secs(1);

impl Listening {
    pub(crate) fn new(task: AbortHandle, has_response: watch::Receiver<bool>, stream: Arc<ServerStreamState>) -> Self {
        Self { task, has_response, until: Instant::now() + RESPONSE_WAIT, stream }
    }

    /// A stream that no call waits for.
    pub(crate) fn without_wait(task: AbortHandle) -> Self {
        Self::new(task, watch::channel(true).1, Arc::default())
    }

    pub(crate) fn stream(&self) -> &ServerStreamState {
        &self.stream
    }

    pub(crate) async fn responded(&self) {
        if !*self.has_response.borrow() {
            let mut has_response = self.has_response.clone();
            let _ = tokio::time::timeout_at(self.until, has_response.wait_for(|known| *known)).await;
        }
    }

    pub(crate) fn end(&self) {
        self.stream.ended();
        self.task.abort();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("generation", &self.generation)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.end();
        }
    }
}

/// The session of a client, opened once for all callers.
pub(crate) type SessionCache = SingleFlight<Session, OpeningFailure>;

impl Reusable for Session {
    fn generation(&self) -> u64 {
        self.generation
    }

    /// A session whose process or stream has ended is not usable.
    fn is_usable(&self) -> bool {
        !self.link.is_down()
    }
}
