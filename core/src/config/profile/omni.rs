//! OMNI's hosted MCP server.

use std::borrow::Cow;

use crate::config::profile::{Profile, VariableNames, refused, row, text};
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};

pub(super) static OMNI: Profile = Profile {
    name: text("omni"),
    base_url: Some(text("https://api.omnibrief.app")),
    path: text("/mcp"),
    sse_path: text("/sse"),
    environment: VariableNames {
        api_key: Some(text("OMNI_API_KEY")),
        base_url: Some(text("OMNI_CLIENT_API_BASE_URL")),
    },
    key_required: true,
    api_key_header: None,
    // 2025-11-05 is the default of OMNI and not a published revision. OMNI selects it for any newer requested version.
    versions: Cow::Borrowed(&[text("2025-11-05"), text("2025-06-18"), text("2025-03-26")]),
    handshake: true,
    string_ids: false,
    deletes_sessions: true,
    finds_sse: false,
    honours_idempotency_keys: true,
    sticky: false,
    omni_version: true,
    retries_internal_errors: true,
    catalogue: Cow::Borrowed(&[
        refused("missing_api_key", Code::Unauthorized),
        refused("invalid_api_key", Code::Unauthorized),
        refused("auth_rejected", Code::Unauthorized),
        refused("insufficient_scope", Code::MissingScope),
        row("rate_limit_exceeded", Code::RateLimited, FailureClass::RateLimited, Delivery::Rejected),
        refused("missing_idempotency_key", Code::BadRequest),
        refused("unknown_tool", Code::UnknownTool),
        refused("missing_q", Code::InvalidParams),
        refused("missing_series_id", Code::InvalidParams),
        refused("invalid_parameter", Code::InvalidParams),
        refused("invalid_payload", Code::InvalidParams),
        refused("invalid_json", Code::BadRequest),
        row("idempotency_conflict", Code::KeyInFlight, FailureClass::KeyInFlight, Delivery::MaybeExecuted),
        row("service_disabled", Code::ServerUnavailable, FailureClass::Unavailable, Delivery::Rejected),
        row("auth_backend_unavailable", Code::ServerUnavailable, FailureClass::Unavailable, Delivery::Rejected),
        row(
            "invalid_control_plane_response",
            Code::ServerUnavailable,
            FailureClass::ServerFault,
            Delivery::MaybeExecuted,
        ),
        row("mcp_invocation_failed", Code::InvocationFailed, FailureClass::ServerFault, Delivery::MaybeExecuted),
        row("mcp_internal_error", Code::ServerFailed, FailureClass::ServerFault, Delivery::MaybeExecuted),
    ]),
    session_lost: Cow::Borrowed(&[]),
};
