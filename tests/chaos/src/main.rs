//! Keyed calls from many workers against a server that drops, delays and fails a share of them: none may be lost, none
//! may run twice, and every attempt of a call must carry the call's one key.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod audit;
mod faults;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

/// How much chaos.
#[derive(Parser)]
struct Plan {
    /// Logical calls to make.
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// Calls in flight at once.
    #[arg(long, default_value_t = 64)]
    workers: u64,
    /// The share of requests that a fault meets, in percent.
    #[arg(long, default_value_t = 30)]
    faults: u32,
    /// Decides which requests.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let plan = Plan::parse();
    match run(&plan) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(plan: &Plan) -> Result<bool, Box<dyn std::error::Error>> {
    fastrand::seed(plan.seed);
    let server = DevServer::start(Options { seed: plan.seed, ..Options::default() })?;
    server.script(faults::rules(plan.faults))?;
    // Enough attempts that chance cannot use them up, and no budget: what is measured is that nothing is lost.
    let client = Client::builder()
        .api_key(server.api_key())
        .base_url(server.url())
        .max_attempts(40_u32)
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(20))
        .retry_budget(None)
        .timeout(Duration::from_secs(10))
        .build()?;

    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let failed = runtime.block_on(call_all(&client, plan));
    let seconds = begun.elapsed().as_secs_f64();

    let audit = audit::Audit::of(&server.ledger());
    println!("| calls | workers | faults | seed | requests | lost | run twice | never run | keys changed | seconds |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let never = plan.calls.saturating_sub(audit.executed_once + audit.executed_again);
    println!(
        "| {} | {} | {} % | {} | {} | {failed} | {} | {never} | {} | {seconds:.1} |",
        plan.calls, plan.workers, plan.faults, plan.seed, audit.requests, audit.executed_again, audit.changed_keys,
    );
    println!("faults that struck: {}", audit.struck);
    let kept = failed == 0 && audit.executed_again == 0 && audit.changed_keys == 0 && audit.executed_once == plan.calls;
    println!("{} passed, {} failed", u8::from(kept), u8::from(!kept));
    Ok(kept)
}

/// Makes all the calls; how many ended in an error.
async fn call_all(client: &Client, plan: &Plan) -> u64 {
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..plan.workers)
        .map(|_| {
            let (client, next, calls) = (client.clone(), Arc::clone(&next), plan.calls);
            tokio::spawn(async move {
                let mut failed = 0;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= calls {
                        return failed;
                    }
                    // The query names the call, so that the ledger can be read by call.
                    let arguments = json!({"q": format!("inflation {number}"), "limit": 1});
                    if let Err(error) = client.call_tool("fred.search", arguments).await {
                        eprintln!("call {number}: {error}");
                        failed += 1;
                    }
                }
            })
        })
        .collect();
    let mut failed = 0;
    for worker in workers {
        failed += worker.await.unwrap_or(1);
    }
    failed
}
