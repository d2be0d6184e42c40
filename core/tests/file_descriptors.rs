//! A process without free file descriptors: calls wait for one, and errors name the cause.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::time::Duration;

use omni_mcp::{ClientConfig, Delivery, ErrorKind, Spelling};
use omni_mcp_devserver::DevServer;
use serde_json::json;

/// Opens as many files as the process may have.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

// One test, because descriptors are shared by the process.
#[tokio::test]
async fn a_call_without_descriptors_waits_for_some() {
    rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit { current: Some(256), maximum: Some(256) },
    )
    .unwrap();
    let server = DevServer::start_json(r#"{"profile": "generic"}"#).unwrap();
    let client = |more: serde_json::Value| {
        let mut options =
            json!({"profile": "generic", "endpoint": format!("{}/mcp", server.url()), "retry_budget": 14});
        more.as_object().unwrap().iter().for_each(|(name, value)| options[name] = value.clone());
        ClientConfig::from_json(&options.to_string(), Spelling::Snake).unwrap().build().unwrap()
    };

    let taken = take_all();
    // Creating a client needs no descriptor.
    let once = client(json!({"max_attempts": 1}));
    let error = once.call_tool("echo", json!({})).await.unwrap_err();
    let info = error.info();
    assert_eq!((info.kind, info.delivery, info.attempts), (ErrorKind::Connection, Delivery::NotSent, 1), "{error}");
    assert_eq!(info.os_error, Some(rustix::io::Errno::MFILE.raw_os_error()));
    assert!(error.to_string().contains("Too many open files"), "{error}");
    assert!(error.is_retryable());

    // More waits than the retry budget and the number of attempts allow.
    let patient = client(json!({"max_attempts": 2, "backoff_initial": 0.01, "backoff_max": 0.02}));
    let (outcome, ()) = tokio::join!(patient.call_tool("echo", json!({})), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(taken);
    });
    outcome.unwrap();
    assert_eq!(server.ledger().executions.len(), 1);
}
