//! The error table of the gateway, and its envelope.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::service_error::{Row, ServiceError};

/// Every code that the gateway documents.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    ("invalid_mcp_ref", 400, "the MCP server reference is not valid"),
    ("mcp_missing_endpoint", 400, "the MCP server has no endpoint URL"),
    ("mcp_missing_stdio_command", 400, "the MCP server has no command"),
    ("invalid_transport", 400, "the transport of the MCP server is not known"),
    ("unauthorized", 401, "a valid API key is required"),
    ("api_key_expired", 401, "the API key has expired"),
    ("api_key_revoked", 401, "the API key was revoked"),
    ("budget_exceeded", 402, "the budget is spent"),
    ("mcp_not_allowed", 403, "the API key may not use this MCP server"),
    ("mcp_guardrail_block", 403, "the request was blocked"),
    ("safety_blocked", 403, "the request was blocked for safety"),
    ("plugin_blocked", 403, "the request was blocked by a plugin"),
    ("mcp_not_found", 404, "there is no such MCP server"),
    ("rate_limit_exceeded", 429, "too many requests"),
    ("quota_exceeded", 429, "the quota is spent"),
    ("mcp_auth_error", 502, "the MCP server refused the gateway's credentials"),
    ("mcp_upstream_error", 502, "the MCP server could not be reached"),
    ("mcp_stdio_error", 502, "the process of the MCP server failed"),
];

pub(super) fn error(code: &str) -> ServiceError {
    ServiceError::new(TABLE, code)
}

pub(super) fn envelope(error: &ServiceError) -> Answer {
    let mut inner = error.details.clone();
    inner.insert("code".to_owned(), json!(error.code));
    inner.insert("message".to_owned(), json!(error.message));
    error.sign(Answer::json(error.status, &json!({"error": Value::Object(inner)})))
}
