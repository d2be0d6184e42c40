//! The modern era of the generic profile: requests without a handshake.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{End, Events, Reply, method, modern, modern_meta, post, route, rpc, send_modern, start};
use omni_mcp_devserver::{Count, DevServer, Push, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const SERVER: &str = "io.modelcontextprotocol/serverInfo";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn server(more: Value) -> DevServer {
    let mut options = json!({"profile": "generic", "era": "modern"});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    start(options)
}

fn refused(reply: &Reply) -> (u16, i64) {
    (reply.status, reply.json()["error"]["code"].as_i64().unwrap())
}

/// A request with only these headers.
fn with(server: &DevServer, headers: &[(&str, &str)], method: &str, params: &Value) -> Reply {
    post(server, headers, &rpc(1, method, params)).unwrap()
}

#[test]
fn discovery_and_requests_without_handshake() {
    let server = server(json!({"ttl_ms": 1500}));
    let found = modern(&server, "server/discover", &json!({})).json()["result"].clone();
    assert_eq!(found["supportedVersions"], json!(["2026-07-28"]));
    assert_eq!(found["capabilities"], json!({"tools": {"listChanged": true}, "logging": {}}));
    assert_eq!(found["_meta"][SERVER]["name"], "omni-mcp-devserver");
    let hints = |result: &Value| (result["resultType"].clone(), result["ttlMs"].clone(), result["cacheScope"].clone());
    assert_eq!(hints(&found), (json!("complete"), json!(1500), json!("public")));

    let list = modern(&server, "tools/list", &json!({}));
    assert_eq!(list.header("mcp-session-id"), None);
    let list = list.json()["result"].clone();
    assert_eq!((hints(&list).1, list["tools"].as_array().unwrap().len()), (json!(1500), 6));
    let call = modern(&server, "tools/call", &json!({"name": "echo", "arguments": {"a": 1}})).json()["result"].clone();
    assert_eq!((&call["structuredContent"], &call["resultType"]), (&json!({"a": 1}), &json!("complete")));
    assert_eq!((call["_meta"][SERVER]["version"].is_string(), call.get("ttlMs")), (true, None));
    let failed = modern(&server, "tools/call", &json!({"name": "fred.search"})).json()["result"].clone();
    assert_eq!((&failed["isError"], &failed["resultType"]), (&json!(true), &json!("complete")));
    assert_eq!(refused(&modern(&server, "tools/call", &json!({"name": "none"}))), (200, -32602));
    assert_eq!(refused(&modern(&server, "tools/list", &json!({"cursor": "no"}))), (200, -32602));
    assert_eq!(server.ledger().sessions_opened, 0);
}

#[test]
fn digits_are_kept_and_responses_are_streamed() {
    let server = server(json!({"answer": "sse", "progress": 1}));
    let digits = "123456789012345678901234567890.10";
    let body = rpc(1, "tools/call", &common::modern_params(&json!({"name": "echo", "arguments": {"n": 0}})));
    let body = body.replace("{\"n\":0}", &format!("{{\"n\":{digits}}}"));
    let headers = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "echo")];
    let reply = post(&server, &headers, &body).unwrap();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.text().contains(&format!(r#""structuredContent":{{"n":{digits}}}"#)), "{}", reply.text());
}

#[test]
fn required_members_of_requests() {
    let server = server(json!({}));
    let header = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "server/discover")];
    let whole = modern_meta(&json!({}));
    let mut other = whole.clone();
    other[VERSION] = "1900-01-01".into();
    for (meta, is) in [
        (json!(null), (400, -32602)),
        (json!({}), (400, -32602)),
        (json!({CAPABILITIES: {}}), (400, -32602)),
        (json!({VERSION: "2026-07-28"}), (400, -32602)),
        (json!({VERSION: "2026-07-28", CAPABILITIES: []}), (400, -32602)),
        (other.clone(), (400, -32020)),
    ] {
        let reply = with(&server, &header, "server/discover", &json!({"_meta": meta}));
        assert_eq!(refused(&reply), is, "{meta}");
        assert_eq!(reply.json()["id"], 1);
    }
    assert_eq!(refused(&with(&server, &header[1..], "server/discover", &json!({"_meta": whole}))), (400, -32020));
    let old = [("mcp-protocol-version", "1900-01-01"), header[1]];
    let reply = with(&server, &old, "server/discover", &json!({"_meta": other}));
    assert_eq!(refused(&reply), (400, -32022));
    let data = json!({"supported": ["2026-07-28"], "requested": "1900-01-01"});
    assert_eq!(reply.json()["error"]["data"], data);
    let mut odd = whole;
    odd["io.modelcontextprotocol/logLevel"] = "loud".into();
    assert_eq!(refused(&with(&server, &header, "server/discover", &json!({"_meta": odd}))), (400, -32602));

    let newer = common::start(json!({"profile": "generic", "era": "modern", "supported_versions": ["2027-01-01"]}));
    let reply = modern(&newer, "server/discover", &json!({}));
    assert_eq!(reply.json()["error"]["data"]["supported"], json!(["2027-01-01"]));
}

