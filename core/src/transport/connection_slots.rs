//! How many calls of one client are on their way at once (the option `max_connections`): over HTTP/1.1 each has a connection
//! of its own, over HTTP/2 a stream. Further calls wait, in the order in which they came.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::Error;
use crate::error::attempt_error::AttemptError;
use crate::observe::waiting::{Stage, WaitState};

/// The place of one call among those on their way.
pub(crate) type Slot = OwnedSemaphorePermit;

/// Lets the connection of a call that was answered return to the pool before another call takes its slot, or that one would
/// open a connection of its own.
pub(crate) async fn let_go(slot: Option<Slot>) {
    let Some(slot) = slot else { return };
    if slot.semaphore().available_permits() == 0 {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    }
}

/// `None` is no limit.
pub(crate) struct Slots(Option<Arc<Semaphore>>);

impl Slots {
    pub(crate) fn new(most: Option<u32>) -> Self {
        Self(most.map(|most| Arc::new(Semaphore::new(most as usize))))
    }

    /// Takes a slot as soon as one is free.
    ///
    /// # Errors
    /// Where the client is closed meanwhile.
    pub(crate) async fn take(
        &self,
        closing: impl Future<Output = ()>,
        waiting: &WaitState,
    ) -> Result<Option<Slot>, AttemptError> {
        let Some(slots) = &self.0 else { return Ok(None) };
        // None is free while others wait: it is theirs first.
        if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
            return Ok(Some(slot));
        }
        waiting.enters(Stage::Slot);
        tokio::select! {
            biased;
            () = closing => Err(AttemptError::not_sent(Error::client_closed())),
            slot = Arc::clone(slots).acquire_owned() => Ok(slot.ok()),
        }
    }
}
