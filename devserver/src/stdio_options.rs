//! Options of a server on standard input and output; most of them are faults.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::description::{Described, Form, described};
use crate::faults::When;

/// Tool calls by number, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Nth {
    /// This one.
    One(u64),
    /// These.
    Some(Vec<u64>),
}

impl Described for Nth {
    fn form() -> Form {
        Form::Either(vec![u64::form(), Vec::<u64>::form()])
    }
}

described! {
    /// Options of the stdio server.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct StdioOptions {
        /// Exit with this code before anything is read.
        pub exit_at_start: Option<i32>,
        /// Lines for standard error at the start.
        pub stderr: Vec<String>,
        /// A line for standard output at the start.
        pub garbage_at_start: Option<String>,
        /// Text for standard output at the start, without a line end.
        pub write_at_start: Option<String>,
        /// A line for standard output before the response to a tool call.
        pub garbage_on_call: Option<String>,
        /// Exit with this code instead of responding to a tool call.
        pub exit_on_call: Option<i32>,
        /// Never respond to a tool call.
        pub hang_on_call: bool,
        /// The tool calls to which the three options above apply; all if absent.
        pub nth: Option<Nth>,
        /// Whether the tool of a call without a response runs first.
        pub when: When,
        /// Keep running when standard input ends.
        pub ignore_stdin_end: bool,
        /// Keep running on SIGTERM.
        pub ignore_term: bool,
        /// Send a ping after `notifications/initialized`, and refuse tool calls until its response.
        pub ping_client: bool,
        /// A file that gets one line of JSON for each message received and each tool that ran.
        pub ledger: Option<PathBuf>,
        /// Serve requests concurrently; if false, one at a time.
        pub concurrent: bool,
    }
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
