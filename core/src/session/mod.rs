//! Sessions: opening, keeping, recovering and closing them, and the messages that servers send in them.

pub(crate) mod call;
pub(crate) mod call_listener;
pub(crate) mod cancellation;
pub(crate) mod close;
pub(crate) mod get_stream;
pub(crate) mod handshake_operation;
pub(crate) mod inbound;
pub(crate) mod input_rounds;
pub(crate) mod lenient_results;
pub(crate) mod loss;
mod loss_texts;
pub(crate) mod manager;
pub(crate) mod open;
pub(crate) mod open_session;
pub(crate) mod opening;
pub(crate) mod opening_failure;
pub(crate) mod output_schemas;
pub(crate) mod pagination;
pub(crate) mod progress_wait;
pub(crate) mod request;
pub(crate) mod result_cache;
pub(crate) mod run_call;
pub(crate) mod server_requests;
pub(crate) mod session_operation;
pub(crate) mod subscriptions;
pub(crate) mod tool_headers;
