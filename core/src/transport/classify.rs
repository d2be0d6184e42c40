//! What an answer means: by the profile's session sign, then the HTTP status, then the service's own code, and by the
//! JSON-RPC code last, because services give one number different meanings.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::config::profile::{Profile, ServiceCode};
use crate::error::attempt_error::{AttemptError, ServerText, Tie};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, ErrorInfo};
use crate::http::retry_after;
use crate::http::status::{self, StatusUse};
use crate::protocol::era::{HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION};
use crate::protocol::jsonrpc::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RESOURCE_NOT_FOUND, RpcError,
};
use crate::transport::message::{Answer, Content};
use crate::util::headers;
use crate::util::sanitize::preview;

/// The most scopes that an error names.
const MOST_SCOPES: usize = 64;

/// What is known of a conversation besides its profile.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ResponseContext {
    pub(crate) in_session: bool,
    /// Whether the codes −32020 to −32022 have the meaning of 2026-07-28; before, servers could use them for other errors.
    pub(crate) has_envelope_codes: bool,
}

/// The result of an answer and its headers, or why it is none. `method` is the HTTP method of the request.
pub(crate) fn judge(
    method: &Method,
    answer: Answer,
    profile: &Profile,
    standing: ResponseContext,
) -> Result<(Bytes, HeaderMap), AttemptError> {
    match answer {
        Answer { status, headers, content: Content::Result(result), .. } if status.is_success() => {
            Ok((result, headers))
        }
        answer => Err(refused(method, answer, profile, standing)),
    }
}

/// Why an answer of a registry is none.
pub(crate) fn refused_rest(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    profile: &Profile,
) -> AttemptError {
    let mut failure = failure(method, status, headers, ErrorBody::by_body(body), profile, ResponseContext::default());
    failure.error.info_mut().data = serde_json::from_slice(body).ok();
    match status == StatusCode::CONFLICT && failure.happened == FailureClass::Refused {
        // Not a call of a tool: the entry exists already, so nothing was changed.
        true => failure.at_most_rejected(),
        false => failure,
    }
}

/// Why an answer is no result.
pub(crate) fn refused(method: &Method, answer: Answer, profile: &Profile, standing: ResponseContext) -> AttemptError {
    let Answer { status, headers, content, cut } = answer;
    let mut said = match content {
        Content::Result(_) | Content::OtherResult(_) => ErrorBody::default(),
        Content::RpcError(error) => ErrorBody::by_rpc(error),
        Content::Other(body) => ErrorBody { is_open: cut.is_some() && may_be_json(&body), ..ErrorBody::by_body(&body) },
    };
    said.cut = cut;
    failure(method, status, &headers, said, profile, standing)
}

/// What the body of a refusal says.
#[derive(Default)]
struct ErrorBody {
    message: String,
    rpc_code: Option<i64>,
    /// Whether the JSON-RPC error named the id of a request.
    has_id: bool,
    /// Whether it is a JSON-RPC error, be it without a code.
    is_rpc: bool,
    service_code: Option<String>,
    request_id: Option<String>,
    retry_after: Option<f64>,
    data: Option<Box<RawValue>>,
    /// What is to be said where not all of the body was read.
    cut: Option<String>,
    /// Whether what was not read may say what the status alone does not.
    is_open: bool,
}

/// Whether a body of which this is the beginning may be JSON. A page for people holds no code.
fn may_be_json(beginning: &[u8]) -> bool {
    let text = beginning.trim_ascii_start();
    text.is_empty() || text.starts_with(b"{") || text.starts_with(b"[")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Details {
    omni_code: Option<String>,
    request_id: Option<String>,
}

/// `{"error": {"code": "…", …}}`: the code is a string where the error is not JSON-RPC.
#[derive(Deserialize)]
struct Rest {
    error: RestError,
}

/// What services say that have no such object: a text, or a list of what is wrong.
#[derive(Deserialize)]
struct PlainErrorBody {
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    detail: Option<Value>,
}

impl PlainErrorBody {
    fn text(self) -> Option<String> {
        let as_text = |value: Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            // {"error": {"message": "…"}} without a code.
            Value::Object(members) if members.get("message").is_some_and(Value::is_string) => {
                members["message"].as_str().map(str::to_owned)
            }
            other => Some(other.to_string()),
        };
        let said: Vec<_> = [self.message, self.error, self.detail].into_iter().flatten().filter_map(as_text).collect();
        (!said.is_empty()).then(|| said.join(": "))
    }
}

