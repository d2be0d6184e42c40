//! A server that is down for a while, and one that fails everything for a while: retries do not multiply the
//! calls, and calls succeed soon after the server has returned.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use omni_mcp::Client;
use omni_mcp_devserver::{Count, DevServer, Fault, Options, Rule, When};
use tokio::task::JoinSet;

use crate::audit;
use crate::plan::Plan;
use crate::row::{Failed, Row};
use crate::workers;

/// Workers whose calls are retried a few times, within the budget.
const WORKERS: u64 = 64;
/// Workers whose calls are retried until they succeed.
const PATIENT: u64 = 16;
/// The pause between two calls of a worker.
const PACE: Duration = Duration::from_millis(25);
const BACKOFF_MAX: Duration = Duration::from_secs(1);
/// One connect and one call, on a busy machine.
const CONNECT: Duration = Duration::from_secs(2);
/// The retries that the budget of 500 tokens allows, 14 each, and two for each call in flight when the outage begins.
const MOST_RETRIES: u64 = 500 / 14 + 2 * WORKERS;
/// Calls before the outage.
const BEFORE: u64 = 200;

#[derive(Clone, Copy)]
enum How {
    /// Connections are refused, and the sessions are lost.
    Gone,
    /// Every response is 503.
    Failing,
}

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let length = Duration::from_secs(plan.size(3, 60));
    let (gone, failing) = workers::run(async {
        tokio::join!(outage(How::Gone, length, plan.seed), outage(How::Failing, length, plan.seed))
    })?;
    let (gone, failing) = (gone?, failing?);
    let kept = [&gone, &failing].iter().all(|came| {
        // Calls in flight at the beginning or end are counted on one side only.
        let most = came.calls + MOST_RETRIES + 2 * WORKERS;
        came.retries <= MOST_RETRIES && came.requests <= most && came.lost == 0 && came.resumed <= BACKOFF_MAX + CONNECT
    });
    Ok(Row {
        done: format!(
            "{} s without the server, and of one that fails; {WORKERS} workers, and {PATIENT} patient ones",
            length.as_secs()
        ),
        bound: format!(
            "at most {MOST_RETRIES} retries, 0 patient calls lost, all served within one backoff of {} s and a connect",
            BACKOFF_MAX.as_secs()
        ),
        seen: format!(
            "gone: {}; failing: {}, {} requests received",
            gone.summary(),
            failing.summary(),
            failing.requests
        ),
        kept,
    })
}

/// The outcome of an outage.
struct Outcome {
    /// Calls of the workers that ended during it, and their retries.
    calls: u64,
    retries: u64,
    /// Their requests received by the server during it.
    requests: u64,
    /// Failed calls of the patient workers.
    lost: u64,
    /// Time from the server's return to the first success of any worker, and of the last.
    first: Duration,
    resumed: Duration,
}

impl Outcome {
    fn summary(&self) -> String {
        format!(
            "{} calls with {} retries, {} patient lost, served after {} ms to {} ms",
            self.calls,
            self.retries,
            self.lost,
            self.first.as_millis(),
            self.resumed.as_millis()
        )
    }
}

fn client(server: &DevServer) -> omni_mcp::ClientBuilder {
    Client::builder().api_key(server.api_key()).base_url(server.url()).backoff_max(BACKOFF_MAX)
}

async fn outage(how: How, length: Duration, seed: u64) -> Result<Outcome, Failed> {
    let options = Options { require_session: true, seed, ..Options::default() };
    let server = DevServer::start(options.clone())?;
    // With their own server, so that its ledger contains only the other workers.
    let patients_server = DevServer::start(options.clone())?;
    let workers = client(&server).build()?;
    let patients = client(&patients_server).retry_budget(None).max_attempts(10_000_u32).build()?;
    let back = Arc::new(OnceLock::new());
    let mut impatient = JoinSet::new();
    let mut patient = JoinSet::new();
    for worker in 0..WORKERS {
        impatient.spawn(work(workers.clone(), worker, Arc::clone(&back)));
    }
    for worker in 0..PATIENT {
        patient.spawn(work(patients.clone(), worker, Arc::clone(&back)));
    }
    let (server, patients_server) = tokio::task::spawn_blocking(move || {
        for server in [&server, &patients_server] {
            server.wait_for(Count::Executions, BEFORE, Duration::from_secs(60));
        }
        (server, patients_server)
    })
    .await?;

    let begun = Instant::now();
    let (_servers, requests) = match how {
        How::Gone => (gone([server, patients_server], &options, length).await?, 0),
        How::Failing => failing([server, patients_server], length).await?,
    };
    let returned = Instant::now();
    let _ = back.set(returned);

    let mut came = Outcome { calls: 0, retries: 0, requests, lost: 0, first: Duration::MAX, resumed: Duration::ZERO };
    while let Some(worker) = impatient.join_next().await {
        let worker = worker?;
        for call in worker.iter().filter(|call| call.ended > begun && call.ended < returned) {
            came.calls += 1;
            came.retries += u64::from(call.attempts.saturating_sub(1));
        }
        came.served(&worker, returned);
    }
    while let Some(worker) = patient.join_next().await {
        let worker = worker?;
        came.lost += worker.iter().filter(|call| !call.succeeded).count() as u64;
        came.served(&worker, returned);
    }
    Ok(came)
}

/// Stops the servers, and starts them again on their ports.
async fn gone(servers: [DevServer; 2], options: &Options, length: Duration) -> Result<[DevServer; 2], Failed> {
    let ports = [servers[0].port(), servers[1].port()];
    drop(servers);
    tokio::time::sleep(length).await;
    let restart = |port| DevServer::start(Options { port, ..options.clone() });
    Ok([restart(ports[0])?, restart(ports[1])?])
}

/// Has the servers respond 503 to everything; returns the number of requests that the first received meanwhile.
async fn failing(servers: [DevServer; 2], length: Duration) -> Result<([DevServer; 2], u64), Failed> {
    let fails = Fault::Status {
        status: 503,
        headers: Default::default(),
        body: None,
        content_type: None,
        when: When::BeforeExecution,
    };
    let before = servers[0].ledger().request_count;
    for server in &servers {
        server.script(vec![Rule::new(fails.clone())])?;
    }
    tokio::time::sleep(length).await;
    let requests = servers[0].ledger().request_count - before;
    for server in &servers {
        server.clear_script();
    }
    Ok((servers, requests))
}

impl Outcome {
    /// Records when a worker succeeded again.
    fn served(&mut self, worker: &[Call], returned: Instant) {
        let served = worker.iter().filter(|call| call.succeeded && call.ended >= returned).map(|call| call.ended).min();
        let after = served.map_or(Duration::MAX, |served| served - returned);
        self.first = self.first.min(after);
        self.resumed = self.resumed.max(after);
    }
}

/// One call of a worker.
struct Call {
    ended: Instant,
    attempts: u32,
    succeeded: bool,
}

/// Makes calls until one has succeeded after the server's return, for at most a minute.
async fn work(client: Client, number: u64, back: Arc<OnceLock<Instant>>) -> Vec<Call> {
    let mut calls = Vec::new();
    loop {
        let outcome = client.call_tool("fred.search", audit::arguments(number)).await;
        let (attempts, succeeded) = match &outcome {
            Ok(reply) => (reply.metadata().attempts, true),
            Err(error) => (error.info().attempts, false),
        };
        calls.push(Call { ended: Instant::now(), attempts, succeeded });
        if back.get().is_some_and(|back| succeeded || back.elapsed() > Duration::from_secs(60)) {
            return calls;
        }
        tokio::time::sleep(PACE).await;
    }
}
