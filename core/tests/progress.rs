//! Progress and its callbacks: none is lost, and a slow callback does not count as an idle server.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use omni_mcp::{Client, ClientBuilder};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

/// Many times the queue limit.
const MANY: u32 = 20_000;

fn start(options: &Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

fn client(server: &DevServer, path: &str) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}{path}", server.url()))
}

/// Calls once, and checks that all progress was received, in order.
async fn receives_all(client: &Client, number: u32, each: impl FnMut(u32) + Send + 'static) {
    let received: Arc<Mutex<Vec<f64>>> = Arc::default();
    let sink = Arc::clone(&received);
    let each = Mutex::new(each);
    let result = client
        .call_tool("echo", json!({"n": 1}))
        .on_progress(move |progress| {
            sink.lock().unwrap().push(progress.progress);
            (each.lock().unwrap())(sink.lock().unwrap().len().try_into().unwrap());
        })
        .await
        .unwrap();
    assert_eq!(result.structured_content.as_ref().unwrap()["n"], 1);
    assert_eq!(*received.lock().unwrap(), (1..=number).map(f64::from).collect::<Vec<_>>());
    assert_eq!(client.counters().dropped, 0);
}

#[tokio::test]
async fn all_progress_is_delivered() {
    for (era, number) in [("legacy", MANY), ("modern", 2000)] {
        let server =
            start(&json!({"profile": "generic", "era": era, "answer": "sse", "progress": number, "ledger": "counts"}));
        let client = client(&server, "/mcp").build().unwrap();
        receives_all(&client, number, |_| {}).await;
        client.close().await;
    }
}

/// The stream carries the messages of all calls, but only one call is open: reading is slowed down, too.
#[tokio::test]
async fn all_progress_of_a_shared_stream_is_delivered() {
    let server = start(&json!({"profile": "generic", "transport": "sse", "progress": 3000, "ledger": "counts"}));
    let client = client(&server, "/sse").transport("sse").max_queued_notifications(16_u32).build().unwrap();
    receives_all(&client, 3000, |_| {}).await;
    client.close().await;
}

#[tokio::test]
async fn a_slow_callback_does_not_cause_a_timeout() {
    let server = start(&json!({"profile": "generic", "answer": "sse", "progress": 50}));
    let client = client(&server, "/mcp").timeout(Duration::from_millis(200)).max_attempts(1_u32).build().unwrap();
    let slow = |number| {
        if number % 20 == 1 {
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    receives_all(&client, 50, slow).await;
    client.close().await;
}

/// Manual: 20 calls with 20,000 notifications each; prints the peak memory of this process, including the server.
#[tokio::test]
#[ignore = "run by hand, see tests/chaos/README.md"]
#[allow(clippy::print_stdout, reason = "it prints a figure")]
async fn twenty_runs() {
    let server = start(&json!({"profile": "generic", "answer": "sse", "progress": MANY, "ledger": "counts"}));
    let client = client(&server, "/mcp").build().unwrap();
    for _ in 0..20 {
        receives_all(&client, MANY, |_| {}).await;
    }
    client.close().await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM is unknown here");
    println!("20 of 20 calls with {MANY} notifications each; {peak}");
}
