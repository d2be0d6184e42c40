//! Malformed responses: changed status lines, headers, framing, JSON, ids and events, and valid responses cut at
//! every byte. Each call ends with a result or an error that claims no more than is known; concurrent and later calls
//! work; and memory does not grow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use omni_mcp::{CallOptions, Client, ClientBuilder, Delivery, Error, ErrorKind};
use serde_json::{Value, json};

use crate::heap;
use crate::plan::Plan;
use crate::raw::cases::Cases;
use crate::raw::references::{LEGACY, MODERN, Reference, plain_result, results};
use crate::raw::server::{CASE, RawServer};
use crate::row::{Failed, Row};

const WORKERS: usize = 16;
/// The timeout of an attempt with a malformed response, an allowance for a busy machine, and the timeout of the
/// other calls.
const DEADLINE: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(4);
const FAR_BEYOND: Duration = Duration::from_secs(20);
/// Attempts of a call.
const MOST_ATTEMPTS: u32 = 2;
/// Cases before memory is measured for the first time.
const WARM_UP: usize = 600;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let size = usize::try_from(plan.size(1_500, 50_000))?;
    let cases = Arc::new(Cases::new(size, WARM_UP, plan.seed));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seen = runtime.block_on(all(&cases))?;
    let share = |bytes: usize| (bytes as f64 / seen.base as f64 - 1.0) * 100.0;
    let [half, end] = seen.later.map(share);
    let cuts = cases.cuts();
    let [results, errors, wrong, timeouts] =
        [&seen.count.results, &seen.count.errors, &seen.count.wrong, &seen.count.timeouts]
            .map(|count| count.load(Ordering::Relaxed));
    let (stayed, foreign) = (cases.stayed(), cases.foreign());
    Ok(Row {
        done: format!("{} malformed responses: {cuts} of 20 cut at a byte, {} changed", size, size - cuts),
        bound:
            "each call ends in time, and waits only if the connection stayed open; a result is the whole one and the \
                call's own, errors are typed and true; concurrent and later calls work; heap ± 5 %"
                .into(),
        seen: format!(
            "{results} results, {errors} errors, {wrong} wrong; {foreign} with another id; {timeouts} timeouts, \
             {stayed} connections stayed; heap {} KiB, {half:+.1} % after half, {end:+.1} % at the end, {} KiB at most",
            seen.base >> 10,
            seen.peak >> 10,
        ),
        kept: wrong == 0 && foreign > 0 && timeouts <= stayed && half.abs() <= 5.0 && end.abs() <= 5.0,
    })
}

#[derive(Default)]
struct Count {
    results: AtomicUsize,
    errors: AtomicUsize,
    /// Errors by timeouts.
    timeouts: AtomicUsize,
    wrong: AtomicUsize,
}

struct Seen {
    count: Arc<Count>,
    /// Bytes in use after the warm-up, after half of the cases, and at the end.
    base: usize,
    later: [usize; 2],
    peak: usize,
}

async fn all(cases: &Arc<Cases>) -> Result<Seen, Failed> {
    let server = Arc::new(RawServer::start(Arc::clone(cases)).await?);
    let clients = Arc::new([client(&server, LEGACY).build()?, client(&server, MODERN).build()?]);
    let count = Arc::new(Count::default());
    let half = WARM_UP + (cases.len() - WARM_UP) / 2;
    let mut marks = Vec::new();
    for part in [0..WARM_UP, WARM_UP..half, half..cases.len()] {
        if part.start == WARM_UP {
            heap::reset_peak();
        }
        let next = Arc::new(AtomicUsize::new(part.start));
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let (next, end, cases) = (Arc::clone(&next), part.end, Arc::clone(cases));
                let (server, clients, count) = (Arc::clone(&server), Arc::clone(&clients), Arc::clone(&count));
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= end {
                            return;
                        }
                        one(number, &cases, &server, &clients, &count).await;
                    }
                })
            })
            .collect();
        for worker in workers {
            // A panic of a worker is a panic of the client.
            worker.await?;
        }
        server.close_connections().await;
        for client in clients.iter() {
            client.list_tools().await?;
        }
        server.close_connections().await;
        marks.push(heap::in_use());
    }
    Ok(Seen { count, base: marks[0], later: [marks[1], marks[2]], peak: heap::peak() })
}

fn client(server: &RawServer, version: &str) -> ClientBuilder {
    Client::builder()
        .profile("generic")
        .endpoint(format!("http://{}/mcp", server.address))
        .api_key("key_of_the_raw_server")
        .protocol_version(version)
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(2))
        .retry_budget(None)
}

