//! What a client has done so far, in numbers.

use serde::Serialize;

use crate::util::count::Count;

macro_rules! counters {
    ($($(#[doc = $help:literal])+ $name:ident;)*) => {
        /// What a client has done so far. Numbers only grow.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct Counters { $($(#[doc = $help])+ pub $name: u64,)* }

        /// The counters while they count.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Counts { $(pub(crate) $name: Count,)* }

        impl Counts {
            /// The numbers now.
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
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// One line of help.
    pub help: &'static str,
}

counters! {
    /// Calls that were made, whatever became of them.
    calls;
    /// Calls that ended with an error, those given up not among them.
    failures;
    /// Calls that were given up before their end.
    cancelled;
    /// Calls that were answered from what the client kept.
    cached;
    /// How often the calls were sent.
    attempts;
    /// How often they were sent again after a failure.
    retries;
    /// Answers that the server had kept of an earlier call with the same key.
    replays;
    /// Sessions that were opened, the first among them.
    sessions;
    /// Notifications, progress and log records that were dropped because nobody took them in time.
    dropped;
    /// Requests of the server's own that were left without an answer, as there were too many.
    unanswered;
    /// Deviations of servers from the specification that were accepted.
    deviations;
}
