//! What HTTP statuses mean: whether the same request may succeed later, and whether a refused call may have run. This is the only list
//! of transient statuses.

use std::ops::RangeInclusive;

use crate::error::failure_class::FailureClass;

/// What was requested: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusUse {
    /// A message to an MCP server, its own event stream, or a request to a registry. A code in the body overrides the status.
    Call,
    /// A GET that resumes the event stream of a call.
    Resumption,
    /// A token request.
    Token,
    /// A document of authorization metadata. Any other status than these means that there is none.
    Metadata,
}

const NO: Option<FailureClass> = None;
const FAULT: Option<FailureClass> = Some(FailureClass::ServerFault);
const LIMITED: Option<FailureClass> = Some(FailureClass::RateLimited);

/// The transient statuses, with the failure class for a call, a resumption, a token request and metadata.
///
/// The columns differ on purpose. 409 to a resumption means that the server has not noticed the end of the previous stream. 501
/// to a call proves that it did not run; a token endpoint and metadata are behind gateways that answer with any 5xx. A stream is
/// resumed after those 5xx only that servers and gateways use for an outage.
const TRANSIENT: &[(RangeInclusive<u16>, [Option<FailureClass>; 4])] = &[
    (408..=408, [FAULT, FAULT, FAULT, NO]),
    (409..=409, [NO, FAULT, NO, NO]),
    (425..=425, [LIMITED, LIMITED, NO, NO]),
    (429..=429, [LIMITED, LIMITED, LIMITED, NO]),
    (500..=500, [FAULT, FAULT, FAULT, FAULT]),
    (501..=501, [NO, NO, FAULT, FAULT]),
    (502..=504, [FAULT, FAULT, FAULT, FAULT]),
    (505..=599, [FAULT, NO, FAULT, FAULT]),
];

/// The failure class of a transient status; `None` if the same request would fail again.
pub(crate) fn transient(status: u16, used_for: StatusUse) -> Option<FailureClass> {
    TRANSIENT
        .iter()
        .find(|(statuses, _)| statuses.contains(&status))
        .and_then(|(_, classes)| classes[used_for as usize])
}

/// Whether a request for an event stream was refused because the server has not noticed the end of the previous one.
pub(crate) fn is_previous_stream_open(status: u16) -> bool {
    status == 409
}

/// Whether a 4xx status leaves open whether the call ran: a timeout, a conflict with another call, or a load balancer that stopped
/// waiting (460 and 499). Any other 4xx status is a refusal; the statuses of server errors are not considered here.
pub(crate) fn may_have_run(status: u16) -> bool {
    matches!(status, 408 | 409 | 460 | 499)
}

/// Whether a gateway may have answered in the place of the server.
pub(crate) fn is_of_gateway(status: u16) -> bool {
    (502..=504).contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_in_order_and_do_not_overlap() {
        assert!(TRANSIENT.windows(2).all(|rows| rows[0].0.end() < rows[1].0.start()));
    }

    #[test]
    fn each_use_has_its_transient_statuses() {
        let all = |used_for| (100..=999).filter(|status| transient(*status, used_for).is_some()).collect::<Vec<u16>>();
        let server_errors = |but: u16| (500..=599).filter(move |status| *status != but);
        assert_eq!(all(StatusUse::Call), [408, 425, 429].into_iter().chain(server_errors(501)).collect::<Vec<_>>());
        assert_eq!(all(StatusUse::Resumption), [408, 409, 425, 429, 500, 502, 503, 504]);
        assert_eq!(all(StatusUse::Token), [408, 429].into_iter().chain(server_errors(0)).collect::<Vec<_>>());
        assert_eq!(all(StatusUse::Metadata), server_errors(0).collect::<Vec<_>>());
    }
}
