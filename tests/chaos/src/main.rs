//! Calls under faults, outages, lost sessions and cancellations, checked by the ledger of the server. Prints one table.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod client_process;
mod descriptors;
mod faults;
mod heap;
mod plan;
mod raw;
mod row;
mod scenarios;
mod workers;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use omni_mcp_devserver::{Options, Profile};

use crate::plan::Plan;
use crate::row::Row;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    let plan = Plan::parse();
    descriptors::allow_many();
    if !plan.part.is_empty() {
        return play(&plan.part);
    }
    if let Some(task) = &plan.task {
        fastrand::seed(plan.seed);
        return client_process::run(task);
    }
    if let Some(unknown) = plan.only.iter().find(|name| scenarios::ALL.iter().all(|(known, _)| known != name)) {
        eprintln!("chaos: there is no scenario {unknown}");
        return ExitCode::FAILURE;
    }
    let mut rows = Vec::new();
    let mut seconds = Vec::new();
    for (name, run) in
        scenarios::ALL.iter().filter(|(name, _)| plan.only.is_empty() || plan.only.iter().any(|only| only == name))
    {
        let begun = Instant::now();
        // The client's jitter depends on the seed, too; each scenario starts with the same.
        fastrand::seed(plan.seed);
        let row = run(&plan).unwrap_or_else(|error| Row {
            done: "not finished".into(),
            bound: String::new(),
            seen: error.to_string(),
            kept: false,
        });
        eprintln!("{name}: {}", row.seen);
        rows.push((*name, row));
        seconds.push(begun.elapsed().as_secs_f64());
    }
    let failed = row::print(&rows, &seconds);
    println!("{} passed, {failed} failed", rows.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a task of a scenario in this process.
fn play(part: &[String]) -> ExitCode {
    let task = part.get(1).map_or("", String::as_str);
    let played = match part[0].as_str() {
        "cancels" => scenarios::cancels::rust::main(task),
        "stdio-server" => omni_mcp_devserver::serve_stdio(Options { profile: Profile::Generic, ..Options::default() })
            .map_err(Into::into),
        unknown => Err(format!("there is no part {unknown}").into()),
    };
    played.map_or_else(
        |error| {
            eprintln!("chaos, {}: {error}", part[0]);
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
