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

mod asks;
mod attempts;
mod auth;
#[doc(hidden)]
pub mod bridge;
mod budget;
mod cache;
mod call;
mod call_options;
mod classify;
mod client;
mod config;
mod core;
mod counters;
mod deviations;
mod ears;
mod either_era;
mod environment;
mod era;
mod error;
mod failure;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod given_secrets;
mod given_up;
mod headers;
mod hooks;
mod http;
mod idempotency;
mod in_flight;
mod limits;
mod listen;
mod log;
mod methods;
mod mirrors;
mod ongoing;
mod open_count;
mod opening;
mod option;
mod output;
mod pages;
mod pools;
mod profile;
mod protocol;
#[cfg(debug_assertions)]
mod provoked;
mod queue;
mod redaction;
pub mod registry;
mod reply;
mod rested;
mod results;
mod retry;
mod retry_after;
mod rounds;
mod route;
mod session;
mod session_loss;
mod single_flight;
mod slots;
mod state;
mod subscriptions;
mod text;
mod transport;
mod waiting;
mod work;

pub use auth::{AUTH_OPTIONS, AuthConfig, Secret};
pub use call_options::{CALL_OPTIONS, CallOptions};
pub use client::{Call, Client, ClientBuilder, Reply};
pub use config::{CLIENT_OPTIONS, ClientConfig};
pub use counters::{COUNTERS, CounterSpec, Counters};
pub use error::{CODES, Code, CodeSpec, Delivery, Error, ErrorInfo, ErrorKind, KINDS, KindSpec, Result};
pub use hooks::{HOOKS, HookSpec, Notification, ProvidedToken, TOKEN_OPTIONS};
pub use log::{LogLevel, LogRecord};
pub use methods::{METHODS, MethodSpec, PROPERTIES, PropertySpec};
pub use option::{Address, OptionSpec, Spelling};
pub use profile::{Choice as ProfileChoice, PROFILE_OPTIONS, ProfileConfig, ServiceCode, SessionSign};
pub use protocol::types;
pub use reply::Metadata;
pub use retry::Happened;
pub use state::{State, StateChange};
