//! Many concurrent calls: the number of connections, the order in which calls wait, and a restart of the server.
#![allow(clippy::unwrap_used)]

use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::{CallOptions, Client, ClientBuilder};
use omni_mcp_devserver::DevServer;
use serde_json::json;

fn served(options: &serde_json::Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

fn client(server: &DevServer) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url()))
}

#[tokio::test]
async fn concurrent_calls_use_at_most_max_connections() {
    let server = served(&json!({"profile": "generic", "ledger": "counts"}));
    let client = client(&server).max_connections(16_u32).build().unwrap();
    client.ping().await.unwrap();
    let calls = join_all((0..2000).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
    assert!(calls.iter().all(Result::is_ok));
    let ledger = server.ledger();
    assert_eq!(ledger.execution_count, 2000);
    // One more for each call that begins before the connection of the previous one is free again.
    assert!(ledger.connections <= 2 * 16, "{}", ledger.connections);
}

#[tokio::test]
async fn calls_wait_in_order() {
    let server = served(&json!({"profile": "generic"}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let calls = join_all((0..50).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
    assert!(calls.iter().all(Result::is_ok));
    let ran: Vec<_> = server.ledger().executions.iter().map(|ran| ran.arguments["n"].as_u64().unwrap()).collect();
    assert_eq!(ran, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn waiting_calls_end_with_their_client() {
    let server =
        served(&json!({"profile": "generic", "faults": [{"on": {"tool": "slow"}, "fault": {"kind": "hang"}}]}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let patience = CallOptions::default().timeout(Duration::from_secs(3));
    let first = client.call_tool("slow", json!({"ms": 1})).options(patience).into_future();
    let waiting = join_all((0..5).map(|n| client.call_tool("echo", json!({"n": n})).into_future()));
    let closing = async {
        while server.ledger().requests.iter().all(|seen| seen.tool.as_deref() != Some("slow")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        client.close().await;
    };
    let (_, waiting, ()) = tokio::join!(first, waiting, closing);
    for call in waiting {
        let error = call.unwrap_err();
        assert_eq!((error.code(), error.delivery().as_str()), ("client_closed", "not_sent"));
    }
    assert!(server.ledger().executions.is_empty());
}

/// Memory of a call that waits for a connection.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_waiting_call_uses_little_memory() {
    const CALLS: usize = 10_000;
    fn resident() -> usize {
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }
    let server =
        served(&json!({"profile": "generic", "faults": [{"on": {"tool": "slow"}, "fault": {"kind": "hang"}}]}));
    let client = client(&server).max_connections(1_u32).build().unwrap();
    client.ping().await.unwrap();
    let arrived = async {
        while server.ledger().requests.iter().all(|seen| seen.tool.as_deref() != Some("slow")) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let mut hanging = pin!(client.call_tool("slow", json!({"ms": 1})).into_future());
    tokio::select! {
        _ = &mut hanging => panic!("it hangs"),
        () = arrived => {}
    }
    let before = resident();
    let mut waiting = pin!(join_all((0..CALLS).map(|n| client.call_tool("echo", json!({"n": n})).into_future())));
    std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending())).await;
    let each = resident().saturating_sub(before) / CALLS;
    assert!(each < 32 << 10, "{each} bytes");
}

/// Twice: the cost of the first restart is returned to the budget.
#[tokio::test]
async fn keyed_calls_in_flight_survive_a_restart() {
    const CALLS: usize = 300;
    for down in [0, 200] {
        let server = served(&json!({"profile": "generic"}));
        let client = client(&server).honours_idempotency_keys(true).max_connections(None).build().unwrap();
        client.ping().await.unwrap();
        for round in 1..=2 {
            let others: Vec<_> = (1..CALLS).collect();
            let rules = json!([
                {"on": {"tool": "echo"}, "nth": others, "fault": {"kind": "hang"}},
                {"on": {"tool": "echo"}, "nth": [CALLS], "fault": {"kind": "restart", "with": CALLS - 1, "down_ms": down}},
            ]);
            server.clear_script();
            server.script_json(&rules.to_string()).unwrap();
            let calls = join_all((0..CALLS).map(|n| client.call_tool("echo", json!({"n": n})).into_future())).await;
            let failed: Vec<_> = calls.iter().filter_map(|call| call.as_ref().err().map(ToString::to_string)).collect();
            assert!(
                failed.is_empty(),
                "down for {down} ms, round {round}: {} failed: {:?}",
                failed.len(),
                failed.first()
            );
            assert_eq!(server.ledger().executions.len(), round * CALLS);
        }
    }
}
