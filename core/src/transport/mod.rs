//! One exchange with a server: a message out, its answer back.

pub(crate) mod child_process;
pub(crate) mod classify;
pub(crate) mod connection_slots;
pub(crate) mod deferred_response;
pub(crate) mod http_sse;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod pending_requests;
pub(crate) mod reconnect_delay;
pub(crate) mod response_reader;
pub(crate) mod sse_parser;
pub(crate) mod sse_stream;
pub(crate) mod stdio;
pub(crate) mod streamable_http;
