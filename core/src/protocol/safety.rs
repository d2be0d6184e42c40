//! Safety of repeating a request.

use serde::{Deserialize, Serialize};

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Safety {
    /// Reads, or is idempotent.
    Safe,
    /// Has an idempotency key that the server honours.
    Keyed,
    /// Neither.
    Plain,
}
