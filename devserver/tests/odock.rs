//! The gateway of profile `odock`, over real connections to the server behind it.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{End, Reply, Wire, bearer, rpc, start};
use omni_mcp_devserver::{Count, DevServer};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const SEARCH: &str = "/v1/mcp/search-tools";

fn gateway(more: Value) -> DevServer {
    let mut options = json!({"profile": "odock"});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    start(options)
}

fn with(server: &DevServer, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let auth = bearer(server);
    let mut all = vec![
        ("authorization", auth.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend_from_slice(headers);
    Wire::to(server).ask(method, path, &all, body).unwrap()
}

fn tool(name: &str) -> String {
    rpc(1, "tools/call", &json!({"name": name, "arguments": {"query": "notes"}}))
}

fn post(server: &DevServer, path: &str, body: &str) -> Reply {
    with(server, "POST", path, &[], body)
}

fn call(server: &DevServer) -> Reply {
    post(server, SEARCH, &tool("search"))
}

fn code(reply: &Reply) -> (u16, String) {
    assert!(reply.header("x-request-id").is_some());
    let answer = reply.json();
    assert!(answer["error"]["message"].is_string(), "{answer}");
    (reply.status, answer["error"]["code"].as_str().unwrap().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_single_call_with_a_string_id_is_forwarded() {
    let server = gateway(json!({}));
    assert_eq!(server.api_key(), "sk_test_devserver_0001");
    let body = r#"{"jsonrpc": "2.0", "id": "call-1", "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "latest internal deployment notes"}}}"#;
    let headers = [("x-request-id", "mine"), ("idempotency-key", "k"), ("x-other", "o")];
    let answer = with(&server, "POST", SEARCH, &headers, body);
    assert_eq!((answer.status, answer.header("x-request-id")), (200, Some("mine")));
    assert_eq!(answer.json()["id"], "call-1");
    assert_eq!(answer.json()["result"]["structuredContent"]["query"], "latest internal deployment notes");
    // The same by its id.
    assert_eq!(post(&server, "/v1/mcp/mcp_devserver_0001", body).status, 200);

    let ledger = server.ledger();
    assert_eq!((ledger.execution_count, ledger.executions.len()), (2, 2));
    let first = &ledger.executions[0];
    assert_eq!((first.tool.as_str(), first.request_seq), ("search", 1));
    assert_eq!((first.api_key.as_deref(), first.idempotency_key.as_deref()), (Some("key#1"), Some("k")));
    let behind = server.upstream_ledger().unwrap();
    assert_eq!(ledger.upstream.unwrap().executions, behind.executions);
    assert_eq!(behind.execution_count, 2);
    let passed = &behind.requests[0].headers;
    assert_eq!(passed.get("authorization"), Some("Bearer upstream_tool_token"));
    assert_eq!((passed.get("x-other"), passed.get("x-request-id")), (Some("o"), Some("mine")));
    assert_eq!(passed.get("host"), server.upstream().unwrap().url().strip_prefix("http://"));
    let by_route = Wire::to(&server).ask("GET", "/__dev/ledger", &[], "").unwrap().json();
    assert_eq!(by_route["upstream"]["execution_count"], 2);
    server.reset_ledger();
    assert_eq!(server.upstream_ledger().unwrap().request_count, 0);
}

#[test]
fn credentials_of_the_caller_are_not_forwarded() {
    let server = gateway(json!({}));
    let headers = [("x-api-key", "sk_test_devserver_0001"), ("content-type", "application/json"), ("accept", "*/*")];
    let answer = Wire::to(&server).ask("POST", SEARCH, &headers, &tool("search")).unwrap();
    assert_eq!(answer.status, 200);
    let behind = server.upstream_ledger().unwrap();
    assert_eq!(behind.requests[0].headers.get("x-api-key"), None);
    assert!(!server.ledger_json().contains("Bearer sk_test"));
}

#[test]
fn responses_of_the_upstream_are_unchanged() {
    let server = gateway(json!({}));
    let unknown = post(&server, SEARCH, &tool("none"));
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (200, &json!(-32602)));
    let hello = post(&server, SEARCH, &rpc(1, "initialize", &json!({"protocolVersion": "2025-11-25"})));
    let session = hello.header("mcp-session-id").unwrap();
    let named = [("mcp-session-id", session)];
    assert_eq!(with(&server, "POST", SEARCH, &named, &rpc(2, "tools/list", &json!({}))).status, 200);
    let noted = with(&server, "POST", SEARCH, &named, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!((noted.status, noted.body.len()), (202, 0));
    let path = format!("{SEARCH}/deeper?a=1");
    assert_eq!(with(&server, "POST", &path, &named, &tool("search")).status, 404);
    let behind = server.upstream_ledger().unwrap();
    let last = behind.requests.last().unwrap();
    assert_eq!((last.path.as_str(), last.query.as_deref()), ("/mcp/deeper", Some("a=1")));
    server.expire_sessions();
    let lost = with(&server, "POST", SEARCH, &named, &tool("search"));
    assert_eq!((lost.status, &lost.json()["error"]["code"]), (404, &json!(-32001)));
}

#[test]
fn event_streams_are_forwarded_without_delay() {
    let server = gateway(json!({"upstream": {"answer": "sse", "log_messages": 2}}));
    let answer = call(&server);
    assert_eq!((answer.header("content-type"), answer.events().len()), (Some("text/event-stream"), 3));
    assert!(server.wait_for(Count::Answers, 1, SOON));

    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    wire.send("GET", SEARCH, &[("authorization", &auth), ("accept", "text/event-stream")], "");
    assert_eq!(wire.head().unwrap().status, 200);
    assert_eq!(wire.chunk().unwrap(), b": open\n\n");
    drop(wire);
    assert!(
        server.upstream().unwrap().wait_for(Count::Disconnects, 1, SOON),
        "the upstream notices that the client left"
    );
}

#[test]
fn keys_routes_and_records_are_checked() {
    let keys = json!([{"key": "sk_all"}, {"key": "sk_old", "expired": true}, {"key": "sk_gone", "revoked": true},
        {"key": "sk_some", "grants": ["other"]}, {"key": "sk_no", "scopes": []}]);
    let record = |slug: &str, transport: &str| json!({"slug": slug, "transport": transport});
    let mut off = record("off", "STREAMABLE_HTTP");
    off["enabled"] = json!(false);
    let mut nowhere = record("nowhere", "STREAMABLE_HTTP");
    nowhere["endpointUrl"] = json!("http://127.0.0.1:1/mcp");
    let mut refused = record("refused", "STREAMABLE_HTTP");
    refused["endpointUrl"] = json!("$UPSTREAM/mcp");
    let mut gone = record("gone", "STDIO");
    gone["command"] = json!("/no/such/program");
    let mut sse = record("sse", "SSE");
    sse["endpointUrl"] = json!("$UPSTREAM/sse");
    let servers = json!([
        record("http", "STREAMABLE_HTTP"),
        record("stdio", "STDIO"),
        record("odd", "PIGEON"),
        off,
        nowhere,
        refused,
        gone,
        sse
    ]);
    let server = gateway(json!({"keys": keys, "servers": servers}));
    let at = |path: &str| code(&post(&server, path, &tool("search")));
    assert_eq!(at("/v1/mcp/"), is(400, "invalid_mcp_ref"));
    assert_eq!(at("/v1/mcp/none"), is(404, "mcp_not_found"));
    assert_eq!(at("/v1/mcp/off"), is(404, "mcp_not_found"));
    assert_eq!(at("/v1/mcp/http"), is(400, "mcp_missing_endpoint"));
    assert_eq!(at("/v1/mcp/stdio"), is(400, "mcp_missing_stdio_command"));
    assert_eq!(at("/v1/mcp/odd"), is(400, "invalid_transport"));
    assert_eq!(at("/v1/mcp/nowhere"), is(502, "mcp_upstream_error"));
    assert_eq!(at("/v1/mcp/sse"), is(502, "mcp_upstream_error"));
    assert_eq!(at("/v1/mcp/refused"), is(502, "mcp_auth_error"));
    assert_eq!(at("/v1/mcp/gone"), is(502, "mcp_stdio_error"));
    let by = |key: &str| {
        let auth = format!("Bearer {key}");
        let headers = [("authorization", auth.as_str())];
        code(&Wire::to(&server).ask("POST", "/v1/mcp/http", &headers, &tool("search")).unwrap())
    };
    assert_eq!(by("other"), is(401, "unauthorized"));
    assert_eq!(by("sk_old"), is(401, "api_key_expired"));
    assert_eq!(by("sk_gone"), is(401, "api_key_revoked"));
    assert_eq!(by("sk_some"), is(403, "mcp_not_allowed"));
    assert_eq!(by("sk_no"), is(403, "mcp_not_allowed"));
    for (method, path, status) in [("GET", "/", 404), ("POST", "/v1/mcp", 404), ("DELETE", SEARCH, 405)] {
        let early = with(&server, method, path, &[], "");
        assert_eq!(early.status, status);
        assert!(early.header("content-type").unwrap().starts_with("text/plain") && !early.body.is_empty());
        assert!(early.header("x-request-id").is_some());
    }
    assert_eq!(server.ledger().execution_count, 0);
}

#[test]
fn invalid_servers_and_upstreams_are_refused() {
    for bad in [
        json!({"servers": [{"slug": "a"}]}),
        json!({"servers": [{"slug": "a", "transport": "STDIO", "authType": "BEARER"}]}),
        json!({"upstream": {"profile": "odock"}}),
        json!({"upstream": {"x": 1}}),
    ] {
        let mut options = json!({"profile": "odock"});
        options.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        assert!(DevServer::start_json(&options.to_string()).is_err(), "{bad}");
    }
}

#[test]
fn tool_rules_precede_keywords_and_budgets() {
    let server = gateway(json!({"keywords": ["Forbidden"], "budget_spent": true}));
    let blocked = post(&server, SEARCH, &tool("delete"));
    assert!(blocked.json()["error"]["message"].as_str().unwrap().contains("delete"));
    assert_eq!(code(&blocked), is(403, "mcp_guardrail_block"));
    let worded = post(&server, SEARCH, &rpc(1, "tools/list", &json!({"x": "FORBIDDEN"})));
    assert_eq!(code(&worded), is(403, "mcp_guardrail_block"));
    assert_eq!(code(&call(&server)), is(402, "budget_exceeded"));
    assert_eq!(code(&call(&gateway(json!({"quota_spent": true})))), is(429, "quota_exceeded"));

    let record = json!([{"slug": "a", "transport": "STREAMABLE_HTTP", "endpointUrl": "$UPSTREAM/mcp",
        "authType": "BEARER", "authConfig": {"token": "upstream_tool_token"},
        "allowedTools": ["search", "write"], "blockedTools": ["write"]}]);
    let server = gateway(json!({"servers": record}));
    assert_eq!(post(&server, "/v1/mcp/a", &tool("search")).status, 200);
    for denied in ["write", "open"] {
        assert_eq!(code(&post(&server, "/v1/mcp/a", &tool(denied))), is(403, "mcp_guardrail_block"));
    }
    assert_eq!(post(&server, "/v1/mcp/a", &rpc(1, "tools/list", &json!({}))).status, 200);
}

#[test]
fn rate_limits_are_in_the_body() {
    for in_header in [false, true] {
        let limit = json!({"per_minute": 1, "retry_after": 7});
        let server = gateway(json!({"rate_limit": limit, "retry_after_header": in_header}));
        assert_eq!(call(&server).status, 200);
        let limited = call(&server);
        assert_eq!(code(&limited), is(429, "rate_limit_exceeded"));
        let error = &limited.json()["error"];
        assert_eq!((&error["scope"], &error["limit"]), (&json!("api_key"), &json!(1)));
        assert_eq!(error["retry_after"], 7);
        assert_eq!(limited.header("retry-after"), in_header.then_some("7"));
    }
}

#[test]
fn every_row_can_be_scripted() {
    let server = gateway(json!({}));
    for (name, status) in [
        ("safety_blocked", 403),
        ("plugin_blocked", 403),
        ("mcp_upstream_error", 502),
        ("rate_limit_exceeded", 429),
        ("odd", 500),
    ] {
        let rule = json!({"times": 1, "fault": {"kind": "service_error", "code": name}});
        server.script_json(&rule.to_string()).unwrap();
        assert_eq!(code(&call(&server)), is(status, name));
    }
    let rule = json!({"times": 1, "fault": {"kind": "service_error", "code": "mcp_upstream_error", "status": 504,
        "retry_after": 2, "headers": {"retry-after": "3"}, "when": "after_execution"}});
    server.script_json(&rule.to_string()).unwrap();
    let late = call(&server);
    assert_eq!((code(&late), late.header("retry-after")), (is(504, "mcp_upstream_error"), Some("3")));
    assert_eq!(late.json()["error"]["retry_after"], 2);
    assert_eq!(server.ledger().execution_count, 1, "it ran nevertheless");
}

#[test]
fn faults_of_gateway_and_upstream() {
    let server = gateway(json!({}));
    server.script_json(r#"{"times": 1, "fault": {"kind": "reset", "when": "after_execution"}}"#).unwrap();
    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    let headers = [("authorization", auth.as_str()), ("content-type", "application/json"), ("accept", "*/*")];
    wire.send("POST", SEARCH, &headers, &tool("search"));
    assert_eq!(wire.end(), End::Reset);
    assert_eq!(server.ledger().execution_count, 1);

    let behind = server.upstream().unwrap();
    for fault in [
        json!({"kind": "reset", "when": "after_execution"}),
        json!({"kind": "truncate", "bytes": 5}),
        json!({"kind": "status", "status": 500, "body": "no"}),
        json!({"kind": "redirect", "status": 307, "location": "http://evil.example/"}),
    ] {
        behind.script_json(&json!({"times": 1, "fault": fault}).to_string()).unwrap();
        assert_eq!(code(&call(&server)), is(502, "mcp_upstream_error"), "{fault}");
    }
    let rule = r#"{"times": 1, "fault": {"kind": "rpc_error", "code": -32603, "message": "m", "status": 500}}"#;
    let scripted = Wire::to(&server).ask("POST", "/__dev/upstream/script", &[], rule).unwrap();
    assert_eq!(scripted.json(), json!({"ok": true}));
    let own = call(&server);
    assert_eq!((own.status, &own.json()["error"]["code"]), (500, &json!(-32603)));
    let cut = r#"{"times": 1, "fault": {"kind": "stream_cut", "after_events": 0}}"#;
    behind.script_json(cut).unwrap();
    assert_eq!(call(&server).end, End::Closed);
    assert_eq!(call(&server).status, 200);
}

#[test]
fn the_gateway_requests_and_caches_tokens() {
    let oauth = json!({"scope": "tools", "clients": [{"id": "a:b", "secret": "s&"}]});
    let server = gateway(json!({"upstream": {"oauth": oauth}}));
    assert_eq!((call(&server).status, call(&server).status), (200, 200));
    let asked = |server: &DevServer| {
        let behind = server.upstream_ledger().unwrap();
        behind.requests.iter().filter(|r| r.path == "/oauth/token").count()
    };
    assert_eq!(asked(&server), 1, "the token is cached");
    server.revoke_tokens();
    assert_eq!(code(&call(&server)), is(502, "mcp_auth_error"));
    assert_eq!((call(&server).status, asked(&server)), (200, 2));
    let broken = r#"{"on": {"path": "/oauth/token"}, "fault": {"kind": "status", "status": 500}}"#;
    server.upstream().unwrap().script_json(broken).unwrap();
    server.revoke_tokens();
    call(&server);
    assert_eq!(code(&call(&server)), is(502, "mcp_auth_error"));
    let basic = json!({"auth": {"type": "basic", "username": "u", "password": "p"}});
    assert_eq!(call(&gateway(json!({"upstream": basic}))).status, 200);
    assert_eq!(call(&gateway(json!({"upstream": {"auth": null}}))).status, 200);
}

#[cfg(unix)]
#[test]
fn a_process_behind_the_gateway() {
    // Responds with the number of lines that it has read, and exits at a line with "die".
    let script = r#"n=0; while read -r line; do n=$((n+1));
        case "$line" in *die*) exit 1;; *'"id":'*)
            id=$(printf '%s' "$line" | sed 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/')
            printf '{"jsonrpc":"2.0","method":"notifications/message","params":{}}\n'
            printf '{"jsonrpc":"2.0","id":%s,"result":{"lines":%d,"env":"%s"}}\n' "$id" "$n" "$WHO";;
        esac; done"#;
    let record = json!([{"slug": "p", "transport": "STDIO", "command": "sh", "args": ["-c", script],
        "env": {"WHO": "me"}}]);
    let server = gateway(json!({"servers": record}));
    let first = post(&server, "/v1/mcp/p", &tool("search")).json();
    assert_eq!(first, json!({"jsonrpc": "2.0", "id": 1, "result": {"lines": 3, "env": "me"}}), "it was initialized");
    let named = r#"{"jsonrpc":"2.0","id":"a-1","method":"tools/list"}"#;
    let second = post(&server, "/v1/mcp/p", named).json();
    assert_eq!((&second["id"], &second["result"]["lines"]), (&json!("a-1"), &json!(4)));
    let noted = post(&server, "/v1/mcp/p", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(noted.status, 202);
    assert_eq!(with(&server, "GET", "/v1/mcp/p", &[], "").status, 405);
    assert_eq!(code(&post(&server, "/v1/mcp/p", &rpc(1, "die", &json!({})))), is(502, "mcp_stdio_error"));
    assert_eq!(post(&server, "/v1/mcp/p", &tool("search")).json()["result"]["lines"], 3, "a new process");
    assert_eq!(server.ledger().execution_count, 2);
}

#[test]
fn controls_apply_to_the_upstream() {
    let server = gateway(json!({"upstream": {"answer": "sse"}}));
    let hello = post(&server, SEARCH, &rpc(1, "initialize", &json!({"protocolVersion": "2025-11-25"})));
    let session = hello.header("mcp-session-id").unwrap();
    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    let headers = [("authorization", auth.as_str()), ("accept", "text/event-stream"), ("mcp-session-id", session)];
    wire.send("GET", SEARCH, &headers, "");
    assert_eq!(wire.head().unwrap().header("mcp-session-id"), Some(session));
    assert_eq!(wire.chunk().unwrap(), b": open\n\n");
    assert_eq!(server.push_json(r#"{"method":"notifications/tools/list_changed"}"#).unwrap(), 1);
    assert!(String::from_utf8(wire.chunk().unwrap()).unwrap().contains("list_changed"));
    server.drop_streams();
    assert!(wire.chunk().is_err());
    server.move_sessions();
    assert_eq!(with(&server, "POST", SEARCH, &[("mcp-session-id", session)], &tool("search")).status, 404);
}

#[test]
fn executions_behind_the_gateway_are_recorded_by_both() {
    let server = gateway(json!({}));
    let slow = rpc(1, "tools/call", &json!({"name": "slow", "arguments": {"ms": 400}}));
    std::thread::scope(|scope| {
        let calls = [scope.spawn(|| post(&server, SEARCH, &slow)), scope.spawn(|| post(&server, SEARCH, &slow))];
        assert!(server.wait_for(Count::Running, 2, SOON));
        assert!(calls.into_iter().all(|call| call.join().unwrap().status == 200));
    });
    for ledger in [server.ledger(), server.upstream_ledger().unwrap()] {
        assert_eq!((ledger.running, ledger.max_concurrent_executions, ledger.execution_count), (0, 2, 2));
    }
}
