//! Octomind's hosted MCP server.

use std::borrow::Cow;

use http::{Method, StatusCode};

use crate::config::profile::{Profile, SessionSign, VariableNames, text};

pub(super) static OCTOMIND: Profile = Profile {
    name: text("octomind"),
    base_url: Some(text("https://mcp.app.octomind.dev")),
    path: text("/mcp"),
    sse_path: text("/sse"),
    environment: VariableNames { api_key: Some(text("OCTOMIND_API_KEY")), base_url: Some(text("OCTOMIND_BASE_URL")) },
    key_required: true,
    api_key_header: None,
    versions: Cow::Borrowed(&[text("2025-11-25"), text("2025-06-18"), text("2025-03-26"), text("2024-11-05")]),
    handshake: true,
    string_ids: false,
    deletes_sessions: true,
    finds_sse: false,
    honours_idempotency_keys: false,
    // Its load balancer routes by x-session-id, so that a session stays where it was opened.
    sticky: true,
    omni_version: false,
    retries_internal_errors: false,
    catalogue: Cow::Borrowed(&[]),
    session_lost: Cow::Borrowed(&[
        // A wrong protocol version has the same status and code.
        SessionSign {
            method: Method::POST,
            status: StatusCode::BAD_REQUEST,
            rpc_code: Some(-32000),
            mentions: Some(text("session")),
        },
        SessionSign {
            method: Method::GET,
            status: StatusCode::INTERNAL_SERVER_ERROR,
            rpc_code: None,
            mentions: Some(text("<")),
        },
    ]),
};
