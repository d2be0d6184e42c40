//! One peer: opened once for all callers, and opened again once for all when the server has lost it.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::{HeaderMap, HeaderValue};

use crate::call::RawReply;
use crate::failure::Failure;

/// What the handshake came to.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Counts the openings, so that a late failure of an old session does not end the new one.
    pub(crate) generation: u64,
    pub(crate) session_id: Option<HeaderValue>,
    /// Headers of every request in this session.
    pub(crate) headers: HeaderMap,
    /// The answer to `initialize`.
    pub(crate) welcome: RawReply,
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
        self.peer.read().unwrap_or_else(PoisonError::into_inner).clone()
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
    use crate::error::Code;
    use crate::retry::Happened;

    fn peer(generation: u64) -> Peer {
        Peer { generation, session_id: None, headers: HeaderMap::new(), welcome: RawReply::default() }
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
