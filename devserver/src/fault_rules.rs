//! The current fault rules, and the faults that they apply to a request.

use std::sync::Arc;
use std::time::Duration;

use crate::exchange::Exchange;
use crate::faults::{Fault, Rule, When};
use crate::reading::Spelling;

/// An invalid rule.
#[derive(Debug, thiserror::Error)]
#[error("bad fault rule: {0}")]
pub struct ScriptError(pub(crate) String);

/// The faults of one request.
#[derive(Default)]
pub(crate) struct Fate {
    /// Delay of the execution.
    pub(crate) before: Duration,
    /// Delay of the response.
    pub(crate) after: Duration,
    /// The fault, other than a delay.
    pub(crate) fault: Option<Arc<Fault>>,
}

impl Fate {
    /// The kind recorded in the ledger.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match &self.fault {
            Some(fault) => Some(fault.kind()),
            None if self.before + self.after > Duration::ZERO => Some("delay"),
            None => None,
        }
    }
}

struct Active {
    rule: Rule,
    fault: Arc<Fault>,
    met: u64,
    fired: u64,
}

/// The current rules, in the order in which they were added.
pub(crate) struct Script {
    rules: Vec<Active>,
    random: fastrand::Rng,
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), random: fastrand::Rng::with_seed(seed) }
    }

    /// Adds rules after the current ones: all of them, or none.
    pub(crate) fn add(&mut self, rules: Vec<Rule>, spelling: Spelling) -> Result<(), ScriptError> {
        for (at, rule) in rules.iter().enumerate() {
            rule.check(spelling).map_err(|what| ScriptError(format!("rule {at}: {what}")))?;
        }
        self.rules.extend(rules.into_iter().map(|rule| Active {
            fault: Arc::new(rule.fault.clone()),
            rule,
            met: 0,
            fired: 0,
        }));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Counts the request for every rule. Delays add up; of the others the first one
    /// applies, and the `times` of a later one do not change.
    pub(crate) fn select(&mut self, exchange: &Exchange) -> Fate {
        let mut fate = Fate::default();
        for active in &mut self.rules {
            let met = active.rule.on.matches(
                exchange.rpc_method(),
                exchange.tool(),
                exchange.http_method.as_str(),
                &exchange.path,
            );
            if !met {
                continue;
            }
            active.met += 1;
            let is_delay = matches!(*active.fault, Fault::Delay { .. });
            if !is_delay && fate.fault.is_some() {
                continue;
            }
            let fires = match (&active.rule.nth, active.rule.times, active.rule.probability) {
                (Some(nth), _, _) => nth.contains(&active.met),
                (_, Some(times), _) => active.fired < times,
                (_, _, Some(probability)) => self.random.f64() < probability,
                _ => true,
            };
            if !fires {
                continue;
            }
            active.fired += 1;
            match *active.fault {
                Fault::Delay { ms, when } => {
                    let more = Duration::from_millis(ms);
                    match when {
                        When::BeforeExecution => fate.before += more,
                        When::AfterExecution => fate.after += more,
                    }
                }
                _ => fate.fault = Some(Arc::clone(&active.fault)),
            }
        }
        fate
    }
}
