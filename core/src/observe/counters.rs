//! Counters of the activity of a client.

use serde::Serialize;

use crate::util::count::Count;

macro_rules! counters {
    ($($(#[doc = $help:literal])+ $name:ident;)*) => {
        /// Activity of a client since its creation. Counters never decrease.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct Counters { $($(#[doc = $help])+ pub $name: u64,)* }

        /// Live counters.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Counts { $(pub(crate) $name: Count,)* }

        impl Counts {
            /// The current values.
            pub(crate) fn now(&self) -> Counters {
                Counters { $($name: self.$name.now(),)* }
            }
        }

        /// The table of counters: names and help.
        pub const COUNTERS: &[CounterSpec] = &[$(CounterSpec { name: stringify!($name), help: concat!($($help),+) },)*];
    };
}

/// One row of the table of counters.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CounterSpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// Description.
    pub help: &'static str,
}

counters! {
    /// Calls started.
    calls;
    /// Calls that failed. Cancelled calls are not included.
    failures;
    /// Calls cancelled before their result.
    cancelled;
    /// Calls served from the result cache.
    cached;
    /// Attempts of all calls.
    attempts;
    /// Attempts that repeated a failed attempt.
    retries;
    /// Responses replayed by the server for an idempotency key used before.
    replays;
    /// Sessions opened, including the first.
    sessions;
    /// Notifications, progress and log records dropped because the queue of a callback was full.
    dropped;
    /// Server requests ignored because too many were pending.
    unanswered;
    /// Accepted deviations of servers from the specification.
    deviations;
}
