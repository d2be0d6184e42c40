//! The generic profile: a plain MCP server.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Wire, call, method, post, route, rpc, start};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

fn generic() -> (DevServer, String) {
    let server = start(json!({"profile": "generic"}));
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    let session = hello.header("mcp-session-id").unwrap().to_owned();
    (server, session)
}

fn ask(server: &DevServer, session: &str, name: &str, params: &Value) -> common::Reply {
    post(server, &[("mcp-session-id", session)], &rpc(1, name, params)).unwrap()
}

#[test]
fn versions_and_sessions_are_those_of_the_specification() {
    let (server, session) = generic();
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let hello = method(&server, "initialize", &json!({"protocolVersion": version}));
        assert_eq!(hello.json()["result"]["protocolVersion"], version);
        assert_eq!(hello.header("x-request-id"), None);
    }
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-05"}));
    assert_eq!(hello.json()["result"]["protocolVersion"], "2025-11-25");

    assert_eq!(ask(&server, &session, "ping", &json!({})).status, 200);
    assert_eq!(ask(&server, &session, "logging/setLevel", &json!({"level": "info"})).status, 200);
    assert_eq!(ask(&server, "unknown", "ping", &json!({})).status, 404);
    assert_eq!(method(&server, "ping", &json!({})).status, 400, "no session");
    let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "1999-01-01")];
    let refused = post(&server, &headers, &rpc(1, "ping", &json!({}))).unwrap();
    assert_eq!(refused.status, 400);
    let noted = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(post(&server, &headers[..1], noted).unwrap().status, 202);

    let get = |headers: &[(&str, &str)]| {
        let mut wire = Wire::to(&server);
        wire.send("GET", "/mcp", headers, "");
        wire.head().unwrap().status
    };
    let accept = ("accept", "text/event-stream");
    assert_eq!(get(&[accept, ("mcp-session-id", &session)]), 200);
    assert_eq!((get(&[accept]), get(&[accept, ("mcp-session-id", "no")]), get(&[])), (400, 404, 406));
    let named = [("mcp-session-id", session.as_str())];
    assert_eq!(route(&server, "DELETE", "/mcp", &named).status, 204);
    assert_eq!(route(&server, "DELETE", "/mcp", &named).status, 404);
    assert_eq!(ask(&server, &session, "ping", &json!({})).status, 404);
    assert_eq!(route(&server, "PUT", "/mcp", &[]).status, 405);
    assert_eq!(route(&server, "GET", "/sse", &[]).status, 404);
}

#[test]
fn tools_succeed_and_fail() {
    let (server, session) = generic();
    let tools = ask(&server, &session, "tools/list", &json!({})).json();
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 6);
    let tool = |name: &str, arguments: Value| {
        ask(&server, &session, "tools/call", &json!({"name": name, "arguments": arguments})).json()
    };
    let echoed = tool("echo", json!({"a": [1, "ü"]}));
    assert_eq!(echoed["result"]["structuredContent"], json!({"a": [1, "ü"]}));
    let failed = tool("fail", json!({"message": "why"}));
    assert_eq!(failed["result"]["isError"], true);
    assert_eq!(failed["result"]["content"][0]["text"], "why");
    let big = tool("big", json!({"bytes": 100_000}));
    assert_eq!(big["result"]["content"][0]["text"].as_str().unwrap().len(), 100_000);
    assert_eq!(tool("fred.search", json!({}))["result"]["isError"], true);
    assert_eq!(tool("none", json!({}))["error"]["code"], -32602);
    let unknown = ask(&server, &session, "prompts/list", &json!({}));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32601)));
    let digits = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"n":123456789012345678901234567890.10}}}"#;
    let exact = post(&server, &[("mcp-session-id", &session)], digits).unwrap().text();
    assert!(exact.contains(r#""structuredContent":{"n":123456789012345678901234567890.10}"#), "{exact}");
    let runs = server.ledger().executions.len();
    let named = [("mcp-session-id", session.as_str()), ("idempotency-key", "k")];
    for _ in 0..2 {
        let body = rpc(1, "tools/call", &json!({"name": "echo"}));
        assert_eq!(post(&server, &named, &body).unwrap().status, 200);
    }
    assert_eq!(server.ledger().executions.len(), runs + 2, "keys are ignored");
}

#[test]
fn invalid_requests_are_refused() {
    let (server, _) = generic();
    let hello = rpc(1, "initialize", &json!({}));
    let with =
        |headers: &[(&str, &str)], body: &str| Wire::to(&server).ask("POST", "/mcp", headers, body).unwrap().status;
    let json_type = ("content-type", "application/json");
    let both = ("accept", "application/json, text/event-stream;q=0.5");
    assert_eq!(with(&[json_type, both], &hello), 200);
    assert_eq!(with(&[json_type, ("accept", "*/*")], &hello), 200);
    assert_eq!(with(&[json_type, ("accept", "application/json")], &hello), 406);
    assert_eq!(with(&[both], &hello), 415);
    assert_eq!(with(&[json_type, both], "{"), 400);
    assert_eq!(with(&[json_type, both], "[]"), 400);
}

#[test]
fn a_key_is_required_by_option() {
    let server = start(json!({"profile": "generic", "require_key": true, "keys": [{"key": "secret"}]}));
    assert_eq!(method(&server, "initialize", &json!({})).status, 200);
    let headers = [("content-type", "application/json"), ("accept", "*/*")];
    let refused = Wire::to(&server).ask("POST", "/mcp", &headers, &rpc(1, "initialize", &json!({}))).unwrap();
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(call(&server, "k", &json!({"name": "echo"})).unwrap().status, 400);
}
