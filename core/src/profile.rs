//! What differs between services, as data: a further service is a further value here.

use http::StatusCode;

use crate::error::{Code, Delivery};
use crate::retry::Happened;

/// The facts about one service that the client needs to know.
#[derive(Debug)]
pub struct Profile {
    /// The name under which the option `profile` chooses it.
    pub name: &'static str,
    /// Where the service lives, if at one address.
    pub base_url: Option<&'static str>,
    /// The path of the MCP endpoint below the base URL.
    pub path: &'static str,
    /// The environment variables read where `api_key` and `base_url` are not given.
    pub environment: Environment,
    /// Whether a key is required.
    pub key_required: bool,
    /// The protocol versions accepted from the server, the one to ask for first.
    pub versions: &'static [&'static str],
    /// Whether the server honours `Idempotency-Key`, so that every `tools/call` carries one.
    pub honours_idempotency_keys: bool,
    /// Whether the load balancer wants an `x-session-id`, made once per client.
    pub sticky: bool,
    /// Whether the service is told a version of its own API by `Omni-Version`.
    pub omni_version: bool,
    /// Whether a JSON-RPC error on HTTP 500 is worth another attempt.
    pub retries_internal_errors: bool,
    /// What the service's own error codes mean.
    pub catalogue: &'static [ServiceCode],
    /// The answers, besides 404 to a request with a session, by which this service says that it lost the session.
    pub session_lost: &'static [(StatusCode, i64)],
}

/// Names of environment variables.
#[derive(Debug)]
pub struct Environment {
    /// For `api_key`.
    pub api_key: Option<&'static str>,
    /// For `base_url`.
    pub base_url: Option<&'static str>,
}

/// One row of a service's error catalogue.
#[derive(Debug)]
pub struct ServiceCode {
    /// The service's own word.
    pub word: &'static str,
    /// Ours.
    pub code: Code,
    /// The row of the retry table.
    pub happened: Happened,
    /// Whether the call ran.
    pub delivery: Delivery,
}

impl Profile {
    /// All profiles, the default first.
    pub const ALL: &'static [&'static Profile] = &[&OMNI, &GENERIC];

    /// The profile of this name.
    pub fn named(name: &str) -> Option<&'static Profile> {
        Self::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// The row of the catalogue for a service's own code.
    pub(crate) fn service_code(&self, word: &str) -> Option<&'static ServiceCode> {
        self.catalogue.iter().find(|row| row.word == word)
    }
}

const fn row(word: &'static str, code: Code, happened: Happened, delivery: Delivery) -> ServiceCode {
    ServiceCode { word, code, happened, delivery }
}

const fn refused(word: &'static str, code: Code) -> ServiceCode {
    row(word, code, Happened::Refused, Delivery::Rejected)
}

/// OMNI's hosted MCP server.
pub(crate) static OMNI: Profile = Profile {
    name: "omni",
    base_url: Some("https://api.omnibrief.app"),
    path: "/mcp",
    environment: Environment { api_key: Some("OMNI_API_KEY"), base_url: Some("OMNI_CLIENT_API_BASE_URL") },
    key_required: true,
    // 2025-11-05 is OMNI's own default and no published revision; it is answered whatever newer one is asked for.
    versions: &["2025-11-05", "2025-06-18", "2025-03-26"],
    honours_idempotency_keys: true,
    sticky: false,
    omni_version: true,
    retries_internal_errors: true,
    catalogue: &[
        refused("missing_api_key", Code::Unauthorized),
        refused("invalid_api_key", Code::Unauthorized),
        refused("auth_rejected", Code::Unauthorized),
        refused("insufficient_scope", Code::MissingScope),
        row("rate_limit_exceeded", Code::RateLimited, Happened::RateLimited, Delivery::Rejected),
        refused("missing_idempotency_key", Code::BadRequest),
        refused("unknown_tool", Code::UnknownTool),
        refused("missing_q", Code::InvalidParams),
        refused("missing_series_id", Code::InvalidParams),
        refused("invalid_parameter", Code::InvalidParams),
        refused("invalid_payload", Code::InvalidParams),
        refused("invalid_json", Code::BadRequest),
        row("idempotency_conflict", Code::KeyInFlight, Happened::KeyInFlight, Delivery::MaybeExecuted),
        row("service_disabled", Code::ServerUnavailable, Happened::Unavailable, Delivery::Rejected),
        row("auth_backend_unavailable", Code::ServerUnavailable, Happened::Unavailable, Delivery::Rejected),
        row("invalid_control_plane_response", Code::ServerUnavailable, Happened::ServerFault, Delivery::MaybeExecuted),
        row("mcp_invocation_failed", Code::InvocationFailed, Happened::ServerFault, Delivery::MaybeExecuted),
        row("mcp_internal_error", Code::ServerFailed, Happened::ServerFault, Delivery::MaybeExecuted),
    ],
    session_lost: &[],
};

/// Any MCP server that speaks a legacy revision over streamable HTTP.
pub(crate) static GENERIC: Profile = Profile {
    name: "generic",
    base_url: None,
    path: "",
    environment: Environment { api_key: None, base_url: None },
    key_required: false,
    versions: &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
    honours_idempotency_keys: false,
    sticky: false,
    omni_version: false,
    retries_internal_errors: false,
    catalogue: &[],
    session_lost: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_words_are_unique() {
        for profile in Profile::ALL {
            assert!(std::ptr::eq(Profile::named(profile.name).unwrap(), *profile));
            for row in profile.catalogue {
                assert!(std::ptr::eq(profile.service_code(row.word).unwrap(), row), "{} twice", row.word);
            }
        }
    }
}
