//! One peer: opened once for all callers, and opened again once for all when the server has lost it.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::error::attempt_error::AttemptError;
use crate::protocol::era::{Codec, Era};
use crate::protocol::raw_result::RawReply;
use crate::session::inbound::InboundHandler;
use crate::transport::link::Link;
use crate::util::in_flight::InFlight;
use crate::util::single_flight::{Reusable, SingleFlight};

/// An open session.
pub(crate) struct Session {
    /// Counts the openings, so that a late failure of an old session does not end the new one.
    pub(crate) generation: u64,
    pub(crate) link: Arc<Link>,
    pub(crate) inbound: Arc<InboundHandler>,
    pub(crate) session_id: Option<HeaderValue>,
    /// Headers of every request in this session.
    pub(crate) headers: HeaderMap,
    /// Encodes the requests, in the era of the server.
    pub(crate) codec: Codec,
    /// The answer to `initialize`; `None` where there was no handshake.
    pub(crate) welcome: Option<RawReply>,
    /// How many requests of calls were sent in it.
    pub(crate) requests: AtomicU32,
    /// Those of them that are on their way.
    pub(crate) in_flight: InFlight,
    /// The task that listens to the server's own stream.
    pub(crate) listening: OnceLock<Listening>,
}

impl Session {
    pub(crate) fn era(&self) -> Era {
        self.codec.era()
    }

    /// The id of the session: that of the handshake, or one that a later response gave.
    pub(crate) fn session_id(&self) -> Option<&HeaderValue> {
        self.session_id.as_ref().or_else(|| self.inbound.late_session_id())
    }

    /// What allows whoever has it to use this session.
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

/// The task that listens to the server's own stream.
pub(crate) struct Listening {
    task: AbortHandle,
    /// Whether the server has answered, with a stream or without.
    settled: watch::Receiver<bool>,
    /// How long calls wait for that.
    until: Instant,
    stream: Arc<OwnStream>,
}

/// What is known of the server's own stream.
#[derive(Default)]
pub(crate) struct OwnStream {
    /// When it was asked for, and whether it has begun; `None` while there is none.
    asked: Mutex<Option<(Instant, bool)>>,
    /// Whether the server was seen to answer calls while the stream was open.
    serves_calls: AtomicBool,
    /// How many events have come.
    events: AtomicU64,
}

/// A request for the stream that is older than a call is what a server with one worker takes up first.
const PRECEDES_AFTER: Duration = Duration::from_secs(1);

impl OwnStream {
    pub(crate) fn requested(&self) {
        *self.locked() = Some((Instant::now(), false));
    }

    pub(crate) fn opened(&self) {
        if let Some((_, begun)) = &mut *self.locked() {
            *begun = true;
        }
    }

    pub(crate) fn ended(&self) {
        *self.locked() = None;
    }

    /// An event came.
    pub(crate) fn hears(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// How many events have come.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Whether the stream may take up the worker that a call needs.
    pub(crate) fn may_block_calls(&self) -> bool {
        self.locked().is_some() && !self.serves_calls.load(Ordering::Relaxed)
    }

    /// Whether the server was busy with the stream before a call that is sent now.
    pub(crate) fn precedes_calls(&self) -> bool {
        self.locked().is_some_and(|(asked, begun)| begun || asked.elapsed() >= PRECEDES_AFTER)
    }

    /// A call was answered that was sent behind the stream.
    pub(crate) fn serves_calls(&self) {
        if self.locked().is_some() {
            self.serves_calls.store(true, Ordering::Relaxed);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Option<(Instant, bool)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest that calls wait for the stream to begin, counted from when it is asked for: some servers send its head with
/// the first event only.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

impl Listening {
    pub(crate) fn new(task: AbortHandle, settled: watch::Receiver<bool>, stream: Arc<OwnStream>) -> Self {
        Self { task, settled, until: Instant::now() + SETTLE_TIMEOUT, stream }
    }

    /// One that no call waits for.
    pub(crate) fn begun(task: AbortHandle) -> Self {
        Self::new(task, watch::channel(true).1, Arc::default())
    }

    pub(crate) fn stream(&self) -> &OwnStream {
        &self.stream
    }

    pub(crate) async fn settled(&self) {
        if !*self.settled.borrow() {
            let mut settled = self.settled.clone();
            let _ = tokio::time::timeout_at(self.until, settled.wait_for(|settled| *settled)).await;
        }
    }

    pub(crate) fn end(&self) {
        self.stream.ended();
        self.task.abort();
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("generation", &self.generation).field("link", &self.link).finish_non_exhaustive()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.end();
        }
    }
}

/// The session of a client: opened once for all callers.
pub(crate) type SessionCache = SingleFlight<Session, AttemptError>;

impl Reusable for Session {
    fn generation(&self) -> u64 {
        self.generation
    }

    /// One whose process or stream has ended is no session any more.
    fn is_usable(&self) -> bool {
        !self.link.is_down()
    }
}
