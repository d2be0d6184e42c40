//! The octomind profile.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Reply, Wire, bearer, method, post, route, rpc, start};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

const BOTH: (&str, &str) = ("accept", "application/json, text/event-stream");
const JSON_TYPE: (&str, &str) = ("content-type", "application/json");

fn octomind() -> (DevServer, String) {
    with_key("octo_test_devserver_0001")
}

fn with_key(key: &str) -> (DevServer, String) {
    let server = start(json!({"profile": "octomind", "keys": [{"key": key}]}));
    let session = opened(&server);
    (server, session)
}

fn opened(server: &DevServer) -> String {
    let hello = method(server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    hello.header("mcp-session-id").unwrap().to_owned()
}

/// The message of a response, from JSON or an event stream.
fn message(reply: &Reply) -> Value {
    match reply.header("content-type") {
        Some("text/event-stream") => serde_json::from_str(reply.events().last().unwrap()).unwrap(),
        _ => reply.json(),
    }
}

fn refusal(reply: &Reply) -> (u16, i64, String) {
    let error = reply.json();
    assert_eq!((&error["jsonrpc"], &error["id"]), (&json!("2.0"), &Value::Null));
    (reply.status, error["error"]["code"].as_i64().unwrap(), error["error"]["message"].as_str().unwrap().to_owned())
}

fn ask(server: &DevServer, session: &str, name: &str, params: &Value) -> Reply {
    post(server, &[("mcp-session-id", session)], &rpc(1, name, params)).unwrap()
}

fn call(server: &DevServer, session: &str, tool: &str, arguments: &Value) -> Value {
    let reply = ask(server, session, "tools/call", &json!({"name": tool, "arguments": arguments}));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    message(&reply)["result"].clone()
}

#[test]
fn a_key_is_required_to_open_a_session_only() {
    let server = start(json!({"profile": "octomind"}));
    assert_eq!(server.api_key(), "octo_test_devserver_0001");
    let bare = [JSON_TYPE, BOTH];
    let hello = rpc(1, "initialize", &json!({"protocolVersion": "2025-06-18"}));
    let refused = Wire::to(&server).ask("POST", "/mcp", &bare, &hello).unwrap();
    assert_eq!((refused.status, refused.header("content-type")), (401, Some("text/plain")));
    let any = [JSON_TYPE, BOTH, ("authorization", "Bearer whatever"), ("x-session-id", "sticky")];
    let hello = Wire::to(&server).ask("POST", "/mcp", &any, &hello).unwrap();
    let result = message(&hello)["result"].clone();
    assert_eq!(result["protocolVersion"], "2025-06-18");
    assert_eq!(result["capabilities"]["resources"]["listChanged"], true);
    assert!(result["instructions"].is_string() && result["serverInfo"]["name"].is_string());
    let session = hello.header("mcp-session-id").unwrap();
    let parts: Vec<usize> = session.split('-').map(str::len).collect();
    assert_eq!((parts, session.as_bytes()[14]), (vec![8, 4, 4, 4, 12], b'4'));
    let headers = [JSON_TYPE, BOTH, ("mcp-session-id", session)];
    let ping = Wire::to(&server).ask("POST", "/mcp", &headers, &rpc(1, "ping", &json!({}))).unwrap();
    assert_eq!(message(&ping)["result"], json!({}));
    assert_eq!(server.ledger().requests[1].headers.get("x-session-id"), Some("sticky"));
}

#[test]
fn errors_are_those_of_the_service() {
    let (server, session) = octomind();
    let auth = bearer(&server);
    let named = ("mcp-session-id", session.as_str());
    let ping = rpc(1, "ping", &json!({}));
    let with = |headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("authorization", auth.as_str())];
        all.extend_from_slice(headers);
        refusal(&Wire::to(&server).ask("POST", "/mcp", &all, body).unwrap())
    };
    let assert_error = |error: (u16, i64, String), status: u16, code: i64, begins: &str| {
        assert_eq!((error.0, error.1), (status, code), "{}", error.2);
        assert!(error.2.starts_with(begins), "{}", error.2);
    };
    assert_error(with(&[JSON_TYPE, named, ("accept", "application/json")], &ping), 406, -32000, "Not Acceptable");
    assert_error(with(&[BOTH, named, ("content-type", "text/plain")], &ping), 415, -32000, "Unsupported Media Type");
    assert_error(with(&[JSON_TYPE, BOTH, named], "{"), 400, -32700, "Parse error");
    let hello = rpc(1, "initialize", &json!({}));
    assert_error(with(&[JSON_TYPE, BOTH, named], &hello), 400, -32600, "Invalid Request: Server already initialized");
    let old = ("mcp-protocol-version", "1999-01-01");
    assert_error(
        with(&[JSON_TYPE, BOTH, named, old], &ping),
        400,
        -32000,
        "Bad Request: Unsupported protocol version: 1999-01-01",
    );
    let none = "Bad Request: No valid session ID provided";
    assert_error(with(&[JSON_TYPE, BOTH], &ping), 400, -32000, none);
    assert_error(with(&[JSON_TYPE, BOTH, ("mcp-session-id", "no")], &ping), 400, -32000, none);
    assert_error(with(&[JSON_TYPE, BOTH, ("mcp-session-id", "no")], &hello), 400, -32000, none);
    let put = route(&server, "PUT", "/mcp", &[]);
    assert_eq!(put.header("allow"), Some("GET, POST, DELETE"));
    assert_error(refusal(&put), 405, -32000, "Method not allowed");

    let noted = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(post(&server, &[named], noted).unwrap().status, 202);
    for verb in ["GET", "DELETE"] {
        for headers in [&[][..], &[("mcp-session-id", "no"), BOTH]] {
            let lost = route(&server, verb, "/mcp", headers);
            assert_eq!((lost.status, lost.header("content-type")), (500, Some("text/html; charset=utf-8")));
        }
    }
    let health = route(&server, "GET", "/health", &[]).json();
    assert_eq!((&health["sessions"], &health["status"]), (&json!(1), &json!("ok")));
    assert_eq!(route(&server, "DELETE", "/mcp", &[named]).status, 200);
    assert_error(refusal(&ask(&server, &session, "ping", &json!({}))), 400, -32000, none);
}

