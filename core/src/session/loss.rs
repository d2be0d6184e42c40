//! Responses other than 404 that may mean that the server has lost the session, and what was learned about them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::config::profile::Profile;
use crate::error::attempt_error::{AttemptError, RefersToCall, ServerText};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};
use crate::http::status::{self, StatusUse};
use crate::protocol::safety::Safety;
use crate::session::loss_texts::{is_about_session, is_only_about_session, names_header};

/// The most refusals that are remembered.
const MAX_SIGNS: usize = 256;

/// What follows from a failed call in an open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// The failure does not concern the session.
    None,
    /// The call did not run, or may run again: it is sent once more in a new session.
    SendAgain,
    /// The call fails; the next one opens a new session.
    ForNextCall,
}

/// Statuses that refuse the request itself, which a new session does not change.
const STATUSES_OF_CALL: &[u16] =
    &[402, 405, 406, 407, 408, 411, 413, 414, 415, 416, 417, 422, 423, 424, 425, 426, 429, 431, 451];

/// Whether a call may have run by its status, or the retry table has a wait for the status: no text changes what it means.
fn is_fixed(status: u16) -> bool {
    status::may_have_run(status) || (status < 500 && status::transient(status, StatusUse::Call).is_some())
}

/// Assesses a failed call in an open legacy session. A profile with an error catalogue has its own signs; besides them only a
/// text that names the session counts: `named` is the result of [`names_unknown_session`].
pub(crate) fn suspicion(failure: &AttemptError, named: bool, profile: &Profile, safety: Safety) -> Suspicion {
    let info = failure.error.info();
    let Some(status) = info.status else { return Suspicion::None };
    if failure.refers_to_call == RefersToCall::ByCode {
        return Suspicion::None;
    }
    let documented = !profile.catalogue.is_empty() || !profile.session_lost.is_empty();
    let may_run_again = safety != Safety::Plain || info.delivery <= Delivery::Rejected;
    match status {
        _ if is_fixed(status) => Suspicion::None,
        400..=499 if named && may_run_again => Suspicion::SendAgain,
        400..=499 if named => Suspicion::ForNextCall,
        400..=499 if documented || STATUSES_OF_CALL.contains(&status) => Suspicion::None,
        // If the response has the id of the call, the code alone does not prove that nothing ran.
        400..=499
            if info.delivery <= Delivery::Rejected
                && (failure.refers_to_call == RefersToCall::No || safety != Safety::Plain) =>
        {
            Suspicion::SendAgain
        }
        // A retry may run a second time, which is acceptable for a safe call.
        _ if named && safety != Safety::Plain => Suspicion::SendAgain,
        _ if named => Suspicion::ForNextCall,
        400..=499 => Suspicion::ForNextCall,
        _ if documented => Suspicion::None,
        500..=599 if status::transient(status, StatusUse::Call).is_some() => Suspicion::ForNextCall,
        200..=299 if is_unreadable(failure) => Suspicion::ForNextCall,
        _ => Suspicion::None,
    }
}

fn is_unreadable(failure: &AttemptError) -> bool {
    let code = failure.error.info().code;
    matches!(failure.class, FailureClass::BadAnswer | FailureClass::Unreadable)
        && matches!(code, Code::InvalidAnswer | Code::UnexpectedContentType)
}

/// Whether the text of a response states that the server does not know the session. Such a call did not run. If the status
/// is no refusal, or the response has the id of the call, the text may be that of a tool: then all of it must be about a
/// session of the protocol.
pub(crate) fn names_unknown_session(failure: &AttemptError) -> bool {
    let info = failure.error.info();
    let Some(status) = info.status else { return false };
    let is_candidate = failure.refers_to_call != RefersToCall::ByCode
        && info.delivery < Delivery::Executed
        && !is_fixed(status)
        && matches!(
            failure.class,
            FailureClass::Refused
                | FailureClass::Unauthorized
                | FailureClass::BadAnswer
                | FailureClass::Unreadable
                | FailureClass::ServerFault
                | FailureClass::Unavailable
        );
    if !is_candidate {
        return false;
    }
    let is_refusal = (400..=499).contains(&status) && failure.refers_to_call == RefersToCall::No;
    if is_refusal && !STATUSES_OF_CALL.contains(&status) {
        return is_about_session(failure.server_text())
            || info.data.as_ref().is_some_and(|data| is_about_session(data.get()));
    }
    let whole = failure.server_text.as_ref().filter(|text| text.is_whole);
    whole.is_some_and(|ServerText { preview, .. }| {
        is_only_about_session(preview) || (is_refusal && names_header(preview))
    })
}

/// Refusals that are assessed as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LossSign {
    status: u16,
    /// The tool, or the method if there is none.
    name: String,
    named: bool,
}

impl LossSign {
    pub(crate) fn of(failure: &AttemptError, named: bool, name: String) -> Self {
        Self { status: failure.error.info().status.unwrap_or_default(), name, named }
    }

    /// What the server did, for a warning.
    pub(crate) fn deviation(&self) -> String {
        let what =
            if self.named { "with a text by which the session is lost" } else { "which may mean that it is lost" };
        format!("the server answered a call in an open session with HTTP {}, {what}", self.status)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LossSignState {
    /// Seen in the session of this generation, after which a new session was opened.
    SuspectedIn(u64),
    /// Seen again in a new session: it does not mean a lost session.
    NoLoss,
}

/// What a refusal means for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignMeaning {
    /// It may mean that the session is lost.
    Suspected,
    /// Seen again in a new session: the previous session was not lost.
    Refuted,
    /// It is known not to mean a lost session.
    Unrelated,
}

/// The refusals that were seen, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Suspicions(Mutex<VecDeque<(LossSign, LossSignState)>>);

impl Suspicions {
    /// Assesses a refusal in the session of this generation. If it comes again in a newer session, it never means a lost
    /// session.
    pub(crate) fn assess(&self, sign: &LossSign, generation: u64) -> SignMeaning {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|(known, _)| known == sign) {
            Some((_, LossSignState::NoLoss)) => SignMeaning::Unrelated,
            Some((_, LossSignState::SuspectedIn(before))) if *before >= generation => SignMeaning::Suspected,
            Some((_, known)) => {
                *known = LossSignState::NoLoss;
                SignMeaning::Refuted
            }
            None => {
                if all.len() >= MAX_SIGNS {
                    all.pop_front();
                }
                all.push_back((sign.clone(), LossSignState::SuspectedIn(generation)));
                SignMeaning::Suspected
            }
        }
    }

    /// A call succeeded in the session of this generation: an earlier refusal of the same sign did mean that its session
    /// was lost, and may do so again.
    pub(crate) fn succeeded(&self, name: impl FnOnce() -> String, generation: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.is_empty() {
            let name = name();
            all.retain(|(sign, known)| {
                sign.name != name || !matches!(known, LossSignState::SuspectedIn(before) if *before < generation)
            });
        }
    }
}

#[cfg(test)]
mod tests;
