//! Every kind of fault, as sent to the client.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use common::faults::{answered, then, with, with_options};
use common::{End, call, ended, method, post, route, rpc, search, send, start};
use flate2::read::GzDecoder;
use omni_mcp_devserver::{Count, DevServer, Options, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn delay() {
    let server = with(json!({"kind": "delay", "ms": 50}));
    let begun = Instant::now();
    assert_eq!(answered(&server).status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    then(&server, "delay", 1);
    let server = with(json!({"kind": "delay", "ms": 50, "when": "after_execution"}));
    let begun = Instant::now();
    assert_eq!(answered(&server).status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[test]
fn hang() {
    for (when, executed) in [("before_execution", 0), ("after_execution", 1)] {
        let server = with(json!({"kind": "hang", "when": when}));
        let body = rpc(7, "tools/call", &search("gdp"));
        let waiting = send(&server, &[("idempotency-key", "k")], &body);
        assert!(server.wait_for(Count::Requests, 1, SOON));
        assert!(!server.wait_for(Count::Answers, 1, Duration::ZERO));
        drop(waiting);
        assert!(server.wait_for(Count::Disconnects, 1, SOON));
        assert!(server.ledger().requests[0].disconnected);
        assert_eq!(server.ledger().requests[0].status, None);
        then(&server, "hang", executed);
    }
    let server = with(json!({"kind": "hang"}));
    let mut waiting = send(&server, &[], &rpc(7, "tools/call", &search("gdp")));
    assert!(server.wait_for(Count::Requests, 1, SOON));
    server.close();
    assert_eq!(waiting.end(), End::Closed);
    assert_eq!(server.ledger().disconnects, 0, "the server closed the connection");
    assert_eq!(server.ledger().open_connections, 0);
}

#[test]
fn status() {
    let server = with(json!({
        "kind": "status", "status": 503, "headers": {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "body": "busy"
    }));
    let reply = answered(&server);
    assert_eq!((reply.status, reply.text().as_str()), (503, "busy"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(reply.header("retry-after"), Some("Wed, 21 Oct 2026 07:28:00 GMT"));
    assert!(reply.header("x-request-id").is_some());
    then(&server, "status", 0);

    let fault = json!({"kind": "status", "status": 500, "body": {"a": 1}, "when": "after_execution"});
    let server = with(fault);
    let reply = answered(&server);
    assert_eq!(reply.json(), json!({"a": 1}));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    then(&server, "status", 1);

    let server = with(json!({"kind": "status", "status": 502, "body": "<p>", "content_type": "text/html"}));
    assert_eq!(answered(&server).header("content-type"), Some("text/html"));
    let server = with(json!({"kind": "status", "status": 502}));
    assert_eq!(answered(&server).body.len(), 0);
}

#[test]
fn omni_error() {
    let server = with(json!({"kind": "omni_error", "omni_code": "rate_limit_exceeded", "retry_after": 3}));
    let reply = answered(&server);
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("3")));
    assert!(reply.header("x-ratelimit-limit-burst").is_some());
    assert_eq!(reply.json()["id"], 7);
    then(&server, "omni_error", 0);

    let server = with(json!({"kind": "omni_error", "omni_code": "insufficient_scope"}));
    assert_eq!(answered(&server).header("omni-required-scopes"), Some("mcp.invoke fred.read"));

    let fault = json!({"kind": "omni_error", "omni_code": "brand_new", "status": 418, "retry_after": "soon", "when": "after_execution"});
    let server = with(fault);
    let reply = answered(&server);
    assert_eq!((reply.status, reply.omni_code()), (418, json!("brand_new")));
    assert_eq!(reply.header("retry-after"), Some("soon"));
    then(&server, "omni_error", 1);
}

#[test]
fn reset() {
    for (how, end) in [("rst", End::Reset), ("fin", End::Closed)] {
        for (when, executed) in [("before_execution", 0), ("after_execution", 1)] {
            let server = with(json!({"kind": "reset", "how": how, "when": when}));
            let error = call(&server, "k", &search("gdp")).unwrap_err();
            assert_eq!(ended(&error), end);
            assert_eq!(server.ledger().disconnects, 0);
            then(&server, "reset", executed);
        }
    }
}

#[test]
fn truncate() {
    let server = with(json!({"kind": "truncate", "bytes": 12}));
    let reply = answered(&server);
    assert_eq!((reply.status, reply.end), (200, End::Closed));
    assert_eq!(reply.body, br#"{"jsonrpc":""#);
    assert!(reply.headers["content-length"].parse::<usize>().unwrap() > 100);
    then(&server, "truncate", 1);

    let server = with_options(json!({"answer": "sse"}), json!({"kind": "truncate", "bytes": 9, "how": "rst"}));
    let reply = answered(&server);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(matches!(reply.end, End::Reset | End::Closed));
}

#[test]
fn stream_cut_and_resumed() {
    let server = with(json!({"kind": "stream_cut", "after_events": 0}));
    let reply = answered(&server);
    assert_eq!((reply.body.len(), reply.end), (0, End::Closed));
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    then(&server, "stream_cut", 1);

    let server = with(json!({"kind": "stream_cut", "after_events": 0, "how": "end"}));
    let reply = answered(&server);
    assert_eq!((reply.body.len(), reply.end), (0, End::Whole));

    let options = json!({"sse_event_ids": true, "sse_retry_ms": 25});
    let server = with_options(options, json!({"kind": "stream_cut", "after_events": 1}));
    let reply = answered(&server);
    assert_eq!(reply.end, End::Closed);
    assert_eq!(reply.text(), "id: s1-0\nretry: 25\ndata: \n\n");
    let rest = route(&server, "GET", "/mcp", &[("last-event-id", "s1-0")]);
    assert_eq!((rest.status, &rest.end), (200, &End::Whole));
    assert_eq!(rest.event_ids(), ["s1-1"]);
    let answer: Value = serde_json::from_str(&rest.events()[0]).unwrap();
    assert_eq!(answer["id"], 7);
    assert_eq!(server.ledger().executions.len(), 1);
    let nothing = route(&server, "GET", "/mcp", &[("last-event-id", "s1-1")]);
    assert_eq!((nothing.body.len(), nothing.end), (0, End::Whole));
}

#[test]
fn a_get_stream_that_closes_at_once() {
    let server = start(json!({}));
    let rule = json!({"on": {"http_method": "GET", "path": "/mcp"}, "fault": {"kind": "stream_cut", "after_events": 0, "how": "end"}});
    server.script_json(&rule.to_string()).unwrap();
    let reply = route(&server, "GET", "/mcp", &[]);
    assert_eq!((reply.status, reply.body.len(), reply.end), (200, 0, End::Whole));
    assert_eq!(reply.headers["content-type"], "text/event-stream");
}

#[test]
fn malformed_responses() {
    let server = with_options(json!({"answer": "sse"}), json!({"kind": "malformed_json"}));
    let reply = answered(&server);
    assert_eq!((reply.header("content-type"), &reply.end), (Some("application/json"), &End::Whole));
    assert!(serde_json::from_slice::<Value>(&reply.body).is_err() && !reply.body.is_empty());
    then_sse(&server, "malformed_json");

    let server = with(json!({"kind": "malformed_event"}));
    let reply = answered(&server);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(serde_json::from_str::<Value>(&reply.events()[0]).is_err());
    then(&server, "malformed_event", 1);

    let server = with(json!({"kind": "empty_body"}));
    let reply = answered(&server);
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("content-length"), Some("0"));
    then(&server, "empty_body", 1);

    let server = with(json!({"kind": "content_type", "value": "text/html"}));
    let reply = answered(&server);
    assert_eq!(reply.header("content-type"), Some("text/html"));
    assert_eq!(reply.json()["id"], 7);
    then(&server, "content_type", 1);
}

fn then_sse(server: &DevServer, kind: &str) {
    assert_eq!(server.ledger().requests[0].fault, Some(kind));
    let next = answered(server);
    assert_eq!(next.header("idempotency-replayed"), Some("true"));
    assert_eq!(next.events().len(), 1);
}

#[test]
fn ids() {
    let server = with(json!({"kind": "wrong_id"}));
    assert_eq!(answered(&server).json()["id"], 1_000_007);
    then(&server, "wrong_id", 1);
    let server = with(json!({"kind": "string_id"}));
    assert_eq!(answered(&server).json()["id"], "7");
    then(&server, "string_id", 1);
}

#[test]
fn accepted() {
    for (when, executed) in [("before_execution", 0), ("after_execution", 1)] {
        let server = with(json!({"kind": "accepted", "when": when}));
        let reply = answered(&server);
        assert_eq!((reply.status, reply.body.len()), (202, 0));
        then(&server, "accepted", executed);
    }
}

#[test]
fn session_lost() {
    let server = with(json!({"kind": "session_lost"}));
    let hello = method(&server, "initialize", &json!({}));
    let session = hello.header("mcp-session-id").unwrap();
    let headers = [("mcp-session-id", session), ("idempotency-key", "k")];
    let body = rpc(7, "tools/call", &search("gdp"));
    assert_eq!(post(&server, &headers, &body).unwrap().status, 404);
    let again = post(&server, &headers, &body).unwrap();
    assert_eq!(again.status, 404, "the session stays lost");
    assert_eq!(server.ledger().sessions_closed, 1);
    then(&server, "session_lost", 0);
}

#[test]
fn events_twice_and_out_of_order() {
    let server = with(json!({"kind": "duplicate_event"}));
    let events = answered(&server).events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], events[1]);
    then(&server, "duplicate_event", 1);

    let server = with_options(json!({"log_messages": 2}), json!({"kind": "reordered_events"}));
    let events = answered(&server).events();
    assert_eq!(events.len(), 3);
    assert!(events[0].contains("\"id\":7") && events[2].contains("notifications/message"));
}

#[test]
fn slow_drip() {
    let server = with(json!({"kind": "slow_drip", "bytes_per_tick": 1, "tick_ms": 0}));
    let reply = answered(&server);
    assert_eq!((reply.json()["id"].as_u64(), reply.end), (Some(7), End::Whole));
    then(&server, "slow_drip", 1);
    let server =
        with_options(json!({"answer": "sse"}), json!({"kind": "slow_drip", "bytes_per_tick": 400, "tick_ms": 20}));
    let begun = Instant::now();
    assert_eq!(answered(&server).events().len(), 1);
    assert!(begun.elapsed() >= Duration::from_millis(40));
}

#[test]
fn endless_streams() {
    let cases = [
        ("comments", "text/event-stream", ": "),
        ("events", "text/event-stream", "event: message\ndata: {"),
        ("event", "text/event-stream", "event: message\ndata: xxx"),
        ("body", "application/json", r#"{"jsonrpc":"2.0","id":7,"result":"#),
    ];
    for (what, content_type, begins) in cases {
        for tick_ms in [0, 1] {
            let server = with(json!({"kind": "endless_stream", "what": what, "tick_ms": tick_ms}));
            let body = rpc(7, "tools/call", &search("gdp"));
            let mut wire = send(&server, &[("idempotency-key", "k")], &body);
            let head = wire.head().unwrap();
            assert_eq!(head.header("content-type"), Some(content_type));
            let mut text = Vec::new();
            for _ in 0..20 {
                text.extend(wire.chunk().unwrap());
            }
            assert!(String::from_utf8_lossy(&text).starts_with(begins), "{what}");
            // Other requests are served meanwhile.
            assert_eq!(method(&server, "ping", &json!({})).status, 200);
            drop(wire);
            assert!(server.wait_for(Count::Disconnects, 1, SOON));
            then(&server, "endless_stream", 1);
        }
    }
}

#[test]
fn endless_headers() {
    let server = with(json!({"kind": "endless_stream", "what": "headers"}));
    let mut peer = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let body = rpc(7, "tools/call", &search("gdp")).to_string();
    let key = server.api_key();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    peer.write_all((head + &body).as_bytes()).unwrap();
    let mut text = vec![0; 1 << 20];
    peer.read_exact(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\nx-filler: filler\r\nx-filler: filler\r\n"));
    assert!(!text.contains("\r\n\r\n"));
    drop(peer);
    assert!(server.wait(&Wait::at_most(Count::OpenConnections, 0, SOON)).unwrap());
}

#[test]
fn pause() {
    let fault = json!({"kind": "pause", "after_events": 2, "ms": 40});
    let server = with_options(json!({"log_messages": 3}), fault);
    let begun = Instant::now();
    assert_eq!(answered(&server).events().len(), 4);
    assert!(begun.elapsed() >= Duration::from_millis(40));
    then(&server, "pause", 1);

    let server = with_options(json!({"log_messages": 3}), json!({"kind": "pause", "after_events": 2}));
    let mut wire = send(&server, &[("idempotency-key", "k")], &rpc(7, "tools/call", &search("gdp")));
    wire.head().unwrap();
    assert_eq!(String::from_utf8(wire.chunk().unwrap()).unwrap().matches("notifications/message").count(), 2);
    drop(wire);
    assert!(server.wait_for(Count::Disconnects, 1, SOON));
}

#[test]
fn bombs() {
    for encoding in ["gzip", "zstd"] {
        let bytes = (5 << 20) + 17;
        let server = with(json!({"kind": "bomb", "encoding": encoding, "bytes": bytes}));
        let reply = answered(&server);
        assert_eq!(reply.header("content-encoding"), Some(encoding));
        assert!(reply.body.len() < 1 << 13, "{} bytes", reply.body.len());
        if encoding == "gzip" {
            let mut text = String::new();
            GzDecoder::new(&*reply.body).read_to_string(&mut text).unwrap();
            assert_eq!(text.len(), bytes);
            assert!(text.starts_with(r#"{"jsonrpc":"2.0","id":7,"result":{"text":"xxx"#));
        }
        then(&server, "bomb", 1);
    }
}

#[test]
fn rpc_error() {
    let server = with(json!({"kind": "rpc_error", "code": -32000, "message": "no", "data": {"a": 1}}));
    let reply = answered(&server);
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -32000, "message": "no", "data": {"a": 1}}})
    );
    then(&server, "rpc_error", 0);
    let server =
        with(json!({"kind": "rpc_error", "code": -32000, "message": "no", "status": 400, "when": "after_execution"}));
    assert_eq!(answered(&server).status, 400);
    then(&server, "rpc_error", 1);
}

#[test]
fn restart() {
    let server = start(json!({"profile": "generic"}));
    let port = server.port();
    let hung = json!({"on": {"tool": "slow"}, "fault": {"kind": "hang"}});
    server.script_json(&hung.to_string()).unwrap();
    let fault =
        json!({"on": {"tool": "echo"}, "times": 1, "fault": {"kind": "restart", "with": 2, "when": "after_execution"}});
    server.script_json(&fault.to_string()).unwrap();
    let named = |name: &str| json!({"name": name, "arguments": {}});
    let initialize =
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    let session = method(&server, "initialize", &initialize).header("mcp-session-id").unwrap().to_owned();
    let own = [("mcp-session-id", session.as_str())];
    let mut all: Vec<_> =
        ["echo", "slow", "slow"].map(|name| send(&server, &own, &rpc(7, "tools/call", &named(name)))).into();
    for wire in &mut all {
        assert_eq!(ended(&wire.head().unwrap_err()), End::Reset);
    }
    assert_eq!(server.ledger().executions.len(), 1);
    assert!(server.wait_for(Count::SessionsClosed, 1, SOON));
    server.restart(Duration::from_millis(5));
    assert_eq!(server.port(), port);
    assert_eq!(post(&server, &own, &rpc(8, "ping", &json!({}))).unwrap().status, 404);
    server.close();
    server.restart(Duration::ZERO);
}

#[test]
fn redirect() {
    let server = with(json!({"kind": "redirect", "status": 307, "location": "http://127.0.0.1:9/mcp"}));
    let reply = answered(&server);
    assert_eq!((reply.status, reply.header("location")), (307, Some("http://127.0.0.1:9/mcp")));
    then(&server, "redirect", 0);
}

#[test]
fn rules_match_the_named_requests() {
    let server = DevServer::start(Options::default()).unwrap();
    let status = |n: u16| json!({"kind": "status", "status": n});
    let rules = json!([
        {"on": {"method": "ping"}, "nth": [2, 4], "fault": status(502)},
        {"on": {"method": "ping"}, "times": 1, "fault": status(503)},
        {"on": {"tool": "fred.series"}, "fault": status(504)},
        {"on": {"http_method": "DELETE"}, "fault": status(500)}
    ]);
    server.script_json(&rules.to_string()).unwrap();
    let pings: Vec<u16> = (0..5).map(|_| method(&server, "ping", &json!({})).status).collect();
    assert_eq!(pings, [503, 502, 200, 502, 200]);
    assert_eq!(answered(&server).status, 200);
    let series = json!({"name": "fred.series", "arguments": {"series_id": "GDP"}});
    assert_eq!(call(&server, "s", &series).unwrap().status, 504);
    assert_eq!(route(&server, "DELETE", "/mcp", &[]).status, 500);
    server.clear_script();
    assert_eq!(route(&server, "DELETE", "/mcp", &[]).status, 204);
    let bad = server.script_json(r#"[{"times": 1, "nth": [1], "fault": {"kind": "hang"}}]"#);
    assert!(bad.unwrap_err().to_string().contains("only one of"));
}

#[test]
fn probability_follows_the_seed() {
    let run = |seed: u64| -> Vec<u16> {
        let server =
            start(json!({"seed": seed, "faults": [{"probability": 0.5, "fault": {"kind": "status", "status": 503}}]}));
        (0..40).map(|_| method(&server, "ping", &json!({})).status).collect()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let failed = run(1).iter().filter(|status| **status == 503).count();
    assert!((5..=35).contains(&failed), "{failed}");
}
