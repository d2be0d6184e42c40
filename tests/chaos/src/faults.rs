//! The ten kinds of faults: nine have equal shares, the lost session is rarer; some have several forms.

use std::collections::BTreeMap;

use omni_mcp_devserver::{Fault, How, RetryAfter, Rule, When};

use crate::plan::Plan;

/// Number of kinds.
pub(crate) const KINDS: usize = 10;

/// One request in this many loses the session, which also affects the other requests in flight, at most one of each of
/// 64 workers.
const SESSION_LOST_EVERY: u64 = 250;

/// Rules by which `percent` of the first `requests` requests of `tools/call`, or slightly more, have a fault.
pub(crate) fn rules(percent: u32, requests: u64) -> Vec<Rule> {
    let lost = (1..=requests / SESSION_LOST_EVERY).map(|n| n * SESSION_LOST_EVERY);
    let mut rules = vec![Rule::new(Fault::SessionLost {}).nth(lost.collect::<Vec<_>>())];
    let mut left = 1.0;
    let share = (f64::from(percent) / 100.0 - 1.0 / SESSION_LOST_EVERY as f64) / (KINDS - 1) as f64;
    for forms in kinds() {
        let share = share / forms.len() as f64;
        for form in forms {
            // The first rule applies, so a later one applies to the remaining requests only.
            rules.push(Rule::new(form).probability(share / left));
            left -= share;
        }
    }
    rules.into_iter().map(|rule| rule.on_method("tools/call")).collect()
}

/// Random deviation of the share of faults that is accepted; smaller for long runs.
pub(crate) fn may_be_off(plan: &Plan) -> f64 {
    if plan.long { 3.0 } else { 6.0 }
}

/// The kinds in all forms, except for the lost session.
fn kinds() -> [Vec<Fault>; KINDS - 1] {
    let status =
        |status, when| Fault::Status { status, headers: BTreeMap::new(), body: None, content_type: None, when };
    let cut = |after_events, how, when| Fault::StreamCut { after_events, how, when };
    [
        vec![
            Fault::Reset { when: When::BeforeExecution, how: How::Rst },
            Fault::Reset { when: When::AfterExecution, how: How::Rst },
            Fault::Reset { when: When::AfterExecution, how: How::Fin },
        ],
        vec![status(503, When::BeforeExecution), status(500, When::AfterExecution)],
        vec![Fault::OmniError {
            omni_code: "rate_limit_exceeded".into(),
            status: None,
            retry_after: Some(RetryAfter::Seconds(0)),
            when: When::BeforeExecution,
        }],
        vec![Fault::Truncate { bytes: 60, how: How::Fin }, Fault::Truncate { bytes: 60, how: How::Rst }],
        vec![
            cut(0, How::Fin, When::BeforeExecution),
            cut(0, How::End, When::AfterExecution),
            // With event ids, the first event has no data and only names an id.
            cut(1, How::Fin, When::AfterExecution),
            cut(1, How::Rst, When::AfterExecution),
        ],
        vec![Fault::MalformedJson {}],
        vec![Fault::MalformedEvent {}],
        vec![Fault::WrongId {}],
        vec![Fault::Delay { ms: 3, when: When::AfterExecution }],
    ]
}
