//! The progress of an operation, readable while it runs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::call_target::CallTarget;
use crate::error::delivery::CallDelivery;
use crate::error::{Code, Delivery, Error, Result};
use crate::observe::waiting::WaitState;
use crate::protocol::raw_result::RawReply;

/// The progress of an operation, readable while it runs: the data of its error if the caller cancels it.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    delivery: CallDelivery,
    attempts: AtomicU32,
    /// Attempts over all rounds of input.
    all_attempts: AtomicU32,
    retries: AtomicU32,
    request_id: Mutex<Option<String>>,
    /// What the operation waits for at present.
    pub(crate) waiting: WaitState,
    pub(crate) idempotency_key: OnceLock<String>,
    /// The server, the method and the tool.
    pub(crate) target: OnceLock<Arc<CallTarget>>,
}

impl CallState {
    /// Adds the delivery of an attempt.
    pub(crate) fn reached(&self, delivery: Delivery) {
        self.delivery.raise(delivery);
    }

    pub(crate) fn begin_attempt(&self, number: u32, request_id: &str) {
        self.attempts.store(number, Ordering::Relaxed);
        self.all_attempts.fetch_add(1, Ordering::Relaxed);
        *self.request_id.lock().unwrap_or_else(PoisonError::into_inner) = Some(request_id.to_owned());
    }

    /// Assumes that the attempt may execute the call, until its outcome is known. Returns the delivery before it.
    pub(crate) fn begin_sending(&self) -> Delivery {
        self.delivery.replace(Delivery::MaybeExecuted)
    }

    /// Restores the delivery of the attempts before, until the outcome of this one is added.
    pub(crate) fn end_sending(&self, before: Delivery) {
        self.delivery.replace(before);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of attempts over all rounds of input, and of the retries among them.
    pub(crate) fn attempts_and_retries(&self) -> (u32, u32) {
        (self.all_attempts.load(Ordering::Relaxed), self.retries.load(Ordering::Relaxed))
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery.get()
    }

    /// The error of an operation that its deadline or its caller ends.
    pub(crate) fn ended(&self, code: Code, message: impl Into<String>) -> Error {
        let mut error = Error::new(code, message).with_delivery(self.delivery());
        let info = error.info_mut();
        let (in_handshake, last) = self.waiting.handshake_attempts();
        info.attempts = self.attempts.load(Ordering::Relaxed).max(in_handshake);
        // The handshake is later than all attempts of the operation itself.
        info.request_id = last.or_else(|| self.request_id.lock().unwrap_or_else(PoisonError::into_inner).clone());
        info.idempotency_key = self.idempotency_key.get().cloned();
        self.with_target(error)
    }

    /// Adds the target of the call to its outcome.
    pub(crate) fn finish(&self, outcome: Result<RawReply>) -> Result<RawReply> {
        match outcome {
            Ok(reply) => Ok(RawReply { target: self.target.get().cloned(), ..reply }),
            Err(error) => Err(self.with_target(error)),
        }
    }

    /// Adds the target of the call to its error.
    pub(crate) fn with_target(&self, error: Error) -> Error {
        match self.target.get() {
            Some(target) => target.add_to(error),
            None => error,
        }
    }
}
