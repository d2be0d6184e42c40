//! One row of the final table.

/// The outcome of a scenario.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was done, with numbers.
    pub(crate) done: String,
    /// What must hold.
    pub(crate) bound: String,
    /// What was observed.
    pub(crate) seen: String,
    /// Whether everything that must hold did.
    pub(crate) kept: bool,
}

/// Why a scenario could not be completed.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Prints the table; returns the number of rows that do not hold.
pub(crate) fn print(rows: &[(&str, Row)], seconds: &[f64]) -> usize {
    println!("| scenario | done | must hold | seen | seconds | |");
    println!("|---|---|---|---|---|---|");
    for ((name, row), seconds) in rows.iter().zip(seconds) {
        let verdict = if row.kept { "ok" } else { "FAILED" };
        println!("| {name} | {} | {} | {} | {seconds:.1} | {verdict} |", row.done, row.bound, row.seen);
    }
    rows.iter().filter(|(_, row)| !row.kept).count()
}
