//! One exchange with a server: a message is sent, and its response is read.

pub(crate) mod call_slots;
pub(crate) mod call_stream;
pub(crate) mod child_process;
pub(crate) mod classify;
pub(crate) mod deferred_response;
pub(crate) mod error_details;
pub(crate) mod http_sse;
pub(crate) mod link;
pub(crate) mod media_type;
pub(crate) mod message;
pub(crate) mod pending_requests;
pub(crate) mod reconnect_delay;
pub(crate) mod response_body;
pub(crate) mod response_reader;
pub(crate) mod sse_parser;
pub(crate) mod sse_stream;
pub(crate) mod stdio;
pub(crate) mod streamable_http;
pub(crate) mod truncated_response;
