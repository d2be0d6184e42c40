//! The retry decision: a pure function over one table.
//!
//! The time and random numbers are arguments.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::backoff::Backoff;
use crate::error::failure_class::FailureClass;
use crate::observe::waiting::CallLimit;
use crate::protocol::safety::Safety;

impl FailureClass {
    /// Whether the table retries even a plain call, which therefore must not have run.
    pub(crate) fn retries_plain_calls(self) -> bool {
        matches!(action(self, Safety::Plain), Retry | ReopenSession | RenewToken | LearnHeaders)
    }
}

/// An entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Send again after a wait.
    Retry,
    /// Open a new session and send again, once.
    ReopenSession,
    /// Get another token and send again, once, if the token can be renewed.
    RenewToken,
    /// Learn the headers that the server requires and send again, once.
    LearnHeaders,
    /// Send again only if the caller opted in.
    RetryIfAllowed,
    /// Fail.
    Stop,
}

use Action::{LearnHeaders, RenewToken, ReopenSession, Retry, RetryIfAllowed, Stop};

/// The table: for each row, what to do with a safe, a keyed and a plain call.
pub(crate) const TABLE: &[(FailureClass, [Action; 3])] = &[
    (FailureClass::NotConnected, [Retry, Retry, Retry]),
    (FailureClass::LocalFault, [Retry, Retry, Retry]),
    (FailureClass::CertificateInvalid, [Stop, Stop, Stop]),
    (FailureClass::ProxyRefused, [Stop, Stop, Stop]),
    (FailureClass::Lost, [Retry, Retry, Stop]),
    (FailureClass::BadAnswer, [Retry, Retry, Stop]),
    (FailureClass::Unreadable, [Stop, Stop, Stop]),
    (FailureClass::Unusable, [Stop, Stop, Stop]),
    (FailureClass::TooLarge, [Stop, Stop, Stop]),
    (FailureClass::ServerFault, [Retry, Retry, Stop]),
    (FailureClass::Unavailable, [Retry, Retry, RetryIfAllowed]),
    (FailureClass::RateLimited, [Retry, Retry, Retry]),
    (FailureClass::QuotaSpent, [Stop, Stop, Stop]),
    (FailureClass::KeyInFlight, [Stop, Retry, Stop]),
    (FailureClass::SessionLost, [ReopenSession, ReopenSession, ReopenSession]),
    (FailureClass::Unauthorized, [RenewToken, RenewToken, RenewToken]),
    (FailureClass::Mismatch, [LearnHeaders, LearnHeaders, LearnHeaders]),
    (FailureClass::Refused, [Stop, Stop, Stop]),
    (FailureClass::Cancelled, [Stop, Stop, Stop]),
];

/// The entry for a failure class and the safety of a call.
pub(crate) fn action(class: FailureClass, safety: Safety) -> Action {
    let row = TABLE.iter().find(|(row, _)| *row == class);
    row.map_or(Stop, |(_, actions)| actions[safety as usize])
}

/// The facts about a failed attempt and its call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation {
    /// The failure class.
    pub class: FailureClass,
    /// Whether the request may be sent twice.
    pub safety: Safety,
    /// Attempts that were made.
    pub attempts: u32,
    /// Attempts allowed.
    pub max_attempts: u32,
    /// Whether this call has already opened a new session.
    pub reopened: bool,
    /// Whether this call has already learned the required headers.
    pub learned_headers: bool,
    /// Whether the token can be renewed and was not renewed for this call.
    pub renewable: bool,
    /// Whether a plain call may be retried after a 503 with Retry-After (option retry_unavailable).
    pub retry_unavailable: bool,
    /// The wait that the server requested.
    pub retry_after: Option<Duration>,
    /// The rest of the total timeout.
    pub remaining: Option<Duration>,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send again after this wait.
    RetryAfter(Duration),
    /// Open a new session and send again.
    ReopenSession,
    /// Get another token and send again.
    RenewToken,
    /// Learn the headers that the server requires and send again.
    LearnHeaders,
    /// Fail with this failure.
    Fail,
}

/// Decides what follows. The wait of the server is the minimum; a wait beyond the deadline fails at once.
pub(crate) fn decide(situation: &Situation, backoff: &Backoff, random: f64) -> Decision {
    let retry = match action(situation.class, situation.safety) {
        // A new session is not counted as an attempt of the call: the call was refused before running.
        ReopenSession if !situation.reopened && situation.max_attempts > 1 => return Decision::ReopenSession,
        LearnHeaders if !situation.learned_headers && situation.max_attempts > 1 => return Decision::LearnHeaders,
        RenewToken if situation.renewable && situation.max_attempts > 1 => return Decision::RenewToken,
        Retry => true,
        RetryIfAllowed => situation.retry_unavailable,
        ReopenSession | RenewToken | LearnHeaders | Stop => false,
    };
    if !retry || situation.attempts >= situation.max_attempts {
        return Decision::Fail;
    }
    let wait = backoff.wait(situation.attempts, random).max(situation.retry_after.unwrap_or_default());
    match situation.remaining {
        Some(remaining) if wait >= remaining => Decision::Fail,
        _ => Decision::RetryAfter(wait),
    }
}

