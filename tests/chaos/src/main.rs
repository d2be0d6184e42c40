//! What breaks clients, done to ours by the hundred thousand and counted by what the server saw. One table at the end.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod apart;
mod audit;
mod crowd;
mod descriptors;
mod faults;
mod heap;
mod plan;
mod raw;
mod row;
mod scenarios;

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
    if let Some(errand) = &plan.errand {
        fastrand::seed(plan.seed);
        return apart::run(errand);
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
        // The client's jitter is of this, too: each scenario begins with the same, whichever went before.
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

/// Plays a part in a scenario that needs a process of its own for it.
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
