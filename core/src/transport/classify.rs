//! Classifies error responses, in this order: a lost session (signs of the profile, or 404), the envelope codes of 2026-07-28, the
//! service's code, the HTTP status, the JSON-RPC code, to which services give different meanings. With status 500 the JSON-RPC code
//! precedes the status, unless the profile retries such errors.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::config::profile::{Profile, ServiceCode};
use crate::error::attempt_error::{AttemptError, RefersToCall};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery, ErrorInfo};
use crate::http::retry_after;
use crate::http::status::{self, StatusUse};
use crate::protocol::era::{HEADER_MISMATCH, MISSING_CLIENT_CAPABILITY, UNSUPPORTED_VERSION};
use crate::protocol::jsonrpc::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, RESOURCE_NOT_FOUND,
};
use crate::transport::error_details::{ErrorBody, may_be_json};
use crate::transport::message::{Content, ServerResponse};
use crate::util::headers;
use crate::util::sanitize::{self, preview};

/// The most scopes that an error names.
const MOST_SCOPES: usize = 64;

/// The facts about a session that the meaning of a response depends on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ResponseContext {
    pub(crate) in_session: bool,
    /// Whether the codes −32020 to −32022 have the meaning of 2026-07-28; before, servers could use them for other errors.
    pub(crate) has_envelope_codes: bool,
}

/// The result of a response and its headers, or its failure. `method` is the HTTP method of the request.
pub(crate) fn result_of(
    method: &Method,
    response: ServerResponse,
    profile: &Profile,
    context: ResponseContext,
) -> Result<(Bytes, HeaderMap), AttemptError> {
    match response {
        ServerResponse { status, headers, content: Content::Result(result), .. } if status.is_success() => {
            Ok((result, headers))
        }
        response => Err(refused(method, response, profile, context)),
    }
}

/// The failure of a registry's response.
pub(crate) fn refused_rest(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    profile: &Profile,
) -> AttemptError {
    let mut failure = failure(method, status, headers, ErrorBody::by_body(body), profile, ResponseContext::default());
    failure.error.info_mut().data = serde_json::from_slice(body).ok();
    match status == StatusCode::CONFLICT && failure.class == FailureClass::Refused {
        // 409 of a registry: the entry exists already, so nothing was changed.
        true => failure.at_most_rejected(),
        false => failure,
    }
}

/// The failure of a response that is not a result.
pub(crate) fn refused(
    method: &Method,
    response: ServerResponse,
    profile: &Profile,
    context: ResponseContext,
) -> AttemptError {
    let ServerResponse { status, headers, content, truncated_because } = response;
    let mut body = match content {
        Content::Result(_) | Content::OtherResult(_) => ErrorBody::default(),
        Content::RpcError(error) => ErrorBody::by_rpc(error),
        Content::Other(text) => {
            ErrorBody { may_lack_code: truncated_because.is_some() && may_be_json(&text), ..ErrorBody::by_body(&text) }
        }
    };
    body.truncated_because = truncated_because;
    failure(method, status, &headers, body, profile, context)
}

