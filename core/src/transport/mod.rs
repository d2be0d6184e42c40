//! One exchange with a server: a message out, its answer back.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod elsewhere;
pub(crate) mod event_stream;
pub(crate) mod guard;
pub(crate) mod http;
pub(crate) mod idle;
pub(crate) mod inbox;
pub(crate) mod link;
pub(crate) mod plain;
mod process;
pub(crate) mod reading;
pub(crate) mod reconnect;
mod sniff;
pub(crate) mod sse;
pub(crate) mod stdio;
