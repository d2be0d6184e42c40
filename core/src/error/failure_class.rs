//! Why an attempt failed: the rows of the retry table.

use serde::{Deserialize, Serialize};

use crate::error::Delivery;

/// Why an attempt failed: the rows of the retry table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// DNS, connect refused or timed out, TLS handshake, a proxy without a way, a stream that was refused: nothing ran.
    NotConnected,
    /// The operating system of this machine gave no descriptor, buffer or port for a connection: a later attempt may succeed.
    LocalFault,
    /// The server's certificate is not valid, or the client's is not for the server.
    CertificateInvalid,
    /// The proxy does not accept the credentials: it will not the next time either.
    ProxyRefused,
    /// The connection was lost after sending, or the attempt's own timeout passed.
    Lost,
    /// The answer broke off, is empty, or belongs to another request.
    BadAnswer,
    /// The answer is whole and is no response: another attempt would give the same.
    Unreadable,
    /// The answer is the response to this request, and its content cannot be used: it ran, and would give the same again.
    Unusable,
    /// The answer is larger than the limit: it would be again.
    TooLarge,
    /// 408, 500, 502, 504, a 503 without Retry-After, or a service code that says "try again".
    ServerFault,
    /// 503 with Retry-After.
    Unavailable,
    /// 425, or 429 for a rate limit: it did not run.
    RateLimited,
    /// 402, or 429 for a spent quota.
    QuotaSpent,
    /// 409: a call with the same key is running.
    KeyInFlight,
    /// The server no longer knows the session: refused before running.
    SessionLost,
    /// 401: another token may be accepted.
    Unauthorized,
    /// What the request says in its headers is not what the server reads there: refused before running.
    Mismatch,
    /// Any other refusal: 4xx, 3xx, 501, a JSON-RPC error.
    Refused,
    /// The caller cancelled.
    Cancelled,
}

impl FailureClass {
    /// Whether the call ran, where nothing more is known.
    pub(crate) fn delivery(self) -> Delivery {
        match self {
            Self::NotConnected | Self::LocalFault | Self::CertificateInvalid | Self::ProxyRefused => Delivery::NotSent,
            Self::SessionLost
            | Self::RateLimited
            | Self::QuotaSpent
            | Self::Unauthorized
            | Self::Mismatch
            | Self::Refused => Delivery::Rejected,
            Self::Lost
            | Self::BadAnswer
            | Self::Unreadable
            | Self::TooLarge
            | Self::ServerFault
            | Self::Unavailable
            | Self::KeyInFlight
            | Self::Cancelled => Delivery::MaybeExecuted,
            Self::Unusable => Delivery::Executed,
        }
    }
}
