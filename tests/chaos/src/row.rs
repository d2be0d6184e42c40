//! One line of the table at the end.

/// What a scenario came to.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was done, with its numbers.
    pub(crate) done: String,
    /// What must hold.
    pub(crate) bound: String,
    /// What was seen.
    pub(crate) seen: String,
    /// Whether what must hold did.
    pub(crate) kept: bool,
}

/// Why a scenario could not be run to its end.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Prints the table; how many rows did not hold.
pub(crate) fn print(rows: &[(&str, Row)], seconds: &[f64]) -> usize {
    println!("| scenario | done | must hold | seen | seconds | |");
    println!("|---|---|---|---|---|---|");
    for ((name, row), seconds) in rows.iter().zip(seconds) {
        let verdict = if row.kept { "ok" } else { "FAILED" };
        println!("| {name} | {} | {} | {} | {seconds:.1} | {verdict} |", row.done, row.bound, row.seen);
    }
    rows.iter().filter(|(_, row)| !row.kept).count()
}
