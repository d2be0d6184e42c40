//! Validates the messages of clients against the published schemas: reads a folder of `*.jsonl` files, whose lines have
//! `version`, `profile` and `message`. The environment variable `MCP_SCHEMAS` names the folder with `<revision>/schema.json`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod report;
mod revision;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::report::Report;

#[derive(Parser)]
struct Arguments {
    /// The folder with the messages recorded by the dev server.
    messages: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { messages } = Arguments::parse();
    let Some(schemas) = schemas() else {
        println!("not run: MCP_SCHEMAS names no folder of schemas");
        return ExitCode::SUCCESS;
    };
    match Report::of(&messages, &schemas) {
        Ok(report) => {
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// The folder of the schemas, if set.
fn schemas() -> Option<PathBuf> {
    std::env::var_os("MCP_SCHEMAS").map(PathBuf::from).filter(|folder| folder.is_dir())
}
