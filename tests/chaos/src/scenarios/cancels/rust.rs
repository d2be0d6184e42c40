//! The program in Rust: it drops futures.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use omni_mcp::Client;
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::row::Failed;

const WORKERS: u64 = 16;
/// One call in this many has a new client, and is also cancelled during the handshake.
const FRESH_EVERY: u64 = 20;
/// Change of the time until cancellation: shorter after a call that ended, longer after one that did not, so that
/// cancellations are spread over the whole call, however fast the machine is. Then the first and the longest time, in
/// seconds.
const SOONER: f64 = 0.6;
const LATER: f64 = 1.3;
const FIRST: f64 = 0.02;
const MOST: f64 = 0.2;
/// Maximum time until a cancelled call has no more effects.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Counts {
    cancelled: AtomicU64,
    finished: AtomicU64,
    failed: AtomicU64,
}

/// Runs the task, given as JSON text: reports the outcome, waits for a line, closes, and reports what remains.
pub(crate) fn main(task: &str) -> Result<(), Failed> {
    let task: Value = serde_json::from_str(task)?;
    let number = |name: &str| task[name].as_u64().unwrap_or_default();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (http, stdio) = (over_http(&task)?, over_stdio(&task)?);
    runtime.block_on(async {
        http.ping().await?;
        stdio.ping().await
    })?;
    let before = held();
    let counts = Arc::new(Counts::default());
    let half = runtime.block_on(async {
        cancel(&task, &http, &counts, number("cancels") / 2).await;
        let half = resident_kib();
        cancel(&task, &http, &counts, number("cancels")).await;
        cancel(&json!({"seed": task["seed"]}), &stdio, &counts, number("cancels") + number("stdio_cancels")).await;
        for client in [&http, &stdio] {
            let next = client.call_tool("echo", json!({"next": true})).await;
            counts.failed.fetch_add(u64::from(next.is_err()), Ordering::Relaxed);
        }
        half
    });
    let [cancelled, finished, failed] =
        [&counts.cancelled, &counts.finished, &counts.failed].map(|count| count.load(Ordering::Relaxed));
    let grown_kib = resident_kib() - half;
    println!("{}", json!({"cancelled": cancelled, "finished": finished, "failed": failed, "grown_kib": grown_kib}));
    std::io::stdin().lock().read_line(&mut String::new())?;
    runtime.block_on(async {
        http.close().await;
        stdio.close().await;
    });
    drop((http, stdio));
    let tasks = || runtime.metrics().num_alive_tasks() as i64;
    let until = Instant::now() + SETTLES_WITHIN;
    while (tasks() > 0 || held().iter().zip(&before).any(|(now, before)| now > before)) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    let [threads, files] = held();
    println!("{}", json!({"tasks": tasks(), "threads": threads - before[0], "files": files - before[1]}));
    Ok(())
}

fn over_http(task: &Value) -> Result<Client, Failed> {
    let endpoint = task["endpoint"].as_str().unwrap_or_default();
    Ok(Client::builder().profile("generic").transport("streamable_http").endpoint(endpoint).build()?)
}

fn over_stdio(task: &Value) -> Result<Client, Failed> {
    let args: Vec<String> = serde_json::from_value(task["args"].clone())?;
    let args: Vec<_> = args.into_iter().map(Into::into).collect();
    Ok(Client::builder().profile("generic").command(task["command"].as_str().unwrap_or_default()).args(args).build()?)
}

/// Makes calls until this many were cancelled.
async fn cancel(task: &Value, client: &Client, counts: &Arc<Counts>, until: u64) {
    let workers = (0..WORKERS).map(|worker| {
        let (task, shared, counts) = (task.clone(), client.clone(), Arc::clone(counts));
        tokio::spawn(async move {
            let mut chance = fastrand::Rng::with_seed(task["seed"].as_u64().unwrap_or_default() << 8 | worker);
            let (mut calls, mut span) = (0, FIRST);
            while counts.cancelled.load(Ordering::Relaxed) < until {
                calls += 1;
                let fresh = (calls % FRESH_EVERY == 0).then(|| over_http(&task).ok()).flatten();
                let was_cancelled = one(fresh.as_ref().unwrap_or(&shared), &mut chance, span, &counts).await;
                span = (span * if was_cancelled { LATER } else { SOONER }).min(MOST);
                if let Some(fresh) = fresh {
                    fresh.close().await;
                }
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        counts.failed.fetch_add(u64::from(worker.await.is_err()), Ordering::Relaxed);
    }
}

/// Returns whether it was cancelled.
async fn one(client: &Client, chance: &mut fastrand::Rng, span: f64, counts: &Counts) -> bool {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let arguments = json!({"n": CALLS.fetch_add(1, Ordering::Relaxed), "ms": chance.u64(0..5)});
    let (yields, sleep) = (chance.u32(0..30), (chance.f64() < 0.7).then(|| chance.f64() * span));
    let moment = async {
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        if let Some(sleep) = sleep {
            tokio::time::sleep(Duration::from_secs_f64(sleep)).await;
        }
    };
    let count = tokio::select! {
        biased;
        () = moment => &counts.cancelled,
        ended = client.call_tool("slow", arguments) => match ended {
            Ok(_) => &counts.finished,
            Err(error) => {
                eprintln!("cancels: {error}");
                &counts.failed
            }
        },
    };
    count.fetch_add(1, Ordering::Relaxed);
    // Lets other tasks run, also if calls are cancelled before their first poll.
    tokio::task::yield_now().await;
    std::ptr::eq(count, &counts.cancelled)
}

/// Threads and open files of this process.
fn held() -> [i64; 2] {
    ["/proc/self/task", "/proc/self/fd"]
        .map(|folder| std::fs::read_dir(folder).map_or(0, |entries| entries.count() as i64))
}

fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
