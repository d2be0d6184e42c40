//! What the client asks of the caller's own functions, and tells them.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::auth::token::Issued;
use crate::config::option_table::{Spelling, options};
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::observe::log::Log;
use crate::observe::state::Observe;
use crate::util::count::Count;
use crate::util::secret::Secret;

/// One row of the table of hooks: functions that a client takes beside its options.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct HookSpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// Whether its answer is waited for.
    pub answers: bool,
    /// Whether it is given something to answer by.
    pub takes: bool,
    /// The type of its argument, where it has one, as a parameter of a method has types.
    pub param: Option<&'static str>,
    /// The type of its answer; `None` where any value is ignored.
    pub result: Option<&'static str>,
    /// Whether it is called in the midst of a call, so that it must not be asynchronous.
    pub at_once: bool,
    /// One line of help.
    pub help: &'static str,
}

/// The table of hooks.
pub const HOOKS: &[HookSpec] = &[
    HookSpec {
        name: "on_notification",
        answers: false,
        takes: true,
        param: Some("Notification"),
        result: None,
        at_once: false,
        help: "Hears each notification that the server sends by itself: its method and its params.",
    },
    HookSpec {
        name: ON_LOG,
        answers: false,
        takes: true,
        param: Some("LogRecord"),
        result: None,
        at_once: true,
        help: "Hears what the client does: level, message and fields, such as method, tool, attempt, status and request_id. No payloads, no secrets.",
    },
    HookSpec {
        name: ON_STATE,
        answers: false,
        takes: true,
        param: Some("StateChange"),
        result: None,
        at_once: true,
        help: "Hears each change of the client's state: state and previous, of idle, connecting, ready, recovering and closed.",
    },
    HookSpec {
        name: TOKEN_PROVIDER,
        answers: true,
        takes: false,
        param: None,
        result: Some("ProvidedToken"),
        at_once: false,
        help: "Gives the bearer token: a string, or an object with token and expires_in. Asked again when it expires or is refused.",
    },
    HookSpec {
        name: SAMPLING,
        answers: true,
        takes: true,
        param: Some("CreateMessageRequestParams"),
        result: Some("CreateMessageResult"),
        at_once: false,
        help: "Has a model of the caller's answer a server's sampling/createMessage: gets its params, gives role, content and model.",
    },
    HookSpec {
        name: ELICITATION,
        answers: true,
        takes: true,
        param: Some("ElicitRequestParams"),
        result: Some("ElicitResult"),
        at_once: false,
        help: "Has a person answer a server's elicitation/create: gets its params, gives action and, of a form, content; what is left out of it has the form's defaults.",
    },
    HookSpec {
        name: ROOTS,
        answers: true,
        takes: false,
        param: None,
        result: Some("Root[]"),
        at_once: false,
        help: "Gives the folders that a server may work in: a list of objects with uri and name.",
    },
];

pub(crate) const ON_LOG: &str = "on_log";
pub(crate) const ON_STATE: &str = "on_state";
pub(crate) const TOKEN_PROVIDER: &str = "token_provider";
/// Names of hooks by which a server asks.
pub(crate) const SAMPLING: &str = "on_sampling";
pub(crate) const ELICITATION: &str = "on_elicitation";
pub(crate) const ROOTS: &str = "on_roots";

/// A notification that the server sent by itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// The method.
    pub method: String,
    /// The params.
    pub params: Value,
}

options! {
    /// What a token provider gives.
    ProvidedToken, "token", TOKEN_OPTIONS;
    /// The token.
    token: Secret = "required";
    /// How long it holds.
    expires_in: std::time::Duration = "until it is refused";
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

/// A future that gives a token, or the reason why there is none.
pub(crate) type Provided = Pin<Box<dyn Future<Output = Result<ProvidedToken, CallbackError>> + Send>>;
/// Hears a method and its params, and says whether there was room for them.
type Listen = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;
type Provide = Arc<dyn Fn() -> Provided + Send + Sync>;
/// A future that gives a result as JSON text, or the reason why there is none.
pub(crate) type Given = Pin<Box<dyn Future<Output = Result<String, CallbackError>> + Send>>;
/// Answers the params of a server's request, as JSON text.
pub(crate) type CallbackAnswer = Arc<dyn Fn(String) -> Given + Send + Sync>;

/// The caller's functions.
#[derive(Clone, Default)]
pub(crate) struct Callbacks {
    pub(crate) notification: Option<Listen>,
    pub(crate) log: Log,
    pub(crate) state: Option<Observe>,
    /// What had no room in the queues before the caller's functions.
    pub(crate) dropped: Count,
    pub(crate) token: Option<Provide>,
    /// By the name of the hook.
    pub(crate) answers: BTreeMap<&'static str, CallbackAnswer>,
}

impl std::fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            ("on_notification", self.notification.is_some()),
            ("token_provider", self.token.is_some()),
            (ON_LOG, self.log.is_heard()),
            (ON_STATE, self.state.is_some()),
        ];
        let given = names.iter().filter(|(_, given)| *given).map(|(name, _)| name);
        f.debug_set().entries(given.chain(self.answers.keys())).finish()
    }
}

impl Callbacks {
    /// Asks the caller's own function for a token.
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

/// Reads what a provider of another language gave: a string, or an object.
pub(crate) fn provided(json: &str, spelling: Spelling) -> Result<ProvidedToken, String> {
    match serde_json::from_str(json) {
        Ok(Value::String(token)) => Ok(token.into()),
        Ok(Value::Object(members)) => {
            ProvidedToken::from_object(members, spelling).map_err(|error| error.info().message.clone())
        }
        _ => Err("it must give a string, or an object with token and expires_in".to_owned()),
    }
}
