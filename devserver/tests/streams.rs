//! Event streams: answers, notifications, GET /mcp, /sse.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Wire, bearer, call, post, route, rpc, search, start};
use omni_mcp_devserver::{Count, DevServer, Options, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn responses_as_events_by_option() {
    let server = start(json!({"answer": "sse"}));
    let reply = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.event_ids().is_empty());
    let events = reply.events();
    assert_eq!(events.len(), 1);
    let answer: Value = serde_json::from_str(&events[0]).unwrap();
    assert_eq!(answer["result"]["structuredContent"]["count"], 3);
    let refused = post(&server, &[], &rpc(1, "nothing", &json!({}))).unwrap();
    assert_eq!(refused.header("content-type"), Some("application/json"));
}

#[test]
fn progress_and_log_messages_precede_the_response() {
    let server = start(json!({"progress": 3, "log_messages": 1, "progress_interval_ms": 1}));
    let plain = call(&server, "a", &search("gdp")).unwrap().events();
    assert_eq!(plain.len(), 2, "no progress for a call without a token");
    let mut params = search("gdp");
    params["_meta"] = json!({"progressToken": "tok"});
    let events = call(&server, "b", &params).unwrap().events();
    let events: Vec<Value> = events.iter().map(|e| serde_json::from_str(e).unwrap()).collect();
    assert_eq!(events[0]["method"], "notifications/message");
    for (n, event) in events[1..4].iter().enumerate() {
        assert_eq!(event["method"], "notifications/progress");
        assert_eq!(event["params"]["progressToken"], "tok");
        assert_eq!(event["params"]["progress"], n + 1);
    }
    assert_eq!(events[4]["id"], 7);
    let hello = common::method(&server, "initialize", &json!({}));
    assert!(hello.text().contains("\"logging\":{}"));
}

#[test]
fn streams_have_ids_by_option() {
    let server = start(json!({"answer": "sse", "sse_event_ids": true, "log_messages": 2}));
    let first = call(&server, "a", &search("gdp")).unwrap();
    assert_eq!(first.event_ids(), ["s1-0", "s1-1", "s1-2", "s1-3"]);
    let second = call(&server, "b", &search("gdp")).unwrap();
    assert_eq!(second.event_ids()[0], "s2-0");
    let rest = route(&server, "GET", "/mcp", &[("last-event-id", "s1-2")]);
    assert_eq!(rest.event_ids(), ["s1-3"], "no events of another stream");
}

#[test]
fn get_opens_a_stream_in_a_session() {
    let server = start(json!({"keep_alive_ms": 5}));
    let mut wire = Wire::to(&server);
    wire.send("GET", "/mcp", &[("authorization", &bearer(&server))], "");
    let head = wire.head().unwrap();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    let session = head.header("mcp-session-id").unwrap().to_owned();
    assert_eq!(wire.chunk().unwrap(), b": open\n\n");
    assert_eq!(wire.chunk().unwrap(), b": keep-alive\n\n");
    drop(wire);
    let gone = Wait::at_least(Count::Disconnects, 1, SOON).on_http_method("GET");
    assert!(server.wait(&gone).unwrap());
    assert!(server.wait(&Wait::at_most(Count::OpenConnections, 0, SOON)).unwrap());
    let ping = post(&server, &[("mcp-session-id", &session)], &rpc(1, "ping", &json!({})));
    assert_eq!(ping.unwrap().status, 200);
}

#[test]
fn sse_sends_the_endpoint() {
    let server = start(json!({"deprecated_sse": true}));
    let mut wire = Wire::to(&server);
    wire.send("GET", "/sse", &[("authorization", &bearer(&server))], "");
    let head = wire.head().unwrap();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(wire.chunk().unwrap(), b"event: endpoint\ndata: /mcp\n\n");
    for name in ["deprecation", "sunset", "link"] {
        assert!(head.header(name).is_some(), "{name}");
    }
    let plain = DevServer::start(Options::default()).unwrap();
    let refused = Wire::to(&plain).ask("GET", "/sse", &[], "").unwrap();
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (401, Some("missing_api_key")));
    assert_eq!(refused.header("deprecation"), None);
}
