//! What a client reports while it runs: log records, counters, state and deviations of servers.

pub(crate) mod counters;
pub(crate) mod deviations;
pub(crate) mod http_exchange;
pub(crate) mod log;
pub(crate) mod span;
pub(crate) mod state;
pub(crate) mod waiting;
pub(crate) mod warnings;
