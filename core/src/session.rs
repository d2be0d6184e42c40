//! One peer: opened once for all callers, and opened again once for all when the server has lost it.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::ears::Ears;
use crate::in_flight::InFlight;
use crate::reply::RawReply;
use crate::single_flight::{Kept, SingleFlight};
use crate::transport::link::Link;

/// An open session.
pub(crate) struct Peer {
    /// Counts the openings, so that a late failure of an old session does not end the new one.
    pub(crate) generation: u64,
    pub(crate) link: Arc<Link>,
    pub(crate) ears: Arc<Ears>,
    pub(crate) session_id: Option<HeaderValue>,
    /// Headers of every request in this session.
    pub(crate) headers: HeaderMap,
    /// What each request carries in its `_meta`, of a server of the modern era.
    pub(crate) modern: Option<String>,
    /// The answer to `initialize`; `None` where there was no handshake.
    pub(crate) welcome: Option<RawReply>,
    /// How many requests of calls were sent in it.
    pub(crate) requests: AtomicU32,
    /// Those of them that are on their way.
    pub(crate) in_flight: InFlight,
    /// The task that listens to the server's own stream.
    pub(crate) listening: OnceLock<Listening>,
}

/// The task that listens to the server's own stream.
pub(crate) struct Listening {
    task: AbortHandle,
    /// Whether the server has answered, with a stream or without.
    settled: watch::Receiver<bool>,
    /// How long calls wait for that.
    until: Instant,
}

/// The longest that calls wait for the stream to begin, counted from when it is asked for: some servers send its head with
/// the first event only.
const SETTLE_WITHIN: Duration = Duration::from_secs(1);

impl Listening {
    pub(crate) fn new(task: AbortHandle, settled: watch::Receiver<bool>) -> Self {
        Self { task, settled, until: Instant::now() + SETTLE_WITHIN }
    }

    /// One that no call waits for.
    pub(crate) fn begun(task: AbortHandle) -> Self {
        Self::new(task, watch::channel(true).1)
    }

    pub(crate) async fn settled(&self) {
        if !*self.settled.borrow() {
            let mut settled = self.settled.clone();
            let _ = tokio::time::timeout_at(self.until, settled.wait_for(|settled| *settled)).await;
        }
    }

    pub(crate) fn end(&self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("generation", &self.generation).field("link", &self.link).finish_non_exhaustive()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.end();
        }
    }
}

/// The session of a client: opened once for all callers.
pub(crate) type Session = SingleFlight<Peer>;

impl Kept for Peer {
    fn generation(&self) -> u64 {
        self.generation
    }

    /// One whose process or stream has ended is no session any more.
    fn is_usable(&self) -> bool {
        !self.link.is_down()
    }
}
