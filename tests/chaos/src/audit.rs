//! The ledger, read by call.

use std::collections::{BTreeMap, HashMap};

use omni_mcp_devserver::LedgerSnapshot;
use serde_json::Value;

/// What the server saw.
pub(crate) struct Audit {
    pub(crate) requests: usize,
    /// Calls that ran exactly once, and more often.
    pub(crate) executed_once: u64,
    pub(crate) executed_again: u64,
    /// Calls whose attempts did not all carry one and the same key.
    pub(crate) changed_keys: u64,
    /// How often each fault struck.
    pub(crate) struck: String,
}

impl Audit {
    pub(crate) fn of(ledger: &LedgerSnapshot) -> Self {
        let mut executions: HashMap<&str, u64> = HashMap::new();
        for execution in &ledger.executions {
            *executions.entry(query(&execution.arguments)).or_default() += 1;
        }
        let mut keys: HashMap<&str, Option<&str>> = HashMap::new();
        let mut changed_keys = 0;
        let mut struck: BTreeMap<&str, usize> = BTreeMap::new();
        let calls = ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("tools/call"));
        let mut requests = 0;
        for request in calls {
            requests += 1;
            let key = request.headers.get("idempotency-key");
            let known = keys.entry(query(&request.body["params"]["arguments"])).or_insert(key);
            changed_keys += u64::from(key.is_none() || *known != key);
            if let Some(fault) = request.fault {
                *struck.entry(fault).or_default() += 1;
            }
        }
        let struck: Vec<_> = struck.iter().map(|(fault, count)| format!("{fault} {count}")).collect();
        Self {
            requests,
            executed_once: executions.values().filter(|count| **count == 1).count() as u64,
            executed_again: executions.values().filter(|count| **count > 1).count() as u64,
            changed_keys,
            struck: struck.join(", "),
        }
    }
}

fn query(arguments: &Value) -> &str {
    arguments["q"].as_str().unwrap_or_default()
}
