//! Keyed calls from many workers against a server that drops, delays and fails a share of them: none may be lost, none
//! may run twice, and every attempt of a call must carry the call's one key.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use omni_mcp::Client;
use omni_mcp_devserver::{DevServer, Options};
use serde_json::json;

use crate::audit::Audit;
use crate::faults;
use crate::plan::Plan;
use crate::row::{Failed, Row};

const WORKERS: u64 = 64;
const FAULTS_PERCENT: u32 = 30;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let calls = plan.size(2_000, 100_000);
    let seeds = plan.seeds(1, 5);
    let done = format!(
        "{} seeds × {calls} keyed calls, {WORKERS} workers, {FAULTS_PERCENT} % faults of 10 kinds",
        seeds.end - seeds.start
    );
    let (mut lost, mut again, mut never, mut changed, mut requests) = (0, 0, 0, 0, 0);
    for seed in seeds {
        let (failed, audit) = with_seed(seed, calls)?;
        lost += failed;
        again += audit.executed_again;
        never += calls.saturating_sub(audit.executed_once + audit.executed_again);
        changed += audit.changed_keys;
        requests += audit.requests;
        eprintln!("keyed, seed {seed}: faults that struck: {}", audit.struck);
    }
    Ok(Row {
        done,
        bound: "0 lost, each run once, one key".into(),
        seen: format!("{lost} lost, {again} run again, {never} never run, {changed} keys changed; {requests} requests"),
        kept: lost == 0 && again == 0 && never == 0 && changed == 0,
    })
}

fn with_seed(seed: u64, calls: u64) -> Result<(u64, Audit), Failed> {
    fastrand::seed(seed);
    let server = DevServer::start(Options { seed, ..Options::default() })?;
    server.script(faults::rules(FAULTS_PERCENT))?;
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let failed = runtime.block_on(call_all(&client, calls));
    Ok((failed, Audit::of(&server.ledger())))
}

/// Makes all the calls; how many ended in an error.
async fn call_all(client: &Client, calls: u64) -> u64 {
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (client, next) = (client.clone(), Arc::clone(&next));
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
