//! Many concurrent streams, some of which stall: every event is delivered to its own call, in order; and cancelled
//! calls free their sockets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use omni_mcp::Client;
use omni_mcp::types::Progress;
use omni_mcp_devserver::{Count, DevServer, Fault, Options, Rule, Wait, When};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinSet;

use crate::audit;
use crate::client_process::{self, ClientProcess, Task};
use crate::heap;
use crate::plan::Plan;
use crate::row::{Failed, Row};

const EVENTS: u32 = 100;
/// One stream in this many stalls: every second of these for a while, the others without end.
const STALLS_EVERY: u64 = 10;
const STALL_AFTER: usize = 50;
/// Time in which all sockets must be free.
const FREE_WITHIN: Duration = Duration::from_secs(1);
/// Connections that may remain after cancelled calls: the cancellation notifications use a few.
const LEFT: u64 = 16;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let streams = plan.size(100, 1_000);
    let read = read(plan.seed, streams, plan.size(300, 2_000), plan.size(4_000, 10_000))?;
    let (freed, left) = cancel(plan.seed, streams)?;
    let for_ever = streams / STALLS_EVERY / 2;
    let expected = BTreeMap::from([("attempt_timeout, maybe_executed".to_owned(), for_ever)]);
    let kept = read.complete == streams - for_ever
        && read.mixed == 0
        && read.events == (streams - for_ever) * u64::from(EVENTS) + for_ever * STALL_AFTER as u64
        && read.errors == expected
        && read.at_once == streams
        && freed.is_some_and(|freed| freed <= FREE_WITHIN);
    Ok(Row {
        done: format!(
            "{streams} streams of {EVENTS} events, 1 in {STALLS_EVERY} stalls, half of these without end; {streams} cancels"
        ),
        bound: "all at once, 0 events lost or mixed, streams that stall without end are typed timeouts; sockets free within 1 s"
            .into(),
        seen: format!(
            "{} at once, {} complete, {} events, {} mixed; {}; peak {:.1} MiB, {:.1} KiB a stream; sockets: {}, {left} left",
            read.at_once,
            read.complete,
            read.events,
            read.mixed,
            audit::listed(&read.errors),
            read.peak as f64 / f64::from(1 << 20),
            read.peak as f64 / 1024.0 / streams as f64,
            freed.map_or("not free".into(), |freed| format!("free after {} ms", freed.as_millis())),
        ),
        kept,
    })
}

fn read(seed: u64, streams: u64, stall_ms: u64, timeout_ms: u64) -> Result<Outcome, Failed> {
    let server = DevServer::start(Options { seed, progress: EVENTS, progress_interval_ms: 10, ..Options::default() })?;
    let rule = |first: u64, ms| {
        let nth: Vec<_> = (0..streams / STALLS_EVERY / 2).map(|n| first + 2 * n * STALLS_EVERY).collect();
        Rule::new(Fault::Pause { after_events: STALL_AFTER, ms }).on_method("tools/call").nth(nth)
    };
    server.script(vec![rule(1, Some(stall_ms)), rule(1 + STALLS_EVERY, None)])?;
    let (url, key) = (server.url().to_owned(), server.api_key().to_owned());
    ClientProcess::start(&Task::Streams(Read { url, key, streams, timeout_ms }), seed)?.report()
}

/// The time until the sockets of cancelled calls were free, and the number of remaining ones.
fn cancel(seed: u64, calls: u64) -> Result<(Option<Duration>, u64), Failed> {
    let server = DevServer::start(Options { seed, ..Options::default() })?;
    server.script(vec![Rule::new(Fault::Hang { when: When::AfterExecution }).on_method("tools/call")])?;
    let (url, key) = (server.url().to_owned(), server.api_key().to_owned());
    let mut client = ClientProcess::start(&Task::Cancels(Cancel { url, key, calls }), seed)?;
    if !server.wait_for(Count::Executions, calls, Duration::from_secs(60)) {
        return Err(format!("{} of {calls} calls came to the server", server.ledger().execution_count).into());
    }
    let begun = Instant::now();
    client.go_on()?;
    let are_free = server.wait(&Wait::at_most(Count::OpenConnections, LEFT, Duration::from_secs(20)))?;
    let freed = are_free.then(|| begun.elapsed());
    let notified =
        server.wait(&Wait::at_least(Count::Requests, calls, Duration::from_secs(20)).on_method(CANCELLED))?;
    let left = server.ledger().open_connections;
    client.go_on()?;
    if notified { Ok((freed, left)) } else { Err("the server was not notified of every cancelled call".into()) }
}

