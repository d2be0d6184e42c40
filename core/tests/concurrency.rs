//! Concurrent calls: one token for all; one tool call at a time if a record requires it.
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::registry::{Record, connect};
use omni_mcp::{AuthConfig, Client, ClientConfig};
use omni_mcp_devserver::{Count, DevServer, Wait};
use serde_json::json;

fn token_requests(server: &DevServer) -> usize {
    server.ledger().requests.iter().filter(|request| request.path == "/oauth/token").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_calls_request_one_token_and_renew_it_once() {
    let server = DevServer::start_json(r#"{"profile": "generic", "oauth": {}}"#).unwrap();
    let mut auth = AuthConfig::client_credentials("client_devserver", "secret_devserver_0001");
    auth.token_url = Some(format!("{}/oauth/token", server.url()).into());
    let endpoint = format!("{}/mcp", server.url());
    let client = Client::builder().profile("generic").endpoint(endpoint).auth(auth).build().unwrap();
    let calls = || join_all((0..200).map(|n| client.call_tool("echo", json!({ "n": n })).into_future()));

    assert!(calls().await.iter().all(Result::is_ok));
    assert_eq!(token_requests(&server), 1);
    server.revoke_tokens();
    assert!(calls().await.iter().all(Result::is_ok));
    assert_eq!(token_requests(&server), 2);
    assert_eq!(server.ledger().executions.len(), 400);
}

async fn most_at_once(serial: bool) -> u64 {
    let server = DevServer::start_json(r#"{"profile": "generic"}"#).unwrap();
    let record: Record = serde_json::from_value(json!({
        "name": "a", "transport": "streamable-http", "url": format!("{}/mcp", server.url()),
        "force_serial_tool_calls": serial,
    }))
    .unwrap();
    let client = connect(&record, ClientConfig::default()).await.unwrap();
    let calls = (0..50).map(|n| client.call_tool("slow", json!({"ms": 2, "n": n})).into_future());
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    let ledger = server.ledger();
    if serial {
        let order: Vec<_> =
            ledger.executions.iter().map(|execution| execution.arguments["n"].as_u64().unwrap()).collect();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
    ledger.max_concurrent_executions
}

#[tokio::test]
async fn fifty_calls_of_a_serial_record_run_one_at_a_time_in_order() {
    assert_eq!(most_at_once(true).await, 1);
}

#[tokio::test]
async fn calls_overlap_without_the_flag() {
    assert!(most_at_once(false).await >= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_calls_send_notifications_and_leave_few_connections() {
    let server = DevServer::start_json(
        r#"{"faults": [{"on": {"method": "tools/call"}, "fault": {"kind": "hang", "when": "after_execution"}}]}"#,
    )
    .unwrap();
    let client = Client::builder().api_key(server.api_key()).base_url(server.url()).build().unwrap();
    let calls: Vec<_> = (0..200)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.call_tool("fred.search", json!({"q": n.to_string()})).await.map(drop) })
        })
        .collect();
    let soon = Duration::from_secs(20);
    assert!(server.wait_for(Count::Executions, 200, soon));
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    let cancelled = Wait::at_least(Count::Requests, 200, soon).on_method("notifications/cancelled");
    assert!(server.wait(&cancelled).unwrap());
    assert!(server.wait(&Wait::at_most(Count::OpenConnections, 16, soon)).unwrap());
}
