//! A server that responds to a large request before it has read it, and closes the connection: the response is used.

#![allow(clippy::unwrap_used, missing_docs)]

use omni_mcp::{Client, ClientConfig, Delivery, Spelling};
use omni_mcp_devserver::DevServer;
use serde_json::json;

const RUNS: usize = 20;

fn client(server: &DevServer) -> Client {
    let mut options = json!({"profile": "generic", "endpoint": format!("{}/mcp", server.url())});
    if let Some(certificates) = server.certificates() {
        options["ca_certs"] = certificates.ca.clone().into();
    }
    ClientConfig::from_json(&options.to_string(), Spelling::Snake).unwrap().build().unwrap()
}

/// Calls once per client: all calls but one must end as the response states, in one attempt.
async fn assert_refused(server: &DevServer, bytes: usize) {
    let text = "x".repeat(bytes);
    let mut others = Vec::new();
    for _ in 0..RUNS {
        let client = client(server);
        client.connect().await.unwrap();
        let error = client.call_tool("echo", json!({"text": text})).await.unwrap_err();
        let info = error.info();
        let is_so = (info.status, info.delivery, info.attempts) == (Some(413), Delivery::Rejected, 1);
        if !is_so {
            others.push(error.to_string());
        }
    }
    assert_eq!(server.ledger().executions.len(), 0);
    assert!(others.len() <= 1, "{bytes} bytes to {}: {others:?}", server.url());
}

#[tokio::test]
async fn an_early_413_is_the_outcome() {
    let server = DevServer::start_json(r#"{"profile": "generic", "early_413_above": 16384}"#).unwrap();
    for bytes in [64 << 10, 1 << 20] {
        assert_refused(&server, bytes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_413_is_the_outcome_on_several_threads() {
    let server = DevServer::start_json(r#"{"profile": "generic", "early_413_above": 16384}"#).unwrap();
    assert_refused(&server, 512 << 10).await;
}

#[tokio::test]
async fn an_early_413_is_the_outcome_over_tls() {
    for http2 in [false, true] {
        let options = json!({"profile": "generic", "early_413_above": 16384, "tls": {"http2": http2}});
        let server = DevServer::start_json(&options.to_string()).unwrap();
        assert_refused(&server, 512 << 10).await;
    }
}

#[tokio::test]
async fn a_large_request_is_sent_completely() {
    for tls in [json!(null), json!({"http2": false}), json!({"http2": true})] {
        let server = DevServer::start_json(&json!({"profile": "generic", "tls": tls}).to_string()).unwrap();
        let text: String = (0..300_000).map(|number| format!("{number},")).collect();
        client(&server).call_tool("echo", json!({"text": text})).await.unwrap();
        let executions = server.ledger().executions;
        assert_eq!(executions.len(), 1);
        assert_eq!(json!(executions[0].arguments)["text"], json!(text));
    }
}
