//! General building blocks: text, secrets, concurrency and queues. Nothing here knows HTTP or MCP.

pub(crate) mod bounded_queue;
pub(crate) mod count;
pub(crate) mod environment;
pub(crate) mod headers;
pub(crate) mod in_flight;
pub(crate) mod sanitize;
pub(crate) mod secret;
pub(crate) mod single_flight;
pub(crate) mod spelling;
pub(crate) mod suggestion;
pub(crate) mod wait_group;
