//! Malformed answers by the ten thousand: status lines, headers, framing, JSON, ids, events, and good answers cut at
//! every byte. Each call ends, with a result or an error that says no more than is known; the calls beside it and behind it
//! work; and the memory is what it was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use omni_mcp::{CallOptions, Client, ClientBuilder, Delivery, Error, ErrorKind};
use serde_json::{Value, json};

use crate::heap;
use crate::plan::Plan;
use crate::raw::cases::Cases;
use crate::raw::references::{LEGACY, MODERN, Reference, results};
use crate::raw::server::{CASE, RawServer};
use crate::row::{Failed, Row};

const WORKERS: usize = 16;
/// The deadline of a call with a malformed answer, and what no call may take.
const DEADLINE: Duration = Duration::from_secs(2);
const FAR_BEYOND: Duration = Duration::from_secs(20);
/// Cases before the memory is looked at for the first time.
const WARM_UP: usize = 600;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let size = usize::try_from(plan.size(1_500, 50_000))?;
    fastrand::seed(plan.seed);
    let cases = Arc::new(Cases::new(size, WARM_UP, plan.seed));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let seen = runtime.block_on(all(&cases))?;
    let share = |bytes: usize| (bytes as f64 / seen.base as f64 - 1.0) * 100.0;
    let [half, end] = seen.later.map(share);
    let cuts = cases.cuts();
    Ok(Row {
        done: format!("{} malformed answers: {cuts} of 20 cut at a byte, {} changed", size, size - cuts),
        bound: "each call ends in time, its error typed and true; calls beside and behind it work; heap ± 5 %".into(),
        seen: format!(
            "{} results, {} errors, {} wrong; heap {} KiB, {half:+.1} % after half, {end:+.1} % at the end, {} KiB at most",
            seen.count.results.load(Ordering::Relaxed),
            seen.count.errors.load(Ordering::Relaxed),
            seen.count.wrong.load(Ordering::Relaxed),
            seen.base >> 10,
            seen.peak >> 10,
        ),
        kept: seen.count.wrong.load(Ordering::Relaxed) == 0 && half.abs() <= 5.0 && end.abs() <= 5.0,
    })
}

#[derive(Default)]
struct Count {
    results: AtomicUsize,
    errors: AtomicUsize,
    wrong: AtomicUsize,
}

struct Seen {
    count: Arc<Count>,
    /// Bytes in use after the warm-up, at half of the cases, and at their end.
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
            // A panic in a worker is one of the client.
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
    let of_its_own;
    let client = if reference.opens() {
        let headers = BTreeMap::from([(CASE.to_owned(), number.to_string().into())]);
        let builder = client(server, version(reference)).headers(headers).timeout(DEADLINE).max_attempts(2_u32);
        match builder.build() {
            Ok(client) => of_its_own = client,
            Err(error) => return wrong(format!("no client: {error}")),
        }
        &of_its_own
    } else {
        &clients[usize::from(reference.is_modern)]
    };
    let call = call(client, number, reference, cases.is_cut(number));
    let beside = async {
        // All calls wait for the opening; only a call of its own has others beside it.
        match reference.opens() {
            true => Ok(()),
            false => client.list_tools().await.map(drop),
        }
    };
    let Ok((outcome, beside)) = tokio::time::timeout(FAR_BEYOND, async { tokio::join!(call, beside) }).await else {
        return wrong("it does not end".to_owned());
    };
    cases.end(number);
    match outcome {
        Ok(value) => {
            count.results.fetch_add(1, Ordering::Relaxed);
            if let Some(value) = value.filter(|value| !is_whole(reference, value)) {
                wrong(format!("a result out of a part of the answer: {value}"));
            }
        }
        Err(error) => {
            count.errors.fetch_add(1, Ordering::Relaxed);
            if let Some(what) = is_false(&error, cases.was_read(number)) {
                wrong(format!("{what}: {error:?}"));
            }
        }
    }
    if let Err(error) = beside {
        wrong(format!("the call beside it failed: {error}"));
    }
    match tokio::time::timeout(FAR_BEYOND, client.list_tools()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => wrong(format!("the call behind it failed: {error}")),
        Err(_) => wrong("the call behind it does not end".to_owned()),
    }
    if reference.opens() {
        client.close().await;
    }
}

fn version(reference: &Reference) -> &'static str {
    if reference.is_modern { MODERN } else { LEGACY }
}

/// The call that gets the malformed answer; its result as it came where the answer is a cut one.
async fn call(client: &Client, number: usize, reference: &Reference, is_cut: bool) -> Result<Option<Value>, Error> {
    let options = CallOptions {
        timeout: Some(Some(DEADLINE)),
        // Sent again by the table; a cut answer must not be covered by a whole one.
        max_attempts: Some(if is_cut && !reference.opens() { 1 } else { 2 }),
        headers: (!reference.opens()).then(|| BTreeMap::from([(CASE.to_owned(), number.to_string().into())])),
        ..CallOptions::default()
    };
    let (name, uri) = ("t", "file:///a");
    if is_cut {
        let (method, params) = match reference.method {
            "tools/list" => ("tools/list", json!({})),
            "resources/read" => ("resources/read", json!({"uri": uri})),
            "prompts/get" => ("prompts/get", json!({"name": name})),
            _ => ("tools/call", json!({"name": name, "arguments": {}})),
        };
        return client.request(method, params).options(options).await.map(|reply| Some(reply.into_inner()));
    }
    match reference.method {
        "tools/list" => client.list_tools_page(None).options(options).await.map(drop),
        "resources/read" => client.read_resource(uri).options(options).await.map(drop),
        "prompts/get" => client.get_prompt(name, json!({})).options(options).await.map(drop),
        _ => client.call_tool(name, json!({})).options(options).await.map(drop),
    }
    .map(|()| None)
}

/// Whether a result is what the whole answer says. Numbers compare as text does.
fn is_whole(reference: &Reference, value: &Value) -> bool {
    let method = if reference.opens() { "tools/call" } else { reference.method };
    results(method).iter().any(|whole| serde_json::from_str::<Value>(whole).is_ok_and(|whole| whole == *value))
}

/// What an error says that it must not.
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
        Delivery::NotSent if was_read => Some("it says that a call was not sent, which the server has read"),
        Delivery::Rejected if !is_refusal => Some("it says that a call was rejected, which nothing says"),
        _ => None,
    }
}
