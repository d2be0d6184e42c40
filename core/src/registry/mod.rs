//! Registries of MCP servers: REST over the same HTTP, retries and errors as the client.
//!
//! ```no_run
//! use omni_mcp::ClientConfig;
//! use omni_mcp::registry::{RegistryConfig, connect, gaia};
//!
//! # async fn run() -> omni_mcp::Result<()> {
//! let registry = gaia::GaiaRegistry::new(&RegistryConfig::default().api_key("key").base_url("https://gaia.example"))?;
//! for record in registry.list("proj_1").await? {
//!     let client = connect(&record, ClientConfig::default()).await?;
//!     println!("{:?}", client.server_info());
//! }
//! # Ok(()) }
//! ```

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