fn failure(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    body: ErrorBody,
    profile: &Profile,
    context: ResponseContext,
) -> AttemptError {
    let wait = retry_after::read(headers, SystemTime::now()).map(|wait| wait.as_secs_f64()).or(body.retry_after);
    let known = body.service_code.as_deref().and_then(|code| profile.service_code(code));
    let (class, code, delivery) = if context.in_session && is_session_lost(method, status, &body, profile) {
        (FailureClass::SessionLost, Code::SessionLost, None)
    } else if let Some((class, code)) = by_envelope_code(&body, context) {
        (class, code, None)
    } else if let Some(row) = known {
        by_service_code(row, status)
    } else {
        by_status(status, &body, profile, wait.is_some())
    };
    // Another token may be accepted, unless the service's code states that the call may have run.
    let is_unauthorized = status == StatusCode::UNAUTHORIZED
        && class == FailureClass::Refused
        && delivery.is_none_or(|delivery| delivery <= Delivery::Rejected);
    let class = if is_unauthorized { FailureClass::Unauthorized } else { class };
    let text = match code {
        Code::UnexpectedRedirect => redirect_message(headers),
        _ => message(code, status, known.is_some(), &body),
    };
    let mut failure = AttemptError::new(class, code, text).with_response_head(status, headers);
    failure.refers_to_call = refers_to_call(&body, headers, known.is_some());
    if let Some(delivery) = delivery {
        // A server that did not read the id of the call has not run it.
        let is_refused = status.is_client_error() && !status::may_have_run(status.as_u16());
        let is_unread = is_refused && body.rpc_code.is_some() && failure.refers_to_call == RefersToCall::No;
        failure = failure.with_delivery(if is_unread { delivery.min(Delivery::Rejected) } else { delivery });
    }
    add_details(failure, headers, body, wait)
}

/// The codes that the specification reserves since 2026-07-28.
fn by_envelope_code(body: &ErrorBody, context: ResponseContext) -> Option<(FailureClass, Code)> {
    match body.rpc_code.filter(|_| context.has_envelope_codes)? {
        HEADER_MISMATCH => Some((FailureClass::Mismatch, Code::BadRequest)),
        MISSING_CLIENT_CAPABILITY => Some((FailureClass::Refused, Code::MissingCapability)),
        UNSUPPORTED_VERSION => Some((FailureClass::Refused, Code::UnsupportedVersion)),
        _ => None,
    }
}

/// Whether the response refers to the call. `is_known`: its service code is in the profile.
fn refers_to_call(body: &ErrorBody, headers: &HeaderMap, is_known: bool) -> RefersToCall {
    match body.rpc_code {
        _ if is_known || body.may_lack_code || names_an_error(headers) => RefersToCall::ByCode,
        Some(code) if !may_be_of_any_call(code) => RefersToCall::ByCode,
        Some(_) if body.has_id => RefersToCall::ById,
        _ => RefersToCall::No,
    }
}

/// Adds the codes, the data and the wait of the response.
fn add_details(mut failure: AttemptError, headers: &HeaderMap, body: ErrorBody, wait: Option<f64>) -> AttemptError {
    if !body.message.is_empty() {
        failure = failure.with_server_text(preview(body.message.as_bytes()), body.truncated_because.is_none());
    }
    let info = failure.error.info_mut();
    info.rpc_code = body.rpc_code;
    info.service_code = body.service_code.map(|code| sanitize::identifier(code.as_bytes()));
    info.retry_after = wait.filter(|seconds| *seconds >= 0.0).map(|seconds| seconds.min(retry_after::LONGEST as f64));
    info.data = body.data.or_else(|| redirect_data(info.code, headers));
    if info.request_id.is_none() {
        info.request_id = body.request_id.map(|id| sanitize::identifier(id.as_bytes()));
    }
    read_scopes(headers, info);
    failure
}

/// Whether servers use a JSON-RPC code for refusals before they read the call.
fn may_be_of_any_call(code: i64) -> bool {
    matches!(code, PARSE_ERROR | INVALID_REQUEST)
        || ((-32019..=-32000).contains(&code) && code != RESOURCE_NOT_FOUND)
        || (-32099..=-32043).contains(&code)
}

/// Whether a challenge names an error of the credentials (RFC 6750, section 3.1).
fn names_an_error(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    headers.contains_key(&headers::OMNI_REQUIRED_SCOPES)
        || challenges.flat_map(|challenge| challenge.split([' ', ','])).any(|part| part.trim().starts_with("error="))
}

/// The message of a redirect that is not followed: its target, and which option to change.
fn redirect_message(headers: &HeaderMap) -> String {
    let to = headers.get(http::header::LOCATION).map(|to| preview(to.as_bytes()));
    let Some(to) = to else { return "the server redirects without a Location".to_owned() };
    format!(
        "the server redirects to {to}, where nothing was sent: only 307 and 308 within the configured origin are followed, \
         at most {} in a row; if this is the right address, set endpoint or base_url to it",
        crate::http::redirects::MOST
    )
}

