//! The faults, in equal shares.

use std::collections::BTreeMap;

use omni_mcp_devserver::{Fault, How, RetryAfter, Rule, When};

/// Rules by which `percent` of all `tools/call` requests meet a fault.
pub(crate) fn rules(percent: u32) -> Vec<Rule> {
    let faults = faults();
    let mut left = 1.0;
    let share = f64::from(percent) / 100.0 / faults.len() as f64;
    let chances = (0..faults.len()).map(|_| {
        // The first rule that fires wins, so a later one sees only what the earlier ones left.
        let chance = share / left;
        left -= share;
        chance
    });
    let chances: Vec<_> = chances.collect();
    faults
        .into_iter()
        .zip(chances)
        .map(|(fault, chance)| Rule::new(fault).on_method("tools/call").probability(chance))
        .collect()
}

fn faults() -> Vec<Fault> {
    let status =
        |status, when| Fault::Status { status, headers: BTreeMap::new(), body: None, content_type: None, when };
    vec![
        Fault::Reset { when: When::BeforeExecution, how: How::Rst },
        Fault::Reset { when: When::AfterExecution, how: How::Rst },
        Fault::Reset { when: When::AfterExecution, how: How::Fin },
        status(503, When::BeforeExecution),
        status(500, When::AfterExecution),
        Fault::Truncate { bytes: 60, how: How::Fin },
        Fault::MalformedJson {},
        Fault::WrongId {},
        Fault::OmniError {
            omni_code: "rate_limit_exceeded".into(),
            status: None,
            retry_after: Some(RetryAfter::Seconds(0)),
            when: When::BeforeExecution,
        },
        Fault::Delay { ms: 3, when: When::AfterExecution },
    ]
}