#[test]
fn sessions_are_lost_or_on_another_replica() {
    let (server, forgotten) = octomind();
    server.expire_sessions();
    let lost = refusal(&ask(&server, &forgotten, "ping", &json!({})));
    assert_eq!((lost.0, lost.1), (400, -32000));

    let scripted = |kind: &str| {
        let session = opened(&server);
        let rule = json!({"on": {"method": "tools/list"}, "times": 1, "fault": {"kind": kind}});
        server.script_json(&rule.to_string()).unwrap();
        let error = refusal(&ask(&server, &session, "tools/list", &json!({})));
        (session, (error.0, error.1))
    };
    assert_eq!(scripted("session_lost").1, (400, -32000));
    let (scripted, error) = scripted("session_elsewhere");
    assert_eq!(error, (404, -32000));
    let moved = opened(&server);
    server.move_sessions();
    for session in [&scripted, &moved] {
        let error = refusal(&ask(&server, session, "ping", &json!({})));
        assert_eq!((error.0, error.1), (404, -32000), "it stays there");
        for verb in ["GET", "DELETE"] {
            let error = refusal(&route(&server, verb, "/mcp", &[("mcp-session-id", session), BOTH]));
            assert_eq!((error.0, error.1), (404, -32001));
        }
    }
}

#[test]
fn tools_return_two_texts() {
    let (server, session) = octomind();
    let tools = message(&ask(&server, &session, "tools/list", &json!({})))["result"]["tools"].clone();
    let names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 21);
    for tool in tools.as_array().unwrap() {
        assert_eq!(tool["inputSchema"]["type"], "object");
        let needed = tool["inputSchema"]["required"].as_array().unwrap();
        let arguments = needed.iter().map(|name| (name.as_str().unwrap().to_owned(), json!("x"))).collect();
        let result = call(&server, &session, tool["name"].as_str().unwrap(), &Value::Object(arguments));
        let content = result["content"].as_array().unwrap();
        assert_eq!(content.len(), 2, "{tool}");
        assert!(serde_json::from_str::<Value>(content[1]["text"].as_str().unwrap()).is_ok());
        assert!(result.get("structuredContent").is_none() && result.get("isError").is_none());
        if !needed.is_empty() {
            let result = call(&server, &session, tool["name"].as_str().unwrap(), &json!({}));
            assert_eq!(result["isError"], true);
        }
    }
    let ledger = server.ledger();
    assert_eq!(ledger.executions.len(), 21);
    assert!(ledger.executions.iter().all(|run| run.ok && run.api_key.as_deref() == Some("key#1")));
    assert_eq!(call(&server, &session, "none", &json!({}))["isError"], true);
}

#[test]
fn a_bad_key_fails_at_the_first_tool() {
    let (server, session) = with_key("bad-key");
    for tool in ["search", "getTestCase", "getTestCases", "executeTests", "getEnvironments", "getVersion"] {
        let arguments = json!({"query": "x", "testTargetId": "t", "testCaseId": "c"});
        let result = call(&server, &session, tool, &arguments);
        let text = result["content"][0]["text"].as_str().unwrap();
        match tool {
            "getVersion" => assert_eq!(result["isError"], true),
            _ => {
                assert!(text.starts_with("Error: API request failed. "), "{text}");
                assert!(result.get("isError").is_none());
            }
        }
    }
    let create = json!({"app": "a", "discoveryUrl": "https://app.example"});
    assert_eq!(call(&server, &session, "createTestTarget", &create)["isError"], true);
    assert!(server.ledger().executions.iter().all(|run| !run.ok));
}

#[test]
fn reports_are_resources() {
    let (server, session) = octomind();
    let listed = message(&ask(&server, &session, "resources/list", &json!({})))["result"].clone();
    let uri = listed["resources"][0]["uri"].as_str().unwrap();
    assert!(uri.starts_with("testreport://"));
    let read = message(&ask(&server, &session, "resources/read", &json!({"uri": uri})));
    assert_eq!(read["result"]["contents"][0]["uri"], uri);
    let none = message(&ask(&server, &session, "resources/read", &json!({"uri": "testreport://none"})));
    assert_eq!(none["error"]["code"], -32602);
    assert_eq!(message(&ask(&server, &session, "prompts/list", &json!({})))["error"]["code"], -32601);
}