#[derive(Deserialize)]
struct RestError {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    retry_after: Option<f64>,
}

impl ErrorBody {
    fn by_rpc(error: RpcError) -> Self {
        let details: Details =
            error.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default();
        Self {
            message: error.message,
            rpc_code: error.code,
            has_id: error.has_id,
            is_rpc: true,
            service_code: details.omni_code,
            request_id: details.request_id,
            retry_after: None,
            data: error.data,
            cut: None,
            is_open: false,
        }
    }

    fn by_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Rest>(body) {
            Ok(Rest { error }) => Self {
                message: error.message,
                service_code: Some(error.code),
                request_id: error.request_id,
                retry_after: error.retry_after,
                ..Self::default()
            },
            Err(_) => {
                let said = serde_json::from_slice::<PlainErrorBody>(body).ok().and_then(PlainErrorBody::text);
                let text = || String::from_utf8_lossy(body).trim().to_owned();
                Self { message: said.unwrap_or_else(text), ..Self::default() }
            }
        }
    }
}

fn failure(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    said: ErrorBody,
    profile: &Profile,
    standing: ResponseContext,
) -> AttemptError {
    let wait = retry_after::read(headers, SystemTime::now()).map(|wait| wait.as_secs_f64()).or(said.retry_after);
    let lost = standing.in_session && is_session_lost(method, status, &said, profile);
    let known = said.service_code.as_deref().and_then(|word| profile.service_code(word));
    let (happened, code, delivery) = match known {
        _ if lost => (FailureClass::SessionLost, Code::SessionLost, None),
        // Of a range that the specification keeps to itself since 2026-07-28.
        _ if standing.has_envelope_codes && said.rpc_code == Some(HEADER_MISMATCH) => {
            (FailureClass::Mismatch, Code::BadRequest, None)
        }
        _ if standing.has_envelope_codes && said.rpc_code == Some(MISSING_CLIENT_CAPABILITY) => {
            (FailureClass::Refused, Code::MissingCapability, None)
        }
        _ if standing.has_envelope_codes && said.rpc_code == Some(UNSUPPORTED_VERSION) => {
            (FailureClass::Refused, Code::UnsupportedVersion, None)
        }
        Some(row) => by_service_code(row, status),
        None => by_status(status, &said, profile, wait.is_some()),
    };
    // By the status alone: another token may be accepted, whatever the service calls the refusal.
    let unauthorized = status == StatusCode::UNAUTHORIZED && happened == FailureClass::Refused;
    let happened = if unauthorized { FailureClass::Unauthorized } else { happened };
    let tie = match said.rpc_code {
        _ if known.is_some() || said.is_open || names_an_error(headers) => Tie::Code,
        Some(code) if !may_be_of_any_call(code) => Tie::Code,
        Some(_) if said.has_id => Tie::Id,
        _ => Tie::Status,
    };
    // A server that could not tell which call it refuses has run none.
    let is_plain_refusal = status.is_client_error() && !status::may_have_run(status.as_u16());
    let unread = is_plain_refusal && said.rpc_code.is_some() && tie == Tie::Status;
    let delivery = delivery.map(|delivery| if unread { delivery.min(Delivery::Rejected) } else { delivery });
    let text = match code {
        Code::UnexpectedRedirect => redirect_message(headers),
        _ => message(code, &said.message, said.cut.as_deref()),
    };
    let mut failure = AttemptError::new(happened, code, text).answered(status, headers);
    failure.tie = tie;
    if !said.message.is_empty() {
        failure.server_text =
            Some(ServerText { preview: preview(said.message.as_bytes()), is_whole: said.cut.is_none() });
    }
    if let Some(delivery) = delivery {
        failure = failure.with_delivery(delivery);
    }
    let info = failure.error.info_mut();
    info.rpc_code = said.rpc_code;
    info.service_code = said.service_code.map(|word| crate::util::sanitize::word(word.as_bytes()));
    info.retry_after = wait.filter(|seconds| *seconds >= 0.0).map(|seconds| seconds.min(retry_after::LONGEST as f64));
    info.data = said.data;
    if info.request_id.is_none() {
        info.request_id = said.request_id.map(|id| crate::util::sanitize::word(id.as_bytes()));
    }
    read_scopes(headers, info);
    failure
}

