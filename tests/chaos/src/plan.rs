//! How much chaos: the sizes of all scenarios, short and long.

use clap::Parser;

/// Faults, floods and losses by the hundred thousand, counted by what the server saw.
#[derive(Debug, Parser)]
pub(crate) struct Plan {
    /// The full sizes; without it, those that fit into a test run.
    #[arg(long)]
    pub(crate) long: bool,
    /// Only these scenarios, by name.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// The first seed; scenarios of several seeds take those that follow.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The Python that has the package, for the scenarios of all languages.
    #[arg(long, default_value = "python3")]
    pub(crate) python: String,
    /// The Node that runs the scenarios of all languages.
    #[arg(long, default_value = "node")]
    pub(crate) node: String,
    /// The part that this program plays as a child of a scenario's, and its task.
    #[arg(long, hide = true, num_args = 1..=2, value_names = ["PART", "TASK"])]
    pub(crate) part: Vec<String>,
    /// What a client does in a process of its own, as JSON; given by a scenario.
    #[arg(long, hide = true)]
    pub(crate) errand: Option<String>,
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
