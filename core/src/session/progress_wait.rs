//! How long a call waits for its progress callback.

use std::time::Duration;

use crate::retry::plan::Plan;
use crate::session::call::LogicalCall;
use crate::util::bounded_queue::WaitLimit;

/// How long a call waits for a slow progress callback if attempts have no timeout.
const DEFAULT_CALLBACK_WAIT: Duration = Duration::from_secs(20);

impl LogicalCall {
    /// How long reading of the response waits for the progress callback. The last quarter of the total timeout is reserved for
    /// the response, which must not be lost because of progress.
    pub(super) fn progress_wait(&self) -> WaitLimit {
        let Plan { timeout, deadline, .. } = &self.plan;
        let until = deadline.as_ref().and_then(|deadline| deadline.at.checked_sub(deadline.total / 4));
        WaitLimit { idle: timeout.unwrap_or(DEFAULT_CALLBACK_WAIT), until }
    }

    /// How long the callback may take for the remaining progress once the response is there.
    pub(crate) fn final_progress_wait(&self) -> WaitLimit {
        WaitLimit { until: self.plan.deadline.as_ref().map(|deadline| deadline.at), ..self.progress_wait() }
    }
}
