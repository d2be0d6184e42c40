//! Keyed calls of many workers to a server that drops, delays and fails a share of them: none may be lost or
//! run twice, and all attempts of a call must have its key.

use std::time::Duration;

use omni_mcp::Client;
use omni_mcp_devserver::{Answering, DevServer, Options};

use crate::audit::{self, Audit};
use crate::faults;
use crate::plan::Plan;
use crate::row::{Failed, Row};
use crate::workers;

const WORKERS: u64 = 64;
const FAULTS_PERCENT: u32 = 30;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let calls = plan.size(500, 100_000);
    let seeds = plan.seeds(3, 5);
    let done = format!(
        "{} seeds × {calls} keyed calls, {WORKERS} workers, {FAULTS_PERCENT} % faults of {} kinds",
        seeds.end - seeds.start,
        faults::KINDS,
    );
    let (mut lost, mut again, mut never, mut changed) = (0, 0, 0, 0);
    let mut all = Audit::default();
    for seed in seeds {
        let (failed, audit) = with_seed(seed, calls)?;
        lost += failed;
        again += audit.ran(|often| often > 1);
        never += calls.saturating_sub(audit.ran(|often| often > 0));
        changed += audit.changed_keys();
        all.add_struck(&audit);
    }
    let percent = all.struck_percent();
    let is_share = (percent - f64::from(FAULTS_PERCENT)).abs() <= faults::may_be_off(plan);
    Ok(Row {
        done,
        bound: "0 lost, each run once, one key on all attempts".into(),
        seen: format!(
            "{lost} lost, {again} run again, {never} never run, {changed} keys changed; {} requests, {percent:.1} % with faults; {}",
            all.requests,
            audit::listed(&all.struck)
        ),
        kept: lost == 0 && again == 0 && never == 0 && changed == 0 && all.struck.len() == faults::KINDS && is_share,
    })
}

fn with_seed(seed: u64, calls: u64) -> Result<(u64, Audit), Failed> {
    fastrand::seed(seed);
    let server = DevServer::start(Options {
        seed,
        // Alternately: JSON bodies, event streams, and event streams that can be resumed.
        answer: if seed % 3 == 1 { Answering::Json } else { Answering::Sse },
        sse_event_ids: seed % 3 == 2,
        sse_retry_ms: Some(1),
        ..Options::default()
    })?;
    server.script(faults::rules(FAULTS_PERCENT, 2 * calls))?;
    // Many attempts and no budget, so that a call can be lost only by a bug.
    let client = Client::builder()
        .api_key(server.api_key())
        .base_url(server.url())
        .max_attempts(40_u32)
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(20))
        .retry_budget(None)
        .timeout(Duration::from_secs(10))
        .build()?;
    let failed = workers::run(async move {
        let outcomes = workers::make(WORKERS, calls, move |number| {
            let client = client.clone();
            async move { client.call_tool("fred.search", audit::arguments(number)).await.map(drop) }
        });
        let outcomes = outcomes.await;
        for (number, outcome) in &outcomes {
            if let Err(error) = outcome {
                eprintln!("keyed, seed {seed}, call {number}: {error}");
            }
        }
        calls - outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count() as u64
    })?;
    Ok((failed, Audit::of(&server.ledger())))
}
