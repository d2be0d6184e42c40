//! Service profiles: the differences between services, as data.

pub(crate) mod custom;
pub(crate) mod generic;
pub(crate) mod octomind;
pub(crate) mod odock;
pub(crate) mod omni;

use std::borrow::Cow;
use std::sync::Arc;

use http::{Method, StatusCode};

pub(crate) use custom::NAMES;
pub use custom::{Choice, PROFILE_OPTIONS, ProfileConfig};

use crate::error::failure_class::FailureClass;
use crate::error::{Code, Delivery};
use crate::util::spelling::Spelling;

/// Built-in or user-supplied text.
pub(crate) type Text = Cow<'static, str>;

/// One service profile.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    /// Value of the option `profile`.
    pub(crate) name: Text,
    /// Base URL, if the service has a fixed one.
    pub(crate) base_url: Option<Text>,
    /// Path of the MCP endpoint below the base URL. `{slug}` is replaced by the option of that name.
    pub(crate) path: Text,
    /// Path of the event stream of the HTTP+SSE transport (2024-11-05).
    pub(crate) sse_path: Text,
    /// Environment variables with the defaults of `api_key` and `base_url`.
    pub(crate) environment: VariableNames,
    /// Whether an API key is required.
    pub(crate) key_required: bool,
    /// Header that carries the API key, if not a bearer token.
    pub(crate) api_key_header: Option<Text>,
    /// Accepted protocol versions. The first one is requested.
    pub(crate) versions: Cow<'static, [Text]>,
    /// Whether the `initialize` handshake precedes the first call.
    pub(crate) handshake: bool,
    /// Whether JSON-RPC ids are sent as strings.
    pub(crate) string_ids: bool,
    /// Whether sessions are ended by DELETE.
    pub(crate) deletes_sessions: bool,
    /// Whether the client falls back to HTTP+SSE (2024-11-05) if the handshake is refused.
    pub(crate) finds_sse: bool,
    /// Whether the server honours `Idempotency-Key`, so that every `tools/call` carries one.
    pub(crate) honours_idempotency_keys: bool,
    /// Whether an `x-session-id` is sent, generated once per client (load balancer affinity).
    pub(crate) sticky: bool,
    /// Whether `Omni-Version` is supported.
    pub(crate) omni_version: bool,
    /// Whether a JSON-RPC error with HTTP 500 is retried.
    pub(crate) retries_internal_errors: bool,
    /// Error codes of the service.
    pub(crate) catalogue: Cow<'static, [ServiceCode]>,
    /// Responses that mean that the session is lost, in addition to 404 to a request with a session id.
    pub(crate) session_lost: Cow<'static, [SessionSign]>,
}

/// Names of environment variables.
#[derive(Debug, Clone)]
pub(crate) struct VariableNames {
    /// For `api_key`.
    pub(crate) api_key: Option<Text>,
    /// For `base_url`.
    pub(crate) base_url: Option<Text>,
}

/// One row of the error catalogue of a service.
#[derive(Debug, Clone)]
pub struct ServiceCode {
    /// Code of the service.
    pub service_code: Text,
    /// Code of this library.
    pub code: Code,
    /// Failure class: the row of the retry table.
    pub failure_class: FailureClass,
    /// Whether the call ran.
    pub delivery: Delivery,
}

/// A response that means that the session is lost.
#[derive(Debug, Clone)]
pub struct SessionSign {
    /// The HTTP method of the request.
    pub method: Method,
    /// The status of the response.
    pub status: StatusCode,
    /// The JSON-RPC error code in its body; `None` if the body is not a JSON-RPC error.
    pub rpc_code: Option<i64>,
    /// Text that the message must contain, if status and code are ambiguous.
    pub mentions: Option<Text>,
}

impl Profile {
    /// All built-in profiles, the default first.
    pub(crate) const ALL: &'static [&'static Profile] =
        &[&omni::OMNI, &octomind::OCTOMIND, &odock::ODOCK, &generic::GENERIC];

    /// The profile of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Profile> {
        Self::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// A profile without settings of a service.
    pub(crate) fn custom(name: &'static str) -> Profile {
        Profile { name: text(name), finds_sse: false, ..generic::GENERIC.clone() }
    }

    /// The default profile.
    pub(crate) fn usual() -> Arc<Profile> {
        Arc::new(omni::OMNI.clone())
    }

    /// Names the profile `generic`, for an error that a server of no known service causes under the default profile.
    pub(crate) fn hint(&self, spelling: Spelling) -> String {
        if self.name != Self::ALL[0].name {
            return String::new();
        }
        format!("; for a server that is not OMNI's give {}", spelling.assignment("profile", "generic"))
    }

    /// The catalogue row of a service code.
    pub(crate) fn service_code(&self, code: &str) -> Option<&ServiceCode> {
        self.catalogue.iter().find(|row| row.service_code == code)
    }

    /// The service code of a code of this library.
    pub(crate) fn service_code_for(&self, code: Code) -> Option<&str> {
        self.catalogue.iter().find(|row| row.code == code).map(|row| &*row.service_code)
    }

    /// Whether this response means that the session is lost.
    pub(crate) fn says_session_lost(
        &self,
        method: &Method,
        status: StatusCode,
        rpc_code: Option<i64>,
        message: &str,
    ) -> bool {
        self.session_lost.iter().any(|sign| {
            sign.method == *method
                && sign.status == status
                && sign.rpc_code == rpc_code
                && sign.mentions.as_ref().is_none_or(|text| message.contains(&**text))
        })
    }
}

pub(crate) const fn text(text: &'static str) -> Text {
    Cow::Borrowed(text)
}

pub(crate) const fn row(
    service_code: &'static str,
    code: Code,
    failure_class: FailureClass,
    delivery: Delivery,
) -> ServiceCode {
    ServiceCode { service_code: text(service_code), code, failure_class, delivery }
}

pub(crate) const fn refused(service_code: &'static str, code: Code) -> ServiceCode {
    row(service_code, code, FailureClass::Refused, Delivery::Rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_profiles() {
        for profile in Profile::ALL {
            assert!(NAMES.contains(&&*profile.name), "{}", profile.name);
        }
        assert_eq!(NAMES.len(), Profile::ALL.len());
    }

    #[test]
    fn names_and_service_codes_are_unique() {
        for profile in Profile::ALL {
            assert!(std::ptr::eq(Profile::named(&profile.name).unwrap(), *profile));
            for row in profile.catalogue.iter() {
                assert!(
                    std::ptr::eq(profile.service_code(&row.service_code).unwrap(), row),
                    "{} twice",
                    row.service_code
                );
            }
        }
    }
}
