//! The registry of profile `gaia`.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{End, Reply, Wire, bearer, start};
use omni_mcp_devserver::{Count, DevServer};
use serde_json::{Value, json};

const PATH: &str = "/api/mcp/servers";

fn create(server: &DevServer, body: &Value) -> Reply {
    ask(server, "POST", PATH, &body.to_string())
}

fn ask(server: &DevServer, method: &str, path: &str, body: &str) -> Reply {
    let auth = bearer(server);
    let headers = [("authorization", auth.as_str()), ("content-type", "application/json")];
    Wire::to(server).ask(method, path, &headers, body).unwrap()
}

fn minimal(name: &str) -> Value {
    json!({"projectId": "proj_123", "name": name, "transportType": "http", "url": "https://tools.example/mcp"})
}

#[test]
fn a_server_is_created_and_listed() {
    let server = start(json!({"profile": "gaia"}));
    assert_eq!(server.api_key(), "gaia_test_devserver_0001");
    let mut body = minimal("My MCP Server");
    body["oauthClientSecret"] = json!("hidden");
    body["requestTimeout"] = json!(5000);
    let created = create(&server, &body);
    assert!(created.header("date").unwrap().ends_with("GMT"));
    let created = created.json();
    assert_eq!((&created["success"], &created["message"]), (&json!(true), &json!("MCP server created successfully")));
    let id = created["serverId"].as_str().unwrap();
    assert!(id.starts_with("mcp_"), "{id}");

    let listed = ask(&server, "GET", "/api/mcp/servers?projectId=proj_123", "").json();
    let record = &listed["servers"][0];
    let names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "id",
        "projectId",
        "name",
        "description",
        "url",
        "transportType",
        "connectionType",
        "status",
        "capabilities",
        "lastConnectedAt",
        "createdAt",
        "updatedAt",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!((&record["id"], &record["connectionType"]), (&json!(id), &json!("proxy")));
    assert_eq!((&record["status"], &record["description"]), (&json!("disconnected"), &Value::Null));
    assert_eq!(record["createdAt"].as_str().unwrap().len(), "2026-01-05T09:30:00.000Z".len());
    let other = ask(&server, "GET", "/api/mcp/servers?projectId=proj%20other", "");
    assert_eq!(other.json(), json!({"success": true, "servers": []}));

    let ledger = server.ledger();
    assert_eq!((ledger.executions.len(), ledger.executions[0].tool.as_str()), (1, "create"));
    assert_eq!(ledger.executions[0].arguments, body);
    assert_eq!(*ledger.requests[0].body, body);
    assert_eq!(ledger.requests[1].query.as_deref(), Some("projectId=proj_123"));
}

#[test]
fn invalid_requests_are_refused_in_the_envelope_of_the_service() {
    let server = start(json!({"profile": "gaia", "projects": ["proj_123"]}));
    let with = |name: &str, value: Value| {
        let mut body = minimal("a");
        body[name] = value;
        body
    };
    for bad in [
        json!([]),
        json!({}),
        with("projectId", json!("")),
        with("name", json!("")),
        with("transportType", json!("ws")),
        with("connectionType", json!("tunnel")),
        with("env", json!([])),
        with("customHeaders", json!({})),
        with("args", json!(["a"])),
        with("requestTimeout", json!("1")),
        with("url", Value::Null),
    ] {
        let refused = create(&server, &bad);
        assert_eq!(refused.status, 400, "{bad}");
        let answer = refused.json();
        assert_eq!(answer["success"], false);
        assert!(answer["message"].is_string() && answer["error"].is_string());
    }
    assert_eq!(ask(&server, "POST", PATH, "{").status, 400);
    assert_eq!(ask(&server, "GET", PATH, "").status, 400);
    assert_eq!(ask(&server, "GET", "/api/mcp/servers?projectId=no", "").status, 404);
    assert_eq!(create(&server, &with("projectId", json!("no"))).status, 404);
    assert_eq!(ask(&server, "DELETE", PATH, "").status, 405);
    assert_eq!(ask(&server, "GET", "/api/mcp", "").status, 404);
    let keyless = Wire::to(&server).ask("GET", "/api/mcp/servers?projectId=proj_123", &[], "").unwrap();
    assert_eq!((keyless.status, &keyless.json()["error"]), (401, &json!("unauthorized")));
    assert_eq!(server.ledger().execution_count, 0);
}

#[test]
fn faults_before_and_after_a_create() {
    for (when, kept) in [("before_execution", 0), ("after_execution", 1)] {
        let server = start(json!({"profile": "gaia", "path": "/api/v1/mcp/servers"}));
        let rule = json!({"on": {"http_method": "POST", "path": "/api/v1/mcp/servers"}, "times": 1,
            "fault": {"kind": "reset", "when": when}});
        server.script_json(&rule.to_string()).unwrap();
        let auth = bearer(&server);
        let mut wire = Wire::to(&server);
        wire.send("POST", "/api/v1/mcp/servers", &[("authorization", &auth)], &minimal("a").to_string());
        assert_eq!(wire.end(), End::Reset);
        let listed = ask(&server, "GET", "/api/v1/mcp/servers?projectId=proj_123", "").json();
        assert_eq!(listed["servers"].as_array().unwrap().len(), kept, "{when}");
        assert_eq!(server.ledger().executions.len(), kept);
    }
}

#[test]
fn a_create_completes_after_its_caller_left() {
    let server = start(json!({"profile": "gaia"}));
    server.script_json(r#"{"fault": {"kind": "delay", "ms": 30}, "times": 1}"#).unwrap();
    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    wire.send("POST", PATH, &[("authorization", &auth)], &minimal("a").to_string());
    assert!(server.wait_for(Count::Requests, 1, Duration::from_secs(5)));
    drop(wire);
    assert!(server.wait_for(Count::Executions, 1, Duration::from_secs(5)));
}

#[test]
fn scripted_errors_and_initial_records() {
    let servers = json!([{"id": "mcp_1", "projectId": "p", "name": "a", "transportType": "sse", "status": "connected",
        "capabilities": {"tools": true, "resources": false, "prompts": false}, "url": "https://x/sse"}]);
    let server = start(json!({"profile": "gaia", "servers": servers}));
    let rules = json!([
        {"nth": [1], "fault": {"kind": "service_error", "code": "internal_error", "retry_after": 3}},
        {"nth": [2], "fault": {"kind": "service_error", "code": "odd", "status": 418, "message": "m",
            "headers": {"x-a": "b"}, "when": "after_execution"}},
        {"nth": [3], "fault": {"kind": "malformed_json"}}
    ]);
    server.script_json(&rules.to_string()).unwrap();
    let first = create(&server, &minimal("b"));
    assert_eq!((first.status, first.header("retry-after")), (500, Some("3")));
    assert_eq!(first.json()["error"], "internal_error");
    let second = create(&server, &minimal("c"));
    assert_eq!((second.status, second.header("x-a")), (418, Some("b")));
    assert_eq!(second.json(), json!({"success": false, "message": "m", "error": "odd"}));
    assert!(serde_json::from_slice::<Value>(&create(&server, &minimal("d")).body).is_err());
    assert_eq!(server.ledger().executions.len(), 2);
    let listed = ask(&server, "GET", "/api/mcp/servers?projectId=p", "").json();
    assert_eq!((&listed["servers"][0]["id"], &listed["servers"][0]["status"]), (&json!("mcp_1"), &json!("connected")));
    assert!(DevServer::start_json(r#"{"profile": "gaia", "servers": [{}]}"#).is_err());
}
