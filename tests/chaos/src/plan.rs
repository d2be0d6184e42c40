//! Command line: scenarios and their sizes.

use clap::Parser;

/// Calls under faults, outages, lost sessions and cancellations, checked by the ledger of the server.
#[derive(Debug, Parser)]
pub(crate) struct Plan {
    /// Use the full sizes; otherwise those for a test run.
    #[arg(long)]
    pub(crate) long: bool,
    /// Only these scenarios, by name.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// The first seed; scenarios with several seeds use the following ones.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A Python with the package, for the scenarios in all languages.
    #[arg(long, default_value = "python3")]
    pub(crate) python: String,
    /// The Node for the scenarios in all languages.
    #[arg(long, default_value = "node")]
    pub(crate) node: String,
    /// Internal: the role of this program as a child process of a scenario, and its task.
    #[arg(long, hide = true, num_args = 1..=2, value_names = ["PART", "TASK"])]
    pub(crate) part: Vec<String>,
    /// Internal: the task of a client in a separate process, as JSON.
    #[arg(long, hide = true)]
    pub(crate) task: Option<String>,
}

impl Plan {
    /// The size for this run.
    pub(crate) fn size(&self, short: u64, long: u64) -> u64 {
        if self.long { long } else { short }
    }

    /// The seeds for this run.
    pub(crate) fn seeds(&self, short: u64, long: u64) -> std::ops::Range<u64> {
        self.seed..self.seed + self.size(short, long)
    }
}
