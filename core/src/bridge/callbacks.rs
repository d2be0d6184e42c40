//! Callbacks of a binding.

use std::sync::Arc;

use crate::config::callbacks::{CallbackError, Given, HOOKS, TOKEN_PROVIDER};
use crate::config::client_options::ClientConfig;
use crate::config::limits::Limits;
use crate::config::option_table::Spelling;
use crate::error::Result;
use crate::observe::log::Log;
use crate::util::bounded_queue::{BoundedQueue, MessageListener};

/// The caller's functions, as a binding hands them over.
#[derive(Default)]
pub struct Hooks {
    /// Hears a notification: `{"method", "params"}` as JSON text.
    pub on_notification: Option<MessageListener>,
    /// Hears a record: `{"level", "message", "fields"}` as JSON text, in the midst of a call.
    pub on_log: Option<MessageListener>,
    /// Hears a change: `{"state", "previous"}` as JSON text, in the midst of a call.
    pub on_state: Option<Arc<dyn Fn(String) + Send + Sync>>,
    /// Is asked something and answers later, from any thread. Questions are the hooks of the table that answer.
    pub ask: Option<Arc<dyn Fn(Question) + Send + Sync>>,
    /// The hooks that `ask` answers.
    pub answers: Vec<String>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").field("answers", &self.answers).finish_non_exhaustive()
    }
}

/// A question to the caller's own function. Dropped without an answer, it counts as failed.
#[derive(Debug)]
pub struct Question {
    /// The hook of the table.
    pub name: &'static str,
    /// Its argument as JSON text.
    pub params: String,
    answer: tokio::sync::oneshot::Sender<std::result::Result<String, CallbackError>>,
}

impl Question {
    /// Answers with JSON text, or says why there is no answer.
    pub fn answer(self, answer: std::result::Result<String, String>) {
        // Whoever asked may have given up.
        let _ = self.answer.send(answer.map_err(CallbackError::from));
    }

    /// Answers that the callback failed. The error of the call has `cause_id` as a member of its JSON text, by which the
    /// binding finds what the callback threw.
    pub fn fail(self, reason: String, cause_id: u32) {
        let _ = self.answer.send(Err(CallbackError { reason, cause_id: Some(cause_id) }));
    }
}

/// Sends a question to the binding. The future resolves to its answer.
fn answer_of(ask: &Arc<dyn Fn(Question) + Send + Sync>, name: &'static str, params: String) -> Given {
    let (answer, answered) = tokio::sync::oneshot::channel();
    ask(Question { name, params, answer });
    Box::pin(async move { answered.await.map_err(|_| "it gave no answer")? })
}

impl Hooks {
    pub(crate) fn into_core(
        self,
        config: &ClientConfig,
        spelling: Spelling,
    ) -> Result<crate::config::callbacks::Callbacks> {
        let mut hooks = crate::config::callbacks::Callbacks::default();
        if let Some(hear) = self.on_notification {
            let room = BoundedQueue::new(Limits::of(config)?.of_queue(), &hooks.dropped);
            hooks.notification = Some(Arc::new(move |method: &str, params: &str| {
                let method = serde_json::to_string(method).unwrap_or_default();
                let text = format!("{{\"method\":{method},\"params\":{params}}}");
                room.send(text, &hear)
            }));
        }
        if let Some(hear) = self.on_log {
            let room = BoundedQueue::new(Limits::of(config)?.of_queue(), &hooks.dropped);
            hooks.log = Log::to(Arc::new(move |record| {
                room.send(serde_json::to_string(&record).unwrap_or_default(), &hear);
            }));
        }
        if let Some(hear) = self.on_state {
            hooks.state = Some(Arc::new(move |change| hear(serde_json::to_string(&change).unwrap_or_default())));
        }
        if let Some(ask) = self.ask.clone().filter(|_| self.answers.iter().any(|name| name == TOKEN_PROVIDER)) {
            hooks.token = Some(Arc::new(move || {
                let answer = answer_of(&ask, TOKEN_PROVIDER, "{}".to_owned());
                Box::pin(async move { Ok(crate::config::callbacks::provided(&answer.await?, spelling)?) })
            }));
        }
        for hook in HOOKS.iter().filter(|hook| hook.answers && hook.name != TOKEN_PROVIDER) {
            let Some(ask) = self.ask.clone().filter(|_| self.answers.iter().any(|name| name == hook.name)) else {
                continue;
            };
            let answer = move |params: String| answer_of(&ask, hook.name, params);
            hooks.answers.insert(hook.name, Arc::new(answer));
        }
        Ok(hooks)
    }
}
