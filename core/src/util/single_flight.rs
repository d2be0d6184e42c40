//! A value that is created once for all callers, and once again after it is lost: a session, a token.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use tokio::sync::{Mutex, MutexGuard, Notify};

/// A value of a [`SingleFlight`].
pub(crate) trait Reusable {
    /// Number of its creation, so that a late failure of an old value does not remove a newer one.
    fn generation(&self) -> u64;
    /// Whether it can still be used.
    fn is_usable(&self) -> bool;
}

#[derive(Debug)]
pub(crate) struct SingleFlight<T, E> {
    slot: RwLock<Option<Arc<T>>>,
    /// Held by the caller that creates the value.
    creating: Mutex<()>,
    /// Notifies all waiting callers at once when a creation has ended. One after the other, the last caller could find the
    /// value lost again.
    ended: Notify,
    /// Number of creations.
    created: AtomicU64,
    /// The last failure and the number of its creation, for the callers that waited for it.
    failed: std::sync::Mutex<Option<(u64, E)>>,
}

impl<T, E> Default for SingleFlight<T, E> {
    fn default() -> Self {
        Self {
            slot: RwLock::new(None),
            creating: Mutex::new(()),
            ended: Notify::new(),
            created: AtomicU64::new(0),
            failed: std::sync::Mutex::new(None),
        }
    }
}

/// A creation in progress. It ends on drop.
struct Creation<'a> {
    lock: Option<MutexGuard<'a, ()>>,
    ended: &'a Notify,
}

impl Drop for Creation<'_> {
    fn drop(&mut self) {
        // The lock is released before the waiting callers are notified.
        drop(self.lock.take());
        self.ended.notify_waiters();
    }
}

