//! The ledger, waiting for it, and the control routes.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{Wire, bearer, call, method, rpc, search, send, start};
use omni_mcp_devserver::{Count, DevServer, Options, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

fn omni() -> DevServer {
    DevServer::start(Options::default()).unwrap()
}

fn control(server: &DevServer, method: &str, path: &str, body: &str) -> (u16, Value) {
    let reply = Wire::to(server).ask(method, path, &[], body).unwrap();
    let answer = reply.json();
    (reply.status, answer)
}

#[test]
fn records_requests_and_executions() {
    let server = omni();
    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    let headers = [("authorization", auth.as_str()), ("Idempotency-Key", "k"), ("x-twice", "a"), ("x-twice", "b")];
    let body = rpc(5, "tools/call", &search("gdp"));
    assert_eq!(wire.ask("POST", "/mcp?a=1", &headers, &body).unwrap().status, 200);
    assert_eq!(wire.ask("POST", "/mcp", &headers[..1], "no json").unwrap().status, 400);
    let ledger: Value = serde_json::from_str(&server.ledger_json()).unwrap();
    let first = &ledger["requests"][0];
    let expected = json!({
        "seq": 1, "connection": 1, "http_method": "POST", "path": "/mcp", "rpc_method": "tools/call",
        "rpc_id": 5, "tool": "fred.search", "status": 200, "fault": null, "replayed": false,
        "disconnected": false
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}");
    }
    assert_eq!(first["headers"]["authorization"], auth.as_str());
    assert_eq!(first["headers"]["idempotency-key"], "k");
    assert_eq!(first["headers"]["x-twice"], "a, b");
    assert_eq!(first["body"]["params"]["arguments"]["q"], "gdp");
    let second = &ledger["requests"][1];
    assert_eq!((&second["body"], &second["connection"]), (&json!("no json"), &json!(1)));
    assert_eq!(second["rpc_method"], Value::Null);
    assert_eq!(
        ledger["executions"],
        json!([{
            "seq": 1, "tool": "fred.search", "arguments": {"q": "gdp", "limit": 3}, "idempotency_key": "k",
            "api_key": "key#1", "request_seq": 1, "ok": true
        }])
    );
    assert_eq!((&ledger["connections"], &ledger["open_connections"]), (&json!(1), &json!(1)));
    assert_eq!(ledger["billable_units"], 1);
}

#[test]
fn debug_output_shows_no_secret() {
    let server = start(json!({"keys": [{"key": "omni_test_canary"}]}));
    assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
    let options: Options = serde_json::from_value(json!({"keys": [{"key": "omni_test_canary"}]})).unwrap();
    let shown = format!("{server:?} {:?} {options:?}", server.ledger());
    assert!(shown.contains("[redacted]"));
    assert!(!shown.contains("canary"), "{shown}");
    assert!(server.ledger_json().contains("Bearer omni_test_canary"));
}

#[test]
fn is_reset() {
    let server = omni();
    let mut wire = send(&server, &[], &rpc(1, "ping", &json!({})));
    assert_eq!(wire.receive().unwrap().status, 200);
    server.reset_ledger();
    let ledger = server.ledger();
    assert_eq!((ledger.requests.len(), ledger.open_connections, ledger.connections), (0, 1, 0));
    assert_eq!(method(&server, "ping", &json!({})).status, 200);
    let ledger = server.ledger();
    assert_eq!((ledger.requests[0].seq, ledger.requests[0].connection), (1, 2));
}

#[test]
fn records_counts_only() {
    let server = start(json!({"ledger": "counts"}));
    for _ in 0..2 {
        assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
    }
    assert!(server.wait_for(Count::Answers, 2, SOON));
    let ledger = server.ledger();
    assert!(ledger.requests.is_empty() && ledger.executions.is_empty());
    assert_eq!((ledger.request_count, ledger.execution_count), (2, 1));
    assert_eq!((ledger.replay_count, ledger.answers, ledger.billable_units), (1, 2, 1));
    let filtered = Wait::at_least(Count::Requests, 1, SOON).on_method("ping");
    assert!(server.wait(&filtered).unwrap_err().to_string().contains("full ledger"));
}

#[test]
fn waits_end_at_the_timeout_or_with_the_server() {
    let server = omni();
    assert!(!server.wait_for(Count::Requests, 1, Duration::from_millis(20)));
    assert!(server.wait_json(r#"{"count":"open_connections","at_most":0}"#).unwrap());
    for bad in [
        "{}",
        r#"{"count":"requests"}"#,
        r#"{"count":"x","at_least":1}"#,
        r#"{"count":"connections","at_least":1,"method":"ping"}"#,
        r#"{"count":"executions","at_least":1,"method":"ping"}"#,
    ] {
        assert!(server.wait_json(bad).is_err(), "{bad}");
    }
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.wait_for(Count::Executions, 1, Duration::from_secs(60)));
        let mut asking = Wire::to(&server);
        asking.send("POST", "/__dev/wait", &[], r#"{"count":"executions","at_least":9,"timeout_ms":60000}"#);
        let filtered = r#"{"count":"disconnects","at_least":1,"timeout_ms":60000,"method":"tools/call"}"#;
        let other = scope.spawn(|| server.wait_json(filtered).unwrap());
        let begun = Instant::now();
        assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
        assert!(waiting.join().unwrap());
        server.close();
        assert!(!other.join().unwrap());
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(asking.end(), common::End::Closed);
    });
    assert_eq!(server.ledger().executions.len(), 1);
}

#[test]
fn control_routes() {
    let server = omni();
    let ok = (200, json!({"ok": true}));
    let rules = r#"[{"on":{"method":"ping"},"times":1,"fault":{"kind":"status","status":503}},
        {"on":{"method":"tools/list"},"fault":{"kind":"status","status":503}}]"#;
    assert_eq!(control(&server, "POST", "/__dev/script", rules), ok);
    assert_eq!(method(&server, "ping", &json!({})).status, 503);
    assert_eq!(control(&server, "DELETE", "/__dev/script", ""), ok);
    assert_eq!(method(&server, "tools/list", &json!({})).status, 200);
    let wait = r#"{"count":"requests","at_least":1,"method":"ping"}"#;
    assert_eq!(control(&server, "POST", "/__dev/wait", wait), ok);
    let never = r#"{"count":"executions","at_least":1,"timeout_ms":0}"#;
    assert_eq!(control(&server, "POST", "/__dev/wait", never), (200, json!({"ok": false})));
    let (status, ledger) = control(&server, "GET", "/__dev/ledger", "");
    assert_eq!((status, ledger["requests"].as_array().unwrap().len()), (200, 2));
    let hello = method(&server, "initialize", &json!({}));
    assert_eq!(control(&server, "POST", "/__dev/expire-sessions", ""), ok);
    let session = hello.header("mcp-session-id").unwrap();
    let lost = common::post(&server, &[("mcp-session-id", session)], &rpc(1, "ping", &json!({})));
    assert_eq!(lost.unwrap().status, 404);
    assert_eq!(control(&server, "POST", "/__dev/reset", ""), ok);
    assert_eq!(server.ledger().requests.len(), 0);
    for (path, body) in [("script", "nonsense"), ("wait", "{}")] {
        let (status, answer) = control(&server, "POST", &format!("/__dev/{path}"), body);
        assert_eq!(status, 400);
        assert!(answer["error"].is_string());
    }
    assert_eq!(control(&server, "GET", "/__dev/other", "").0, 404);
    let foreign = Wire::to(&server).ask("GET", "/__dev/ledger", &[("origin", "https://evil.example")], "");
    assert_eq!(foreign.unwrap().status, 403);
}

#[test]
fn is_usable_from_any_thread() {
    fn any_thread<T: Send + Sync>() {}
    any_thread::<DevServer>();
}
