//! Faults that send raw bytes.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::faults::{answered, then, with};
use common::{End, bearer, rpc, search, send};
use omni_mcp_devserver::Count;
use serde_json::json;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn raw_body() {
    let events = "\u{feff}data: {\"jsonrpc\":\"2.0\",\r\ndata: \"id\":$ID,\"result\":{}}\r\n\r\n";
    let server = with(json!({"kind": "raw_body", "body": events, "content_type": "text/event-stream"}));
    let reply = answered(&server);
    assert_eq!(reply.text(), events.replace("$ID", "7"));
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    then(&server, "raw_body", 0);
}

#[test]
fn raw_body_around_the_response_in_pieces() {
    let fault = json!({"kind": "raw_body", "body": "data: $ANSWER\r\r", "content_type": "text/event-stream", "bytes_per_tick": 3});
    let server = with(fault);
    let mut wire = send(&server, &[("idempotency-key", "k")], &rpc(7, "tools/call", &search("gdp")));
    let head = wire.head().unwrap();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(wire.chunk().unwrap(), b"dat");
    assert_eq!(wire.chunk().unwrap(), b"a: ");
    then(&server, "raw_body", 1);
    let nothing = r#"{"fault": {"kind": "raw_body", "body": "", "bytes_per_tick": 0}}"#;
    assert!(server.script_json(nothing).is_err());
}

#[test]
fn raw_body_that_does_not_end() {
    for (then_what, end) in [("fin", End::Closed), ("rst", End::Reset)] {
        let server = with(json!({"kind": "raw_body", "body": "data: x", "then": then_what}));
        let reply = answered(&server);
        assert_eq!((reply.text().as_str(), reply.end), ("data: x", end));
        then(&server, "raw_body", 0);
    }
    let server = with(json!({"kind": "raw_body", "body": "data: x", "then": "hang"}));
    let mut wire = send(&server, &[], &rpc(7, "tools/call", &search("gdp")));
    wire.head().unwrap();
    assert_eq!(wire.chunk().unwrap(), b"data: x");
    drop(wire);
    assert!(server.wait_for(Count::Disconnects, 1, SOON));
}

#[test]
fn raw_response() {
    let head = "HTTP/1.1 200 Fine\nContent-Type:application/json\n  ; charset=utf-8\nX-Id: $ID";
    let server = with(json!({"kind": "raw_response", "head": head, "body": "\u{e9}$ID", "charset": "latin1"}));
    let mut wire = send(&server, &[], &rpc(7, "tools/call", &search("gdp")));
    let expected = b"HTTP/1.1 200 Fine\r\nContent-Type:application/json\r\n  ; charset=utf-8\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\n\xe97";
    assert_eq!(wire.bytes(expected.len()).unwrap(), expected);
    then(&server, "raw_response", 0);
}

#[test]
fn raw_response_around_the_response_keeps_the_connection() {
    let fault =
        json!({"kind": "raw_response", "head": "HTTP/1.1 200 OK\nContent-Type: text/plain", "body": " $ANSWER"});
    let server = with(fault);
    let mut wire = send(&server, &[("idempotency-key", "k")], &rpc(7, "tools/call", &search("gdp")));
    let first = wire.receive().unwrap();
    assert_eq!(first.header("content-type"), Some("text/plain"));
    assert!(first.text().starts_with(r#" {"jsonrpc":"2.0","id":7,"result":{"#), "{}", first.text());
    let auth = bearer(&server);
    let ping = rpc(8, "ping", &json!({}));
    let second = wire.ask("POST", "/mcp", &[("authorization", &auth), ("content-type", "application/json")], &ping);
    assert_eq!(second.unwrap().json()["id"], 8);
    assert_eq!(server.ledger().executions.len(), 1);
}

#[test]
fn raw_response_that_does_not_end() {
    for (then_what, end) in [("fin", End::Closed), ("rst", End::Reset)] {
        let head = "HTTP/1.1 200 OK\nContent-Length: 9";
        let server = with(json!({"kind": "raw_response", "head": head, "body": "x", "then": then_what}));
        let reply = answered(&server);
        assert_eq!((reply.text().as_str(), reply.end), ("x", end));
    }
}

#[test]
fn raw_output() {
    let server = with(json!({"kind": "raw_output", "text": "data: ping\n\ndata: $ANSWER\n\n"}));
    let reply = answered(&server);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.text().starts_with("data: ping\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7"), "{}", reply.text());
    then(&server, "raw_output", 1);
}
