//! Calls without a key under the same faults: none may run twice, and the delivery of an error must be true.

use std::collections::BTreeMap;
use std::time::Duration;

use omni_mcp::{CallOptions, Client, Delivery};
use omni_mcp_devserver::{Answering, DevServer, Fault, How, Options, Profile, Rule, When};

use crate::audit::{self, Audit};
use crate::faults;
use crate::plan::Plan;
use crate::row::{Failed, Row};
use crate::workers;

const WORKERS: u64 = 64;
const FAULTS_PERCENT: u32 = 30;
/// One call in this many uses a failing tool, and one an unknown tool.
const FAILS_EVERY: u64 = 50;
const UNKNOWN_EVERY: u64 = 97;
/// Calls after the others, without a session.
const PROVOKED: u64 = 2;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let calls = plan.size(750, 50_000);
    let (mut again, mut false_deliveries, mut lost) = (0, 0, 0);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut all = Audit::default();
    for answering in [Answering::Json, Answering::Sse] {
        let (outcomes, audit) = under(plan.seed, answering, calls)?;
        again += audit.ran(|often| often > 1);
        all.add_struck(&audit);
        lost += calls + PROVOKED - outcomes.len() as u64;
        for (number, outcome) in outcomes {
            let executions = audit.executions(number);
            let (name, is_true) = match outcome {
                None => ("succeeded", executions == 1),
                Some(delivery @ (Delivery::NotSent | Delivery::Rejected)) => (delivery.as_str(), executions == 0),
                Some(delivery @ Delivery::Executed) => (delivery.as_str(), executions == 1),
                Some(delivery @ Delivery::MaybeExecuted) => (delivery.as_str(), executions <= 1),
            };
            *counts.entry(name).or_default() += 1;
            if !is_true {
                false_deliveries += 1;
                eprintln!("plain, call {number}: {name}, but it ran {executions} times");
            }
        }
    }
    let percent = all.struck_percent();
    let is_share = (percent - f64::from(FAULTS_PERCENT)).abs() <= faults::may_be_off(plan);
    Ok(Row {
        done: format!(
            "2 × {calls} plain calls, JSON and streams, {WORKERS} workers, {FAULTS_PERCENT} % faults of {} kinds",
            faults::KINDS
        ),
        bound: "0 run again; not_sent and rejected: never ran; executed and success: ran once".into(),
        seen: format!(
            "{again} run again, {false_deliveries} false deliveries, {lost} lost; {percent:.1} % with faults; {}",
            audit::listed(&counts)
        ),
        // Each delivery must have occurred, or the scenario proves nothing.
        kept: again == 0
            && false_deliveries == 0
            && lost == 0
            && counts.len() == 5
            && all.struck.len() == faults::KINDS
            && is_share,
    })
}

/// The outcome of each call: `None` is success.
type Outcomes = Vec<(u64, Option<Delivery>)>;

fn under(seed: u64, answer: Answering, calls: u64) -> Result<(Outcomes, Audit), Failed> {
    let server = DevServer::start(Options {
        profile: Profile::Generic,
        seed,
        answer,
        sse_event_ids: true,
        sse_retry_ms: Some(1),
        ..Options::default()
    })?;
    let client = Client::builder()
        .profile("generic")
        .base_url(format!("{}/mcp", server.url()))
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(5))
        .retry_budget(None)
        .raise_tool_errors(true)
        .timeout(Duration::from_secs(10))
        .build()?;
    let outcomes = workers::run(async {
        // A call without faults, so that the era is known; sessions are then lost and rarely opened again.
        client.connect().await?;
        server.script(faults::rules(FAULTS_PERCENT, 2 * calls))?;
        let no_session = Fault::Reset { when: When::BeforeExecution, how: How::Rst };
        server.script(vec![Rule::new(no_session.clone()).on_method("initialize").probability(0.5)])?;
        let outcomes = workers::make(WORKERS, calls, {
            let client = client.clone();
            move |number| {
                let client = client.clone();
                async move { call(&client, number).await }
            }
        });
        let mut outcomes = outcomes.await;
        // Few calls are not sent, at random none: here the first finds the session lost, and the second finds none.
        server.expire_sessions();
        server.clear_script();
        server.script(vec![Rule::new(no_session).on_method("initialize")])?;
        for number in calls..calls + PROVOKED {
            outcomes.push((number, call(&client, number).await));
        }
        Ok::<_, Failed>(outcomes)
    })??;
    Ok((outcomes, Audit::of(&server.ledger())))
}

async fn call(client: &Client, number: u64) -> Option<Delivery> {
    let tool = match number {
        number if number % FAILS_EVERY == 0 => "fail",
        number if number % UNKNOWN_EVERY == 0 => "missing",
        _ => "fred.search",
    };
    client.call_tool(tool, audit::arguments(number)).options(CallOptions::default()).await.err().map(|e| e.delivery())
}
