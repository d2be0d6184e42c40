//! The two eras of the protocol: *legacy* revisions begin with a handshake, *modern* ones (since 2026-07-28) have none.
//! Other modules ask [`Era`] for a property and [`Codec`] for an encoding; only this module and its two codecs, `legacy` and
//! `modern`, know which era has which.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::error::Delivery;
use crate::error::attempt_error::{AttemptError, RefersToCall};
use crate::error::failure_class::FailureClass;
use crate::protocol::jsonrpc::METHOD_NOT_FOUND;
use crate::protocol::methods::{DISCOVER, INITIALIZE};
use crate::protocol::trace_context::TraceContext;
use crate::protocol::{legacy, modern};

/// JSON-RPC codes of the modern era.
pub(crate) const HEADER_MISMATCH: i64 = -32020;
pub(crate) const MISSING_CLIENT_CAPABILITY: i64 = -32021;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;

/// The first revision without a handshake.
const FIRST_MODERN: &str = "2026-07-28";

/// The era that a server is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

/// How a method of the client is carried out in an era.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Execution {
    /// By a request of this method.
    Request,
    /// By a request of another method; its result is replaced by an empty one.
    OtherRequest(&'static str),
    /// By the handshake, whose result is converted.
    Handshake,
    /// Without a request: the value is sent in each further request.
    EachRequest,
    /// On the stream of subscriptions, which is opened again with the change.
    SubscriptionStream,
}

/// How a server sends notifications and requests outside of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerStream {
    /// On a stream that the client requests by GET.
    Get,
    /// On the stream of a `subscriptions/listen` request.
    Subscriptions,
}

impl Era {
    /// How `method` is carried out.
    pub(crate) fn execution(self, method: &str) -> Execution {
        match self {
            Self::Legacy => legacy::execution(method),
            Self::Modern => modern::execution(method),
        }
    }

    /// Where messages outside of calls arrive.
    pub(crate) fn server_stream(self) -> ServerStream {
        match self {
            Self::Legacy => ServerStream::Get,
            Self::Modern => ServerStream::Subscriptions,
        }
    }

    /// Whether a server may have sessions: an id for all requests, which it can lose, and which DELETE ends.
    pub(crate) fn has_sessions(self) -> bool {
        self == Self::Legacy
    }

    /// Whether a server may send requests to the client; in the modern era it returns a result that requires input instead.
    pub(crate) fn has_server_requests(self) -> bool {
        self == Self::Legacy
    }

    /// Whether the client notifies a server of changed roots.
    pub(crate) fn has_roots_list_changed(self) -> bool {
        self == Self::Legacy
    }

    /// Whether an event stream that breaks off can be resumed by the id of its last event.
    pub(crate) fn resumes_streams(self) -> bool {
        self == Self::Legacy
    }

    /// Whether annotated arguments of a tool are also sent in headers.
    pub(crate) fn has_argument_headers(self) -> bool {
        self == Self::Modern
    }

    /// Whether results name the time for which they may be cached.
    pub(crate) fn has_cacheable_results(self) -> bool {
        self == Self::Modern
    }

    /// Whether `notifications/cancelled` of a server ends the stream of subscriptions.
    pub(crate) fn cancels_subscriptions(self) -> bool {
        self == Self::Modern
    }

    /// Whether the client sends `notifications/cancelled` for a request without a response. In the modern era, closing the
    /// response stream of an HTTP request cancels it.
    pub(crate) fn sends_cancellation(self, is_http: bool) -> bool {
        self == Self::Legacy || !is_http
    }

    /// Whether the codes −32020 to −32022 in a response to `method` have the meaning of 2026-07-28. Servers of the modern era
    /// may send them in response to `initialize`; otherwise legacy servers may use the numbers for other errors.
    pub(crate) fn has_envelope_codes(self, method: &str) -> bool {
        self == Self::Modern || method == INITIALIZE
    }

    /// Whether a server may be found to be of another era while its session is open: a process that completed the handshake
    /// does not change.
    pub(crate) fn can_change(self, is_process: bool) -> bool {
        self == Self::Modern || !is_process
    }

    /// Whether a result requires input before the call can complete.
    ///
    /// # Errors
    /// Where the result is of a type that the client did not declare.
    pub(crate) fn requires_input(self, method: &str, result: &[u8]) -> Result<bool, AttemptError> {
        match self {
            Self::Legacy => Ok(false),
            Self::Modern => modern::result_kind(method, result).map(|kind| kind == modern::ResultKind::InputRequired),
        }
    }

