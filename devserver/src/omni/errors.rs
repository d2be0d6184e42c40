//! The error table of the OMNI service, and the two forms of its errors.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::headers;
use crate::jsonrpc;

/// One row of the table.
pub(crate) struct Row {
    pub(crate) code: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) status: u16,
    pub(crate) rpc: i64,
    message: &'static str,
}

const fn row(code: &'static str, kind: &'static str, status: u16, rpc: i64, message: &'static str) -> Row {
    Row { code, kind, status, rpc, message }
}

const AUTH: &str = "auth_error";
const PERMISSION: &str = "permission_error";
const RATE: &str = "rate_limit_error";
const REQUEST: &str = "invalid_request";
const API: &str = "api_error";

const UNAUTHORIZED: i64 = -32001;
const RATE_LIMITED: i64 = -32002;
const INTERNAL: i64 = -32603;

/// Every code that the service documents.
#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    row("missing_api_key", AUTH, 401, UNAUTHORIZED, "an API key is required"),
    row("invalid_api_key", AUTH, 401, UNAUTHORIZED, "the API key is not valid"),
    row("auth_rejected", AUTH, 403, UNAUTHORIZED, "the API key was rejected"),
    row("insufficient_scope", PERMISSION, 403, UNAUTHORIZED, "the API key lacks a scope"),
    row("rate_limit_exceeded", RATE, 429, RATE_LIMITED, "too many requests"),
    row("missing_idempotency_key", REQUEST, 400, jsonrpc::INVALID_PARAMS, "Idempotency-Key is required"),
    row("unknown_tool", REQUEST, 400, jsonrpc::INVALID_PARAMS, "there is no such tool"),
    row("missing_q", REQUEST, 400, jsonrpc::INVALID_PARAMS, "q is required"),
    row("missing_series_id", REQUEST, 400, jsonrpc::INVALID_PARAMS, "series_id is required"),
    row("invalid_parameter", REQUEST, 400, jsonrpc::INVALID_PARAMS, "a parameter is not valid"),
    row("invalid_payload", REQUEST, 400, jsonrpc::INVALID_PARAMS, "the payload is not valid"),
    row("invalid_json", REQUEST, 400, jsonrpc::PARSE_ERROR, "the body is not JSON"),
    row("idempotency_conflict", REQUEST, 409, jsonrpc::INVALID_PARAMS, "a request with this Idempotency-Key is in flight"),
    row("service_disabled", API, 503, INTERNAL, "the service is disabled"),
    row("auth_backend_unavailable", API, 503, INTERNAL, "the auth backend is unavailable"),
    row("invalid_control_plane_response", API, 503, INTERNAL, "the control plane gave an invalid response"),
    row("mcp_invocation_failed", API, 502, INTERNAL, "the invocation failed"),
    row("mcp_internal_error", API, 500, INTERNAL, "internal error"),
];

/// An error of the service.
pub(crate) struct OmniError {
    /// `None` if the service names no code, as for a malformed JSON-RPC object.
    code: Option<String>,
    kind: &'static str,
    status: u16,
    rpc: i64,
    message: String,
    headers: Vec<(&'static str, String)>,
}

impl OmniError {
    /// The error of a code; an unknown code is an api_error with status 500.
    pub(crate) fn new(code: &str) -> Self {
        let (kind, status, rpc, message) = match TABLE.iter().find(|row| row.code == code) {
            Some(row) => (row.kind, row.status, row.rpc, row.message),
            None => (API, 500, INTERNAL, "an error that is not in the table"),
        };
        Self { code: Some(code.to_owned()), kind, status, rpc, message: message.to_owned(), headers: Vec::new() }
    }

    /// A bad request with a code chosen by this emulator.
    pub(crate) fn bad_request(code: &str, status: u16, message: &str) -> Self {
        Self { kind: REQUEST, rpc: jsonrpc::INVALID_PARAMS, ..Self::new(code).status(status).message(message) }
    }

    /// An error with a JSON-RPC code only.
    pub(crate) fn nameless(status: u16, rpc: i64, message: &str) -> Self {
        Self { code: None, kind: REQUEST, status, rpc, message: message.to_owned(), headers: Vec::new() }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn rpc_code(mut self, rpc: i64) -> Self {
        self.rpc = rpc;
        self
    }

    pub(crate) fn message(mut self, message: &str) -> Self {
        self.message = message.to_owned();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The error in the form of POST /mcp.
    pub(crate) fn to_rpc(&self, id: Value, request_id: &str) -> Answer {
        let mut data = json!({"type": self.kind, "request_id": request_id});
        if let Some(code) = &self.code {
            data["omni_code"] = code.as_str().into();
        }
        let error = json!({"code": self.rpc, "message": self.message, "data": data});
        self.add_headers(Answer::error(self.status, id, &error))
    }

    /// The error in the form of every other route.
    pub(crate) fn to_rest(&self, request_id: &str) -> Answer {
        let error = json!({"error": {
            "type": self.kind,
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
        }});
        self.add_headers(Answer::json(self.status, &error))
    }

    fn add_headers(&self, answer: Answer) -> Answer {
        self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }
}

/// All scopes that a request needed.
pub(crate) fn insufficient_scope(required: &[&str]) -> OmniError {
    OmniError::new("insufficient_scope").header(headers::OMNI_REQUIRED_SCOPES, required.join(" "))
}
