//! Registries of MCP servers: REST over the same HTTP, retries and errors as the client.

mod config;
mod decoded;
mod fields;
pub mod gaia;
pub(crate) mod methods;
pub(crate) mod pager;
mod record;
mod redact;
mod request;
mod rest;
pub mod sema4;

pub use config::{REGISTRY_OPTIONS, RegistryConfig};
pub use methods::{REGISTRY_METHODS, RegistryMethodSpec};
pub use record::connect;
pub use redact::Record;

pub(crate) use record::client_of;
pub(crate) use redact::shown;