#[test]
fn headers_must_agree_with_the_body() {
    let server = server(json!({"everything": true, "tool_names": ["zwölf"]}));
    let version = ("mcp-protocol-version", "2026-07-28");
    let call = common::modern_params(&json!({"name": "echo", "arguments": {}}));
    let status = |headers: &[(&str, &str)], params: &Value| {
        let reply = with(&server, headers, "tools/call", params);
        (reply.status, reply.json()["error"]["code"].as_i64())
    };
    let method = ("mcp-method", "tools/call");
    assert_eq!(status(&[version, method, ("mcp-name", "echo")], &call), (200, None));
    assert_eq!(status(&[version, method, ("mcp-name", "=?base64?ZWNobw==?=")], &call), (200, None));
    for headers in [
        &[version][..],
        &[version, ("mcp-method", "Tools/Call"), ("mcp-name", "echo")],
        &[version, ("mcp-method", "tools/list"), ("mcp-name", "echo")],
        &[version, method],
        &[version, method, ("mcp-name", "Echo")],
        &[version, method, ("mcp-name", "=?base64?%?=")],
    ] {
        assert_eq!(status(headers, &call), (400, Some(-32020)), "{headers:?}");
    }
    let call = common::modern_params(&json!({"name": "zwölf", "arguments": {}}));
    assert_eq!(status(&[version, method, ("mcp-name", "=?base64?enfDtmxm?=")], &call), (200, None));
    assert_eq!(status(&[version, method, ("mcp-name", "zwölf")], &call), (400, Some(-32020)));
}

#[test]
fn arguments_are_mirrored() {
    let server = server(json!({"everything": true}));
    let call = |arguments: &Value, headers: &[(&str, &str)]| {
        send_modern(&server, 1, "tools/call", &json!({"name": "mirrored", "arguments": arguments}), headers)
            .receive()
            .unwrap()
    };
    let all = json!({"region": " é", "count": 42, "dry": true, "zone": {"name": "a"}, "query": "q"});
    let region = ("mcp-param-region", "=?base64?IMOp?=");
    let headers = [region, ("mcp-param-count", "42"), ("mcp-param-dry-run", "true"), ("mcp-param-zone", "a")];
    let received = call(&all, &headers).json()["result"]["structuredContent"].clone();
    assert_eq!(received["arguments"], all);
    let sent = json!({"mcp-param-region": region.1, "mcp-param-count": "42", "mcp-param-dry-run": "true", "mcp-param-zone": "a"});
    assert_eq!(received["headers"], sent);
    assert_eq!(call(&json!({"count": 42}), &[("mcp-param-count", "42.0")]).status, 200);
    assert_eq!(call(&json!({"region": null, "query": "q"}), &[]).status, 200);
    assert_eq!(call(&json!({}), &[("mcp-param-other", "x")]).status, 200, "unknown parameters are ignored");
    for (arguments, headers) in [
        (json!({"region": "a"}), vec![]),
        (json!({"region": "a"}), vec![("mcp-param-region", "b")]),
        (json!({"region": "a"}), vec![("mcp-param-region", "=?base64?*?=")]),
        (json!({"count": 42}), vec![("mcp-param-count", "43")]),
        (json!({"dry": true}), vec![("mcp-param-dry-run", "True")]),
        (json!({"zone": {"name": "a"}}), vec![]),
        (json!({}), vec![("mcp-param-region", "a")]),
    ] {
        assert_eq!(refused(&call(&arguments, &headers)), (400, -32020), "{arguments} {headers:?}");
    }
    let before = server.ledger().executions.len();
    modern(&server, "tools/call", &json!({"name": "change_tools"}));
    assert_eq!(refused(&call(&json!({"query": "q"}), &[])), (400, -32020));
    assert_eq!(call(&json!({"query": "q"}), &[("mcp-param-query", "q")]).status, 200);
    assert_eq!(server.ledger().executions.len(), before + 2);
    let tools = modern(&server, "tools/list", &json!({})).json()["result"]["tools"].clone();
    let annotated = |name: &str| tools.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap().clone();
    assert_eq!(annotated("mirrored")["inputSchema"]["properties"]["query"]["x-mcp-header"], "Query");
    assert_eq!(annotated("mirrored_wrongly")["inputSchema"]["properties"]["ratio"]["type"], "number");
}

