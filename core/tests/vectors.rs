//! Runs every case of `tests/vectors/*.json`; what a case means stands in the README there.

#![allow(clippy::unwrap_used, missing_docs)]

mod runner;

use std::path::Path;

fn main() -> std::process::ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    runner::run_all(&folder, std::env::args().skip(1).find(|argument| !argument.starts_with('-')))
}
