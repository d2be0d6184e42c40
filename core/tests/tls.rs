//! TLS and HTTP/2 where concurrency matters, and secrecy of keys and passwords.

#![allow(clippy::unwrap_used, missing_docs)]

use std::future::IntoFuture;
use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use futures_util::future::{join, join_all};
use omni_mcp::{Client, ClientConfig, Delivery, Error};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

fn start(options: &Value) -> DevServer {
    DevServer::start_json(&options.to_string()).unwrap()
}

/// A client of profile generic, whose calls are not retried if they may have run.
fn plain(server: &DevServer) -> ClientConfig {
    let ca = server.certificates().unwrap().ca.clone();
    let endpoint = format!("{}/mcp", server.url());
    let backoff = Duration::from_millis(1);
    Client::builder().profile("generic").endpoint(endpoint).ca_certs(ca).backoff_initial(backoff).backoff_max(backoff)
}

/// Waits without blocking the tasks of the client, which run on this thread.
async fn until(server: &DevServer, condition: &Value) {
    let mut now = condition.clone();
    now["timeout_ms"] = json!(0);
    while !server.wait_json(&now.to_string()).unwrap() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn go_away_completes_calls_up_to_its_last_stream_and_others_are_sent_again() {
    let server = start(&json!({"profile": "generic", "tls": {}, "faults": [
        {"on": {"tool": "echo"}, "nth": [1], "fault": {"kind": "go_away", "last": "previous"}}
    ]}));
    let client = plain(&server).build().unwrap();
    client.connect().await.unwrap();
    let below = client.call_tool("slow", json!({"ms": 100})).into_future();
    let above = async {
        until(&server, &json!({"count": "running", "at_least": 1})).await;
        client.call_tool("echo", json!({"a": 1})).await
    };
    let (below, above) = join(below, above).await;
    assert_eq!(below.unwrap().metadata().attempts, 1);
    assert_eq!(above.unwrap().metadata().attempts, 2);
    let ledger = server.ledger();
    assert_eq!((ledger.executions.len(), ledger.connections), (2, 2));
}

#[tokio::test]
async fn a_call_that_waits_for_a_stream_when_the_server_leaves_runs_once() {
    let server = start(&json!({"profile": "omni", "tls": {"max_concurrent_streams": 1}, "faults": [
        {"on": {"method": "tools/call"}, "nth": [1], "fault": {"kind": "go_away"}},
        {"on": {"method": "tools/call"}, "nth": [1], "fault": {"kind": "delay", "ms": 50}}
    ]}));
    let ca = server.certificates().unwrap().ca.clone();
    let client = Client::builder().api_key(server.api_key()).base_url(server.url()).ca_certs(ca).build().unwrap();
    client.connect().await.unwrap();
    let calls = (0..8).map(|n| client.call_tool("fred.search", json!({"q": n.to_string()})).into_future());
    for answer in join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(server.ledger().executions.len(), 8);
}

#[tokio::test]
async fn a_dead_connection_is_replaced() {
    let server = start(&json!({"tls": {}, "faults": [
        {"on": {"method": "tools/call"}, "nth": [1], "fault": {"kind": "stall"}}
    ]}));
    let ca = server.certificates().unwrap().ca.clone();
    let config = Client::builder().api_key(server.api_key()).base_url(server.url()).ca_certs(ca);
    let client = config.timeout(Duration::from_secs(1)).build().unwrap();
    let answer = client.call_tool("fred.search", json!({"q": "x"})).await.unwrap();
    // The client notices the dead connection in the first attempt or, if the ping is later, in the second.
    assert!(matches!(answer.metadata().attempts, 2 | 3));
    let ledger = server.ledger();
    assert_eq!((ledger.executions.len(), ledger.connections), (1, 2));
}

#[test]
fn a_restarted_server_ends_handshakes_and_idle_connections() {
    let server = start(&json!({"tls": {}}));
    let mut silent: Vec<_> = (0..3).map(|_| TcpStream::connect(("127.0.0.1", server.port())).unwrap()).collect();
    let accepted = json!({"count": "open_connections", "at_least": 3});
    assert!(server.wait_json(&accepted.to_string()).unwrap());
    server.restart(Duration::ZERO);
    for stream in &mut silent {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
    assert_eq!(server.ledger().open_connections, 0);
}

#[tokio::test]
async fn over_http_2_a_missing_client_certificate_is_named_whatever_was_lost() {
    for _ in 0..20 {
        let server = start(&json!({"profile": "generic", "tls": {"client_certificate": "required"}}));
        let client = plain(&server).build().unwrap();
        let error = client.call_tool("echo", json!({})).await.unwrap_err();
        assert!(error.to_string().contains("client_cert is not given"), "{error}");
        assert!(matches!(error.code(), "client_certificate_refused" | "connection_lost"), "{error}");
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(server.ledger().requests.is_empty());
    }
}

#[tokio::test]
async fn plain_http_to_a_port_with_tls_is_named() {
    let server = start(&json!({"profile": "generic", "tls": {}}));
    let endpoint = format!("{}/mcp", server.url().replace("https://", "http://"));
    let client = Client::builder().profile("generic").endpoint(endpoint).build().unwrap();
    let error = client.call_tool("echo", json!({})).await.unwrap_err();
    assert!(
        error.to_string().contains("if the server uses TLS on this port, the URL must begin with https"),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::NotSent);
}

#[tokio::test]
async fn files_are_read_and_messages_do_not_show_them() {
    let server = start(&json!({"tls": {"client_certificate": "required"}}));
    let certificates = server.certificates().unwrap();
    let folder = std::env::temp_dir().join(format!("omni-mcp-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ca = file("ca.pem", &certificates.ca);
    let cert = file("client.pem", &certificates.client_cert);
    let key = file("key.pem", &certificates.client_key);
    let odd = file("odd.pem", "canary-in-the-file");
    let config = Client::builder().api_key(server.api_key()).base_url(server.url()).ca_certs(&ca);
    let client = config.clone().client_cert(cert.clone()).client_key(key.clone()).build().unwrap();
    client.ping().await.unwrap();

    let inline =
        config.clone().client_cert(certificates.client_cert.clone()).client_key(certificates.client_key.clone());
    let line = certificates.client_key.lines().nth(1).unwrap();
    assert!(!format!("{inline:?}{:?}", inline.clone().build().unwrap()).contains(line));

    let refusal = |config: ClientConfig| -> Error { config.build().unwrap_err() };
    for (error, field) in [
        (refusal(config.clone().ca_certs(&odd)), "ca_certs"),
        (refusal(config.clone().ca_certs(folder.to_str().unwrap())), "ca_certs"),
        (refusal(config.clone().client_cert(cert.clone()).client_key(odd.clone())), "client_key"),
        (refusal(config.clone().client_cert(cert.clone()).client_key(line)), "client_key"),
        (refusal(config.clone().client_cert(cert.clone()).client_key(cert.clone())), "client_key"),
        (refusal(config.clone().client_cert(odd.clone())), "client_cert"),
    ] {
        assert_eq!((error.code(), error.info().field.as_deref()), ("invalid_option", Some(field)), "{error}");
        let text = format!("{error} {error:?} {}", error.to_json());
        assert!(!text.contains("canary") && !text.contains(line) && !text.contains("omni-mcp-tls-"), "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_proxy_password_is_never_shown() {
    let server = start(&json!({"faults": [
        {"fault": {"kind": "status", "status": 400, "body": "received canary word-1"}}
    ], "proxy": {}}));
    let config = Client::builder().api_key(server.api_key()).base_url(server.url()).max_attempts(1_u32);
    let at = server.proxy().unwrap().to_owned();
    for proxy in [format!("http://user:canary%20word-1@{at}"), "http://user:canary%20word-1@127.0.0.1:1".to_owned()] {
        let config = config.clone().proxy(proxy.as_str());
        let client = config.clone().build().unwrap();
        let error = client.ping().await.unwrap_err();
        let text = format!("{config:?} {client:?} {error} {error:?} {}", error.to_json());
        assert!(!text.contains("canary"), "{text}");
    }
}
