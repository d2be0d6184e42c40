//! Whether a call ran on the server: the rule, and the only functions that change it in an error.
//!
//! An [`Error`] starts as `not_sent`, an [`AttemptError`] with the delivery of its failure class ([`FailureClass::delivery`]).
//! Where more is known, the functions of this file change it. `core/tests/architecture.rs` refuses assignments in other files.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;

/// Whether the call ran on the server.
///
/// In ascending order. A call reports the highest value of its attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not sent.
    NotSent,
    /// The response proves that the call did not run.
    Rejected,
    /// The call was sent; it is unknown whether it ran.
    MaybeExecuted,
    /// The call ran and failed.
    Executed,
}

impl Delivery {
    /// The stable name, the same in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::MaybeExecuted => "maybe_executed",
            Self::Executed => "executed",
        }
    }

    /// The delivery as a sentence, for the summary of an error.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::NotSent => "the call was not sent",
            Self::Rejected => "the call did not run",
            Self::MaybeExecuted => "the call may have run",
            Self::Executed => "the call ran and failed",
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FailureClass {
    /// The delivery of an attempt that failed in this class, unless more is known.
    pub(crate) fn delivery(self) -> Delivery {
        match self {
            Self::NotConnected | Self::LocalFault | Self::CertificateInvalid | Self::ProxyRefused => Delivery::NotSent,
            Self::SessionLost
            | Self::RateLimited
            | Self::QuotaSpent
            | Self::Unauthorized
            | Self::Mismatch
            | Self::Refused => Delivery::Rejected,
            Self::Lost
            | Self::BadAnswer
            | Self::Unreadable
            | Self::TooLarge
            | Self::ServerFault
            | Self::Unavailable
            | Self::KeyInFlight
            | Self::Cancelled => Delivery::MaybeExecuted,
            Self::Unusable => Delivery::Executed,
        }
    }
}

impl Error {
    /// Nothing of the call was sent.
    pub(crate) fn not_sent(self) -> Self {
        self.with_delivery(Delivery::NotSent)
    }

    /// The response proves that the call did not run.
    pub(crate) fn rejected(self) -> Self {
        self.with_delivery(Delivery::Rejected)
    }

    /// The call was sent, and it is unknown whether it ran.
    pub(crate) fn maybe_executed(self) -> Self {
        self.with_delivery(Delivery::MaybeExecuted)
    }

    /// The call ran.
    pub(crate) fn executed(self) -> Self {
        self.with_delivery(Delivery::Executed)
    }

    /// Sets a delivery that is known from elsewhere: from the attempts of the call, or from the profile.
    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.info_mut().delivery = delivery;
        self
    }
}

impl AttemptError {
    /// A failure before anything of the call was sent, such as the client being closed.
    pub(crate) fn not_sent(error: Error) -> Self {
        Self::of(FailureClass::Refused, error.not_sent())
    }

    /// The same failure for a request that found its stream or process ended: nothing of it was sent.
    pub(crate) fn before_sending(&self) -> Self {
        Self { class: FailureClass::NotConnected, ..self.clone().with_delivery(FailureClass::NotConnected.delivery()) }
    }

    /// The response proves that the call did not run.
    pub(crate) fn rejected(self) -> Self {
        self.with_delivery(Delivery::Rejected)
    }

    /// The response proves that the call did not run, if it was sent at all.
    pub(crate) fn at_most_rejected(self) -> Self {
        let delivery = self.error.delivery().min(Delivery::Rejected);
        self.with_delivery(delivery)
    }

    /// The call ran.
    pub(crate) fn executed(self) -> Self {
        self.with_delivery(Delivery::Executed)
    }

    /// Raises the delivery to that of earlier attempts of the call, if theirs is higher.
    pub(crate) fn at_least(self, earlier: Delivery) -> Self {
        let delivery = self.error.delivery().max(earlier);
        self.with_delivery(delivery)
    }

    /// As [`Error::with_delivery`].
    pub(crate) fn with_delivery(self, delivery: Delivery) -> Self {
        Self { error: self.error.with_delivery(delivery), ..self }
    }
}

/// The delivery of a running call over its attempts, readable from other threads.
#[derive(Debug, Default)]
pub(crate) struct CallDelivery(AtomicU8);

impl CallDelivery {
    pub(crate) fn get(&self) -> Delivery {
        Self::of(self.0.load(Ordering::Relaxed))
    }

    /// Adds the outcome of an attempt: a call has the highest delivery of its attempts.
    pub(crate) fn raise(&self, delivery: Delivery) {
        self.0.fetch_max(delivery as u8, Ordering::Relaxed);
    }

    /// Sets another delivery, and returns the present one.
    pub(crate) fn replace(&self, delivery: Delivery) -> Delivery {
        Self::of(self.0.swap(delivery as u8, Ordering::Relaxed))
    }

    fn of(number: u8) -> Delivery {
        match number {
            0 => Delivery::NotSent,
            1 => Delivery::Rejected,
            2 => Delivery::MaybeExecuted,
            _ => Delivery::Executed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn a_call_has_the_highest_delivery_of_its_attempts() {
        let call = CallDelivery::default();
        assert_eq!(call.get(), Delivery::NotSent);
        for (attempt, expected) in [
            (Delivery::MaybeExecuted, Delivery::MaybeExecuted),
            (Delivery::Rejected, Delivery::MaybeExecuted),
            (Delivery::Executed, Delivery::Executed),
        ] {
            call.raise(attempt);
            assert_eq!(call.get(), expected);
        }
        assert_eq!(call.replace(Delivery::Rejected), Delivery::Executed);
        assert_eq!(call.get(), Delivery::Rejected);
    }

    #[test]
    fn a_failure_class_sets_the_delivery_until_more_is_known() {
        let lost = AttemptError::new(FailureClass::Lost, Code::ConnectionLost, "lost");
        assert_eq!(lost.error.delivery(), Delivery::MaybeExecuted);
        assert_eq!(lost.clone().at_most_rejected().error.delivery(), Delivery::Rejected);
        assert_eq!(lost.clone().at_least(Delivery::Rejected).error.delivery(), Delivery::MaybeExecuted);
        assert_eq!(lost.clone().executed().error.delivery(), Delivery::Executed);
        let unsent = lost.before_sending();
        assert_eq!((unsent.class, unsent.error.delivery()), (FailureClass::NotConnected, Delivery::NotSent));
        assert_eq!(unsent.at_most_rejected().error.delivery(), Delivery::NotSent);
    }
}
