//! One peer: opened once for all callers, and opened again once for all when the server has lost it.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue};
use tokio::task::AbortHandle;

use crate::ears::Ears;
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
    /// The task that listens to the server's own stream.
    pub(crate) listening: OnceLock<AbortHandle>,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("generation", &self.generation).field("link", &self.link).finish_non_exhaustive()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.get() {
            listening.abort();
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
