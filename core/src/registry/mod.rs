//! Registries of MCP servers: REST over the same HTTP, retries and errors as the client.

pub(crate) mod config;
pub(crate) mod decoded;
pub mod gaia;
pub(crate) mod methods;
pub(crate) mod pager;
pub(crate) mod raw_request;
pub(crate) mod record;
pub(crate) mod record_fields;
pub(crate) mod record_to_client;
pub(crate) mod rest_call;
pub mod sema4;

pub use config::{REGISTRY_OPTIONS, RegistryConfig};
pub use methods::REGISTRY_METHODS;
pub use record::Record;
pub use record_to_client::connect;
pub use rest_call::REGISTRY_CALL_OPTIONS;

pub(crate) use record::shown;
pub(crate) use record_to_client::client_of;
