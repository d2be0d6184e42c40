//! The OMNI profile: routes, error table, ids, versions, sessions, paging, rate limit.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::{Wire, bearer, call, method, post, route, rpc, search, start};
use omni_mcp_devserver::{Count, DevServer, Options};
use serde_json::{Value, json};

fn omni() -> DevServer {
    DevServer::start(Options::default()).unwrap()
}

#[test]
fn handshake_lists_and_calls() {
    let server = omni();
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-05"}));
    assert_eq!(hello.status, 200);
    assert_eq!(hello.header("content-type"), Some("application/json"));
    let result = &hello.json()["result"];
    assert_eq!(result["serverInfo"]["name"], "omni-mcp-devserver");
    assert!(result["instructions"].is_string());
    let session = hello.header("mcp-session-id").unwrap();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let noted = post(&server, &[("mcp-session-id", session)], &initialized.to_string()).unwrap();
    assert_eq!((noted.status, noted.body.len()), (202, 0));
    assert_eq!(method(&server, "ping", &json!({})).json()["result"], json!({}));

    let listed = method(&server, "tools/list", &json!({})).json();
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["fred.search", "fred.series"]);
    for tool in tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert_eq!(tool["outputSchema"]["type"], "object");
    }

    let found = call(&server, "k1", &search("inflation")).unwrap().json();
    let content = &found["result"]["structuredContent"];
    assert_eq!(content["query"], "inflation");
    assert_eq!(content["count"], 3);
    assert_eq!(content["results"][0]["series_id"], "CPIAUCSL");
    let text = found["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), content);

    let series = json!({"name": "fred.series", "arguments": {
        "series_id": "UNRATE", "observation_start": "2024-01-01", "limit": 2
    }});
    let series = call(&server, "k2", &series).unwrap().json();
    let content = &series["result"]["structuredContent"];
    assert_eq!(content["title"], "Unemployment Rate");
    assert_eq!(content["observations"].as_array().unwrap().len(), 2);
    assert_eq!(content["observations"][0]["date"], "2024-01-01");
    assert_eq!(server.ledger().billable_units, 3);
}

