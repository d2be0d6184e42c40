//! The streams of GET: pushes, cuts, and missed messages of a cut stream.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{End, Reply, Wire, bearer, method, post, route, rpc, start};
use omni_mcp_devserver::{Count, DevServer, Push, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

fn opened(options: Value) -> (DevServer, String) {
    let server = start(options);
    let hello = method(&server, "initialize", &json!({"protocolVersion": "2025-11-25"}));
    let session = hello.header("mcp-session-id").unwrap().to_owned();
    (server, session)
}

fn listen(server: &DevServer, session: &str, last: Option<&str>) -> (Wire, Reply) {
    let mut wire = Wire::to(server);
    let auth = bearer(server);
    let mut headers = vec![("accept", "text/event-stream"), ("mcp-session-id", session), ("authorization", &auth)];
    headers.extend(last.map(|id| ("last-event-id", id)));
    wire.send("GET", "/mcp", &headers, "");
    let head = wire.head().unwrap();
    (wire, head)
}

/// The text of a stream up to the end of an event that contains `text`.
fn until(wire: &mut Wire, text: &str) -> String {
    let mut received = String::new();
    while !received.contains(text) {
        received.push_str(&String::from_utf8(wire.chunk().unwrap()).unwrap());
    }
    received
}

fn profiles() -> [&'static str; 3] {
    ["omni", "generic", "octomind"]
}

#[test]
fn pushes_reach_every_open_stream() {
    for profile in profiles() {
        let (server, session) = opened(json!({"profile": profile}));
        assert_eq!(server.push(&Push::notification("notifications/tools/list_changed", None)), 0);
        let other = method(&server, "initialize", &json!({})).header("mcp-session-id").unwrap().to_owned();
        let mut wires = [listen(&server, &session, None).0, listen(&server, &other, None).0];
        assert!(server.wait_for(Count::Streams, 2, SOON));
        assert_eq!(server.push_json(r#"{"method":"notifications/resources/list_changed"}"#).unwrap(), 2);
        let request = r#"{"id":"s-1","method":"roots/list","params":{"a":1}}"#;
        let reply = Wire::to(&server).ask("POST", "/__dev/push", &[], request).unwrap();
        assert_eq!((reply.status, reply.json()), (200, json!({"ok": true, "streams": 2})));
        for wire in &mut wires {
            let received = until(wire, "roots/list");
            assert!(received.starts_with(": open\n\n"), "{received}");
            let data: Vec<Value> = received
                .lines()
                .filter_map(|line| line.strip_prefix("data: "))
                .map(|data| serde_json::from_str(data).unwrap())
                .collect();
            assert_eq!(
                data,
                [
                    json!({"jsonrpc": "2.0", "method": "notifications/resources/list_changed"}),
                    json!({"jsonrpc": "2.0", "id": "s-1", "method": "roots/list", "params": {"a": 1}}),
                ]
            );
        }
        let answer = r#"{"jsonrpc":"2.0","id":"s-1","result":{"roots":[]}}"#;
        assert_eq!(post(&server, &[("mcp-session-id", &session)], answer).unwrap().status, 202);
        assert_eq!(server.ledger().requests.last().unwrap().rpc_id, Some(json!("s-1")));
        drop(wires);
        assert!(server.wait(&Wait::at_most(Count::Streams, 0, SOON)).unwrap());
        assert!(server.push_json("{}").is_err());
        assert_eq!(Wire::to(&server).ask("POST", "/__dev/push", &[], "{}").unwrap().status, 400);
    }
}

#[test]
fn a_session_has_one_stream() {
    for profile in ["generic", "octomind"] {
        let (server, session) = opened(json!({"profile": profile}));
        let (first, head) = listen(&server, &session, None);
        assert_eq!((head.status, head.header("mcp-session-id")), (200, Some(session.as_str())));
        let second = route(&server, "GET", "/mcp", &[("accept", "text/event-stream"), ("mcp-session-id", &session)]);
        assert_eq!((second.status, second.json()["error"]["code"].as_i64()), (409, Some(-32000)), "{profile}");
        drop(first);
        assert!(server.wait(&Wait::at_most(Count::Streams, 0, SOON)).unwrap());
        assert_eq!(listen(&server, &session, None).1.status, 200);
    }
}

#[test]
fn streams_can_be_cut() {
    let (server, session) = opened(json!({"profile": "generic"}));
    let (mut wire, _) = listen(&server, &session, None);
    server.drop_streams();
    assert_eq!(server.ledger().streams, 0);
    assert_eq!(wire.end(), End::Closed);
    let (mut wire, head) = listen(&server, &session, None);
    assert_eq!(head.status, 200, "the session can open another");
    assert_eq!(Wire::to(&server).ask("POST", "/__dev/drop-streams", &[], "").unwrap().status, 200);
    assert_eq!(wire.end(), End::Closed);
    assert_eq!(server.ledger().disconnects, 0, "the server closed the connection");
}

#[test]
fn missed_messages_of_a_cut_stream_are_sent_again() {
    for profile in ["generic", "octomind"] {
        let (server, session) =
            opened(json!({"profile": profile, "answer": "sse", "sse_event_ids": true, "sse_retry_ms": 7}));
        let note = |n: u32| Push::notification("notifications/message", Some(json!({"data": n})));
        let (mut wire, _) = listen(&server, &session, None);
        server.push(&note(1));
        let received = until(&mut wire, "\"data\":1");
        assert!(received.contains("id: g1-0\nretry: 7\ndata: \n\n"), "{received}");
        assert!(received.contains("id: g1-1\n"), "{received}");
        server.drop_streams();
        assert_eq!(server.push(&note(2)), 0);
        let (mut wire, _) = listen(&server, &session, Some("g1-1"));
        assert_eq!(server.push(&note(3)), 1);
        let received = until(&mut wire, "\"data\":3");
        assert!(
            !received.contains("\"data\":1") && received.contains("id: g1-2\n") && received.contains("id: g1-3\n"),
            "{received}"
        );
        assert_eq!(listen(&server, &session, Some("g1-1")).1.status, 409);

        // Streams of responses can be resumed, too.
        let ids = post(&server, &[("mcp-session-id", &session)], &rpc(1, "ping", &json!({}))).unwrap().event_ids();
        let accept = [("accept", "text/event-stream"), ("mcp-session-id", session.as_str())];
        let rest = route(&server, "GET", "/mcp", &[accept[0], accept[1], ("last-event-id", &ids[0])]);
        assert_eq!(rest.event_ids(), ids[1..]);
    }
}

#[test]
fn get_can_be_disabled() {
    for profile in profiles() {
        let (server, session) = opened(json!({"profile": profile, "get_stream": false}));
        let headers = [("accept", "text/event-stream"), ("mcp-session-id", session.as_str())];
        assert_eq!(route(&server, "GET", "/mcp", &headers).status, 405, "{profile}");
    }
}

#[test]
fn faults_of_get_streams() {
    let (server, session) = opened(json!({"profile": "generic"}));
    let rule = json!({"on": {"http_method": "GET"}, "times": 1, "fault": {"kind": "stream_cut", "after_events": 0}});
    server.script_json(&rule.to_string()).unwrap();
    let (mut wire, head) = listen(&server, &session, None);
    assert_eq!((head.status, wire.end()), (200, End::Closed));
    assert_eq!(server.ledger().streams, 0);
    assert_eq!(listen(&server, &session, None).1.status, 200);
}

#[test]
fn concurrent_tools_are_counted() {
    let (server, session) = opened(json!({"profile": "generic"}));
    let named = [("mcp-session-id", session.as_str())];
    let slow = |ms: u64| rpc(1, "tools/call", &json!({"name": "slow", "arguments": {"ms": ms}}));
    for _ in 0..2 {
        let reply = post(&server, &named, &slow(1)).unwrap();
        assert_eq!(reply.json()["result"]["structuredContent"], json!({"ms": 1}));
    }
    assert_eq!((server.ledger().max_concurrent_executions, server.ledger().execution_count), (1, 2));
    let mut calls = Vec::new();
    for running in 1..=3 {
        calls.push(common::send(&server, &named, &slow(500)));
        assert!(server.wait_for(Count::Running, running, SOON));
    }
    for wire in &mut calls {
        assert_eq!(wire.receive().unwrap().status, 200);
    }
    let ledger = server.ledger();
    assert_eq!((ledger.max_concurrent_executions, ledger.running, ledger.execution_count), (3, 0, 5));
    server.reset_ledger();
    assert_eq!(server.ledger().max_concurrent_executions, 0);
    assert_eq!(
        post(&server, &named, &rpc(1, "tools/call", &json!({"name": "slow"}))).unwrap().json()["result"]["isError"],
        true
    );
}

#[test]
fn a_server_without_sessions_has_a_stream_for_each_client() {
    let server = start(json!({"profile": "generic", "sessions": "none", "sse_event_ids": true}));
    let listen = |last: Option<&str>| {
        let mut wire = Wire::to(&server);
        let mut headers = vec![("accept", "text/event-stream")];
        headers.extend(last.map(|id| ("last-event-id", id)));
        wire.send("GET", "/mcp", &headers, "");
        let head = wire.head().unwrap();
        assert_eq!((head.status, head.header("mcp-session-id")), (200, None));
        wire
    };
    let (mut first, mut second) = (listen(None), listen(None));
    assert_eq!(server.push_json(r#"{"method":"notifications/one"}"#).unwrap(), 2);
    assert!(until(&mut first, "notifications/one").contains("id: g1-1"));
    assert!(until(&mut second, "notifications/one").contains("id: g2-1"));
    drop(first);
    assert!(server.wait(&Wait::at_most(Count::Streams, 1, SOON)).unwrap());
    assert_eq!(server.push_json(r#"{"method":"notifications/two"}"#).unwrap(), 1);
    let _third = listen(None);
    assert!(until(&mut listen(Some("g1-1")), "notifications/two").contains("id: g1-2"));
}
