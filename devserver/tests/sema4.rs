//! The registry of profile `sema4`.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::{End, Reply, Wire, bearer, start};
use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

const BASE: &str = "/tenants/t1/api/v2/mcp-servers";

fn ask(server: &DevServer, method: &str, path: &str, body: &Value) -> Reply {
    let auth = bearer(server);
    let headers = [("authorization", auth.as_str()), ("content-type", "application/json")];
    let text = if body.is_null() { String::new() } else { body.to_string() };
    Wire::to(server).ask(method, path, &headers, &text).unwrap()
}

fn get(server: &DevServer, path: &str) -> Reply {
    ask(server, "GET", path, &Value::Null)
}

#[test]
fn five_operations() {
    let server = start(json!({"profile": "sema4"}));
    assert_eq!(server.api_key(), "sema4_test_devserver_0001");
    let body = json!({"name": "Weather", "transport": "streamable-http", "url": "https://mcp.example.com/weather",
        "headers": {"x": {"kind": "secret"}}, "new_field": [1], "oauth_client_config": {"client_secret": "s"}});
    let created = ask(&server, "POST", BASE, &body);
    assert_eq!(created.status, 201);
    let record = created.json();
    let id = record["id"].as_str().unwrap();
    assert_eq!((id.len(), &id[14..15]), (36, "4"));
    assert_eq!((&record["new_field"], &record["headers"]), (&json!([1]), &body["headers"]));
    assert_eq!((&record["command"], &record["force_serial_tool_calls"]), (&Value::Null, &json!(false)));
    assert_eq!(record.get("oauth_client_config"), None);

    let one = format!("{BASE}/{id}");
    assert_eq!(get(&server, &one).json(), record);
    assert_eq!(get(&server, &format!("{one}/")).json(), record);
    let page = json!({"next": null, "has_more": false, "data": [record]});
    assert_eq!(get(&server, BASE).json(), page);
    assert_eq!(get(&server, &format!("{BASE}/")).json(), page);
    assert_eq!(get(&server, "/tenants/t2/api/v2/mcp-servers").json()["data"], json!([]));

    let changed = ask(&server, "PUT", &one, &json!({"name": "Weather", "command": "run", "args": ["a"]}));
    assert_eq!((changed.status, &changed.json()["url"], &changed.json()["id"]), (200, &Value::Null, &json!(id)));
    assert_eq!(ask(&server, "DELETE", &one, &Value::Null).status, 204);
    assert_eq!(ask(&server, "DELETE", &one, &Value::Null).status, 404);
    assert_eq!(ask(&server, "PUT", &one, &body).status, 404);
    assert_eq!(get(&server, &one).status, 404);
    let tools: Vec<String> = server.ledger().executions.into_iter().map(|e| e.tool).collect();
    assert_eq!(tools, ["create", "update", "delete"]);
}

#[test]
fn requests_are_checked() {
    let servers = json!([{"name": "a", "id": "1"}, {"name": "b", "id": "2"}]);
    let keys = json!([{"key": "good"}, {"key": "bad", "rejected": true}]);
    let server = start(json!({"profile": "sema4", "tenant": "t1", "servers": servers, "keys": keys}));
    let code = |reply: Reply| (reply.status, reply.json()["error"]["code"].as_str().unwrap().to_owned());
    let is = |status: u16, code: &str| (status, code.to_owned());
    let named = |name: &str| json!({"name": name});
    assert_eq!(code(ask(&server, "POST", BASE, &named("a"))), is(409, "conflict"));
    assert_eq!(code(ask(&server, "PUT", &format!("{BASE}/2"), &named("a"))), is(409, "conflict"));
    assert_eq!(ask(&server, "PUT", &format!("{BASE}/1"), &named("a")).status, 200);
    for bad in [json!([]), json!({}), named(""), json!({"name": "c", "args": "a"})] {
        assert_eq!(code(ask(&server, "POST", BASE, &bad)), is(422, "unprocessable_entity"));
    }
    assert_eq!(code(ask(&server, "POST", BASE, &Value::Null)), is(400, "bad_request"));
    assert_eq!(code(get(&server, &format!("{BASE}?limit=0"))), is(400, "bad_request"));
    assert_eq!(code(get(&server, &format!("{BASE}?next=x"))), is(400, "bad_request"));
    assert_eq!(code(get(&server, "/tenants/t2/api/v2/mcp-servers")), is(404, "not_found"));
    assert_eq!(code(get(&server, "/tenants/t1/api/v2/agents")), is(404, "not_found"));
    assert_eq!(code(ask(&server, "PATCH", BASE, &Value::Null)), is(405, "method_not_allowed"));
    let with = |headers: &[(&str, &str)]| code(Wire::to(&server).ask("GET", BASE, headers, "").unwrap());
    assert_eq!(with(&[]), is(401, "unauthorized"));
    assert_eq!(with(&[("authorization", "Bearer bad")]), is(403, "forbidden"));
    assert_eq!(server.ledger().execution_count, 1);
}

