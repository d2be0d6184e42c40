//! Idempotency keys of the OMNI profile.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Wire, bearer, call, post, rpc, search, send, start};
use omni_mcp_devserver::{Count, DevServer, Fault, How, Options, Rule, Wait, When};
use serde_json::json;

fn omni() -> DevServer {
    DevServer::start(Options::default()).unwrap()
}

const SOON: Duration = Duration::from_secs(10);

#[test]
fn the_same_key_and_payload_replays_the_response() {
    let server = omni();
    let first = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(first.header("idempotency-replayed"), None);
    let body = rpc(99, "tools/call", &search("gdp"));
    let again = post(&server, &[("idempotency-key", "k")], &body).unwrap();
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json()["id"], 99);
    assert_eq!(again.json()["result"], first.json()["result"]);
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    let ledger = server.ledger();
    assert_eq!(ledger.executions.len(), 1);
    assert_eq!(ledger.billable_units, 1);
    assert_eq!((ledger.requests[0].replayed, ledger.requests[1].replayed), (false, true));
    assert_eq!(ledger.executions[0].idempotency_key.as_deref(), Some("k"));
    assert_eq!(ledger.executions[0].api_key.as_deref(), Some("key#1"));
    assert_eq!(ledger.executions[0].request_seq, 1);
}

#[test]
fn a_used_key_with_another_payload_is_refused() {
    let server = omni();
    assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
    let refused = call(&server, "k", &search("cpi")).unwrap();
    assert_eq!(refused.status, 422);
    assert_eq!(refused.omni_code(), "idempotency_payload_mismatch");
    let server = start(json!({"changed_payload_code": "other_code"}));
    assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
    assert_eq!(call(&server, "k", &search("cpi")).unwrap().omni_code(), "other_code");
}

#[test]
fn each_api_key_has_its_own_keys() {
    let server = start(json!({"keys": [{"key": "omni_test_a"}, {"key": "omni_test_b"}]}));
    assert_eq!(call(&server, "k", &search("gdp")).unwrap().status, 200);
    let headers = [("authorization", "Bearer omni_test_b"), ("idempotency-key", "k")];
    let body = rpc(1, "tools/call", &search("cpi"));
    let other = Wire::to(&server).ask("POST", "/mcp", &headers, &body).unwrap();
    assert_eq!(other.status, 200);
    assert_eq!(server.ledger().executions[1].api_key.as_deref(), Some("key#2"));
}

#[test]
fn a_key_in_flight_is_a_conflict() {
    let server = start(json!({"conflict_rpc_code": -32009}));
    let slow = Rule::new(Fault::Delay { ms: 700, when: When::BeforeExecution }).times(1);
    server.script(vec![slow]).unwrap();
    let headers = [("idempotency-key", "k")];
    let body = rpc(1, "tools/call", &search("gdp"));
    let mut first = send(&server, &headers, &body);
    assert!(server.wait_for(Count::Requests, 1, SOON));
    let second = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(second.status, 409);
    assert_eq!(second.omni_code(), "idempotency_conflict");
    assert_eq!(second.json()["error"]["code"], -32009);
    assert_eq!(first.receive().unwrap().status, 200);
    let third = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(third.header("idempotency-replayed"), Some("true"));
    assert_eq!(server.ledger().executions.len(), 1);
    assert_eq!(server.ledger().requests[0].fault, Some("delay"));
}

#[test]
fn a_call_completes_after_its_caller_left() {
    let server = omni();
    let slow = Rule::new(Fault::Delay { ms: 300, when: When::BeforeExecution }).times(1);
    server.script(vec![slow]).unwrap();
    let body = rpc(1, "tools/call", &search("gdp"));
    let first = send(&server, &[("idempotency-key", "k")], &body);
    assert!(server.wait_for(Count::Requests, 1, SOON));
    drop(first);
    assert!(server.wait_for(Count::Disconnects, 1, SOON));
    assert_eq!(server.ledger().executions.len(), 0);
    assert!(server.wait_for(Count::Executions, 1, SOON));
    let again = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert!(server.ledger().requests[0].disconnected);
}

#[test]
fn executed_then_cut_is_a_replay() {
    let cuts = [
        Fault::Reset { when: When::AfterExecution, how: How::Rst },
        Fault::Reset { when: When::AfterExecution, how: How::Fin },
        Fault::Truncate { bytes: 20, how: How::Fin },
        Fault::StreamCut { after_events: 0, how: How::Fin, when: When::AfterExecution },
    ];
    for cut in cuts {
        let server = omni();
        server.script(vec![Rule::new(cut.clone()).nth([1])]).unwrap();
        let lost = call(&server, "k", &search("gdp"));
        assert!(lost.is_err() || lost.unwrap().end != common::End::Whole, "{cut:?}");
        let again = call(&server, "k", &search("gdp")).unwrap();
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{cut:?}");
        assert_eq!(server.ledger().executions.len(), 1, "{cut:?}");
        assert_eq!(server.ledger().billable_units, 1, "{cut:?}");
    }
}

#[test]
fn reset_before_execution_stores_nothing() {
    let server = omni();
    let cut = Fault::Reset { when: When::BeforeExecution, how: How::Rst };
    server.script(vec![Rule::new(cut).on_tool("fred.search").times(1)]).unwrap();
    assert!(call(&server, "k", &search("gdp")).is_err());
    assert_eq!(server.ledger().executions.len(), 0);
    let again = call(&server, "k", &search("gdp")).unwrap();
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(server.ledger().executions.len(), 1);
}

#[test]
fn a_failed_call_is_not_stored() {
    let server = omni();
    let params = json!({"name": "fred.series", "arguments": {"series_id": "NO_SUCH"}});
    assert_eq!(call(&server, "k", &params).unwrap().status, 400);
    let again = call(&server, "k", &params).unwrap();
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(server.ledger().executions.len(), 2);
    assert!(bearer(&server).starts_with("Bearer"));
    assert!(server.wait(&Wait::at_least(Count::Executions, 2, SOON).on_tool("fred.series")).unwrap());
}
