//! Any MCP server that speaks a legacy revision.

use std::borrow::Cow;

use crate::config::profile::{Profile, VariableNames, text};

pub(super) static GENERIC: Profile = Profile {
    name: text("generic"),
    base_url: None,
    path: text(""),
    sse_path: text(""),
    environment: VariableNames { api_key: None, base_url: None },
    key_required: false,
    api_key_header: None,
    versions: Cow::Borrowed(&[
        text("2026-07-28"),
        text("2025-11-25"),
        text("2025-06-18"),
        text("2025-03-26"),
        text("2024-11-05"),
    ]),
    handshake: true,
    string_ids: false,
    deletes_sessions: true,
    finds_sse: true,
    honours_idempotency_keys: false,
    sticky: false,
    omni_version: false,
    retries_internal_errors: false,
    catalogue: Cow::Borrowed(&[]),
    session_lost: Cow::Borrowed(&[]),
};
