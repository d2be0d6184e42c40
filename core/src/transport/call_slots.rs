//! Limits how many calls of one client are in flight (the option `max_connections`): over HTTP/1.1 each has its own connection,
//! over HTTP/2 its own stream. Further calls wait in the order in which they were made.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Error;
use crate::error::attempt_error::AttemptError;
use crate::observe::waiting::{Stage, WaitState};

/// The slot of one call in flight.
pub(crate) type Slot = OwnedSemaphorePermit;

/// Releases a slot after the connection of its call has returned to the pool; the next call would open another one otherwise.
pub(crate) async fn release(slot: Option<Slot>) {
    let Some(slot) = slot else { return };
    if slot.semaphore().available_permits() == 0 {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    }
}

/// The slots of a client. `None` is no limit.
pub(crate) struct Slots(Option<Arc<Semaphore>>);

impl Slots {
    pub(crate) fn new(most: Option<u32>) -> Self {
        Self(most.map(|most| Arc::new(Semaphore::new(most as usize))))
    }

    /// Takes a slot as soon as one is free.
    ///
    /// # Errors
    /// If the client is closed first.
    pub(crate) async fn take(
        &self,
        closing: impl Future<Output = ()>,
        waiting: &WaitState,
    ) -> Result<Option<Slot>, AttemptError> {
        let Some(slots) = &self.0 else { return Ok(None) };
        // The semaphore is fair: none is free while other calls wait.
        if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
            return Ok(Some(slot));
        }
        waiting.enter(Stage::Slot);
        tokio::select! {
            biased;
            () = closing => Err(AttemptError::not_sent(Error::client_closed())),
            slot = Arc::clone(slots).acquire_owned() => Ok(slot.ok()),
        }
    }
}