impl<T: Reusable, E: Clone> SingleFlight<T, E> {
    pub(crate) fn current(&self) -> Option<Arc<T>> {
        let kept = self.slot.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|kept| kept.is_usable())
    }

    /// The value, created by `create` if there is none. Concurrent callers share the creation and its failure. If the caller
    /// that creates the value is cancelled, the next one creates it.
    pub(crate) async fn get<F>(&self, create: impl FnOnce(u64) -> F) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.get_if_shared(|_| true, std::future::pending(), create).await
    }

    /// As [`get`](Self::get). A failure of another caller's creation is shared only if `shares` accepts it; otherwise this
    /// caller creates the value itself. `give_up` ends the wait for the creation of another caller, which continues.
    pub(crate) async fn get_if_shared<F>(
        &self,
        shares: impl Fn(&E) -> bool,
        give_up: impl Future<Output = E>,
        create: impl FnOnce(u64) -> F,
    ) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        if let Some(kept) = self.current() {
            return Ok(kept);
        }
        let mut give_up = pin!(give_up);
        let mut seen = self.created.load(Ordering::Acquire);
        let creation = loop {
            // Registered before the check, so that no notification is missed.
            let mut ended = pin!(self.ended.notified());
            ended.as_mut().enable();
            if let Some(outcome) = self.outcome(&mut seen, &shares) {
                return outcome;
            }
            let Ok(lock) = self.creating.try_lock() else {
                tokio::select! {
                    biased;
                    () = ended => continue,
                    failure = &mut give_up => return Err(failure),
                }
            };
            let creation = Creation { lock: Some(lock), ended: &self.ended };
            // Another creation may have ended between the check and the lock.
            match self.outcome(&mut seen, &shares) {
                Some(outcome) => return outcome,
                None => break creation,
            }
        };
        let number = self.created.load(Ordering::Acquire) + 1;
        let outcome = match create(number).await {
            Ok(value) => {
                let value = Arc::new(value);
                *self.locked() = Some(Arc::clone(&value));
                *self.failed() = None;
                Ok(value)
            }
            Err(failure) => {
                *self.failed() = Some((number, failure.clone()));
                Err(failure)
            }
        };
        self.created.store(number, Ordering::Release);
        drop(creation);
        outcome
    }

    /// The outcome of creations after number `seen`, if one has ended. A failure that is not shared counts as seen.
    fn outcome(&self, seen: &mut u64, shares: &impl Fn(&E) -> bool) -> Option<Result<Arc<T>, E>> {
        if let Some(kept) = self.current() {
            return Some(Ok(kept));
        }
        let failed = self.failed();
        let (number, failure) = failed.as_ref().filter(|(number, _)| *number > *seen)?;
        if shares(failure) {
            return Some(Err(failure.clone()));
        }
        *seen = *number;
        None
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<(u64, E)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the value of this generation, but no newer one. Returns whether there was one.
    pub(crate) fn lose(&self, generation: u64) -> bool {
        self.locked().take_if(|kept| kept.generation() == generation).is_some()
    }

    /// Removes and returns the value.
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
    struct Value(u64);

    impl Reusable for Value {
        fn generation(&self) -> u64 {
            self.0
        }
        fn is_usable(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn all_callers_share_one_creation() {
        let values = SingleFlight::<Value, AttemptError>::default();
        let made = AtomicU64::new(0);
        let make = |generation| {
            made.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Ok(Value(generation))
            }
        };
        let (a, b, c) = tokio::join!(values.get(make), values.get(make), values.get(make));
        assert_eq!([a, b, c].map(|thing| thing.unwrap().0), [1, 1, 1]);
        values.lose(0);
        assert!(values.current().is_some(), "the loss of an older one does not end this one");
        values.lose(1);
        assert_eq!(values.get(make).await.unwrap().0, 2);
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn all_share_one_failure_and_the_next_caller_tries_again() {
        let values: SingleFlight<Value, AttemptError> = SingleFlight::default();
        let made = AtomicU64::new(0);
        let fail = |_| {
            made.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                Err(AttemptError::new(FailureClass::NotConnected, Code::ConnectFailed, "no"))
            }
        };
        let (a, b) = tokio::join!(values.get(fail), values.get(fail));
        assert!(a.is_err() && b.is_err());
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(values.get(|generation| async move { Ok(Value(generation)) }).await.is_ok());
    }

    /// One after the other, the last callers would find the value lost again.
    #[tokio::test]
    async fn all_waiting_callers_continue_at_once() {
        let values = Arc::new(SingleFlight::<Value, AttemptError>::default());
        let yields = Arc::new(AtomicU64::new(0));
        let waiting: Vec<_> = (0..64)
            .map(|_| {
                let (values, yields) = (Arc::clone(&values), Arc::clone(&yields));
                tokio::spawn(async move {
                    let made = values.get(|generation| async move {
                        tokio::task::yield_now().await;
                        Ok(Value(generation))
                    });
                    drop(made.await);
                    yields.load(Ordering::Relaxed)
                })
            })
            .collect();
        let counting = tokio::spawn(async move {
            loop {
                yields.fetch_add(1, Ordering::Relaxed);
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
    async fn a_caller_that_does_not_share_a_failure_creates_the_value_once() {
        let values: SingleFlight<Value, AttemptError> = SingleFlight::default();
        let made = AtomicU64::new(0);
        let fail = |_| {
            made.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::task::yield_now().await;
                Err(AttemptError::new(FailureClass::NotConnected, Code::ConnectFailed, "no"))
            }
        };
        let succeed = |generation| {
            made.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Ok(Value(generation))
            }
        };
        let alone = || values.get_if_shared(|_| false, std::future::pending(), succeed);
        let (first, second, third, fourth) = tokio::join!(values.get(fail), alone(), values.get(succeed), alone());
        assert!(first.is_err() && third.is_err(), "the third shares the failure of the first");
        assert_eq!([second, fourth].map(|value| value.unwrap().0), [2, 2]);
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_does_not_end_the_creation() {
        let values = SingleFlight::<Value, AttemptError>::default();
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let create = |generation| async move {
            let _ = released.await;
            Ok(Value(generation))
        };
        let gives_up = async {
            let failure = async { AttemptError::new(FailureClass::Lost, Code::AttemptTimeout, "too late") };
            let gave_up = values.get_if_shared(|_| true, failure, |_| async { unreachable!() }).await;
            release.send(()).unwrap();
            gave_up
        };
        let (created, gave_up) = tokio::join!(values.get(create), gives_up);
        assert_eq!(created.unwrap().0, 1);
        assert_eq!(gave_up.unwrap_err().error.info().code, Code::AttemptTimeout);
    }

    #[tokio::test]
    async fn the_next_caller_repeats_a_cancelled_creation() {
        let values = SingleFlight::<Value, AttemptError>::default();
        let hung = values.get(|_| std::future::pending());
        let next = values.get(|generation| async move { Ok(Value(generation)) });
        tokio::select! {
            biased;
            _ = hung => panic!("it hangs"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(next.await.unwrap().0, 1);
    }

    #[tokio::test]
    async fn the_next_caller_repeats_a_creation_that_panicked() {
        let values = SingleFlight::<Value, AttemptError>::default();
        let bug = AssertUnwindSafe(values.get(|_| async {
            tokio::task::yield_now().await;
            panic!("provoked")
        }));
        let (panicked, next) =
            tokio::join!(bug.catch_unwind(), values.get(|generation| async move { Ok(Value(generation)) }));
        assert!(panicked.is_err());
        assert_eq!(next.unwrap().0, 1);
    }
}
