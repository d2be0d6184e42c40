//! Calls that are ended by their total timeout, or by closing their client.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};

use omni_mcp::{CallOptions, Client, ClientBuilder, Delivery, State};
use omni_mcp_devserver::{Count, DevServer, Wait};
use serde_json::json;

fn served(options: &serde_json::Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

fn client(server: &DevServer) -> ClientBuilder {
    Client::builder().profile("generic").endpoint(format!("{}/mcp", server.url()))
}

/// A schema whose validation time doubles with each definition.
fn costly_schema(doublings: u32) -> String {
    let mut definitions = r#""d0": {"type": "object"}"#.to_owned();
    for number in 1..=doublings {
        let before = number - 1;
        write!(
            definitions,
            r##", "d{number}": {{"allOf": [{{"$ref": "#/$defs/d{before}"}}, {{"$ref": "#/$defs/d{before}"}}]}}"##
        )
        .unwrap();
    }
    format!(r##"{{"$defs": {{{definitions}}}, "$ref": "#/$defs/d{doublings}"}}"##)
}

#[tokio::test]
async fn a_call_with_a_response_has_run_whatever_ends_it() {
    let tool =
        format!(r#"{{"name": "echo", "inputSchema": {{"type": "object"}}, "outputSchema": {}}}"#, costly_schema(24));
    let list = format!(r#"{{"jsonrpc": "2.0", "id": $ID, "result": {{"tools": [{tool}]}}}}"#);
    let server = served(&json!({"profile": "generic", "faults": [
        {"on": {"method": "tools/list"}, "nth": [1], "fault": {"kind": "raw_body", "content_type": "application/json", "body": list}},
    ]}));
    let client = client(&server).build().unwrap();
    let options = CallOptions::default().validate_output(true).total_timeout(Duration::from_millis(500));
    let error = client.call_tool("echo", json!({"n": 1})).options(options).await.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("total_timeout", Delivery::Executed));
    assert_eq!(server.ledger().executions.len(), 1);
}

#[tokio::test]
async fn close_ends_the_wait_for_the_next_attempt() {
    let server = Arc::new(served(&json!({"profile": "generic", "faults": [
        {"on": {"method": "tools/call"}, "nth": [1], "fault": {"kind": "status", "status": 503, "headers": {"retry-after": "200"}}},
    ]})));
    let client = client(&server).total_timeout(Duration::from_secs(600)).build().unwrap();
    let begun = Instant::now();
    let call = client
        .call_tool("echo", json!({}))
        .options(CallOptions::default().idempotency_key("k-1").retry_unavailable(true));
    let closing = async {
        let seen = Wait {
            count: Count::Requests,
            at_least: Some(1),
            at_most: None,
            timeout_ms: 10_000,
            method: Some("tools/call".into()),
            tool: None,
            http_method: None,
        };
        let server = Arc::clone(&server);
        assert!(tokio::task::spawn_blocking(move || server.wait(&seen)).await.unwrap().unwrap());
        client.close().await;
    };
    let (ended, ()) = tokio::join!(call.into_future(), closing);
    let error = ended.unwrap_err();
    assert_eq!((error.code(), error.info().attempts), ("server_unavailable", 1));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_session_that_opens_during_close_is_ended_unused() {
    let server = served(&json!({"profile": "generic"}));
    let closed: Arc<std::sync::OnceLock<Client>> = Arc::default();
    let observed = Arc::clone(&closed);
    let config = client(&server).on_state(move |change| {
        // At different times of opening.
        if change.state == State::Ready {
            let client = observed.get().unwrap().clone();
            let closing = std::thread::spawn(move || {
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(client.close());
            });
            closing.join().unwrap();
        }
    });
    let client = config.build().unwrap();
    assert!(closed.set(client.clone()).is_ok());
    let error = client.call_tool("echo", json!({})).await.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("client_closed", Delivery::NotSent));
    let ledger = server.ledger();
    assert_eq!((ledger.executions.len(), ledger.sessions_closed), (0, 1));
}

#[tokio::test]
async fn close_ends_a_subscription_that_waits_for_its_acknowledgement() {
    let server = served(&json!({"profile": "generic", "era": "modern", "everything": true, "faults": [
        {"on": {"method": "subscriptions/listen"}, "fault": {"kind": "hang"}},
    ]}));
    let client = client(&server).timeout(None).total_timeout(None).build().unwrap();
    let closing = async {
        seen(&server, "subscriptions/listen", 1).await;
        client.close().await;
    };
    let both = async { tokio::join!(client.subscribe_resource("test://watched-resource").into_future(), closing) };
    let (ended, ()) = tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    let error = ended.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("client_closed", Delivery::MaybeExecuted));
}

/// The order of requests at the server: the session ends after its calls.
#[tokio::test]
async fn a_session_ends_after_its_calls() {
    for (work_ms, waits) in [(300, true), (4000, false)] {
        let server = Arc::new(served(&json!({"profile": "generic", "era": "legacy"})));
        let client = client(&server).build().unwrap();
        client.connect().await.unwrap();
        let calls = futures_util::future::join_all(
            (0..3).map(|n| client.call_tool("slow", json!({"ms": work_ms, "n": n})).into_future()),
        );
        let closing = async {
            let running = Wait {
                count: Count::Running,
                at_least: Some(3),
                at_most: None,
                timeout_ms: 10_000,
                method: None,
                tool: None,
                http_method: None,
            };
            let server = Arc::clone(&server);
            assert!(tokio::task::spawn_blocking(move || server.wait(&running)).await.unwrap().unwrap());
            client.close().await;
        };
        let begun = Instant::now();
        let (ended, took) = tokio::join!(calls, async {
            closing.await;
            begun.elapsed()
        });
        for call in ended {
            call.unwrap();
        }
        assert_eq!(took < Duration::from_millis(work_ms), !waits, "close does not wait without end: {took:?}");
        // The last call ends the session.
        let ended = Wait {
            count: Count::SessionsClosed,
            at_least: Some(1),
            at_most: None,
            timeout_ms: 10_000,
            method: None,
            tool: None,
            http_method: None,
        };
        let watching = Arc::clone(&server);
        assert!(tokio::task::spawn_blocking(move || watching.wait(&ended)).await.unwrap().unwrap());
        let ledger = server.ledger();
        let last = ledger.requests.last().unwrap();
        assert_eq!((last.http_method.as_str(), ledger.executions.len()), ("DELETE", 3));
    }
}

/// Returns once the server has received `count` requests of a method. Tasks of the client run on this thread, too.
async fn seen(server: &DevServer, method: &str, count: usize) {
    let seen = async {
        while server.ledger().requests.iter().filter(|seen| seen.rpc_method.as_deref() == Some(method)).count() < count
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.unwrap();
}

/// A suspended process: when it continues, timers and sockets are ready at the same time.
#[tokio::test]
async fn data_received_while_suspended_is_read_before_a_timeout() {
    let timeout = CallOptions::default().timeout(Duration::from_millis(300));
    let total = CallOptions::default().total_timeout(Duration::from_millis(300));
    for (form, tls) in [("json", false), ("sse", false), ("json", true), ("sse", true)] {
        let mut options = json!({"profile": "generic", "answer": form});
        if tls {
            options["tls"] = json!({});
        }
        let server = served(&options);
        let mut client = client(&server);
        if let Some(certificates) = server.certificates() {
            client = client.ca_certs(certificates.ca.clone());
        }
        let client = client.build().unwrap();
        client.ping().await.unwrap();
        for (nth, options) in [&timeout, &total].into_iter().enumerate() {
            let call = client.call_tool("slow", json!({"ms": 50})).options(options.clone());
            let standing_still = async {
                seen(&server, "tools/call", nth + 1).await;
                std::thread::sleep(Duration::from_millis(700));
            };
            let (answered, ()) = tokio::join!(call.into_future(), standing_still);
            answered.unwrap_or_else(|error| panic!("{form}, tls {tls}: {error}"));
        }
        assert_eq!(server.ledger().executions.len(), 2);
    }
}

#[tokio::test]
async fn a_suspended_process_does_not_extend_the_timeout() {
    let server =
        served(&json!({"profile": "generic", "faults": [{"on": {"tool": "echo"}, "fault": {"kind": "hang"}}]}));
    let client = client(&server).build().unwrap();
    client.ping().await.unwrap();
    let begun = Instant::now();
    let call = client.call_tool("echo", json!({})).options(CallOptions::default().timeout(Duration::from_millis(300)));
    let standing_still = async {
        seen(&server, "tools/call", 1).await;
        std::thread::sleep(Duration::from_millis(700));
    };
    let (ended, ()) = tokio::join!(call.into_future(), standing_still);
    let error = ended.unwrap_err();
    assert_eq!((error.code(), error.delivery()), ("attempt_timeout", Delivery::MaybeExecuted));
    assert!(begun.elapsed() < Duration::from_secs(2));
}