#[test]
fn lists_have_pages() {
    let servers: Vec<Value> = (0..5).map(|n| json!({"name": format!("s{n}")})).collect();
    let server = start(json!({"profile": "sema4", "servers": servers, "page_size": 2}));
    let (mut names, mut tokens, mut path) = (Vec::new(), BTreeSet::new(), BASE.to_owned());
    loop {
        let page = get(&server, &path).json();
        names.extend(page["data"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()));
        assert_eq!(page["has_more"], !page["next"].is_null());
        let Some(next) = page["next"].as_str() else { break };
        assert!(tokens.insert(next.to_owned()));
        path = format!("{BASE}?next={next}");
    }
    assert_eq!((names, tokens.len()), ((0..5).map(|n| format!("s{n}")).collect(), 2));
    assert_eq!(get(&server, &format!("{BASE}?limit=4")).json()["data"].as_array().unwrap().len(), 4);

    let endless = start(json!({"profile": "sema4", "servers": servers, "loop_next": true}));
    let first = get(&endless, BASE).json();
    let again = get(&endless, &format!("{BASE}?next={}", first["next"].as_str().unwrap())).json();
    assert_eq!((&first["has_more"], &first), (&json!(true), &again));
}

#[test]
fn the_collection_can_redirect() {
    let server = start(json!({"profile": "sema4", "trailing_slash": "redirect"}));
    let sent = ask(&server, "POST", &format!("{BASE}?a=1"), &json!({"name": "a"}));
    assert_eq!((sent.status, sent.header("location")), (307, Some(&*format!("{BASE}/?a=1"))));
    assert_eq!(ask(&server, "POST", &format!("{BASE}/"), &json!({"name": "a"})).status, 201);
    assert_eq!(get(&server, &format!("{BASE}/x")).status, 404);
    let away = "https://evil.example/x";
    let server = start(json!({"profile": "sema4", "trailing_slash": "redirect", "redirect_location": away}));
    assert_eq!(get(&server, BASE).header("location"), Some(away));
}

#[test]
fn errors_have_three_shapes_and_can_be_scripted() {
    let message = "there is no such thing";
    for (shape, body) in [
        ("error", json!({"error": {"code": "not_found", "message": message}})),
        ("detail", json!({"detail": message})),
        ("message", json!({"message": message})),
    ] {
        let server = start(json!({"profile": "sema4", "error_shape": shape}));
        assert_eq!(get(&server, &format!("{BASE}/x")).json(), body);
        server.script_json(r#"{"fault": {"kind": "service_error", "code": "not_found", "retry_after": 2}}"#).unwrap();
        let scripted = get(&server, BASE);
        assert_eq!((scripted.status, scripted.header("retry-after")), (404, Some("2")));
        assert_eq!(scripted.json(), body);
    }
    let server = start(json!({"profile": "sema4"}));
    for (code, status) in [("precondition_failed", 412), ("service_unavailable", 503), ("odd", 500)] {
        let rule = json!({"times": 1, "fault": {"kind": "service_error", "code": code}});
        server.script_json(&rule.to_string()).unwrap();
        let reply = get(&server, BASE);
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(code)));
    }
    let reset = r#"{"on": {"http_method": "DELETE"}, "fault": {"kind": "reset", "when": "after_execution"}}"#;
    server.script_json(reset).unwrap();
    let id = ask(&server, "POST", BASE, &json!({"name": "a"})).json()["id"].as_str().unwrap().to_owned();
    let auth = bearer(&server);
    let mut wire = Wire::to(&server);
    wire.send("DELETE", &format!("{BASE}/{id}"), &[("authorization", &auth)], "");
    assert_eq!(wire.end(), End::Reset);
    assert_eq!(get(&server, &format!("{BASE}/{id}")).status, 404);
}
