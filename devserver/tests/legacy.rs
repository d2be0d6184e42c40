//! The HTTP+SSE transport of 2024-11-05.
#![allow(clippy::unwrap_used)]

mod common;

use std::io;
use std::time::{Duration, Instant};

use common::{End, Reply, Wire, bearer, ended, rpc, start};
use omni_mcp_devserver::{Count, DevServer, Push, Wait};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);

/// A stream, and the address in its endpoint event.
struct Open {
    wire: Wire,
    received: String,
    address: String,
}

fn get(server: &DevServer) -> Wire {
    let mut wire = Wire::to(server);
    wire.send("GET", "/sse", &[("authorization", &bearer(server)), ("accept", "text/event-stream")], "");
    let head = wire.head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    wire
}

impl Open {
    fn on(server: &DevServer) -> Self {
        let mut open = Self { wire: get(server), received: String::new(), address: String::new() };
        let (event, data) = open.event();
        assert_eq!(event, "endpoint");
        open.address = data;
        open
    }

    /// The next event: its name and its data.
    fn event(&mut self) -> (String, String) {
        loop {
            if let Some((event, rest)) = self.received.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let (event, data) = (field("event: "), field("data: "));
                self.received = rest.to_owned();
                if let (Some(event), Some(data)) = (event, data) {
                    return (event, data);
                }
                continue;
            }
            self.received.push_str(&String::from_utf8(self.wire.chunk().unwrap()).unwrap());
        }
    }

    fn message(&mut self) -> Value {
        let (event, data) = self.event();
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap_or(Value::String(data))
    }

    fn post(&self, server: &DevServer, body: &str) -> io::Result<Reply> {
        post(server, &self.address, body)
    }

    /// Posts a call and expects 202.
    fn call(&self, server: &DevServer, id: u64, tool: &str, arguments: &Value) {
        let reply = self.post(server, &rpc(id, "tools/call", &json!({"name": tool, "arguments": arguments}))).unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (202, "Accepted"));
    }
}

fn post(server: &DevServer, address: &str, body: &str) -> io::Result<Reply> {
    let auth = bearer(server);
    let headers = [("authorization", auth.as_str()), ("content-type", "application/json")];
    Wire::to(server).ask("POST", address, &headers, body)
}

fn sse(more: Value) -> DevServer {
    let mut options = json!({"profile": "generic", "transport": "sse"});
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    start(options)
}

/// A server with one rule, which applies to one call.
fn with(fault: Value) -> (DevServer, Open) {
    let server = sse(json!({}));
    let rule = json!({"on": {"method": "tools/call"}, "times": 1, "fault": fault});
    server.script_json(&rule.to_string()).unwrap();
    let open = Open::on(&server);
    (server, open)
}

/// The call with the fault had this effect, and the next one on the same stream works.
fn then(server: &DevServer, open: &mut Open, executed: usize) {
    assert_eq!(server.ledger().executions.len(), executed);
    open.call(server, 99, "echo", &json!({"next": 1}));
    let answer = open.message();
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]), (&json!(99), &json!({"next": 1})));
}

#[test]
fn responses_are_sent_on_the_stream() {
    let server = sse(json!({"progress": 2, "log_messages": 1}));
    let mut open = Open::on(&server);
    let id = open.address.strip_prefix("/messages?session_id=").unwrap();
    assert_eq!(id.len(), 36);
    let hello = rpc(1, "initialize", &json!({"protocolVersion": "2024-11-05"}));
    assert_eq!(open.post(&server, &hello).unwrap().status, 202);
    let answer = open.message();
    assert_eq!((&answer["id"], &answer["result"]["protocolVersion"]), (&json!(1), &json!("2024-11-05")));
    let noted = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(open.post(&server, noted).unwrap().status, 202);
    assert_eq!(open.post(&server, &rpc(2, "tools/list", &json!({}))).unwrap().status, 202);
    assert_eq!(open.message()["result"]["tools"].as_array().unwrap().len(), 6);
    let params = json!({"name": "echo", "arguments": {"a": 1}, "_meta": {"progressToken": "t"}});
    assert_eq!(open.post(&server, &rpc(3, "tools/call", &params)).unwrap().status, 202);
    let methods: Vec<Value> = (0..3).map(|_| open.message()["method"].clone()).collect();
    assert_eq!(methods, ["notifications/message", "notifications/progress", "notifications/progress"]);
    assert_eq!(open.message()["result"]["structuredContent"], json!({"a": 1}));
    // A slow call does not delay another.
    open.call(&server, 4, "slow", &json!({"ms": 100}));
    open.call(&server, 5, "echo", &json!({}));
    let ids: Vec<Value> =
        (0..4).map(|_| open.message()).filter(|m| m.get("id").is_some()).map(|m| m["id"].clone()).collect();
    assert_eq!(ids, [5, 4]);
    let ledger = server.ledger();
    assert_eq!((ledger.sessions_opened, ledger.streams, ledger.execution_count), (1, 1, 3));
}

