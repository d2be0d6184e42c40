//! Dropped clients, runtimes that end or change, and callbacks that panic.
#![allow(clippy::unwrap_used)]

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::join_all;
use omni_mcp::{Client, ClientConfig};
use omni_mcp_devserver::{Count, DevServer, Wait};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

fn served(options: &str) -> DevServer {
    DevServer::start_json(options).unwrap()
}

fn serving(transport: &str) -> DevServer {
    let transport = if transport == "sse" { "sse" } else { "http" };
    served(&format!(r#"{{"profile": "generic", "transport": "{transport}", "progress": 2}}"#))
}

fn builder(server: &DevServer, transport: &str) -> ClientConfig {
    let path = if transport == "sse" { "sse" } else { "mcp" };
    let endpoint = format!("{}/{path}", server.url());
    Client::builder().profile("generic").transport(transport).endpoint(endpoint)
}

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn reaches(server: &DevServer, count: Count, at_least: Option<u64>, at_most: Option<u64>) -> bool {
    let nothing = Wait { count, at_least, at_most, timeout_ms: 10_000, method: None, tool: None, http_method: None };
    server.wait(&nothing).unwrap()
}

#[test]
fn dropping_the_last_clone_closes_the_connections() {
    for (transport, listen) in [("streamable_http", false), ("streamable_http", true), ("sse", false)] {
        let server = serving(transport);
        single().block_on(async {
            let client = builder(&server, transport).listen(listen).build().unwrap();
            let other = client.clone();
            client.ping().await.unwrap();
            drop(client);
            other.ping().await.unwrap();
            drop(other);
            // The runtime continues: only the end of the client closes them.
            let seen = tokio::task::spawn_blocking(move || reaches(&server, Count::OpenConnections, None, Some(0)));
            assert!(seen.await.unwrap(), "{transport}, listening: {listen}");
        });
    }
}

#[test]
fn a_runtime_ends_its_calls_and_the_client_works_on_another() {
    for transport in ["streamable_http", "sse"] {
        let server = serving(transport);
        let client = builder(&server, transport).build().unwrap();
        let first = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        first.block_on(client.ping().into_future()).unwrap();
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let client = client.clone();
                first.spawn(async move { client.call_tool("slow", json!({"ms": 60_000})).await.map(drop) })
            })
            .collect();
        assert!(reaches(&server, Count::Running, Some(10), None));
        first.shutdown_background();
        let second = single();
        for call in calls {
            assert!(second.block_on(call).unwrap_err().is_cancelled());
        }
        assert!(reaches(&server, Count::OpenConnections, None, Some(0)), "{transport}");
        // Plain calls, which are not retried: no earlier connection is used.
        for n in 0..5 {
            second.block_on(client.call_tool("echo", json!({ "n": n })).into_future()).unwrap();
        }
        second.block_on(client.close());
    }
}

#[test]
fn two_runtimes_use_one_client_alternately() {
    let server = serving("streamable_http");
    let client = builder(&server, "streamable_http").timeout(Duration::from_secs(3)).build().unwrap();
    let runtimes = [single(), single()];
    for n in 0..6 {
        // The other runtime is idle meanwhile.
        let call = client.call_tool("echo", json!({ "n": n })).into_future();
        runtimes[n % 2].block_on(call).unwrap();
    }
    assert_eq!(server.ledger().execution_count, 6);
    assert_eq!(server.ledger().sessions_opened, 1);
}

#[test]
fn two_runtimes_use_one_client_at_once() {
    let server = serving("streamable_http");
    let client = builder(&server, "streamable_http").build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let calls = (0..100).map(|n| client.call_tool("echo", json!({ "n": n })).into_future());
                assert!(single().block_on(join_all(calls)).iter().all(Result::is_ok));
            });
        }
    });
    assert_eq!(server.ledger().execution_count, 200);
}

#[tokio::test]
async fn a_panicking_callback_affects_its_call_only() {
    for transport in ["streamable_http", "sse"] {
        let server = serving(transport);
        let client = builder(&server, transport).on_notification(|_| panic!("provoked")).build().unwrap();
        let call = client.call_tool("echo", json!({"n": 1})).on_progress(|_| panic!("provoked"));
        assert!(call.await.is_ok(), "{transport}");
        assert!(client.ping().await.is_ok(), "{transport}");
        client.close().await;
    }
}

#[tokio::test]
async fn a_panicking_token_provider_is_an_error() {
    let server = served(r#"{"profile": "generic", "auth": {"type": "bearer", "token": "tok_1"}}"#);
    let later = std::sync::atomic::AtomicUsize::new(0);
    let client = builder(&server, "streamable_http").token_provider(move || {
        let asked = later.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert!(asked != 0, "provoked");
        async move {
            assert!(asked != 1, "provoked");
            Ok::<_, String>("tok_1")
        }
    });
    let client = client.build().unwrap();
    for _ in 0..2 {
        let error = client.ping().await.unwrap_err();
        assert_eq!((error.code(), error.info().message.contains("it panicked")), ("token_unavailable", true));
    }
    assert!(client.ping().await.is_ok());
}

#[tokio::test]
async fn a_client_is_connected_to_a_url() {
    let server = served(r#"{"profile": "generic"}"#);
    let client = Client::connect_to(format!("{}/mcp", server.url())).await.unwrap();
    assert!(client.server_info().is_some());
    let refused = Client::connect_to("mcp.example.com").await.unwrap_err();
    assert_eq!(refused.info().field.as_deref(), Some("endpoint"));
}