const CANCELLED: &str = "notifications/cancelled";

/// Reads streams, in a separate process.
#[derive(Serialize, Deserialize)]
pub(crate) struct Read {
    url: String,
    key: String,
    streams: u64,
    timeout_ms: u64,
}

/// The outcome.
#[derive(Default, Serialize, Deserialize)]
struct Outcome {
    /// Streams with all of their events, in order, and their own response.
    complete: u64,
    events: u64,
    /// Events and responses out of order, or of another call.
    mixed: u64,
    /// Maximum of streams that were open at the same time.
    at_once: u64,
    errors: BTreeMap<String, u64>,
    /// Peak of memory in use, above that before the calls.
    peak: usize,
}

impl Read {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let client = Client::builder()
            .max_connections(None)
            .api_key(self.key)
            .base_url(self.url)
            .max_attempts(1_u32)
            .timeout(Duration::from_millis(self.timeout_ms))
            .build()?;
        client.connect().await?;
        let before = heap::in_use();
        heap::reset_peak();
        let mut streams = JoinSet::new();
        let open = Arc::new(Open::default());
        for number in 0..self.streams {
            streams.spawn(stream(client.clone(), number, Arc::clone(&open)));
        }
        let mut came = Outcome::default();
        while let Some(stream) = streams.join_next().await {
            let stream = stream?;
            came.events += stream.events;
            came.mixed += stream.mixed;
            match stream.error {
                None => came.complete += u64::from(stream.events == u64::from(EVENTS)),
                Some(error) => *came.errors.entry(error).or_default() += 1,
            }
        }
        came.at_once = open.most.load(Ordering::Relaxed);
        came.peak = heap::peak().saturating_sub(before);
        client_process::report(&came)
    }
}

/// The open streams.
#[derive(Default)]
struct Open {
    now: AtomicU64,
    most: AtomicU64,
}

impl Open {
    fn begin(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn end(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct One {
    events: u64,
    mixed: u64,
    error: Option<String>,
}

async fn stream(client: Client, number: u64, open: Arc<Open>) -> One {
    let key = format!("idem_stream_{number}");
    let received = Arc::new(Mutex::new(One::default()));
    let on_progress = {
        let (received, key, open) = (Arc::clone(&received), json!(key), Arc::clone(&open));
        move |progress: Progress| {
            let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
            received.events += 1;
            if received.events == 1 {
                open.begin();
            }
            let is_ours = json!(progress.progress_token) == key && progress.progress == received.events as f64;
            received.mixed += u64::from(!is_ours);
        }
    };
    let arguments = audit::arguments(number);
    let asked = arguments["q"].clone();
    let answer = client.call_tool("fred.search", arguments).idempotency_key(key).on_progress(on_progress).await;
    let mut one = std::mem::take(&mut *received.lock().unwrap_or_else(PoisonError::into_inner));
    if one.events > 0 {
        open.end();
    }
    match answer {
        Ok(result) => {
            let answered = result.structured_content.as_ref().and_then(|content| content.get("query"));
            one.mixed += u64::from(answered != Some(&asked));
        }
        Err(error) => one.error = Some(format!("{}, {}", error.code(), error.delivery())),
    }
    one
}

/// Makes calls and cancels them, in a separate process.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cancel {
    url: String,
    key: String,
    calls: u64,
}

impl Cancel {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let client =
            Client::builder().api_key(self.key).base_url(self.url).timeout(None).max_connections(None).build()?;
        let mut calls = JoinSet::new();
        for number in 0..self.calls {
            let client = client.clone();
            calls.spawn(async move { client.call_tool("fred.search", audit::arguments(number)).await.map(drop) });
        }
        client_process::wait_for_go_on().await?;
        calls.abort_all();
        // Pending notifications are sent while this waits.
        client_process::wait_for_go_on().await
    }
}