#[test]
fn other_routes_do_not_exist() {
    let server = sse(json!({}));
    let hello = rpc(1, "initialize", &json!({}));
    let refused = post(&server, "/sse", &hello).unwrap();
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET")));
    assert_eq!(post(&server, "/mcp", &hello).unwrap().status, 404);
    assert_eq!(common::route(&server, "GET", "/messages", &[]).status, 405);
    let open = Open::on(&server);
    assert_eq!(post(&server, "/messages", &hello).unwrap().status, 400);
    assert_eq!(post(&server, "/messages?session_id=no", &hello).unwrap().status, 404);
    assert_eq!(open.post(&server, "{").unwrap().status, 400);
    for options in [json!({"transport": "sse"}), json!({"profile": "generic", "transport": "stdio"})] {
        assert!(DevServer::start_json(&options.to_string()).is_err());
    }
}

#[test]
fn a_key_is_required_by_option() {
    let server = sse(json!({"require_key": true, "keys": [{"key": "secret"}]}));
    assert_eq!(Wire::to(&server).ask("GET", "/sse", &[], "").unwrap().status, 401);
    let mut open = Open::on(&server);
    let ping = rpc(1, "ping", &json!({}));
    assert_eq!(Wire::to(&server).ask("POST", &open.address, &[], &ping).unwrap().status, 401);
    assert_eq!(open.post(&server, &ping).unwrap().status, 202);
    assert_eq!(open.message()["result"], json!({}));
}

#[test]
fn a_session_ends_with_its_stream() {
    let server = sse(json!({}));
    let ping = rpc(1, "ping", &json!({}));
    let mut open = Open::on(&server);
    assert_eq!(server.push(&Push::request(1, "ping", None)), 1);
    assert_eq!(open.message()["method"], "ping");
    server.drop_streams();
    assert_eq!(open.wire.end(), End::Closed);
    assert_eq!(open.post(&server, &ping).unwrap().status, 404);
    assert_eq!(server.ledger().sessions_closed, 1);

    let open = Open::on(&server);
    let address = open.address.clone();
    drop(open);
    assert!(server.wait(&Wait::at_most(Count::Streams, 0, SOON)).unwrap());
    assert_eq!(post(&server, &address, &ping).unwrap().status, 404);
    let open = Open::on(&server);
    server.expire_sessions();
    assert_eq!(open.post(&server, &ping).unwrap().status, 404);
    assert_eq!(server.ledger().sessions_closed, 3);
}

#[test]
fn custom_endpoint_events() {
    let server = sse(json!({"endpoint_event": "https://evil.example/messages?session_id=$SESSION"}));
    assert!(Open::on(&server).address.starts_with("https://evil.example/messages?session_id="));
    let server = sse(json!({"endpoint_event": "$ORIGIN/messages?session_id=$SESSION"}));
    assert!(Open::on(&server).address.starts_with("http://localhost/messages?session_id="));

    let server = sse(json!({"endpoint_event_late_ms": 50}));
    let begun = Instant::now();
    let open = Open::on(&server);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(open.post(&server, &rpc(1, "ping", &json!({}))).unwrap().status, 202);

    let server = sse(json!({"no_endpoint_event": true, "keep_alive_ms": 5}));
    assert_eq!(get(&server).chunk().unwrap(), b": keep-alive\n\n");

    let server = sse(json!({"second_endpoint_event": "/elsewhere"}));
    let mut open = Open::on(&server);
    for id in 1..=2 {
        open.call(&server, id, "echo", &json!({}));
        assert_eq!(open.message()["id"], id);
        if id == 1 {
            assert_eq!(open.event(), ("endpoint".to_owned(), "/elsewhere".to_owned()));
        }
    }
}

