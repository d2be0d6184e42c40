//! Hosted MCP services on loopback, with scripted faults and a ledger of what ran.
//!
//! The server runs on a separate thread: every function here blocks, and none needs a
//! runtime. It shares no code with the client, so that a mistake in one does not hide one in the other.
//!
//! ```
//! use omni_mcp_devserver::{Count, DevServer, Fault, Options, Rule};
//!
//! let server = DevServer::start(Options::default())?;
//! server.script(vec![Rule::new(Fault::MalformedJson {}).on_method("tools/call").nth([1])])?;
//! println!("{} {}", server.url(), server.api_key());
//! assert_eq!(server.ledger().executions.len(), 0);
//! assert!(server.wait_for(Count::Requests, 0, std::time::Duration::ZERO));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod answer;
mod balancer;
mod body;
mod calendar;
mod calls;
#[cfg(feature = "cli")]
mod cancellation;
mod client_requests;
mod compression_bomb;
mod connection;
mod control;
mod credentials;
mod description;
mod era;
mod everything;
mod exchange;
mod fault_rules;
mod faults;
mod gaia;
mod generic;
mod headers;
mod http;
#[cfg(feature = "tls")]
mod http2;
mod jsonrpc;
mod ledger;
mod legacy;
mod listen;
mod log_level;
mod messages;
mod methods;
mod modern;
mod oauth;
mod octomind;
mod odock;
mod omni;
mod open_streams;
mod options;
mod own_tools;
mod pages;
mod proxy;
mod push;
mod reading;
mod recording;
mod registry;
mod restarts;
mod resumable_streams;
mod sample_data;
mod sema4;
mod server;
mod server_state;
mod service_error;
mod sessions;
mod sse;
#[cfg(feature = "cli")]
mod stdio;
mod stdio_options;
mod stdout;
#[cfg(feature = "tls")]
mod tls;
mod tls_options;
mod tool_handlers;
mod tools;
mod wait;
mod wire_faults;

pub use credentials::AuthOptions;
pub use description::{Field, Fields, Form, Kinds};
pub use fault_rules::ScriptError;
pub use faults::{
    Acknowledgement, Charset, Endless, Fault, How, LastStream, Matcher, Packing, RetryAfter, Rule, StreamEnd, Then,
    When,
};
pub use ledger::{ExecutionRecord, HeaderRecord, LedgerSnapshot, RequestRecord};
pub use oauth::{OAuthClient, OAuthOptions};
pub use options::{
    Answering, Era, ErrorShape, KeyOptions, LedgerMode, Options, Profile, RateLimit, SessionMode, TrailingSlash,
    Transport,
};
pub use own_tools::{ProgressOptions, ProgressStep, ToolOptions, ToolResult};
pub use proxy::{ProxyFailure, ProxyOptions, ProxyRecord};
pub use push::{Push, PushError};
pub use reading::Spelling;
pub use server::{DevServer, StartError};
#[cfg(feature = "cli")]
pub use stdio::serve_stdio;
pub use stdio_options::{Nth, StdioOptions};
pub use tls_options::{Certificates, ClientCertificate, SelfSigned, ServedCertificate, TlsOptions, TlsVersion};
pub use tool_handlers::{ToolCall, ToolHandler, ToolReply};
pub use wait::{Count, Wait, WaitError};
