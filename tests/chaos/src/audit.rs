//! The ledger, grouped by call.

use std::collections::{BTreeMap, HashMap};

use omni_mcp_devserver::LedgerSnapshot;
use serde_json::{Value, json};

/// The arguments of a call; its query contains `number`, so that the ledger can be grouped by call.
pub(crate) fn arguments(number: u64) -> Value {
    json!({"q": format!("inflation {number}"), "query": format!("inflation {number}"), "limit": 1})
}

fn number(arguments: &Value) -> Option<u64> {
    let query = arguments["q"].as_str().or(arguments["query"].as_str())?;
    query.strip_prefix("inflation ")?.parse().ok()
}

/// The requests and executions of one call.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) executions: u64,
    /// The key of the first request.
    key: Option<String>,
    /// Requests without that key.
    other_keys: u64,
}

/// The grouped ledger.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) calls: HashMap<u64, Seen>,
    pub(crate) requests: u64,
    /// Number of faults of each kind.
    pub(crate) struck: BTreeMap<&'static str, u64>,
}

impl Audit {
    pub(crate) fn of(ledger: &LedgerSnapshot) -> Self {
        let mut audit = Self::default();
        for execution in &ledger.executions {
            if let Some(number) = number(&execution.arguments) {
                audit.calls.entry(number).or_default().executions += 1;
            }
        }
        for request in ledger.requests.iter().filter(|request| request.rpc_method.as_deref() == Some("tools/call")) {
            audit.requests += 1;
            if let Some(fault) = request.fault {
                *audit.struck.entry(fault).or_default() += 1;
            }
            let Some(number) = number(&request.body["params"]["arguments"]) else { continue };
            let seen = audit.calls.entry(number).or_default();
            seen.requests += 1;
            let key = request.headers.get("idempotency-key");
            if seen.requests == 1 {
                seen.key = key.map(str::to_owned);
            }
            seen.other_keys += u64::from(key != seen.key.as_deref());
        }
        audit
    }

    /// Adds the requests and faults of another ledger.
    pub(crate) fn add_struck(&mut self, other: &Self) {
        self.requests += other.requests;
        for (fault, count) in &other.struck {
            *self.struck.entry(fault).or_default() += count;
        }
    }

    pub(crate) fn executions(&self, number: u64) -> u64 {
        self.calls.get(&number).map_or(0, |seen| seen.executions)
    }

    /// The share of the requests with a fault, in percent.
    pub(crate) fn struck_percent(&self) -> f64 {
        self.struck.values().sum::<u64>() as f64 * 100.0 / self.requests as f64
    }

    /// Number of calls with this many executions.
    pub(crate) fn ran(&self, often: impl Fn(u64) -> bool) -> u64 {
        self.calls.values().filter(|seen| often(seen.executions)).count() as u64
    }

    /// Number of calls without a key, or with different keys in their requests.
    pub(crate) fn changed_keys(&self) -> u64 {
        self.calls.values().filter(|seen| seen.key.is_none() || seen.other_keys > 0).count() as u64
    }
}

/// Names and counts as text.
pub(crate) fn listed<N: std::fmt::Display>(counts: &BTreeMap<N, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
