//! One test for every case of `tests/vectors`; the README there describes the format.
//!
//! `cargo test -p omni-mcp --test vectors -- retries/` runs those whose name contains `retries/`.

#![allow(clippy::unwrap_used, missing_docs)]

mod runner;

use std::path::Path;

use libtest_mimic::Arguments;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    libtest_mimic::run(&arguments, runner::trials(&folder)).exit_code()
}