    /// Whether a refusal shows that the server is of another era or version than this one. `versions` are those that the client
    /// accepts.
    pub(crate) fn is_contradicted_by(self, failure: &AttemptError, versions: &[&str]) -> bool {
        failure.class == FailureClass::Refused
            && match self {
                Self::Legacy => {
                    versions.iter().any(|version| is_modern(version)) && legacy::is_contradicted_by(failure)
                }
                Self::Modern => modern::is_contradicted_by(failure),
            }
    }

    /// Whether such a refusal proves that the call did not run.
    pub(crate) fn refusal_proves_not_run(self, failure: &AttemptError) -> bool {
        let info = failure.error.info();
        let refers_to_envelope = self == Self::Modern && info.rpc_code == Some(UNSUPPORTED_VERSION);
        info.delivery <= Delivery::Rejected && (failure.refers_to_call == RefersToCall::No || refers_to_envelope)
    }
}

/// Whether a server refused a handshake as a server of the modern era does.
pub(crate) fn is_refusal_by_modern_server(failure: &AttemptError, versions: &[&str]) -> bool {
    Era::Legacy.is_contradicted_by(failure, versions) || failure.error.info().rpc_code == Some(METHOD_NOT_FOUND)
}

/// Encodes the requests to one server.
#[derive(Debug, Clone)]
pub(crate) struct Codec {
    era: Era,
    /// The members of `_meta` in each request, as JSON text; empty in the legacy era.
    meta: String,
}

/// A request before it is encoded.
pub(crate) struct RequestParts<'a> {
    pub(crate) method: &'a str,
    pub(crate) params: &'a Bytes,
    pub(crate) session_id: Option<&'a HeaderValue>,
    /// The minimum level of log messages.
    pub(crate) log_level: Option<&'a str>,
    pub(crate) trace: &'a TraceContext,
    /// Whether it is sent to a process, which receives no headers.
    pub(crate) to_process: bool,
}

impl Codec {
    /// The codec of a server that is opened by a handshake.
    pub(crate) fn with_handshake() -> Self {
        Self { era: Era::Legacy, meta: String::new() }
    }

    /// The codec of a version without a handshake. `capabilities` and `client_info` are JSON text.
    pub(crate) fn without_handshake(
        version: &str,
        capabilities: impl FnOnce(Era) -> String,
        client_info: &str,
    ) -> Self {
        let era = Era::Modern;
        Self { era, meta: modern::meta(version, &capabilities(era), client_info) }
    }

    pub(crate) fn era(&self) -> Era {
        self.era
    }

    /// The params as they are sent; adds the headers of the era to `headers`.
    ///
    /// # Errors
    /// A `config` error where the params contain members that the client sets.
    pub(crate) fn encode(&self, request: &RequestParts<'_>, headers: &mut HeaderMap) -> crate::error::Result<Bytes> {
        match self.era {
            Era::Legacy => legacy::encode(request, headers),
            Era::Modern => modern::encode(request, &self.meta, headers),
        }
    }
}

/// Whether a revision has no handshake. Revisions are dates and compare as text.
pub(crate) fn is_modern(version: &str) -> bool {
    version >= FIRST_MODERN
}

/// The first version that is opened by a handshake.
pub(crate) fn version_with_handshake<'a>(versions: &[&'a str]) -> Option<&'a str> {
    versions.iter().copied().find(|version| !is_modern(version))
}

/// The first version that is opened by the probe, `server/discover`.
pub(crate) fn version_without_handshake<'a>(versions: &[&'a str]) -> Option<&'a str> {
    versions.iter().copied().find(|version| is_modern(version))
}

/// Whether a request of this method may be the first one to a server.
pub(crate) fn is_opening_request(method: &str) -> bool {
    matches!(method, INITIALIZE | DISCOVER)
}

