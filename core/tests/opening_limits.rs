//! Calls with different limits that wait for one session, where their order matters. Other cases are in the vectors.
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use omni_mcp::{CallOptions, Client, Delivery};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

fn server(faults: &Value) -> DevServer {
    DevServer::start_json(&json!({"profile": "generic", "faults": faults}).to_string()).unwrap()
}

fn client(server: &DevServer) -> Client {
    Client::builder()
        .profile("generic")
        .endpoint(format!("{}/mcp", server.url()))
        .protocol_version("2025-11-25")
        .backoff_initial(Duration::from_millis(1))
        .backoff_max(Duration::from_millis(2))
        .build()
        .unwrap()
}

fn handshakes(server: &DevServer) -> usize {
    let ledger = server.ledger();
    ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("initialize")).count()
}

fn attempts(max_attempts: u32) -> CallOptions {
    CallOptions::default().max_attempts(max_attempts)
}

fn timeout(millis: u64) -> CallOptions {
    attempts(1).timeout(Duration::from_millis(millis))
}

#[tokio::test]
async fn a_call_with_more_attempts_opens_the_session_that_another_could_not() {
    let server =
        server(&json!([{"on": {"method": "initialize"}, "nth": [1], "fault": {"kind": "status", "status": 503}}]));
    let client = client(&server);
    let (few, many) = (client.ping().options(attempts(1)), client.ping().options(attempts(3)));
    let (few, many) = join(few.into_future(), many.into_future()).await;
    let error = few.unwrap_err();
    assert_eq!((error.info().status, error.info().attempts, error.delivery()), (Some(503), 1, Delivery::NotSent));
    assert!(error.is_retryable());
    many.unwrap();
    assert_eq!(handshakes(&server), 2);
}

#[tokio::test]
async fn calls_with_the_same_limits_share_one_failure() {
    let server = server(&json!([{"on": {"method": "initialize"}, "fault": {"kind": "status", "status": 503}}]));
    let client = client(&server);
    let calls = join_all((0..20).map(|_| client.ping().options(attempts(2)).into_future())).await;
    assert!(calls.iter().all(|call| call.as_ref().unwrap_err().info().attempts == 2));
    assert_eq!(handshakes(&server), 2);
    // A total timeout that did not end the handshake does not matter.
    let calls = (1..=20).map(|seconds| {
        client.ping().options(attempts(2).total_timeout(Duration::from_secs(100 + seconds))).into_future()
    });
    assert!(join_all(calls).await.iter().all(Result::is_err));
    assert_eq!(handshakes(&server), 4);
}

#[tokio::test]
async fn a_refusal_is_shared_by_calls_with_larger_limits() {
    let server = server(&json!([{"on": {"method": "initialize"}, "fault": {"kind": "status", "status": 403}}]));
    let client = client(&server);
    let (few, many) = (client.ping().options(timeout(5000)), client.ping().options(attempts(3).timeout(None)));
    let (few, many) = join(few.into_future(), many.into_future()).await;
    assert_eq!([few, many].map(|call| call.unwrap_err().info().status), [Some(403); 2]);
    assert_eq!(handshakes(&server), 1);
}

#[tokio::test]
async fn a_waiting_call_ends_by_its_own_timeout_and_the_handshake_continues() {
    let server = server(&json!([{"on": {"method": "initialize"}, "fault": {"kind": "delay", "ms": 1000}}]));
    let client = client(&server);
    let begun = Instant::now();
    let waiting = async {
        let error = client.ping().options(timeout(100)).await.unwrap_err();
        (error, begun.elapsed())
    };
    let (opening, (error, took)) = join(client.ping().into_future(), waiting).await;
    opening.unwrap();
    assert_eq!((error.code(), error.delivery()), ("attempt_timeout", Delivery::NotSent));
    assert!(error.is_retryable() && error.request_id().is_some(), "{error:?}");
    assert!(error.info().message.contains("the handshake of another call: no response to initialize"), "{error}");
    assert!(took < Duration::from_millis(900), "{took:?}");
    assert_eq!(handshakes(&server), 1);
}

#[tokio::test]
async fn a_waiting_call_with_the_limits_of_the_opener_waits_for_all_of_its_attempts() {
    let server = server(&json!([{"on": {"method": "initialize"}, "nth": [1, 2], "fault": {"kind": "hang"}}]));
    let client = client(&server);
    let options = || attempts(3).timeout(Duration::from_millis(200));
    let calls = join_all((0..5).map(|_| client.ping().options(options()).into_future())).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(handshakes(&server), 3);
}

#[tokio::test]
async fn a_call_whose_opener_was_cancelled_opens_the_session_itself() {
    let server = server(&json!([{"on": {"method": "initialize"}, "nth": [1], "fault": {"kind": "hang"}}]));
    let client = client(&server);
    let opener = tokio::time::timeout(Duration::from_millis(200), client.ping().into_future());
    let (cancelled, waiting) = join(opener, client.ping().options(timeout(5000)).into_future()).await;
    assert!(cancelled.is_err());
    waiting.unwrap();
    assert_eq!(handshakes(&server), 2);
    client.close().await;
    let sessions = server.ledger().sessions_opened;
    assert!(sessions >= 1, "{sessions}");
}
