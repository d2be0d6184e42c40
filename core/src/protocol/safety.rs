//! Whether a request may be sent twice.

use serde::{Deserialize, Serialize};

/// How much harm a second execution of a call could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Safety {
    /// Changes nothing: the handshake, ping, every list, reads.
    Safe,
    /// A `tools/call` whose idempotency key the server honours.
    Keyed,
    /// Any other `tools/call` or unknown method.
    Plain,
}
