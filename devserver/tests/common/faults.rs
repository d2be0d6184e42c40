//! Servers with one fault, and checks after it.

use omni_mcp_devserver::DevServer;
use serde_json::{Value, json};

use super::{Reply, call, search, start};

/// A server with one rule, which applies to one tool call.
pub(crate) fn with_options(options: Value, fault: Value) -> DevServer {
    let server = start(options);
    script(&server, fault);
    server
}

pub(crate) fn script(server: &DevServer, fault: Value) {
    let rule = json!({"on": {"method": "tools/call"}, "times": 1, "fault": fault});
    server.script_json(&rule.to_string()).unwrap();
}

pub(crate) fn with(fault: Value) -> DevServer {
    with_options(json!({}), fault)
}

pub(crate) fn answered(server: &DevServer) -> Reply {
    call(server, "k", &search("gdp")).unwrap()
}

/// The ledger records the fault and whether the tool ran; the next call works.
pub(crate) fn then(server: &DevServer, kind: &str, executed: usize) {
    let ledger = server.ledger();
    let faulty = ledger.requests.iter().find(|r| r.fault.is_some()).unwrap();
    assert_eq!(faulty.fault, Some(kind));
    assert_eq!(ledger.executions.len(), executed, "{kind}");
    let next = answered(server);
    assert_eq!(next.json()["id"], 7, "{kind}");
    assert_eq!(server.ledger().executions.len(), 1, "{kind}");
}