#[test]
fn legacy_methods_do_not_exist() {
    let server = server(json!({"everything": true}));
    for name in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "x/y"] {
        assert_eq!(refused(&modern(&server, name, &json!({}))), (404, -32601), "{name}");
    }
    for name in ["GET", "DELETE", "PUT"] {
        let reply = route(&server, name, "/mcp", &[("accept", "text/event-stream")]);
        assert_eq!(reply.status, 405, "{name}");
    }
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    assert_eq!(refused(&hello), (400, -32022));
    let data = json!({"supported": ["2026-07-28"], "requested": "2025-11-25"});
    assert_eq!(hello.json()["error"]["data"], data);
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    assert_eq!(post(&server, &[("mcp-protocol-version", "2026-07-28")], answer).unwrap().status, 400);
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/x"}"#;
    assert_eq!(post(&server, &[("mcp-protocol-version", "2026-07-28")], notice).unwrap().status, 202);
    let evil = post(&server, &[("origin", "http://evil.example")], notice).unwrap();
    assert_eq!(evil.status, 403);
    let plain = common::start(json!({"profile": "generic", "era": "modern"}));
    assert_eq!(refused(&modern(&plain, "prompts/list", &json!({}))), (404, -32601));
}

#[test]
fn both_eras_on_one_endpoint() {
    let server = start(json!({"profile": "generic", "era": "dual"}));
    let found = modern(&server, "server/discover", &json!({})).json()["result"]["supportedVersions"].clone();
    assert_eq!(found, json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]));
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    let session = hello.header("mcp-session-id").unwrap().to_owned();
    let old = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", "2025-11-25")];
    let list = post(&server, &old, &rpc(2, "tools/list", &json!({}))).unwrap().json()["result"].clone();
    assert_eq!((list["tools"].as_array().unwrap().len(), list.get("resultType")), (6, None));
    assert_eq!(modern(&server, "tools/list", &json!({})).json()["result"]["resultType"], "complete");
    let asked_modern = method(&server, "initialize", &json!({"protocolVersion": "2026-07-28"}));
    assert_eq!(asked_modern.json()["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(method(&server, "tools/list", &json!({})).status, 400, "a legacy client without its session");
    let bare = with(&server, &[("mcp-protocol-version", "2026-07-28")], "tools/list", &json!({}));
    assert_eq!(refused(&bare), (400, -32602));
    let unknown = with(&server, &[("mcp-protocol-version", "1999-01-01"), old[0]], "tools/list", &json!({}));
    assert_eq!(refused(&unknown), (400, -32000));
    let get = |headers: &[(&str, &str)]| route(&server, "GET", "/mcp", headers).status;
    assert_eq!(get(&[("accept", "text/event-stream"), ("mcp-protocol-version", "2026-07-28")]), 405);
    assert_eq!(get(&[("accept", "text/event-stream")]), 400);

    let legacy = start(json!({"profile": "generic"}));
    assert_eq!(refused(&modern(&legacy, "server/discover", &json!({}))), (400, -32000));
    for options in [
        json!({"era": "dual"}),
        json!({"everything": true}),
        json!({"profile": "generic", "transport": "sse", "era": "modern"}),
    ] {
        assert!(DevServer::start_json(&options.to_string()).is_err(), "{options}");
    }
}

fn listen(server: &DevServer, id: u64, notifications: &Value) -> (Events, Value) {
    let params = json!({"notifications": notifications});
    let mut events = Events::of(send_modern(server, id, "subscriptions/listen", &params, &[]));
    let first = events.message();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(first["params"]["_meta"][SUBSCRIPTION], id);
    (events, first["params"]["notifications"].clone())
}

#[test]
fn subscriptions_receive_selected_notifications() {
    let server = server(json!({"everything": true}));
    let filter = json!({"toolsListChanged": true, "promptsListChanged": false, "resourceSubscriptions": ["test://a"]});
    let (mut tools, agreed) = listen(&server, 7, &filter);
    assert_eq!(agreed, json!({"toolsListChanged": true, "resourceSubscriptions": ["test://a"]}));
    let (mut prompts, _) = listen(&server, 8, &json!({"promptsListChanged": true}));
    assert!(server.wait_for(Count::Streams, 2, SOON));
    let note = |method: &str, params: Option<Value>| Push::notification(&format!("notifications/{method}"), params);
    assert_eq!(server.push(&note("resources/list_changed", None)), 0);
    assert_eq!(server.push(&note("tools/list_changed", None)), 1);
    assert_eq!(server.push(&note("prompts/list_changed", None)), 1);
    assert_eq!(server.push(&note("resources/updated", Some(json!({"uri": "test://b"})))), 0);
    assert_eq!(server.push(&note("resources/updated", Some(json!({"uri": "test://a"})))), 1);
    assert_eq!(server.push(&note("odd", Some(json!({"_meta": {"x": 1}})))), 2);
    for (events, id, wanted) in [
        (&mut tools, 7, &["tools/list_changed", "resources/updated", "odd"][..]),
        (&mut prompts, 8, &["prompts/list_changed", "odd"]),
    ] {
        for name in wanted {
            let message = events.message();
            assert_eq!(message["method"], format!("notifications/{name}"));
            assert_eq!(message["params"]["_meta"][SUBSCRIPTION], id);
        }
    }
    drop(prompts);
    assert!(server.wait(&Wait::at_most(Count::Streams, 1, SOON)).unwrap());
    server.drop_streams();
    assert_eq!(tools.end(), End::Closed);
    assert_eq!(server.ledger().streams, 0);
    let refusal = modern(&server, "subscriptions/listen", &json!({"notifications": {"resourceSubscriptions": "x"}}));
    assert_eq!(refused(&refusal), (200, -32602));
    assert_eq!(refused(&modern(&server, "subscriptions/listen", &json!({}))), (200, -32602));
}

#[test]
fn subscriptions_end_with_a_result() {
    let server = server(json!({"everything": true}));
    for how in ["control", "tool", "owner"] {
        let (mut events, _) = listen(&server, 9, &json!({"toolsListChanged": true}));
        match how {
            "control" => {
                common::Wire::to(&server).ask("POST", "/__dev/end-streams", &[], "").unwrap();
            }
            "tool" => {
                modern(&server, "tools/call", &json!({"name": "end_streams"}));
            }
            _ => server.end_streams(),
        }
        let last = events.message();
        assert_eq!((&last["id"], &last["result"]["resultType"]), (&json!(9), &json!("complete")));
        assert_eq!(last["result"]["_meta"][SUBSCRIPTION], 9);
        assert_eq!(events.next(), None, "the HTTP response ends properly");
        assert_eq!(server.ledger().streams, 0);
    }
}

#[test]
fn plain_servers_accept_fewer_notifications() {
    let server = server(json!({}));
    let all = json!({"toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["test://a"]});
    assert_eq!(listen(&server, 1, &all).1, json!({"toolsListChanged": true}));
}

#[test]
fn log_messages_follow_the_requested_level() {
    let server = server(json!({"everything": true, "log_messages": 1, "progress": 1}));
    let call = |name: &str, level: Option<&str>| {
        let mut params = common::modern_params(&json!({"name": name, "arguments": {}}));
        params["_meta"]["progressToken"] = "t".into();
        if let Some(level) = level {
            params["_meta"]["io.modelcontextprotocol/logLevel"] = level.into();
        }
        let events = modern(&server, "tools/call", &params).events();
        let methods = events.iter().map(|e| serde_json::from_str::<Value>(e).unwrap()["method"].clone());
        methods.filter(|method| method == "notifications/message").count()
    };
    assert_eq!([call("echo", None), call("echo", Some("warning")), call("echo", Some("info"))], [0, 0, 1]);
    let name = "test_tool_with_logging";
    assert_eq!([call(name, None), call(name, Some("error")), call(name, Some("debug"))], [0, 0, 4]);
}

#[test]
fn faults_of_modern_requests() {
    let server = server(json!({}));
    let rule = json!({"on": {"method": "subscriptions/listen"}, "times": 1, "fault": {"kind": "stream_cut", "after_events": 1}});
    server.script_json(&rule.to_string()).unwrap();
    let (mut events, _) = listen(&server, 1, &json!({"toolsListChanged": true}));
    assert_eq!(events.end(), End::Closed);
    let rule = json!({"on": {"method": "subscriptions/listen"}, "times": 1, "fault": {"kind": "stream_cut", "after_events": 2, "how": "end"}});
    server.script_json(&rule.to_string()).unwrap();
    let (mut events, _) = listen(&server, 1, &json!({"toolsListChanged": true}));
    let changed = Push::notification("notifications/tools/list_changed", None);
    assert_eq!(server.push(&changed), 1);
    assert_eq!(events.message()["method"], changed.method);
    assert_eq!(events.next(), None);
    let rule = json!({"on": {"tool": "echo"}, "times": 1, "fault": {"kind": "rpc_error", "code": -5, "message": "no"}});
    server.script_json(&rule.to_string()).unwrap();
    assert_eq!(refused(&modern(&server, "tools/call", &json!({"name": "echo"}))), (200, -5));
}
