//! The Model Context Protocol as text: the JSON-RPC envelope, the messages of the handshake, and the types of results.

pub(crate) mod arguments;
#[cfg(test)]
mod examples;
pub(crate) mod finite;
pub(crate) mod handshake;
pub(crate) mod jsonrpc;
pub(crate) mod member;
pub(crate) mod mirror;
pub(crate) mod modern;
mod schema;
pub(crate) mod serialize;
pub(crate) mod tag;
pub mod types;
