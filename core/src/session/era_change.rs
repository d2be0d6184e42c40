//! Refusals by which a server shows that it is of another era or version.

use crate::config::settings::Settings;
use crate::error::Delivery;
use crate::error::attempt_error::{AttemptError, Tie};
use crate::error::failure_class::FailureClass;
use crate::protocol::era::{HEADER_MISMATCH, UNSUPPORTED_VERSION, is_modern};
use crate::protocol::jsonrpc;

/// Whether a refusal that may be one of another era proves that the call did not run.
pub(super) fn proves_that_none_ran(failure: &AttemptError, taken_for_modern: bool) -> bool {
    let info = failure.error.info();
    let is_of_the_envelope = taken_for_modern && info.rpc_code == Some(UNSUPPORTED_VERSION);
    info.delivery <= Delivery::Rejected && (failure.tie == Tie::Status || is_of_the_envelope)
}

/// Whether a server refuses as one of another version or era does than it was taken for: what was found out of it does not
/// hold any more.
pub(crate) fn is_of_another_era(failure: &AttemptError, taken_for_modern: bool, settings: &Settings) -> bool {
    let info = failure.error.info();
    if failure.happened != FailureClass::Refused {
        return false;
    }
    // A process has no status.
    let is_400 = matches!(info.status, Some(400) | None);
    match (info.rpc_code, taken_for_modern) {
        (Some(UNSUPPORTED_VERSION), true) => true,
        (Some(-32000 | jsonrpc::INVALID_REQUEST), true) => info.status == Some(400),
        _ if taken_for_modern || !settings.versions().into_iter().any(is_modern) => false,
        (Some(HEADER_MISMATCH | UNSUPPORTED_VERSION), _) => is_400,
        // It misses what every modern request has.
        (Some(jsonrpc::INVALID_PARAMS), _) => is_400 && failure.server_text().contains("_meta"),
        _ => false,
    }
}