/// The target of a redirect that is not followed, as the data of its error.
fn redirect_data(code: Code, headers: &HeaderMap) -> Option<Box<RawValue>> {
    let to = headers.get(http::header::LOCATION).filter(|_| code == Code::UnexpectedRedirect)?;
    serde_json::value::to_raw_value(&serde_json::json!({ "location": preview(to.as_bytes()) })).ok()
}

/// Whether a response means that the session is lost: 404 to a request in a session, unless the body names something else that is
/// missing. For GET the body must be a JSON-RPC error, as many servers have no such route.
fn is_session_lost(method: &Method, status: StatusCode, body: &ErrorBody, profile: &Profile) -> bool {
    let about_the_call = matches!(body.rpc_code, Some(METHOD_NOT_FOUND | INVALID_PARAMS | RESOURCE_NOT_FOUND))
        || body.service_code.is_some();
    let is_sign = status == StatusCode::NOT_FOUND && (method == Method::POST || body.rpc_code.is_some());
    if body.may_lack_code {
        // The part that was not read may be about the call.
        return false;
    }
    profile.says_session_lost(method, status, body.rpc_code, &body.message) || (is_sign && !about_the_call)
}

fn by_service_code(row: &ServiceCode, status: StatusCode) -> (FailureClass, Code, Option<Delivery>) {
    if row.failure_class == FailureClass::ServerFault && status.is_client_error() {
        // For the service the request is the cause of such a failure: it ran, and would fail again.
        return (FailureClass::Refused, row.code, Some(Delivery::Executed));
    }
    (row.failure_class, row.code, Some(row.delivery))
}

fn by_status(
    status: StatusCode,
    body: &ErrorBody,
    profile: &Profile,
    has_wait: bool,
) -> (FailureClass, Code, Option<Delivery>) {
    // A JSON-RPC error with 500 is the server's own, and another attempt would receive it again; 502 to 504 come from gateways.
    let is_final_error = status.as_u16() == 500 && body.rpc_code.is_some() && !profile.retries_internal_errors;
    if is_final_error {
        return by_rpc_code(body);
    }
    if let Some(class) = status::transient(status.as_u16(), StatusUse::Call) {
        return transient_status(status, class, has_wait);
    }
    let (class, code) = match status.as_u16() {
        200..=299 => return by_rpc_code(body),
        300..=399 => (FailureClass::Refused, Code::UnexpectedRedirect),
        401 => (FailureClass::Refused, Code::Unauthorized),
        402 => (FailureClass::QuotaSpent, Code::QuotaExceeded),
        403 => (FailureClass::Refused, Code::Forbidden),
        // Only proxies send this status.
        407 => return (FailureClass::ProxyRefused, Code::ProxyUnauthorized, Some(Delivery::Rejected)),
        409 => (FailureClass::Refused, Code::Conflict),
        400 | 404 | 422 if body.rpc_code.is_some() => return by_rpc_code(body),
        404 => (FailureClass::Refused, Code::UnknownAddress),
        422 => (FailureClass::Refused, Code::InvalidParams),
        501 => return (FailureClass::Refused, Code::ServerFailed, Some(Delivery::Rejected)),
        400..=499 => (FailureClass::Refused, Code::BadRequest),
        // An unknown status: the call may have run.
        _ => (FailureClass::BadAnswer, Code::InvalidAnswer),
    };
    let by_status_alone = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if body.may_lack_code && class == FailureClass::Refused && status.is_client_error() && !by_status_alone {
        // The part that was not read may contain a code that decides, for example that the call ran.
        return (FailureClass::BadAnswer, code, None);
    }
    let delivery = status::may_have_run(status.as_u16()).then_some(Delivery::MaybeExecuted);
    (class, code, delivery)
}

