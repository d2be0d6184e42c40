//! Odock's gateway: one HTTP route for each server behind it, and errors that are not JSON-RPC.

use std::borrow::Cow;

use crate::config::profile::{Profile, ServiceCode, VariableNames, refused, row, text};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};

pub(super) static ODOCK: Profile = Profile {
    name: text("odock"),
    base_url: Some(text("https://api.odock.ai")),
    path: text("/v1/mcp/{slug}"),
    sse_path: text("/v1/mcp/{slug}"),
    environment: VariableNames { api_key: Some(text("ODOCK_API_KEY")), base_url: Some(text("ODOCK_GATEWAY_URL")) },
    key_required: true,
    api_key_header: None,
    versions: Cow::Borrowed(&[text("2025-11-25"), text("2025-06-18"), text("2025-03-26"), text("2024-11-05")]),
    // The gateway takes a bare tools/call.
    handshake: false,
    string_ids: true,
    // DELETE is no route of the gateway.
    deletes_sessions: false,
    finds_sse: false,
    honours_idempotency_keys: false,
    sticky: false,
    omni_version: false,
    retries_internal_errors: false,
    catalogue: Cow::Borrowed(&[
        refused("invalid_mcp_ref", Code::BadRequest),
        refused("mcp_missing_endpoint", Code::BadRequest),
        refused("mcp_missing_stdio_command", Code::BadRequest),
        refused("invalid_transport", Code::BadRequest),
        refused("unauthorized", Code::Unauthorized),
        refused("api_key_expired", Code::Unauthorized),
        refused("api_key_revoked", Code::Unauthorized),
        row("budget_exceeded", Code::QuotaExceeded, FailureClass::QuotaSpent, Delivery::Rejected),
        refused("mcp_not_allowed", Code::Forbidden),
        refused("mcp_guardrail_block", Code::ToolBlocked),
        refused("safety_blocked", Code::Forbidden),
        refused("plugin_blocked", Code::Forbidden),
        refused("mcp_not_found", Code::UnknownAddress),
        row("rate_limit_exceeded", Code::RateLimited, FailureClass::RateLimited, Delivery::Rejected),
        row("quota_exceeded", Code::QuotaExceeded, FailureClass::QuotaSpent, Delivery::Rejected),
        upstream("mcp_auth_error"),
        upstream("mcp_upstream_error"),
        upstream("mcp_stdio_error"),
    ]),
    session_lost: Cow::Borrowed(&[]),
};

const fn upstream(service_code: &'static str) -> ServiceCode {
    row(service_code, Code::ServerFailed, FailureClass::ServerFault, Delivery::MaybeExecuted)
}
