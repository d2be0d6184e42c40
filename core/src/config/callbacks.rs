//! Callbacks of a client.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::auth::token::Issued;
use crate::config::option_table::options;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::observe::http_exchange::{RequestInfo, ResponseInfo};
use crate::observe::log::Log;
use crate::observe::state::Observe;
use crate::util::count::Count;
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;

/// One row of the table of callbacks.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct HookSpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// Whether the client waits for its result.
    pub answers: bool,
    /// Whether it has an argument.
    pub takes: bool,
    /// The type of its argument, if any; types as in [`ParamSpec`](crate::ParamSpec).
    pub param: Option<&'static str>,
    /// The type of its result; `None` if the result is ignored.
    pub result: Option<&'static str>,
    /// Whether it is called synchronously, so that it must not be asynchronous.
    pub at_once: bool,
    /// Description.
    pub help: &'static str,
}

/// The table of callbacks.
pub const HOOKS: &[HookSpec] = &[
    HookSpec {
        name: "on_notification",
        answers: false,
        takes: true,
        param: Some("Notification"),
        result: None,
        at_once: false,
        help: "Called with each notification from the server: `method` and `params`.",
    },
    HookSpec {
        name: ON_LOG,
        answers: false,
        takes: true,
        param: Some("LogRecord"),
        result: None,
        at_once: true,
        help: "Called with each log record: level, message, and fields such as method, tool, attempt, status and request_id. Records contain no payloads or secrets.",
    },
    HookSpec {
        name: ON_STATE,
        answers: false,
        takes: true,
        param: Some("StateChange"),
        result: None,
        at_once: true,
        help: "Called with each change of state: `state` and `previous`, each one of idle, connecting, ready, recovering and closed.",
    },
    HookSpec {
        name: ON_REQUEST,
        answers: false,
        takes: true,
        param: Some("RequestInfo"),
        result: None,
        at_once: true,
        help: "Called before each HTTP request of an attempt, with its method, tool, attempt, request id, address and headers. Secrets are redacted. For observation only.",
    },
    HookSpec {
        name: ON_RESPONSE,
        answers: false,
        takes: true,
        param: Some("ResponseInfo"),
        result: None,
        at_once: true,
        help: "Called when each of these requests has ended, with status, headers and duration, or with the code of the failure. For observation only.",
    },
    HookSpec {
        name: TOKEN_PROVIDER,
        answers: true,
        takes: false,
        param: None,
        result: Some("ProvidedToken"),
        at_once: false,
        help: "Returns the bearer token: a string, or an object with token and expires_in. Called again when the token expires or is refused.",
    },
    HookSpec {
        name: SAMPLING,
        answers: true,
        takes: true,
        param: Some("CreateMessageRequestParams"),
        result: Some("CreateMessageResult"),
        at_once: false,
        help: "Handles `sampling/createMessage`. Receives the request params; returns role, content and model.",
    },
    HookSpec {
        name: ELICITATION,
        answers: true,
        takes: true,
        param: Some("ElicitRequestParams"),
        result: Some("ElicitResult"),
        at_once: false,
        help: "Handles `elicitation/create`. Receives the request params; returns action and, for an accepted form, content. Absent fields have the defaults of the form.",
    },
    HookSpec {
        name: ROOTS,
        answers: true,
        takes: false,
        param: None,
        result: Some("Root[]"),
        at_once: false,
        help: "Handles `roots/list`. Returns a list of objects with uri and name.",
    },
];

/// The names of all callbacks.
pub(crate) const CALLBACK_NAMES: &[&str] = &{
    let mut names = [""; HOOKS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = HOOKS[at].name;
        at += 1;
    }
    names
};

pub(crate) const ON_LOG: &str = "on_log";
pub(crate) const ON_STATE: &str = "on_state";
pub(crate) const ON_REQUEST: &str = "on_request";
pub(crate) const ON_RESPONSE: &str = "on_response";
pub(crate) const TOKEN_PROVIDER: &str = "token_provider";
/// Callbacks for server requests.
pub(crate) const SAMPLING: &str = "on_sampling";
pub(crate) const ELICITATION: &str = "on_elicitation";
pub(crate) const ROOTS: &str = "on_roots";

