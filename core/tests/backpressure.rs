//! Progress and server requests that arrive faster than callbacks handle them are dropped and counted; calls continue.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use omni_mcp::{Client, ClientBuilder};
use omni_mcp_devserver::{Count, DevServer};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

const SENT: u64 = 200;
const QUEUED: u32 = 4;
const ASKED: u64 = 12;
const ANSWERED: u32 = 2;
const SOON: Duration = Duration::from_secs(20);

fn start(options: &Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

fn client(server: &DevServer, path: &str) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}{path}", server.url()))
}

/// Blocks the thread until a condition holds.
fn block(holds: impl Fn() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "it never held");
        std::thread::yield_now();
    }
}

async fn until(holds: impl Fn() -> bool) {
    let end = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < end, "it never held");
        tokio::task::yield_now().await;
    }
}

async fn echo(client: &Client) {
    let result = client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert_eq!(result.structured_content.as_ref().unwrap()["n"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_progress_callback_loses_progress_but_no_result() {
    let server = start(&json!({"profile": "generic", "transport": "sse", "progress": SENT}));
    let client = client(&server, "/sse").transport("sse").max_queued_notifications(QUEUED).build().unwrap();
    let received: Arc<Mutex<Vec<f64>>> = Arc::default();
    let (sink, counts) = (Arc::clone(&received), client.clone());
    // Progress that is being delivered counts against the limit.
    let dropped = SENT - u64::from(QUEUED);
    let result = client
        .call_tool("echo", json!({"n": 1}))
        .on_progress(move |progress| {
            sink.lock().unwrap().push(progress.progress);
            block(|| counts.counters().dropped >= dropped);
        })
        .await
        .unwrap();
    assert_eq!(result.structured_content.as_ref().unwrap()["n"], 1);
    assert_eq!(client.counters().dropped, dropped);
    assert_eq!(received.lock().unwrap().len(), QUEUED as usize);
    assert!(received.lock().unwrap().is_sorted());
    echo(&client).await;
    client.close().await;
}

/// Number of pushed requests with a response.
fn answers(server: &DevServer) -> usize {
    let ledger: Value = serde_json::from_str(&server.ledger_json()).unwrap();
    let is_answer = |request: &&Value| request["body"]["id"].as_str().is_some_and(|id| id.starts_with("asked_"));
    ledger["requests"].as_array().unwrap().iter().filter(is_answer).count()
}

#[tokio::test]
async fn server_requests_are_handled_up_to_the_limit() {
    let server = start(&json!({"profile": "generic", "era": "legacy"}));
    let blocked = Arc::new(Semaphore::new(0));
    let closed = Arc::clone(&blocked);
    let client = client(&server, "/mcp")
        .listen(true)
        .max_server_requests(ANSWERED)
        .on_roots(move || {
            let closed = Arc::clone(&closed);
            async move {
                let _open = closed.acquire().await;
                Ok::<_, String>(json!([]))
            }
        })
        .build()
        .unwrap();
    client.ping().await.unwrap();
    until(|| server.wait_for(Count::Streams, 1, Duration::ZERO)).await;
    for number in 0..ASKED {
        let question = json!({"id": format!("asked_{number}"), "method": "roots/list"});
        assert_eq!(server.push_json(&question.to_string()).unwrap(), 1);
    }
    let left = ASKED - u64::from(ANSWERED);
    until(|| client.counters().unanswered == left).await;
    echo(&client).await;
    assert_eq!(answers(&server), 0);
    blocked.add_permits(1);
    until(|| answers(&server) == ANSWERED as usize).await;
    let counters = client.counters();
    assert_eq!((counters.unanswered, counters.failures), (left, 0));
    // Both permits are free again when the client knows that its responses were accepted.
    until(|| {
        server.push_json(r#"{"id": "asked_again", "method": "roots/list"}"#).unwrap();
        answers(&server) > ANSWERED as usize
    })
    .await;
    client.close().await;
}
