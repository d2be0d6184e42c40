//! Waits for a condition on the ledger, without polling.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::description::{choices, described};
use crate::reading::{self, Spelling};

/// The counted quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Requests that were received completely.
    Requests,
    /// Requests whose response was sent completely.
    Answers,
    /// Tools that ran.
    Executions,
    /// Requests whose peer left before the response was complete.
    Disconnects,
    /// Accepted connections.
    Connections,
    /// Open connections.
    OpenConnections,
    /// Sessions opened.
    SessionsOpened,
    /// Sessions ended, by DELETE or by a control.
    SessionsClosed,
    /// Open streams.
    Streams,
    /// Running tools.
    Running,
}

choices! {
    Count: Requests, Answers, Executions, Disconnects, Connections, OpenConnections, SessionsOpened, SessionsClosed, Streams,
        Running;
}

described! {
    /// A condition on the ledger and its timeout.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Wait {
        /// The counted quantity.
        pub count: Count,
        /// The condition holds from this number on.
        #[serde(default)]
        pub at_least: Option<u64>,
        /// The condition holds up to this number.
        #[serde(default)]
        pub at_most: Option<u64>,
        /// The timeout in milliseconds.
        #[serde(default = "five_seconds")]
        pub timeout_ms: u64,
        /// Count only this JSON-RPC method (requests, answers, disconnects).
        #[serde(default)]
        pub method: Option<String>,
        /// Count only this tool (requests, answers, disconnects, executions).
        #[serde(default)]
        pub tool: Option<String>,
        /// Count only this HTTP method (requests, answers, disconnects).
        #[serde(default)]
        pub http_method: Option<String>,
    }
}

fn five_seconds() -> u64 {
    5_000
}

/// An invalid condition.
#[derive(Debug, thiserror::Error)]
#[error("bad wait condition: {0}")]
pub struct WaitError(pub(crate) String);

impl Wait {
    /// Reads a condition from JSON text, with names in this spelling.
    pub fn from_json(text: &str, spelling: Spelling) -> Result<Self, WaitError> {
        let read = reading::parse(text.as_bytes(), "condition").and_then(|value| reading::read(value, "", spelling));
        read.map_err(WaitError)
    }

    /// Waits until at least this many are counted.
    pub fn at_least(count: Count, at_least: u64, timeout: Duration) -> Self {
        Self {
            count,
            at_least: Some(at_least),
            at_most: None,
            timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
            method: None,
            tool: None,
            http_method: None,
        }
    }

    /// Waits until at most this many are counted.
    pub fn at_most(count: Count, at_most: u64, timeout: Duration) -> Self {
        Self { at_least: None, at_most: Some(at_most), ..Self::at_least(count, 0, timeout) }
    }

    /// Only this JSON-RPC method.
    pub fn on_method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only this tool.
    pub fn on_tool(mut self, tool: &str) -> Self {
        self.tool = Some(tool.to_owned());
        self
    }

    /// Only this HTTP method.
    pub fn on_http_method(mut self, method: &str) -> Self {
        self.http_method = Some(method.to_owned());
        self
    }

    /// Whether a filter is set.
    pub(crate) fn is_filtered(&self) -> bool {
        self.method.is_some() || self.tool.is_some() || self.http_method.is_some()
    }

    pub(crate) fn holds(&self, count: u64) -> bool {
        self.at_least.is_none_or(|n| count >= n) && self.at_most.is_none_or(|n| count <= n)
    }

    pub(crate) fn check(&self, spelling: Spelling) -> Result<(), WaitError> {
        if self.at_least.is_none() && self.at_most.is_none() {
            let (least, most) = (spelling.spell("at_least"), spelling.spell("at_most"));
            return Err(WaitError(format!("give {least} or {most}")));
        }
        let of_requests = matches!(self.count, Count::Requests | Count::Answers | Count::Disconnects);
        let allowed = match self.count {
            Count::Executions => self.method.is_none() && self.http_method.is_none(),
            _ => of_requests || !self.is_filtered(),
        };
        if allowed { Ok(()) } else { Err(WaitError("this count cannot be filtered so".to_owned())) }
    }
}
