//! One exchange with a server: a message out, its answer back.

pub(crate) mod body;
pub(crate) mod event_stream;
pub(crate) mod guard;
pub(crate) mod http;
pub(crate) mod idle;
