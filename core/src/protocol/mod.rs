//! The Model Context Protocol as text: the JSON-RPC envelope, the messages of the handshake, and the types of results.

pub(crate) mod arguments;
pub(crate) mod asked;
mod checkable;
pub(crate) mod elicitation;
#[cfg(test)]
mod examples;
pub(crate) mod finite;
mod form_field;
pub(crate) mod handshake;
pub(crate) mod json_schema;
pub(crate) mod jsonrpc;
pub(crate) mod loose;
pub(crate) mod member;
pub(crate) mod mirror;
pub(crate) mod modern;
pub(crate) mod required;
mod schema;
pub(crate) mod serialize;
pub(crate) mod tag;
pub(crate) mod trace_context;
pub mod types;
