//! Classes of failed attempts: the rows of the retry table.

use serde::{Deserialize, Serialize};

/// The class of a failed attempt: a row of the retry table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// DNS, connect refused or timed out, TLS handshake, proxy tunnel, refused HTTP/2 stream: not executed.
    NotConnected,
    /// No local descriptor, buffer or port for a connection: a later attempt may succeed.
    LocalFault,
    /// Invalid server certificate, or refused client certificate.
    CertificateInvalid,
    /// The proxy refused the credentials: a later attempt would fail alike.
    ProxyRefused,
    /// The connection was lost after sending, or the attempt timed out.
    Lost,
    /// The response is truncated, is empty, has the id of another request, or has an unknown status.
    BadAnswer,
    /// A complete body that is not a response: a later attempt would fail alike.
    Unreadable,
    /// A response with unusable content: executed, and a later attempt would fail alike.
    Unusable,
    /// The response exceeds the size limit: a later attempt would fail alike.
    TooLarge,
    /// 408, 500, 502 to 599 except a 503 with Retry-After, or a service code for a temporary failure.
    ServerFault,
    /// 503 with Retry-After.
    Unavailable,
    /// 425, or 429 for a rate limit: not executed.
    RateLimited,
    /// 402, or 429 for an exhausted quota.
    QuotaSpent,
    /// 409: a call with the same key is in progress.
    KeyInFlight,
    /// The server does not know the session: not executed.
    SessionLost,
    /// 401: another token may be accepted.
    Unauthorized,
    /// `HeaderMismatch` (-32020): not executed.
    Mismatch,
    /// Any other refusal: 4xx, 3xx, 501, a JSON-RPC error.
    Refused,
    /// The caller cancelled.
    Cancelled,
}