fn transient_status(status: StatusCode, class: FailureClass, has_wait: bool) -> (FailureClass, Code, Option<Delivery>) {
    match (status.as_u16(), class) {
        (_, FailureClass::RateLimited) => (class, Code::RateLimited, None),
        (408, _) => (class, Code::ServerTimeout, None),
        (503, _) if has_wait => (FailureClass::Unavailable, Code::ServerUnavailable, None),
        (503, _) => (class, Code::ServerUnavailable, None),
        _ => (class, Code::ServerFailed, None),
    }
}

fn by_rpc_code(body: &ErrorBody) -> (FailureClass, Code, Option<Delivery>) {
    let (code, delivery) = match body.rpc_code {
        Some(PARSE_ERROR | INVALID_REQUEST) => (Code::BadRequest, Delivery::Rejected),
        Some(METHOD_NOT_FOUND) => (Code::UnknownMethod, Delivery::Rejected),
        Some(INVALID_PARAMS) => (Code::InvalidParams, Delivery::Rejected),
        Some(INTERNAL_ERROR) => (Code::ServerFailed, Delivery::MaybeExecuted),
        Some(_) => (Code::RpcError, Delivery::MaybeExecuted),
        None if body.is_rpc => (Code::RpcError, Delivery::MaybeExecuted),
        None => return (FailureClass::Unreadable, Code::InvalidAnswer, None),
    };
    (FailureClass::Refused, code, Some(delivery))
}

/// The failure to read a resource, with the code for an unknown resource if the server reports that. The eras have different codes
/// for it (specification 2025-11-25 and 2026-07-28, server/resources, Error Handling).
pub(crate) fn of_resource(mut failure: AttemptError) -> AttemptError {
    let text = with_help(Code::UnknownResource, failure.server_text(), "");
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

/// Adds the path of the address to the message; the error names its origin.
pub(crate) fn name_path(failure: &mut AttemptError, url: &Url) {
    let info = failure.error.info_mut();
    info.message = format!("{}; the path is {}", info.message, preview(url.path().as_bytes()));
}

/// The message of a refusal: the help text of its code, followed by the text of the server if that adds anything. A known code of the
/// service has the same meaning as the help text, so the text of the server is sufficient with it.
fn message(code: Code, status: StatusCode, is_known: bool, body: &ErrorBody) -> String {
    let cut = body.truncated_because.as_ref().map(|cut| format!(" ({cut})")).unwrap_or_default();
    let text = if is_name_of_error(&body.message, status) { "" } else { &*body.message };
    match is_known && !text.is_empty() {
        true => format!("{}{cut}", preview(text.as_bytes())),
        false => with_help(code, text, &cut),
    }
}

/// The help text of a code, followed by the text of the server.
fn with_help(code: Code, text: &str, cut: &str) -> String {
    let help = code.spec().help.trim_end_matches('.');
    let what = help[..1].to_ascii_lowercase() + &help[1..];
    if text.is_empty() || text.eq_ignore_ascii_case(help) {
        return format!("{what}{cut}");
    }
    format!("{what}{cut}: {}", preview(text.as_bytes()))
}

/// Whether a text of the server only repeats the name of the status or of a code of JSON-RPC.
fn is_name_of_error(text: &str, status: StatusCode) -> bool {
    const RPC_NAMES: [&str; 5] =
        ["Parse error", "Invalid Request", "Method not found", "Invalid params", "Internal error"];
    let text = text.trim().trim_end_matches('.');
    RPC_NAMES.into_iter().chain(status.canonical_reason()).any(|name| name.eq_ignore_ascii_case(text))
}

fn read_scopes(headers: &HeaderMap, info: &mut ErrorInfo) {
    let challenges = || headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let scopes = headers::text(headers, &headers::OMNI_REQUIRED_SCOPES).or_else(|| challenges().find_map(scope_of));
    if let Some(scopes) = scopes {
        let shown = |scope: &str| sanitize::identifier(scope.as_bytes());
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
