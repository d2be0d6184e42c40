//! What a server on standard input and output can be told at start, most of it misbehaviour.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::faults::When;

/// Which of the tool calls, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Nth {
    /// This one.
    One(u64),
    /// These.
    Some(Vec<u64>),
}

/// Options of the stdio server alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StdioOptions {
    /// Exit with this code before anything is read.
    pub exit_at_start: Option<i32>,
    /// Lines for standard error at the start.
    pub stderr: Vec<String>,
    /// A line for standard output at the start.
    pub garbage_at_start: Option<String>,
    /// What is written to standard output at the start, with no line end added.
    pub write_at_start: Option<String>,
    /// A line for standard output before the answer of a tool call.
    pub garbage_on_call: Option<String>,
    /// Exit with this code instead of answering a tool call.
    pub exit_on_call: Option<i32>,
    /// Never answer a tool call.
    pub hang_on_call: bool,
    /// The tool calls that the three before mean; all of them when left out.
    pub nth: Option<Nth>,
    /// Whether the tool of a call that is not answered runs first.
    pub when: When,
    /// Stay when standard input ends.
    pub ignore_stdin_end: bool,
    /// Stay on SIGTERM.
    pub ignore_term: bool,
    /// Send a ping behind `notifications/initialized`, and refuse tool calls until it was answered.
    pub ping_client: bool,
    /// A file that gets one line of JSON for each message received and each tool that ran.
    pub ledger: Option<PathBuf>,
    /// Requests are served as they come; if not, one at a time.
    pub concurrent: bool,
}

impl Default for StdioOptions {
    fn default() -> Self {
        Self {
            exit_at_start: None,
            stderr: Vec::new(),
            garbage_at_start: None,
            write_at_start: None,
            garbage_on_call: None,
            exit_on_call: None,
            hang_on_call: false,
            nth: None,
            when: When::default(),
            ignore_stdin_end: false,
            ignore_term: false,
            ping_client: false,
            ledger: None,
            concurrent: true,
        }
    }
}
