//! What is made once for all callers, and made again once for all when it is lost: a session, a token.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use tokio::sync::{Mutex, MutexGuard, Notify};

/// A thing that is kept.
pub(crate) trait Reusable {
    /// Counts the makings, so that a late failure of an old one does not end the new one.
    fn generation(&self) -> u64;
    /// Whether it can still be used.
    fn is_usable(&self) -> bool;
}

#[derive(Debug)]
pub(crate) struct SingleFlight<T, E> {
    slot: RwLock<Option<Arc<T>>>,
    /// Held by the one caller that makes.
    gate: Mutex<()>,
    /// Tells all who wait that a making is over, however it ended. All at once: one after the other, the last would come
    /// to a thing that is lost again.
    over: Notify,
    makings: AtomicU64,
    /// The last failure, and which making it was of, for those who waited for it.
    failed: std::sync::Mutex<Option<(u64, E)>>,
}

impl<T, E> Default for SingleFlight<T, E> {
    fn default() -> Self {
        Self {
            slot: RwLock::new(None),
            gate: Mutex::new(()),
            over: Notify::new(),
            makings: AtomicU64::new(0),
            failed: std::sync::Mutex::new(None),
        }
    }
}

/// A making that goes on. Dropped, it is over.
struct Making<'a> {
    gate: Option<MutexGuard<'a, ()>>,
    over: &'a Notify,
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        // First the gate is open, then all are told.
        drop(self.gate.take());
        self.over.notify_waiters();
    }
}

impl<T: Reusable, E: Clone> SingleFlight<T, E> {
    pub(crate) fn current(&self) -> Option<Arc<T>> {
        let kept = self.slot.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|kept| kept.is_usable())
    }

    /// The thing, made by `make` if there is none. All who come meanwhile share the one making and its failure; a making
    /// that was cancelled with its caller is taken up by the next in line.
    pub(crate) async fn get<F>(&self, make: impl FnOnce(u64) -> F) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        if let Some(kept) = self.current() {
            return Ok(kept);
        }
        let seen = self.makings.load(Ordering::Acquire);
        let making = loop {
            // Listens before it looks: what ends in between is not missed.
            let mut over = pin!(self.over.notified());
            over.as_mut().enable();
            if let Some(kept) = self.current() {
                return Ok(kept);
            }
            let failed =
                self.failed().as_ref().filter(|(making, _)| *making > seen).map(|(_, failure)| failure.clone());
            if let Some(failure) = failed {
                return Err(failure);
            }
            match self.gate.try_lock() {
                Ok(gate) => break Making { gate: Some(gate), over: &self.over },
                Err(_) => over.await,
            }
        };
        // Whoever held the gate may have let go of it between the look and the gate.
        if let Some(outcome) = self.outcome(seen) {
            return outcome;
        }
        let number = self.makings.load(Ordering::Acquire) + 1;
        let made = make(number).await;
        let outcome = match made {
            Ok(made) => {
                let made = Arc::new(made);
                *self.locked() = Some(Arc::clone(&made));
                *self.failed() = None;
                Ok(made)
            }
            Err(failure) => {
                *self.failed() = Some((number, failure.clone()));
                Err(failure)
            }
        };
        self.makings.store(number, Ordering::Release);
        drop(making);
        outcome
    }

    /// What became of the makings behind number `seen`, where one of them is over.
    fn outcome(&self, seen: u64) -> Option<Result<Arc<T>, E>> {
        if let Some(kept) = self.current() {
            return Some(Ok(kept));
        }
        self.failed().as_ref().filter(|(making, _)| *making > seen).map(|(_, failure)| Err(failure.clone()))
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<(u64, E)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the thing of this generation; a newer one stays. Whether it was there.
    pub(crate) fn lose(&self, generation: u64) -> bool {
        self.locked().take_if(|kept| kept.generation() == generation).is_some()
    }

    /// Takes the thing away.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        self.locked().take()
    }

    fn locked(&self) -> RwLockWriteGuard<'_, Option<Arc<T>>> {
        self.slot.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt;

    use super::*;
    use crate::error::Code;
    use crate::error::attempt_error::AttemptError;
    use crate::error::failure_class::FailureClass;

    #[derive(Debug)]
    struct Thing(u64);

    impl Reusable for Thing {
        fn generation(&self) -> u64 {
            self.0
        }
        fn is_usable(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn all_share_one_making() {
        let things = SingleFlight::<Thing, AttemptError>::default();
        let made = AtomicU64::new(0);
        let make = |generation| {
            made.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Ok(Thing(generation))
            }
        };
        let (a, b, c) = tokio::join!(things.get(make), things.get(make), things.get(make));
        assert_eq!([a, b, c].map(|thing| thing.unwrap().0), [1, 1, 1]);
        things.lose(0);
        assert!(things.current().is_some(), "the loss of an older one does not end this one");
        things.lose(1);
        assert_eq!(things.get(make).await.unwrap().0, 2);
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn all_share_one_failure_and_the_next_caller_tries_again() {
        let things: SingleFlight<Thing, AttemptError> = SingleFlight::default();
        let made = AtomicU64::new(0);
        let fail = |_| {
            made.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                Err(AttemptError::new(FailureClass::NotConnected, Code::ConnectFailed, "no"))
            }
        };
        let (a, b) = tokio::join!(things.get(fail), things.get(fail));
        assert!(a.is_err() && b.is_err());
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(things.get(|generation| async move { Ok(Thing(generation)) }).await.is_ok());
    }

    /// One after the other, those at the end of the line would find the thing lost again, each time.
    #[tokio::test]
    async fn all_who_waited_go_on_together() {
        let things = Arc::new(SingleFlight::<Thing, AttemptError>::default());
        let turns = Arc::new(AtomicU64::new(0));
        let waiting: Vec<_> = (0..64)
            .map(|_| {
                let (things, turns) = (Arc::clone(&things), Arc::clone(&turns));
                tokio::spawn(async move {
                    let made = things.get(|generation| async move {
                        tokio::task::yield_now().await;
                        Ok(Thing(generation))
                    });
                    drop(made.await);
                    turns.load(Ordering::Relaxed)
                })
            })
            .collect();
        let counting = tokio::spawn(async move {
            loop {
                turns.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        let mut at = Vec::new();
        for waiting in waiting {
            at.push(waiting.await.unwrap());
        }
        counting.abort();
        let (first, last) = (at.iter().min().unwrap(), at.iter().max().unwrap());
        assert!(last - first <= 2, "{first} to {last}");
    }

    #[tokio::test]
    async fn a_cancelled_making_is_taken_up_by_the_next() {
        let things = SingleFlight::<Thing, AttemptError>::default();
        let hung = things.get(|_| std::future::pending());
        let next = things.get(|generation| async move { Ok(Thing(generation)) });
        tokio::select! {
            biased;
            _ = hung => panic!("it hangs"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(next.await.unwrap().0, 1);
    }

    #[tokio::test]
    async fn a_making_that_panics_is_taken_up_by_the_next() {
        let things = SingleFlight::<Thing, AttemptError>::default();
        let bug = AssertUnwindSafe(things.get(|_| async {
            tokio::task::yield_now().await;
            panic!("provoked")
        }));
        let (panicked, next) =
            tokio::join!(bug.catch_unwind(), things.get(|generation| async move { Ok(Thing(generation)) }));
        assert!(panicked.is_err());
        assert_eq!(next.unwrap().0, 1);
    }
}
