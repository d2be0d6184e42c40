//! The Model Context Protocol as text: the JSON-RPC envelope, the messages of the handshake, and the types of results.

pub(crate) mod client_features;
pub(crate) mod elicitation;
pub(crate) mod era;
#[cfg(test)]
mod examples;
pub(crate) mod form_fields;
pub(crate) mod json_schema;
pub(crate) mod jsonrpc;
pub(crate) mod legacy;
pub(crate) mod lenient_json;
pub(crate) mod literal;
pub(crate) mod methods;
pub(crate) mod modern;
pub(crate) mod param_headers;
pub(crate) mod param_spec;
pub(crate) mod params;
pub(crate) mod raw_result;
pub(crate) mod reject_nan;
pub(crate) mod safety;
pub(crate) mod schema;
pub(crate) mod schema_subset;
pub(crate) mod serde_helpers;
pub(crate) mod serialize;
pub(crate) mod trace_context;
pub mod types;
pub(crate) mod validate_params;
