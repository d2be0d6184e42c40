//! A lost session with concurrent calls, where time and order matter. Other cases are in the vectors.
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::{join, join_all};
use omni_mcp::{CallOptions, Client, ClientBuilder, Delivery};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

fn server() -> DevServer {
    DevServer::start_json(r#"{"profile": "generic"}"#).unwrap()
}

fn client(server: &DevServer) -> ClientBuilder {
    let endpoint = format!("{}/mcp", server.url());
    Client::builder()
        .profile("generic")
        .endpoint(endpoint)
        .protocol_version("2025-11-25")
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(2))
}

fn script(server: &DevServer, rules: &Value) {
    server.script_json(&rules.to_string()).unwrap();
}

fn requests(server: &DevServer, method: &str) -> usize {
    let ledger = server.ledger();
    ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some(method)).count()
}

/// Returns once the server has received `count` requests of a method. Tasks of the client run on this thread, too.
async fn seen(server: &DevServer, method: &str, count: usize) {
    let seen = async {
        while requests(server, method) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(SOON, seen).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_flight_share_one_handshake() {
    let server = server();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    for round in 1..=3 {
        server.expire_sessions();
        let plain = join_all((0..100).map(|n| client.call_tool("echo", json!({ "n": n })).into_future()));
        let keyed = join_all((0..50).map(|n| {
            let keyed = CallOptions::default().honours_idempotency_keys(true);
            let call = client.call_tool("echo", json!({ "n": n })).options(keyed);
            call.idempotency_key(format!("key-{round}-{n}")).into_future()
        }));
        let safe = join_all((0..50).map(|_| client.list_tools().into_future()));
        let ((plain, keyed), safe) = join(join(plain, keyed), safe).await;
        assert!(plain.iter().chain(&keyed).all(Result::is_ok) && safe.iter().all(Result::is_ok));
        assert_eq!(requests(&server, "initialize"), 1 + round);
        assert_eq!(server.ledger().executions.len(), 150 * round);
    }
    client.close().await;
}

#[tokio::test]
async fn a_late_loss_of_an_older_session_does_not_end_the_new_one() {
    let server = server();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    // The first call learns that its session was lost long after the second has opened another session.
    let late = json!([
        {"on": {"tool": "echo"}, "nth": [1], "fault": {"kind": "delay", "ms": 300, "when": "after_execution"}},
        {"on": {"tool": "echo"}, "nth": [1], "fault": {"kind": "session_lost"}},
    ]);
    script(&server, &late);
    let slow = client.call_tool("echo", json!({"n": 1})).into_future();
    let quick = async {
        seen(&server, "tools/call", 1).await;
        server.expire_sessions();
        client.list_tools().await.unwrap();
        assert_eq!(requests(&server, "initialize"), 2);
    };
    let (slow, ()) = join(slow, quick).await;
    assert_eq!(slow.unwrap().metadata().attempts, 2);
    client.ping().await.unwrap();
    assert_eq!(requests(&server, "initialize"), 2, "the second session remains open");
    client.close().await;
}

#[tokio::test]
async fn a_recovery_that_is_cancelled_is_continued_by_the_next_call() {
    let server = server();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    server.expire_sessions();
    script(&server, &json!([{"on": {"method": "initialize"}, "nth": [1], "fault": {"kind": "hang"}}]));
    let mut first = client.call_tool("echo", json!({"n": 1})).into_future();
    tokio::select! {
        ended = &mut first => panic!("the handshake hangs, and it ended: {ended:?}"),
        () = seen(&server, "initialize", 2) => {}
    }
    let mut others = join_all((2..10).map(|n| client.call_tool("echo", json!({ "n": n })).into_future()));
    tokio::select! {
        biased;
        _ = &mut others => panic!("they wait for the first"),
        () = tokio::task::yield_now() => {}
    }
    drop(first);
    let others = others.await;
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    assert_eq!(requests(&server, "initialize"), 3);
    assert_eq!(server.ledger().executions.len(), 8);
    client.close().await;
}

#[tokio::test]
async fn a_failed_recovery_fails_all_waiting_calls_and_the_next_call_tries_again() {
    let server = server();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    server.expire_sessions();
    script(&server, &json!([{"on": {"method": "initialize"}, "times": 3, "fault": {"kind": "status", "status": 503}}]));
    let calls = join_all((0..20).map(|n| client.call_tool("echo", json!({ "n": n })).into_future())).await;
    for error in calls.into_iter().map(Result::unwrap_err) {
        assert_eq!((error.code(), error.delivery()), ("server_unavailable", Delivery::Rejected));
        assert!(error.is_retryable());
    }
    // One recovery of three attempts for all of them.
    assert_eq!(requests(&server, "initialize"), 4);
    client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert_eq!((requests(&server, "initialize"), server.ledger().executions.len()), (5, 1));
    client.close().await;
}

#[tokio::test]
async fn calls_wait_for_a_slow_recovery_up_to_their_total_timeout() {
    let server = server();
    let client = client(&server).timeout(Duration::from_secs(20)).build().unwrap();
    client.ping().await.unwrap();
    server.expire_sessions();
    script(&server, &json!([{"on": {"method": "initialize"}, "nth": [1], "fault": {"kind": "delay", "ms": 3000}}]));
    let patient = client.call_tool("echo", json!({"n": 1})).into_future();
    let soon = CallOptions::default().total_timeout(Duration::from_millis(1500));
    let hasty = client.call_tool("echo", json!({"n": 2})).options(soon).into_future();
    let (patient, hasty) = join(patient, hasty).await;
    assert_eq!(patient.unwrap().metadata().attempts, 2);
    let error = hasty.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("total_timeout", Delivery::Rejected));
    // Either call may open the session; if that one times out, the other continues.
    assert!(matches!(requests(&server, "initialize"), 2 | 3));
    assert_eq!(server.ledger().executions.len(), 1);
    client.close().await;
}

#[tokio::test]
async fn a_session_lost_repeatedly_is_reopened_a_limited_number_of_times() {
    let server = server();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    // Each attempt of the call loses its session; in between, another call has 300 ms to succeed.
    let lost = json!([
        {"on": {"tool": "echo"}, "fault": {"kind": "delay", "ms": 300}},
        {"on": {"tool": "echo"}, "fault": {"kind": "session_lost"}},
    ]);
    script(&server, &lost);
    let unlucky = client.call_tool("echo", json!({"n": 1})).into_future();
    let others = async {
        for sent in 1..=4 {
            seen(&server, "tools/call", sent).await;
            client.ping().await.unwrap();
        }
    };
    let (unlucky, ()) = join(unlucky, others).await;
    let error = unlucky.unwrap_err();
    assert_eq!((error.code(), error.delivery(), error.info().attempts), ("session_lost", Delivery::Rejected, 4));
    assert_eq!(requests(&server, "initialize"), 4);
    server.clear_script();
    client.call_tool("echo", json!({"n": 2})).await.unwrap();
    client.close().await;
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_it_waits_to_resume_sends_cancelled() {
    let options = r#"{"profile": "generic", "answer": "sse", "sse_event_ids": true, "sse_retry_ms": 20000}"#;
    let server = DevServer::start_json(options).unwrap();
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    script(&server, &json!([{"on": {"tool": "echo"}, "fault": {"kind": "stream_cut", "after_events": 1}}]));
    let call = client.call_tool("echo", json!({"n": 1})).into_future();
    assert!(tokio::time::timeout(Duration::from_millis(200), call).await.is_err());
    seen(&server, "notifications/cancelled", 1).await;
    client.close().await;
}