/// Whether servers use a JSON-RPC code for whatever they refuse before they look at the call.
fn may_be_of_any_call(code: i64) -> bool {
    matches!(code, PARSE_ERROR | INVALID_REQUEST)
        || ((-32019..=-32000).contains(&code) && code != RESOURCE_NOT_FOUND)
        || (-32099..=-32043).contains(&code)
}

/// Whether a challenge names what is wrong with the credentials (RFC 6750, section 3.1).
fn names_an_error(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    headers.contains_key(&headers::OMNI_REQUIRED_SCOPES)
        || challenges.flat_map(|challenge| challenge.split([' ', ','])).any(|word| word.trim().starts_with("error="))
}

/// What a redirect that is not followed says: where it leads, and what to do.
fn redirect_message(headers: &HeaderMap) -> String {
    let to = headers.get(http::header::LOCATION).map(|to| preview(to.as_bytes()));
    let Some(to) = to else { return "the server redirects without saying where".to_owned() };
    format!(
        "the server redirects to {to}, where nothing was sent: only 307 and 308 within the configured origin are followed, \
         at most {} in a row; if this is the right address, set endpoint or base_url to it",
        crate::http::redirects::MOST
    )
}

/// 404 to a request with a session says that the session is gone, unless the body says that something else is missing.
/// To GET it must say so itself: many servers have no such route.
fn is_session_lost(method: &Method, status: StatusCode, said: &ErrorBody, profile: &Profile) -> bool {
    let about_the_call = matches!(said.rpc_code, Some(METHOD_NOT_FOUND | INVALID_PARAMS | RESOURCE_NOT_FOUND))
        || said.service_code.is_some();
    let is_sign = status == StatusCode::NOT_FOUND && (method == Method::POST || said.rpc_code.is_some());
    if said.is_open {
        // The rest of it may be about the call.
        return false;
    }
    profile.says_session_lost(method, status, said.rpc_code, &said.message) || (is_sign && !about_the_call)
}

fn by_service_code(row: &ServiceCode, status: StatusCode) -> (FailureClass, Code, Option<Delivery>) {
    if row.happened == FailureClass::ServerFault && status.is_client_error() {
        // The service counts such a failure as the request's own fault: it ran, and would fail again.
        return (FailureClass::Refused, row.code, Some(Delivery::Executed));
    }
    (row.happened, row.code, Some(row.delivery))
}

fn by_status(
    status: StatusCode,
    said: &ErrorBody,
    profile: &Profile,
    has_wait: bool,
) -> (FailureClass, Code, Option<Delivery>) {
    // The server itself answered 500 with an error, and would again; a gateway's 502 to 504 is not the server's.
    let is_final_error = status.as_u16() == 500 && said.rpc_code.is_some() && !profile.retries_internal_errors;
    if is_final_error {
        return by_rpc_code(said);
    }
    if let Some(class) = status::transient(status.as_u16(), StatusUse::Call) {
        return transient_status(status, class, has_wait);
    }
    let (happened, code) = match status.as_u16() {
        200..=299 => return by_rpc_code(said),
        300..=399 => (FailureClass::Refused, Code::UnexpectedRedirect),
        401 => (FailureClass::Refused, Code::Unauthorized),
        402 => (FailureClass::QuotaSpent, Code::QuotaExceeded),
        403 => (FailureClass::Refused, Code::Forbidden),
        // Of a proxy: no server says so.
        407 => return (FailureClass::ProxyRefused, Code::ProxyUnauthorized, Some(Delivery::Rejected)),
        409 => (FailureClass::Refused, Code::Conflict),
        400 | 404 | 422 if said.rpc_code.is_some() => return by_rpc_code(said),
        404 => (FailureClass::Refused, Code::UnknownAddress),
        422 => (FailureClass::Refused, Code::InvalidParams),
        501 => return (FailureClass::Refused, Code::ServerFailed, Some(Delivery::Rejected)),
        400..=499 => (FailureClass::Refused, Code::BadRequest),
        // Neither a refusal nor anything else that is known: it may have run.
        _ => (FailureClass::BadAnswer, Code::InvalidAnswer),
    };
    let by_status_alone = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if said.is_open && happened == FailureClass::Refused && status.is_client_error() && !by_status_alone {
        // What was not read may hold a code by which it ran, or another that decides.
        return (FailureClass::BadAnswer, code, None);
    }
    let delivery = status::may_have_run(status.as_u16()).then_some(Delivery::MaybeExecuted);
    (happened, code, delivery)
}

