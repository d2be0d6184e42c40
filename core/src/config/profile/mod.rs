//! What differs between services, as data: a further service is a further value, or the user's own configuration.

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

/// A text that is written here, or comes from the user.
pub(crate) type Text = Cow<'static, str>;

/// The facts about one service that the client needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    /// The name under which the option `profile` chooses it.
    pub(crate) name: Text,
    /// Where the service lives, if at one address.
    pub(crate) base_url: Option<Text>,
    /// The path of the MCP endpoint below the base URL; `{slug}` stands for the option of that name.
    pub(crate) path: Text,
    /// The path of the event stream of the transport of 2024-11-05.
    pub(crate) sse_path: Text,
    /// The environment variables read where `api_key` and `base_url` are not given.
    pub(crate) environment: VariableNames,
    /// Whether a key is required.
    pub(crate) key_required: bool,
    /// The header that carries the API key, where it is not a bearer token.
    pub(crate) api_key_header: Option<Text>,
    /// The protocol versions accepted from the server, the one to ask for first.
    pub(crate) versions: Cow<'static, [Text]>,
    /// Whether a session is opened by a handshake before the first call.
    pub(crate) handshake: bool,
    /// Whether JSON-RPC ids are sent as strings.
    pub(crate) string_ids: bool,
    /// Whether a session is ended by DELETE.
    pub(crate) deletes_sessions: bool,
    /// Whether a server that refuses the handshake is tried as one of the transport of 2024-11-05.
    pub(crate) finds_sse: bool,
    /// Whether the server honours `Idempotency-Key`, so that every `tools/call` carries one.
    pub(crate) honours_idempotency_keys: bool,
    /// Whether the load balancer wants an `x-session-id`, made once per client.
    pub(crate) sticky: bool,
    /// Whether the service is told a version of its own API by `Omni-Version`.
    pub(crate) omni_version: bool,
    /// Whether a JSON-RPC error on HTTP 500 is worth another attempt.
    pub(crate) retries_internal_errors: bool,
    /// What the service's own error codes mean.
    pub(crate) catalogue: Cow<'static, [ServiceCode]>,
    /// The answers, besides 404 to a request with a session, by which this service says that it lost the session.
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

/// One row of a service's error catalogue.
#[derive(Debug, Clone)]
pub struct ServiceCode {
    /// The service's own word.
    pub word: Text,
    /// Ours.
    pub code: Code,
    /// The row of the retry table.
    pub happened: FailureClass,
    /// Whether the call ran.
    pub delivery: Delivery,
}

/// An answer by which a service says that it no longer knows the session.
#[derive(Debug, Clone)]
pub struct SessionSign {
    /// The HTTP method of the request.
    pub method: Method,
    /// The status of the answer.
    pub status: StatusCode,
    /// The JSON-RPC code in its body; `None` for a body that is no JSON-RPC error.
    pub rpc_code: Option<i64>,
    /// What its message holds, where the same status and code also say other things.
    pub mentions: Option<Text>,
}

impl Profile {
    /// All profiles that can be chosen by name, the default first.
    pub(crate) const ALL: &'static [&'static Profile] =
        &[&omni::OMNI, &octomind::OCTOMIND, &odock::ODOCK, &generic::GENERIC];

    /// The profile of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Profile> {
        Self::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// One without any facts of a service.
    pub(crate) fn custom(name: &'static str) -> Profile {
        Profile { name: text(name), finds_sse: false, ..generic::GENERIC.clone() }
    }

    /// The default.
    pub(crate) fn usual() -> Arc<Profile> {
        Arc::new(omni::OMNI.clone())
    }

    /// The row of the catalogue for a service's own code.
    pub(crate) fn service_code(&self, word: &str) -> Option<&ServiceCode> {
        self.catalogue.iter().find(|row| row.word == word)
    }

    /// The service's own word for one of our codes.
    pub(crate) fn word_for(&self, code: Code) -> Option<&str> {
        self.catalogue.iter().find(|row| row.code == code).map(|row| &*row.word)
    }

    /// Whether this answer is one of the service's signs of a lost session.
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

pub(crate) const fn row(word: &'static str, code: Code, happened: FailureClass, delivery: Delivery) -> ServiceCode {
    ServiceCode { word: text(word), code, happened, delivery }
}

pub(crate) const fn refused(word: &'static str, code: Code) -> ServiceCode {
    row(word, code, FailureClass::Refused, Delivery::Rejected)
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
    fn names_and_words_are_unique() {
        for profile in Profile::ALL {
            assert!(std::ptr::eq(Profile::named(&profile.name).unwrap(), *profile));
            for row in profile.catalogue.iter() {
                assert!(std::ptr::eq(profile.service_code(&row.word).unwrap(), row), "{} twice", row.word);
            }
        }
    }
}
