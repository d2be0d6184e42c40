//! A server that sends raw bytes: valid responses, and some that no HTTP library can produce.

pub(crate) mod answer;
pub(crate) mod cases;
mod changes;
pub(crate) mod references;
pub(crate) mod server;
