//! A client for hosted MCP servers that loses no call and runs none twice.
//!
//! ```no_run
//! # async fn run() -> omni_mcp::Result<()> {
//! let client = omni_mcp::Client::builder().api_key("omni_live_…").build()?;
//! let result = client.call_tool("fred.search", serde_json::json!({"q": "inflation", "limit": 5})).await?;
//! println!("{:?}", result.structured_content);
//! # Ok(()) }
//! ```
//!
//! Every failure is an [`Error`] with a kind, a stable code, a request id, and whether the call ran ([`Delivery`]). See
//! `README.md` for the rules of retries, idempotency and sessions.

#![forbid(unsafe_code)]

mod auth;
#[doc(hidden)]
pub mod bridge;
mod client;
mod config;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod oauth;
mod observe;
mod protocol;
pub mod registry;
mod retry;
mod session;
mod transport;
mod util;

pub use client::{Call, Client, ClientBuilder, Items, Reply};
pub use config::auth::{AUTH_OPTIONS, AuthConfig};
pub use config::call_options::{CALL_OPTIONS, CallOptions};
pub use config::callbacks::{HOOKS, HookSpec, Notification, ProvidedToken, TOKEN_OPTIONS};
pub use config::client_options::{CLIENT_OPTIONS, ClientConfig};
pub use config::option_argument::OptionArgument;
pub use config::option_table::{Address, OptionSpec};
pub use config::profile::{Choice as ProfileChoice, PROFILE_OPTIONS, ProfileConfig, ServiceCode, SessionSign};
pub use error::failure_class::FailureClass;
pub use error::{CODES, Code, CodeSpec, Delivery, Error, ErrorInfo, ErrorKind, KINDS, KindSpec, Result};
pub use observe::counters::{COUNTERS, CounterSpec, Counters};
pub use observe::http_exchange::{RequestInfo, ResponseInfo};
pub use observe::log::{LogLevel, LogRecord};
pub use observe::state::{State, StateChange};
pub use protocol::methods::{METHODS, MethodKind, MethodSpec, PROPERTIES, PropertySpec, ProtocolMethod};
pub use protocol::param_spec::{ParamSpec, ResultSpec};
pub use protocol::raw_result::Metadata;
pub use protocol::types;
pub use util::secret::Secret;
pub use util::spelling::Spelling;