/// The limit of the call without which a failure would not be final; `None` if it is final in any case.
pub(crate) fn limit(situation: &Situation, backoff: &Backoff, random: f64) -> Option<CallLimit> {
    let any_attempts = Situation { max_attempts: u32::MAX, ..*situation };
    let any_time = Situation { remaining: None, ..any_attempts };
    if decide(&any_attempts, backoff, random) != Decision::Fail {
        Some(CallLimit::MaxAttempts)
    } else if decide(&any_time, backoff, random) != Decision::Fail {
        Some(CallLimit::TotalTimeout)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Delivery;

    const BACKOFF: Backoff = Backoff { initial: Duration::from_millis(250), max: Duration::from_secs(4) };

    fn situation(class: FailureClass, safety: Safety) -> Situation {
        Situation {
            class,
            safety,
            attempts: 1,
            max_attempts: 3,
            reopened: false,
            renewable: false,
            learned_headers: false,
            retry_unavailable: false,
            retry_after: None,
            remaining: None,
        }
    }

    #[test]
    fn the_table_has_each_row_once_and_in_order() {
        for (index, (row, _)) in TABLE.iter().enumerate() {
            assert_eq!(*row as usize, index);
        }
    }

    /// Compares the table with the one in the shared vectors.
    #[test]
    fn the_table_is_the_one_in_the_vectors() {
        #[derive(Deserialize)]
        struct Row {
            class: FailureClass,
            safe: Action,
            keyed: Action,
            plain: Action,
        }
        let text = include_str!("../../../tests/tables/retry.json");
        let rows: Vec<Row> = serde_json::from_str(text).unwrap();
        assert_eq!(rows.len(), TABLE.len());
        for row in rows {
            for (safety, expected) in [(Safety::Safe, row.safe), (Safety::Keyed, row.keyed), (Safety::Plain, row.plain)]
            {
                assert_eq!(action(row.class, safety), expected, "{:?} {safety:?}", row.class);
            }
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_keep_half_as_jitter() {
        let waits: Vec<_> = (1..=7).map(|attempt| BACKOFF.wait(attempt, 1.0).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 4000, 4000]);
        assert_eq!(BACKOFF.wait(1, 0.0).as_millis(), 125);
        assert_eq!(BACKOFF.wait(u32::MAX, 1.0), BACKOFF.max);
    }

    #[test]
    fn the_servers_wait_is_the_minimum_and_the_deadline_the_maximum() {
        let mut now = situation(FailureClass::RateLimited, Safety::Plain);
        now.retry_after = Some(Duration::from_secs(7));
        assert_eq!(decide(&now, &BACKOFF, 1.0), Decision::RetryAfter(Duration::from_secs(7)));
        now.remaining = Some(Duration::from_secs(6));
        assert_eq!(decide(&now, &BACKOFF, 1.0), Decision::Fail);
        now.retry_after = Some(Duration::from_millis(1));
        assert_eq!(decide(&now, &BACKOFF, 1.0), Decision::RetryAfter(Duration::from_millis(250)));
    }

    #[test]
    fn failures_that_every_call_is_retried_after_have_not_run() {
        for (class, _) in TABLE {
            assert!(!class.retries_plain_calls() || class.delivery() <= Delivery::Rejected, "{class:?}");
        }
    }

    #[test]
    fn with_one_attempt_nothing_is_retried() {
        for (class, _) in TABLE {
            for safety in [Safety::Safe, Safety::Keyed, Safety::Plain] {
                let now = Situation { max_attempts: 1, ..situation(*class, safety) };
                assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::Fail);
            }
        }
    }

    #[test]
    fn a_session_is_opened_again_once() {
        let mut now = situation(FailureClass::SessionLost, Safety::Plain);
        assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::ReopenSession);
        now.reopened = true;
        assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::Fail);
    }

    #[test]
    fn a_token_is_renewed_if_possible() {
        let mut now = situation(FailureClass::Unauthorized, Safety::Plain);
        assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::Fail);
        now.renewable = true;
        assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::RenewToken);
    }

    #[test]
    fn a_final_failure_names_the_limit_that_made_it_final() {
        let limit_of = |now: &Situation| limit(now, &BACKOFF, 1.0);
        let refused = situation(FailureClass::Refused, Safety::Safe);
        assert_eq!(limit_of(&Situation { attempts: 3, ..refused }), None);
        let lost = situation(FailureClass::Lost, Safety::Safe);
        assert_eq!(limit_of(&Situation { attempts: 3, ..lost }), Some(CallLimit::MaxAttempts));
        assert_eq!(limit_of(&Situation { remaining: Some(Duration::ZERO), ..lost }), Some(CallLimit::TotalTimeout));
        let renewable = Situation { renewable: true, ..situation(FailureClass::Unauthorized, Safety::Safe) };
        assert_eq!(limit_of(&Situation { max_attempts: 1, ..renewable }), Some(CallLimit::MaxAttempts));
    }

    #[test]
    fn a_plain_call_is_retried_after_503_only_by_option() {
        let mut now = situation(FailureClass::Unavailable, Safety::Plain);
        assert_eq!(decide(&now, &BACKOFF, 0.5), Decision::Fail);
        now.retry_unavailable = true;
        assert!(matches!(decide(&now, &BACKOFF, 0.5), Decision::RetryAfter(_)));
    }
}
