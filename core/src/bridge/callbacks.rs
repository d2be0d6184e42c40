//! Callbacks of a binding.

use std::sync::Arc;

use crate::config::callbacks::{CallbackError, Given, HOOKS, TOKEN_PROVIDER};
use crate::config::client_options::ClientConfig;
use crate::config::limits::Limits;
use crate::error::Result;
use crate::observe::log::Log;
use crate::util::bounded_queue::{BoundedQueue, MessageListener};
use crate::util::spelling::{Spelling, camel};

/// The callbacks of a client, from a binding.
#[derive(Default)]
pub struct Hooks {
    /// Receives notifications: `{"method", "params"}` as JSON text.
    pub on_notification: Option<MessageListener>,
    /// Receives log records: `{"level", "message", "fields"}` as JSON text. Called synchronously.
    pub on_log: Option<MessageListener>,
    /// Receives changes of state: `{"state", "previous"}` as JSON text. Called synchronously.
    pub on_state: Option<Arc<dyn Fn(String) + Send + Sync>>,
    /// Receives HTTP requests: a `RequestInfo` as JSON text, with the names of the language. Called synchronously.
    pub on_request: Option<Arc<dyn Fn(String) + Send + Sync>>,
    /// Receives the ends of HTTP requests: a `ResponseInfo` as JSON text, with the names of the language. Called synchronously.
    pub on_response: Option<Arc<dyn Fn(String) + Send + Sync>>,
    /// Receives calls of callbacks that return a result. The result can be set later, from any thread.
    pub ask: Option<Arc<dyn Fn(Question) + Send + Sync>>,
    /// The names of these callbacks.
    pub answers: Vec<String>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").field("answers", &self.answers).finish_non_exhaustive()
    }
}

/// A call of a callback that returns a result. If it is dropped without a result, the callback has failed.
#[derive(Debug)]
pub struct Question {
    /// The name of the callback.
    pub name: &'static str,
    /// Its argument as JSON text.
    pub params: String,
    answer: tokio::sync::oneshot::Sender<std::result::Result<String, CallbackError>>,
}

impl Question {
    /// Sets the result as JSON text, or the reason of a failure.
    pub fn answer(self, answer: std::result::Result<String, String>) {
        // The waiting call may have ended.
        let _ = self.answer.send(answer.map_err(CallbackError::from));
    }

    /// Sets a failure. The JSON text of the error contains `cause_id`, by which the binding finds the exception.
    pub fn fail(self, reason: String, cause_id: u32) {
        let _ = self.answer.send(Err(CallbackError { reason, cause_id: Some(cause_id) }));
    }
}

/// Calls a callback of the binding. The future resolves to its result.
fn answer_of(ask: &Arc<dyn Fn(Question) + Send + Sync>, name: &'static str, params: String) -> Given {
    let (answer, answered) = tokio::sync::oneshot::channel();
    ask(Question { name, params, answer });
    Box::pin(async move { answered.await.map_err(|_| "it returned no result")? })
}

/// An argument of a callback as JSON text, with the names of its members in the spelling of the language.
fn text_of(argument: &impl serde::Serialize, spelling: Spelling) -> String {
    let text = match (spelling, serde_json::to_value(argument)) {
        (Spelling::Camel, Ok(serde_json::Value::Object(members))) => {
            let members = members.into_iter().map(|(name, value)| (camel(&name), value));
            serde_json::to_string(&members.collect::<serde_json::Map<_, _>>())
        }
        (_, value) => serde_json::to_string(&value.unwrap_or_default()),
    };
    text.unwrap_or_default()
}

impl Hooks {
    pub(crate) fn into_core(
        self,
        config: &ClientConfig,
        spelling: Spelling,
    ) -> Result<crate::config::callbacks::Callbacks> {
        let mut callbacks = crate::config::callbacks::Callbacks::default();
        if let Some(listener) = self.on_notification {
            let queue = BoundedQueue::new(Limits::of(config)?.of_queue(), &callbacks.dropped);
            callbacks.notification = Some(Arc::new(move |method: &str, params: &str| {
                let method = serde_json::to_string(method).unwrap_or_default();
                let text = format!("{{\"method\":{method},\"params\":{params}}}");
                queue.send(text, &listener)
            }));
        }
        if let Some(listener) = self.on_log {
            let queue = BoundedQueue::new(Limits::of(config)?.of_queue(), &callbacks.dropped);
            callbacks.log = Log::to(Arc::new(move |mut record| {
                if spelling == Spelling::Camel {
                    let fields = std::mem::take(&mut record.fields);
                    record.fields = fields.into_iter().map(|(name, value)| (spelling.name(&name), value)).collect();
                }
                queue.send(serde_json::to_string(&record).unwrap_or_default(), &listener);
            }));
        }
        if let Some(listener) = self.on_state {
            callbacks.state =
                Some(Arc::new(move |change| listener(serde_json::to_string(&change).unwrap_or_default())));
        }
        if let Some(listener) = self.on_request {
            callbacks.request = Some(Arc::new(move |info| listener(text_of(&info, spelling))));
        }
        if let Some(listener) = self.on_response {
            callbacks.response = Some(Arc::new(move |info| listener(text_of(&info, spelling))));
        }
        if let Some(ask) = self.ask.clone().filter(|_| self.answers.iter().any(|name| name == TOKEN_PROVIDER)) {
            callbacks.token = Some(Arc::new(move || {
                let answer = answer_of(&ask, TOKEN_PROVIDER, "{}".to_owned());
                Box::pin(async move { Ok(crate::config::callbacks::provided(&answer.await?, spelling)?) })
            }));
        }
        for callback in HOOKS.iter().filter(|callback| callback.answers && callback.name != TOKEN_PROVIDER) {
            let Some(ask) = self.ask.clone().filter(|_| self.answers.iter().any(|name| name == callback.name)) else {
                continue;
            };
            let answer = move |params: String| answer_of(&ask, callback.name, params);
            callbacks.requests.insert(callback.name, Arc::new(answer));
        }
        Ok(callbacks)
    }
}