#[test]
fn faults_of_the_post() {
    for (when, executed) in [("before_execution", 0), ("after_execution", 1)] {
        let (server, mut open) = with(json!({"kind": "reset", "when": when}));
        let body = rpc(7, "tools/call", &json!({"name": "echo"}));
        assert_eq!(ended(&open.post(&server, &body).unwrap_err()), End::Reset);
        then(&server, &mut open, executed);

        let (server, mut open) = with(json!({"kind": "status", "status": 503, "when": when}));
        assert_eq!(open.post(&server, &body).unwrap().status, 503);
        then(&server, &mut open, executed);
    }
    let (server, open) = with(json!({"kind": "session_lost"}));
    let body = rpc(7, "tools/call", &json!({"name": "echo"}));
    assert_eq!(open.post(&server, &body).unwrap().status, 404);
}

#[test]
fn faults_of_the_response() {
    for (when, executed) in [("before_execution", 0), ("after_execution", 1)] {
        let (server, mut open) = with(json!({"kind": "hang", "when": when}));
        open.call(&server, 7, "echo", &json!({}));
        assert!(server.wait_for(Count::Executions, executed as u64, SOON));
        then(&server, &mut open, executed);

        let (server, mut open) = with(json!({"kind": "delay", "ms": 50, "when": when}));
        let begun = Instant::now();
        open.call(&server, 7, "echo", &json!({}));
        assert_eq!(open.message()["id"], 7);
        assert!(begun.elapsed() >= Duration::from_millis(50));
        then(&server, &mut open, 1);
    }
    let answered = |fault: Value| {
        let (server, mut open) = with(fault);
        open.call(&server, 7, "echo", &json!({}));
        (open.message(), open, server)
    };
    assert_eq!(answered(json!({"kind": "rpc_error", "code": 5, "message": "no"})).0["error"]["code"], 5);
    assert_eq!(answered(json!({"kind": "wrong_id"})).0["id"], 1_000_007);
    assert_eq!(answered(json!({"kind": "string_id"})).0["id"], "7");
    assert!(answered(json!({"kind": "malformed_event"})).0.is_string());
    assert!(answered(json!({"kind": "malformed_json"})).0.is_string());
    let (first, mut open, server) = answered(json!({"kind": "duplicate_event"}));
    assert_eq!(first, open.message());
    then(&server, &mut open, 1);
    let (_, mut open, server) = answered(json!({"kind": "slow_drip", "bytes_per_tick": 3, "tick_ms": 0}));
    then(&server, &mut open, 1);
}

#[test]
fn streams_are_cut() {
    for (fault, end, executed) in [
        (json!({"kind": "stream_cut", "after_events": 0, "when": "before_execution"}), End::Closed, 0),
        (json!({"kind": "stream_cut", "after_events": 0}), End::Closed, 1),
        (json!({"kind": "stream_cut", "after_events": 0, "how": "rst"}), End::Reset, 1),
        (json!({"kind": "truncate", "bytes": 20}), End::Closed, 1),
    ] {
        let (server, mut open) = with(fault.clone());
        open.call(&server, 7, "echo", &json!({}));
        assert_eq!(open.wire.end(), end, "{fault}");
        assert!(server.wait(&Wait::at_most(Count::Streams, 0, SOON)).unwrap());
        assert_eq!(server.ledger().executions.len(), executed, "{fault}");
        let again = open.post(&server, &rpc(8, "ping", &json!({}))).unwrap();
        assert_eq!(again.status, 404, "the session ended with it");
        assert_eq!(server.ledger().requests[1].fault, fault["kind"].as_str());
    }
    let (server, mut open) = with(json!({"kind": "stream_cut", "after_events": 1, "how": "end"}));
    open.call(&server, 7, "echo", &json!({}));
    assert_eq!(open.message()["id"], 7);
    assert!(open.wire.chunk().unwrap().is_empty(), "the HTTP response ends properly");
    assert_eq!(server.ledger().streams, 0);

    let rule = json!({"on": {"path": "/sse"}, "times": 1, "fault": {"kind": "stream_cut", "after_events": 0}});
    server.script_json(&rule.to_string()).unwrap();
    assert_eq!(get(&server).end(), End::Closed);
    assert_eq!(server.ledger().streams, 0);
}