/// Status, JSON-RPC code and type of an error, with its request id checked.
fn error_of(reply: &common::Reply) -> (u16, i64, String, String) {
    let error = reply.json()["error"].clone();
    assert_eq!(error["data"]["request_id"].as_str(), reply.header("x-request-id"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (reply.status, error["code"].as_i64().unwrap(), text(&error["data"]["type"]), text(&error["data"]["omni_code"]))
}

const TABLE: &[(&str, &str, u16, i64)] = &[
    ("missing_api_key", "auth_error", 401, -32001),
    ("invalid_api_key", "auth_error", 401, -32001),
    ("auth_rejected", "auth_error", 403, -32001),
    ("insufficient_scope", "permission_error", 403, -32001),
    ("rate_limit_exceeded", "rate_limit_error", 429, -32002),
    ("missing_idempotency_key", "invalid_request", 400, -32602),
    ("unknown_tool", "invalid_request", 400, -32602),
    ("missing_q", "invalid_request", 400, -32602),
    ("missing_series_id", "invalid_request", 400, -32602),
    ("invalid_parameter", "invalid_request", 400, -32602),
    ("invalid_payload", "invalid_request", 400, -32602),
    ("invalid_json", "invalid_request", 400, -32700),
    ("idempotency_conflict", "invalid_request", 409, -32602),
    ("service_disabled", "api_error", 503, -32603),
    ("auth_backend_unavailable", "api_error", 503, -32603),
    ("invalid_control_plane_response", "api_error", 503, -32603),
    ("mcp_invocation_failed", "api_error", 502, -32603),
    ("mcp_internal_error", "api_error", 500, -32603),
];

#[test]
fn every_row_of_the_table_can_be_scripted_on_both_kinds_of_route() {
    let server = omni();
    for (code, kind, status, rpc_code) in TABLE {
        let rule = json!({"times": 1, "fault": {"kind": "omni_error", "omni_code": code}});
        server.script_json(&rule.to_string()).unwrap();
        let answer = method(&server, "tools/list", &json!({}));
        let expected = (*status, *rpc_code, (*kind).to_owned(), (*code).to_owned());
        assert_eq!(error_of(&answer), expected);

        server.script_json(&rule.to_string()).unwrap();
        let answer = route(&server, "DELETE", "/mcp", &[]);
        assert_eq!(answer.status, *status);
        let error = &answer.json()["error"];
        assert_eq!(error["type"], *kind);
        assert_eq!(error["code"], *code);
        assert_eq!(error["request_id"].as_str(), answer.header("x-request-id"));
    }
    assert_eq!(server.ledger().executions.len(), 0);
}

fn call_of(name: &str, arguments: Value) -> String {
    rpc(1, "tools/call", &json!({"name": name, "arguments": arguments}))
}

/// Requests that are refused: the code, the key and the body.
fn refused_requests(list: &str, fine: &str) -> Vec<(&'static str, Option<&'static str>, String)> {
    let all = Some("omni_test_all");
    let tool = call_of;
    vec![
        ("missing_api_key", None, list.to_owned()),
        ("missing_api_key", None, "not json".to_owned()),
        ("invalid_api_key", Some("omni_test_other"), list.to_owned()),
        ("invalid_api_key", Some("sk_1"), list.to_owned()),
        ("auth_rejected", Some("omni_test_rejected"), list.to_owned()),
        ("insufficient_scope", Some("omni_test_invoke"), list.to_owned()),
        ("insufficient_scope", Some("omni_live_list"), fine.to_owned()),
        ("insufficient_scope", Some("omni_test_invoke"), fine.to_owned()),
        ("invalid_json", all, "{".to_owned()),
        ("invalid_json", all, String::new()),
        ("unknown_tool", all, tool("fred.nothing", json!({}))),
        ("missing_q", all, tool("fred.search", json!({}))),
        ("missing_q", all, tool("fred.search", json!({"q": " "}))),
        ("missing_series_id", all, tool("fred.series", json!({}))),
        ("invalid_parameter", all, tool("fred.search", json!({"q": 1}))),
        ("invalid_parameter", all, tool("fred.search", json!({"q": "a", "limit": 0}))),
        ("invalid_parameter", all, tool("fred.search", json!({"q": "a", "limit": 51}))),
        ("invalid_parameter", all, tool("fred.search", json!({"q": "a", "limit": 1.5}))),
        ("invalid_parameter", all, tool("fred.series", json!({"series_id": "GDP", "observation_start": "2024-02-30"}))),
        (
            "invalid_parameter",
            all,
            tool(
                "fred.series",
                json!({"series_id": "GDP", "observation_start": "2025-01-01", "observation_end": "2024-01-01"}),
            ),
        ),
        ("invalid_payload", all, tool("fred.search", json!([1]))),
        ("invalid_payload", all, rpc(1, "tools/call", &json!({"name": 3}))),
    ]
}

#[test]
fn errors_caused_by_requests() {
    let keys = json!([
        {"key": "omni_test_all"},
        {"key": "omni_live_list", "scopes": ["mcp.tools.read"]},
        {"key": "omni_test_invoke", "scopes": ["mcp.invoke"]},
        {"key": "omni_test_rejected", "rejected": true}
    ]);
    let server = start(json!({"keys": keys}));
    let with = |key: Option<&str>, body: &str| {
        let auth = key.map(|key| format!("bearer {key}"));
        let mut headers = vec![("idempotency-key", "some-key")];
        headers.extend(auth.as_ref().map(|auth| ("authorization", auth.as_str())));
        Wire::to(&server).ask("POST", "/mcp", &headers, body).unwrap()
    };
    let (list, fine) = (rpc(1, "tools/list", &json!({})), call_of("fred.search", json!({"q": "gdp"})));
    for (code, key, body) in refused_requests(&list, &fine) {
        let (status, rpc_code, kind, omni_code) = error_of(&with(key, &body));
        assert_eq!(omni_code, code, "{body}");
        let row = TABLE.iter().find(|row| row.0 == code).unwrap();
        assert_eq!((kind.as_str(), status, rpc_code), (row.1, row.2, row.3), "{body}");
    }
    let refused = with(Some("omni_live_list"), &fine);
    assert_eq!(refused.header("omni-required-scopes"), Some("mcp.invoke fred.read"));
    assert_eq!(with(Some("omni_live_list"), &list).status, 200);

    let failing = with(Some("omni_test_all"), &call_of("fred.series", json!({"series_id": "NO_SUCH"})));
    assert_eq!(failing.omni_code(), "mcp_invocation_failed");
    assert_eq!(failing.status, 400);
    let without_key = post(&server, &[], &fine).unwrap();
    assert_eq!(without_key.omni_code(), "missing_idempotency_key");
    let long = "k".repeat(256);
    let too_long = post(&server, &[("idempotency-key", &long)], &fine).unwrap();
    assert_eq!(too_long.omni_code(), "invalid_parameter");
    // The failed series is the only tool that ran, and it is not billed.
    let ledger = server.ledger();
    assert_eq!(ledger.executions.len(), 1);
    assert!(!ledger.executions[0].ok);
    assert_eq!(ledger.billable_units, 1);
}

#[test]
fn malformed_messages_have_a_code_but_no_omni_code() {
    let server = omni();
    let cases = [
        ("[]", -32600),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        ("7", -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#, -32601),
    ];
    for (body, code) in cases {
        let answer = post(&server, &[], body).unwrap();
        assert_eq!(answer.status, 400, "{body}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{body}");
        assert!(error["data"].get("omni_code").is_none());
        assert!(error["data"]["request_id"].is_string());
    }
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert_eq!(post(&server, &[], answer).unwrap().status, 202);
}

#[test]
fn request_ids_and_versions_are_echoed_on_every_route() {
    let server = omni();
    let routes = [("DELETE", "/mcp"), ("PUT", "/mcp"), ("POST", "/sse"), ("GET", "/nowhere")];
    for (http_method, path) in routes {
        let given = [("x-request-id", "mine-1"), ("omni-version", "2026-01-31")];
        let answer = route(&server, http_method, path, &given);
        assert_eq!(answer.header("x-request-id"), Some("mine-1"), "{path}");
        assert_eq!(answer.header("omni-version"), Some("2026-01-31"), "{path}");
    }
    let too_long = "x".repeat(129);
    for bad in ["two words", "", &too_long] {
        let answer = route(&server, "DELETE", "/mcp", &[("x-request-id", bad), ("omni-version", "soon")]);
        let minted = answer.header("x-request-id").unwrap();
        assert!(minted.starts_with("req_") && minted.len() > 20, "{minted}");
        assert_eq!(answer.header("omni-version"), None);
    }
    assert_eq!(route(&server, "PUT", "/mcp", &[]).status, 405);
    assert_eq!(route(&server, "PUT", "/mcp", &[]).header("allow"), Some("GET, POST, DELETE"));
    assert_eq!(route(&server, "GET", "/nowhere", &[]).status, 404);
    assert_eq!(route(&server, "DELETE", "/mcp", &[("origin", "http://evil.example")]).status, 403);
    assert_eq!(route(&server, "DELETE", "/mcp", &[("origin", "http://localhost:3000")]).status, 204);
}

#[test]
fn versions_are_negotiated() {
    let server = omni();
    let agreed = |server: &DevServer, asked: Value| {
        method(server, "initialize", &json!({"protocolVersion": asked})).json()["result"]["protocolVersion"].clone()
    };
    for known in ["2025-11-05", "2025-06-18", "2025-03-26"] {
        assert_eq!(agreed(&server, json!(known)), known);
    }
    for other in [json!("2025-11-25"), json!("2026-07-28"), json!(3), Value::Null] {
        assert_eq!(agreed(&server, other), "2025-11-05");
    }
    let server = start(json!({"default_version": "2024-11-05", "supported_versions": ["2025-11-25"]}));
    assert_eq!(agreed(&server, json!("2025-11-25")), "2025-11-25");
    assert_eq!(agreed(&server, json!("2025-06-18")), "2024-11-05");
}

#[test]
fn sessions_open_close_and_end() {
    let server = omni();
    let open = || {
        let hello = method(&server, "initialize", &json!({}));
        hello.header("mcp-session-id").unwrap().to_owned()
    };
    let ping =
        |session: &str| post(&server, &[("mcp-session-id", session)], &rpc(1, "ping", &json!({}))).unwrap().status;
    let (first, second) = (open(), open());
    assert_ne!(first, second);
    assert_eq!(ping(&first), 200);
    assert_eq!(ping("never-given-out"), 200, "OMNI works without a session");
    assert_eq!(route(&server, "DELETE", "/mcp", &[("mcp-session-id", &first)]).status, 204);
    assert_eq!(route(&server, "DELETE", "/mcp", &[("mcp-session-id", &first)]).status, 204);
    assert_eq!((ping(&first), ping(&second)), (404, 200));
    server.expire_sessions();
    assert_eq!(ping(&second), 404);
    let ledger = server.ledger();
    assert_eq!((ledger.sessions_opened, ledger.sessions_closed), (2, 2));

    let strict = start(json!({"require_session": true}));
    let headers = [("mcp-session-id", "never-given-out")];
    let lost = post(&strict, &headers, &rpc(1, "ping", &json!({}))).unwrap();
    assert_eq!(lost.status, 404);
    let again = post(&strict, &headers, &rpc(1, "initialize", &json!({}))).unwrap();
    assert_eq!(again.status, 200);
}

#[test]
fn tools_are_listed_in_pages() {
    let server = start(json!({"extra_tools": 8, "tools_page_size": 3}));
    let mut names = BTreeSet::new();
    let mut params = json!({});
    let mut pages = 0;
    loop {
        let page = method(&server, "tools/list", &params).json()["result"].clone();
        pages += 1;
        for tool in page["tools"].as_array().unwrap() {
            assert!(names.insert(tool["name"].as_str().unwrap().to_owned()));
        }
        match page.get("nextCursor") {
            Some(cursor) => params = json!({"cursor": cursor}),
            None => break,
        }
    }
    assert_eq!((pages, names.len()), (4, 10));
    assert!(names.contains("tool.001"));
    for bad in [json!("zzz"), json!(""), json!(5)] {
        let refused = method(&server, "tools/list", &json!({"cursor": bad}));
        assert_eq!(refused.omni_code(), "invalid_parameter");
    }
    let idle = call(&server, "k", &json!({"name": "tool.002"})).unwrap();
    assert_eq!(idle.json()["result"]["content"][0]["text"], "tool.002");
}

#[test]
fn the_rate_limit_states_retry_after() {
    let limit = json!({"per_minute": 6, "burst": 2, "retry_after": 7});
    let server = start(json!({
        "rate_limit": limit, "keys": [{"key": "omni_test_a"}, {"key": "omni_test_b"}]
    }));
    assert_eq!(method(&server, "tools/list", &json!({})).status, 200);
    assert_eq!(method(&server, "tools/list", &json!({})).status, 200);
    let refused = method(&server, "tools/list", &json!({}));
    assert_eq!(refused.omni_code(), "rate_limit_exceeded");
    assert_eq!(refused.header("retry-after"), Some("7"));
    assert_eq!(refused.header("x-ratelimit-limit-burst"), Some("2"));
    assert_eq!(refused.header("x-ratelimit-limit-minute"), Some("6"));
    assert_eq!(method(&server, "ping", &json!({})).status, 200);
    let other = Wire::to(&server)
        .ask("POST", "/mcp", &[("authorization", "Bearer omni_test_b")], &rpc(1, "tools/list", &json!({})))
        .unwrap();
    assert_eq!(other.status, 200, "each key has its own limit");
    assert!(server.wait_for(Count::Answers, 5, std::time::Duration::from_secs(5)));
}

#[test]
fn invalid_options_are_refused_with_a_reason() {
    let cases = [
        (r#"{"prot": 1}"#, "prot: there is no such field; did you mean port?"),
        (r#"{"keys": [{"key": "sk_1"}]}"#, "keys[0].key must be omni_live_"),
        (r#"{"tools_page_size": 0}"#, "tools_page_size"),
        (r#"{"rate_limit": {"per_minute": 0}}"#, "rate_limit"),
        (
            r#"{"profile": "other"}"#,
            "profile: must be one of omni, generic, octomind, odock, gaia, sema4, got a string",
        ),
        (r#"{"faults": [{"fault": {"kind": "delay"}}]}"#, "faults[0].fault.ms: is required"),
        (r#"{"faults": [{"nth": [0], "fault": {"kind": "hang"}}]}"#, "faults[0]: nth counts from 1"),
        (
            r#"{"faults": [{"fault": {"kind": "hang", "how": "rst"}}]}"#,
            "faults[0].fault.how: there is no such field; allowed are when",
        ),
    ];
    for (options, reason) in cases {
        let error = DevServer::start_json(options).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let server = omni();
    let taken = Options { port: server.port(), ..Options::default() };
    assert!(DevServer::start(taken).is_err());
}

#[test]
fn a_server_restarts_on_its_port() {
    let server = omni();
    assert!(bearer(&server).contains("omni_test_"));
    assert_eq!(method(&server, "ping", &json!({})).status, 200);
    let port = server.port();
    server.close();
    server.close();
    let again = DevServer::start(Options { port, ..Options::default() }).unwrap();
    assert_eq!(method(&again, "ping", &json!({})).status, 200);
}