fn transient_status(status: StatusCode, class: FailureClass, has_wait: bool) -> (FailureClass, Code, Option<Delivery>) {
    let (happened, code) = match (status.as_u16(), class) {
        (_, FailureClass::RateLimited) => (class, Code::RateLimited),
        (408, _) => (class, Code::ServerTimeout),
        (503, _) if has_wait => (FailureClass::Unavailable, Code::ServerUnavailable),
        (503, _) => (class, Code::ServerUnavailable),
        _ => (class, Code::ServerFailed),
    };
    (happened, code, None)
}

fn by_rpc_code(said: &ErrorBody) -> (FailureClass, Code, Option<Delivery>) {
    let (code, delivery) = match said.rpc_code {
        Some(PARSE_ERROR | INVALID_REQUEST) => (Code::BadRequest, Delivery::Rejected),
        Some(METHOD_NOT_FOUND) => (Code::UnknownMethod, Delivery::Rejected),
        Some(INVALID_PARAMS) => (Code::InvalidParams, Delivery::Rejected),
        Some(INTERNAL_ERROR) => (Code::ServerFailed, Delivery::MaybeExecuted),
        Some(_) => (Code::RpcError, Delivery::MaybeExecuted),
        None if said.is_rpc => (Code::RpcError, Delivery::MaybeExecuted),
        None => return (FailureClass::Unreadable, Code::InvalidAnswer, None),
    };
    (FailureClass::Refused, code, Some(delivery))
}

/// The failure to read a resource, where it says that there is none: the eras have a code each for that (specification
/// 2025-11-25 and 2026-07-28, server/resources, Error Handling).
pub(crate) fn of_resource(mut failure: AttemptError) -> AttemptError {
    let text = message(Code::UnknownResource, failure.server_text(), None);
    let info = failure.error.info_mut();
    let names_it = || {
        let data: Option<Value> = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok());
        data.is_some_and(|data| data["uri"].is_string())
    };
    if info.rpc_code == Some(RESOURCE_NOT_FOUND) || (info.rpc_code == Some(INVALID_PARAMS) && names_it()) {
        info.message = text;
        info.code = Code::UnknownResource;
        info.kind = info.code.kind();
        return failure.rejected();
    }
    failure
}

/// Says which address it was, without its query.
pub(crate) fn name_address(failure: &mut AttemptError, url: &Url) {
    let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
    let info = failure.error.info_mut();
    info.message = format!("{}; the address is {}", info.message, preview(address.as_bytes()));
}

fn message(code: Code, said: &str, cut: Option<&str>) -> String {
    let what = code.spec().help.trim_end_matches('.');
    let cut = cut.map(|cut| format!(" ({cut})")).unwrap_or_default();
    if said.is_empty() || said.eq_ignore_ascii_case(what) {
        return format!("{what}{cut}");
    }
    format!("{what}{cut}: {}", preview(said.as_bytes()))
}

fn read_scopes(headers: &HeaderMap, info: &mut ErrorInfo) {
    let challenges = || headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let scopes = headers::text(headers, &headers::OMNI_REQUIRED_SCOPES).or_else(|| challenges().find_map(scope_of));
    if let Some(scopes) = scopes {
        let shown = |scope: &str| crate::util::sanitize::word(scope.as_bytes());
        info.required_scopes = scopes.split_ascii_whitespace().take(MOST_SCOPES).map(shown).collect();
    }
}

/// The scopes that a challenge names (RFC 6750, section 3; specification 2025-11-25, basic/authorization, Scope Challenge
/// Handling).
fn scope_of(challenge: &str) -> Option<&str> {
    challenge.match_indices("scope").find_map(|(at, name)| {
        let is_a_name = challenge[..at].ends_with([' ', ',', '\t']);
        let value = challenge[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let scopes = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => value.split([',', ' ']).next()?,
        };
        (is_a_name && !scopes.is_empty()).then_some(scopes)
    })
}

#[cfg(test)]
mod tests;