async fn one(number: usize, cases: &Cases, server: &RawServer, clients: &[Client; 2], count: &Count) {
    let reference = cases.reference(number);
    let wrong = |what: String| {
        eprintln!("malformed, case {number} ({} of {}): {what}", reference.method, version(reference));
        count.wrong.fetch_add(1, Ordering::Relaxed);
    };
    let own_client;
    let client = if reference.opens() {
        let headers = BTreeMap::from([(CASE.to_owned(), number.to_string().into())]);
        let builder = client(server, version(reference)).headers(headers).timeout(DEADLINE).max_attempts(MOST_ATTEMPTS);
        match builder.build() {
            Ok(client) => own_client = client,
            Err(error) => return wrong(format!("no client: {error}")),
        }
        &own_client
    } else {
        &clients[usize::from(reference.is_modern)]
    };
    let call = async {
        let begun = Instant::now();
        let outcome = call(client, number, reference, cases).await;
        (outcome, begun.elapsed())
    };
    let concurrent = async {
        // Only a call with its own client has concurrent ones; all calls wait for a handshake.
        match reference.opens() {
            true => Ok(()),
            false => client.list_tools().await.map(drop),
        }
    };
    let Ok(((outcome, took), concurrent)) =
        tokio::time::timeout(FAR_BEYOND, async { tokio::join!(call, concurrent) }).await
    else {
        return wrong("it does not end".to_owned());
    };
    cases.end(number);
    let attempts = match &outcome {
        Ok((_, attempts)) => *attempts,
        Err(error) => error.info().attempts,
    };
    // If a session is opened, the requests of the handshake are counted, too.
    let most = if reference.opens() { 2 * MOST_ATTEMPTS } else { attempts };
    if took > DEADLINE * most + SLACK {
        wrong(format!("it took {} ms, with {attempts} attempts", took.as_millis()));
    }
    check(outcome, number, cases, count, &wrong);
    if let Err(error) = concurrent {
        wrong(format!("the concurrent call failed: {error}"));
    }
    match tokio::time::timeout(FAR_BEYOND, client.list_tools()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => wrong(format!("the later call failed: {error}")),
        Err(_) => wrong("the later call does not end".to_owned()),
    }
    if reference.opens() {
        client.close().await;
    }
}

/// Checks the result or error of a case.
fn check(
    outcome: Result<(Option<Value>, u32), Error>,
    number: usize,
    cases: &Cases,
    count: &Count,
    wrong: &impl Fn(String),
) {
    match outcome {
        Ok((value, attempts)) => {
            count.results.fetch_add(1, Ordering::Relaxed);
            if cases.all_foreign(number, attempts) {
                wrong("a result of a response to another request".to_owned());
            }
            if let Some(value) = value.filter(|value| !is_whole(number, cases, value)) {
                wrong(format!("a result that differs from the whole response: {value}"));
            }
        }
        Err(error) => {
            count.errors.fetch_add(1, Ordering::Relaxed);
            count.timeouts.fetch_add(usize::from(error.kind() == ErrorKind::Timeout), Ordering::Relaxed);
            if let Some(what) = is_false(&error, cases.was_read(number)) {
                wrong(format!("{what}: {error:?}"));
            }
        }
    }
}

fn version(reference: &Reference) -> &'static str {
    if reference.is_modern { MODERN } else { LEGACY }
}

/// The call with the malformed response: its result, if it can only be the whole one, and its attempts.
async fn call(
    client: &Client,
    number: usize,
    reference: &Reference,
    cases: &Cases,
) -> Result<(Option<Value>, u32), Error> {
    let options = CallOptions {
        timeout: Some(Some(DEADLINE)),
        // One attempt for what would be retried: a whole response must not hide a cut one.
        max_attempts: Some(if cases.is_cut(number) && !reference.opens() { 1 } else { MOST_ATTEMPTS }),
        headers: (!reference.opens()).then(|| BTreeMap::from([(CASE.to_owned(), number.to_string().into())])),
        ..CallOptions::default()
    };
    let (name, uri) = ("t", "file:///a");
    if cases.leaves_result(number) {
        let (method, params) = match reference.method {
            "tools/list" => ("tools/list", json!({})),
            "resources/read" => ("resources/read", json!({"uri": uri})),
            "prompts/get" => ("prompts/get", json!({"name": name})),
            _ => ("tools/call", json!({"name": name, "arguments": {}})),
        };
        let reply = client.request(method, params).options(options).await?;
        let attempts = reply.metadata().attempts;
        return Ok((Some(reply.into_inner()), attempts));
    }
    match reference.method {
        "tools/list" => client.list_tools_page(None).options(options).await.map(|r| r.metadata().attempts),
        "resources/read" => client.read_resource(uri).options(options).await.map(|r| r.metadata().attempts),
        "prompts/get" => client.get_prompt(name, json!({})).options(options).await.map(|r| r.metadata().attempts),
        _ => client.call_tool(name, json!({})).options(options).await.map(|r| r.metadata().attempts),
    }
    .map(|attempts| (None, attempts))
}

/// Whether a result is that of the whole response, or of the valid one that follows. Numbers are compared as text.
fn is_whole(number: usize, cases: &Cases, value: &Value) -> bool {
    let reference = cases.reference(number);
    let method = if reference.opens() { "tools/call" } else { reference.method };
    let behind = (!cases.is_cut(number)).then(|| plain_result(method));
    let mut wholes = results(method).iter().copied().chain(behind);
    wholes.any(|whole| serde_json::from_str::<Value>(whole).is_ok_and(|whole| whole == *value))
}

/// A false claim of an error.
fn is_false(error: &Error, was_read: bool) -> Option<&'static str> {
    let info = error.info();
    let is_refusal = info.rpc_code.is_some() || matches!(info.status, Some(300..=499 | 501));
    match info.delivery {
        _ if matches!(
            info.kind,
            ErrorKind::Internal | ErrorKind::Config | ErrorKind::Closed | ErrorKind::Cancelled
        ) =>
        {
            Some("it is of a kind that no answer makes")
        }
        _ if info.request_id.is_none() => Some("it has no request id"),
        _ if info.attempts == 0 => Some("it has no attempts"),
        _ if info.message.is_empty() || info.message.chars().any(char::is_control) => Some("its message is none"),
        Delivery::NotSent if was_read => Some("not_sent, but the server has read the request"),
        Delivery::Rejected if !is_refusal => Some("rejected without a response that refuses the call"),
        _ => None,
    }
}