/// A notification from the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// The method.
    pub method: String,
    /// The params.
    pub params: Value,
}

options! {
    /// Result of a token provider.
    ProvidedToken, "token", TOKEN_OPTIONS;
    /// Bearer token.
    token: Secret = "required";
    /// Lifetime of the token.
    expires_in: std::time::Duration = "until the server refuses it";
}

impl<T: Into<String>> From<T> for ProvidedToken {
    fn from(token: T) -> Self {
        Self::default().token(token.into())
    }
}

/// Why a callback returned no usable result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallbackError {
    pub(crate) reason: String,
    /// The binding's id of the failure.
    pub(crate) cause_id: Option<u32>,
}

impl<T: Into<String>> From<T> for CallbackError {
    fn from(reason: T) -> Self {
        Self { reason: reason.into(), cause_id: None }
    }
}

/// Future of a token.
pub(crate) type Provided = Pin<Box<dyn Future<Output = Result<ProvidedToken, CallbackError>> + Send>>;
/// Receives a method and its params; returns false if the queue was full.
type Listen = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;
type Provide = Arc<dyn Fn() -> Provided + Send + Sync>;
/// Future of a result, as JSON text.
pub(crate) type Given = Pin<Box<dyn Future<Output = Result<String, CallbackError>> + Send>>;
/// Handles a server request. Receives the params as JSON text.
pub(crate) type CallbackAnswer = Arc<dyn Fn(String) -> Given + Send + Sync>;

/// Callbacks of a client.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) notification: Option<Listen>,
    pub(crate) log: Log,
    pub(crate) state: Option<Observe>,
    pub(crate) request: Option<Arc<dyn Fn(RequestInfo) + Send + Sync>>,
    pub(crate) response: Option<Arc<dyn Fn(ResponseInfo) + Send + Sync>>,
    /// Messages dropped because a queue was full.
    pub(crate) dropped: Count,
    pub(crate) token: Option<Provide>,
    /// Handlers of server requests, by callback name.
    pub(crate) requests: BTreeMap<&'static str, CallbackAnswer>,
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            ("on_notification", self.notification.is_some()),
            ("token_provider", self.token.is_some()),
            (ON_LOG, self.log.has_listener()),
            (ON_STATE, self.state.is_some()),
            (ON_REQUEST, self.request.is_some()),
            (ON_RESPONSE, self.response.is_some()),
        ];
        let given = names.iter().filter(|(_, given)| *given).map(|(name, _)| name);
        f.debug_set().entries(given.chain(self.requests.keys())).finish()
    }
}

impl Callbacks {
    /// Calls the token provider.
    pub(crate) async fn token(&self) -> Result<Issued, AttemptError> {
        let unavailable =
            |message: String| AttemptError::of(FailureClass::Refused, Error::new(Code::TokenUnavailable, message));
        let Some(provide) = &self.token else { return Err(unavailable("there is no token provider".into())) };
        let given = provide().await.map_err(|CallbackError { reason, cause_id }| {
            let reason = crate::util::sanitize::preview(reason.as_bytes());
            let mut failure = unavailable(format!("the token provider failed: {reason}"));
            failure.error.info_mut().cause_id = cause_id;
            failure
        })?;
        let token = given.token.ok_or_else(|| unavailable("the token provider gave no token".into()))?;
        Ok(Issued { token, expires_in: given.expires_in })
    }
}

/// Parses the result of a token provider in another language: a string, or an object.
pub(crate) fn provided(json: &str, spelling: Spelling) -> Result<ProvidedToken, String> {
    match serde_json::from_str(json) {
        Ok(Value::String(token)) => Ok(token.into()),
        Ok(Value::Object(members)) => {
            ProvidedToken::from_object(members, spelling).map_err(|error| error.info().message.clone())
        }
        _ => Err("it must return a string, or an object with token and expires_in".to_owned()),
    }
}
