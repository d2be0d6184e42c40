//! A server that answers with bytes: good ones, and such as no HTTP library would write.

pub(crate) mod answer;
pub(crate) mod cases;
mod harm;
pub(crate) mod references;
pub(crate) mod server;