/// The response of a server to the probe.
pub(crate) enum ProbeResponse<'a> {
    /// A result.
    Result(&'a [u8]),
    /// A JSON-RPC error: its code and its data.
    Error(i64, Option<&'a str>),
    /// Anything else: no JSON-RPC message, or no response.
    Other,
}

/// How a session with the server is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EraDecision {
    /// Without a handshake, in this version.
    Discovered(String),
    /// By a handshake.
    Handshake,
    /// Not at all: the server is of the modern era, and these versions of its are not accepted.
    NoVersion(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovered {
    supported_versions: Vec<String>,
}

#[derive(Deserialize)]
struct Supported {
    supported: Vec<String>,
}

/// Decides by the response to the probe (specification 2026-07-28, basic/versioning, and Backward Compatibility of either
/// transport). `versions` are those that the client accepts, the preferred one first. Only a positive sign makes a server modern;
/// any other server does not know the probe.
pub(crate) fn decide(status: StatusCode, response: &ProbeResponse<'_>, versions: &[&str]) -> EraDecision {
    match response {
        ProbeResponse::Result(result) if status.is_success() => match serde_json::from_slice::<Discovered>(result) {
            Ok(discovered) => decide_by_list(discovered.supported_versions, versions),
            Err(_) => EraDecision::Handshake,
        },
        ProbeResponse::Error(UNSUPPORTED_VERSION, data) => {
            match data.and_then(|data| serde_json::from_str::<Supported>(data).ok()) {
                Some(named) => decide_by_list(named.supported, versions),
                None => EraDecision::Handshake,
            }
        }
        // The server understood the envelope of the probe, and requires more of it.
        ProbeResponse::Error(HEADER_MISMATCH | MISSING_CLIENT_CAPABILITY, _) => version_without_handshake(versions)
            .map_or(EraDecision::Handshake, |version| EraDecision::Discovered(version.to_owned())),
        _ => EraDecision::Handshake,
    }
}

fn decide_by_list(named: Vec<String>, versions: &[&str]) -> EraDecision {
    let is_named = |version: &&&str| named.iter().any(|named| named == **version);
    let common: Vec<&str> = versions.iter().filter(is_named).copied().collect();
    match (version_without_handshake(&common), version_with_handshake(&common)) {
        (Some(version), _) => EraDecision::Discovered(version.to_owned()),
        // A server of both eras, of which only the older one is in common.
        (None, Some(_)) => EraDecision::Handshake,
        (None, None) => EraDecision::NoVersion(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: &[&str] = &["2026-07-28", "2025-11-25", "2025-06-18"];

    fn of(status: u16, response: &ProbeResponse<'_>) -> EraDecision {
        decide(StatusCode::from_u16(status).unwrap(), response, VERSIONS)
    }

    #[test]
    fn decisions_by_the_response_to_the_probe() {
        let discovered = || EraDecision::Discovered("2026-07-28".to_owned());
        let result = |text: &'static str| ProbeResponse::Result(text.as_bytes());
        let supported = |text: &'static str| ProbeResponse::Error(UNSUPPORTED_VERSION, Some(text));
        for (status, response, expected) in [
            (200, result(r#"{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25"]}"#), discovered()),
            (200, result(r#"{"supportedVersions":["2025-11-25"]}"#), EraDecision::Handshake),
            (
                200,
                result(r#"{"supportedVersions":["2099-01-01"]}"#),
                EraDecision::NoVersion(vec!["2099-01-01".to_owned()]),
            ),
            // A server that sends an empty result to any request.
            (200, result("{}"), EraDecision::Handshake),
            (400, supported(r#"{"supported":["2026-07-28"],"requested":"2026-07-28"}"#), discovered()),
            (400, supported(r#"{"supported":["2025-11-25"]}"#), EraDecision::Handshake),
            (400, supported(r#"{"supported":["2099-01-01"]}"#), EraDecision::NoVersion(vec!["2099-01-01".to_owned()])),
            (400, ProbeResponse::Error(UNSUPPORTED_VERSION, None), EraDecision::Handshake),
            (400, ProbeResponse::Error(HEADER_MISMATCH, None), discovered()),
            (400, ProbeResponse::Error(MISSING_CLIENT_CAPABILITY, None), discovered()),
            // Responses of servers that know only the handshake.
            (400, ProbeResponse::Error(-32000, None), EraDecision::Handshake),
            (400, ProbeResponse::Error(-32600, None), EraDecision::Handshake),
            (404, ProbeResponse::Error(-32601, None), EraDecision::Handshake),
            (200, ProbeResponse::Error(-32601, None), EraDecision::Handshake),
            (200, ProbeResponse::Error(-32602, None), EraDecision::Handshake),
            (400, ProbeResponse::Other, EraDecision::Handshake),
            (401, ProbeResponse::Other, EraDecision::Handshake),
            (404, ProbeResponse::Other, EraDecision::Handshake),
            (405, ProbeResponse::Other, EraDecision::Handshake),
        ] {
            assert_eq!(of(status, &response), expected);
        }
    }
}
