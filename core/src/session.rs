//! One peer: opened once for all callers, and opened again once for all when the server has lost it.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use http::{HeaderMap, HeaderValue};
use tokio::task::AbortHandle;

use crate::ears::Ears;
use crate::failure::Failure;
use crate::reply::RawReply;
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

#[derive(Debug, Default)]
pub(crate) struct Session {
    peer: RwLock<Option<Arc<Peer>>>,
    /// Held by the one caller that opens; keeps the last failure for those who waited for it.
    gate: tokio::sync::Mutex<Option<Failure>>,
    openings: AtomicU64,
}

impl Session {
    pub(crate) fn current(&self) -> Option<Arc<Peer>> {
        let peer = self.peer.read().unwrap_or_else(PoisonError::into_inner).clone();
        // One whose process or stream has ended is none.
        peer.filter(|peer| !peer.link.is_down())
    }

    /// The peer, opened by `open` if there is none. All who come meanwhile share the one opening and its failure; an
    /// opening that was cancelled with its caller is taken up by the next in line.
    pub(crate) async fn ensure<F>(&self, open: impl FnOnce(u64) -> F) -> Result<Arc<Peer>, Failure>
    where
        F: Future<Output = Result<Peer, Failure>>,
    {
        if let Some(peer) = self.current() {
            return Ok(peer);
        }
        let seen = self.openings.load(Ordering::Acquire);
        let mut last_failure = self.gate.lock().await;
        if let Some(peer) = self.current() {
            return Ok(peer);
        }
        let openings = self.openings.load(Ordering::Acquire);
        if openings != seen
            && let Some(failure) = &*last_failure
        {
            return Err(failure.clone());
        }
        let opened = open(openings + 1).await;
        self.openings.store(openings + 1, Ordering::Release);
        match opened {
            Ok(peer) => {
                let peer = Arc::new(peer);
                *self.slot() = Some(Arc::clone(&peer));
                *last_failure = None;
                Ok(peer)
            }
            Err(failure) => {
                *last_failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// Forgets the peer of this generation; a newer one stays.
    pub(crate) fn lose(&self, generation: u64) {
        self.slot().take_if(|peer| peer.generation == generation);
    }

    /// Takes the peer away, to close it.
    pub(crate) fn take(&self) -> Option<Arc<Peer>> {
        self.slot().take()
    }

    fn slot(&self) -> std::sync::RwLockWriteGuard<'_, Option<Arc<Peer>>> {
        self.peer.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientConfig;
    use crate::error::Code;
    use crate::retry::Happened;
    use std::sync::Weak;

    fn peer(generation: u64) -> Peer {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1/");
        let http = crate::http::client(&config.resolve(|_| None).unwrap()).unwrap();
        let link = Link::StreamableHttp { http, url: "http://127.0.0.1/".parse().unwrap() };
        Peer {
            generation,
            link: Arc::new(link),
            ears: Ears::new(&Weak::new(), HeaderMap::new()),
            session_id: None,
            headers: HeaderMap::new(),
            welcome: None,
            listening: OnceLock::new(),
        }
    }

    #[tokio::test]
    async fn all_share_one_opening() {
        let session = Session::default();
        let opened = AtomicU64::new(0);
        let open = |generation| {
            opened.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Ok(peer(generation))
            }
        };
        let (a, b, c) = tokio::join!(session.ensure(open), session.ensure(open), session.ensure(open));
        assert_eq!([a, b, c].map(|peer| peer.unwrap().generation), [1, 1, 1]);
        session.lose(0);
        assert!(session.current().is_some(), "an older session's loss does not end this one");
        session.lose(1);
        assert_eq!(session.ensure(open).await.unwrap().generation, 2);
        assert_eq!(opened.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn all_share_one_failure_and_the_next_caller_tries_again() {
        let session = Session::default();
        let opened = AtomicU64::new(0);
        let fail = |_| {
            opened.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                Err(Failure::new(Happened::NotConnected, Code::ConnectFailed, "no"))
            }
        };
        let (a, b) = tokio::join!(session.ensure(fail), session.ensure(fail));
        assert!(a.is_err() && b.is_err());
        assert_eq!(opened.load(Ordering::Relaxed), 1);
        assert!(session.ensure(|generation| async move { Ok(peer(generation)) }).await.is_ok());
    }

    #[tokio::test]
    async fn a_cancelled_opening_is_taken_up_by_the_next() {
        let session = Session::default();
        let hung = session.ensure(|_| std::future::pending());
        let next = session.ensure(|generation| async move { Ok(peer(generation)) });
        tokio::select! {
            biased;
            _ = hung => panic!("it hangs"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(next.await.unwrap().generation, 1);
    }
}
