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
//! Every failure is an [`Error`] with a kind, a stable code, a request id, and a word on whether the call ran
//! ([`Delivery`]). See `README.md` for the rules of retries, idempotency and sessions.

#![forbid(unsafe_code)]

mod auth;
#[doc(hidden)]
pub mod bridge;
mod budget;
mod call;
mod classify;
mod client;
mod config;
mod core;
mod error;
mod failure;
mod headers;
mod http;
mod idempotency;
mod methods;
mod option;
mod pages;
mod profile;
mod protocol;
mod retry;
mod retry_after;
mod session;
mod text;
mod transport;

pub use auth::Secret;
pub use call::{CALL_OPTIONS, CallOptions, Metadata};
pub use client::{Call, Client, ClientBuilder, Reply};
pub use config::{CLIENT_OPTIONS, ClientConfig};
pub use error::{CODES, Code, CodeSpec, Delivery, Error, ErrorInfo, ErrorKind, KINDS, KindSpec, Result};
pub use methods::{METHODS, MethodSpec};
pub use option::{Address, OptionSpec, Spelling};
pub use profile::Profile;
pub use protocol::types;
