//! Answers that come over one stream for all requests: each is handed to the request that waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::answer::{Content, Listener, content, not_a_message};
use crate::failure::Failure;
use crate::protocol::jsonrpc::{self, Message};

#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: HashMap<u64, Waiter>,
    /// Why nothing more will come.
    ended: Option<Failure>,
}

struct Waiter {
    messages: mpsc::UnboundedSender<Bytes>,
    progress_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressToken<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
}

/// The text of a progress notification's token.
pub(crate) fn progress_token(params: &RawValue) -> Option<&str> {
    let sent: ProgressToken<'_> = serde_json::from_str(params.get()).ok()?;
    Some(sent.progress_token.get().trim_matches('"'))
}

impl Inbox {
    /// Registers a request, before it is sent.
    pub(crate) fn expect(&self, id: u64, progress_token: Option<String>) -> Result<Waiting<'_>, Failure> {
        let mut state = self.locked();
        if let Some(failure) = &state.ended {
            return Err(failure.clone());
        }
        let (sender, messages) = mpsc::unbounded_channel();
        state.waiting.insert(id, Waiter { messages: sender, progress_token });
        Ok(Waiting { inbox: self, id, messages })
    }

    /// Hands a message to whom it belongs; what belongs to no request goes to `listener`. `false` if it is no message.
    pub(crate) fn deliver(&self, text: &Bytes, listener: &dyn Listener) -> bool {
        match jsonrpc::parse(text) {
            None => return false,
            Some(Message::Response { id, .. }) => {
                let state = self.locked();
                let waiter = match id.and_then(number) {
                    Some(id) => state.waiting.get(&id),
                    // An error without an id can only be told to the one request there is.
                    None if state.waiting.len() == 1 => state.waiting.values().next(),
                    None => None,
                };
                // Whoever gave up meanwhile does not hear of it.
                let _ = waiter.map(|waiter| waiter.messages.send(text.clone()));
            }
            Some(Message::Notification { method, params }) => {
                let token = params.filter(|_| method == "notifications/progress").and_then(progress_token);
                let state = self.locked();
                let waiter = token.and_then(|token| {
                    state.waiting.values().find(|waiter| waiter.progress_token.as_deref() == Some(token))
                });
                match waiter {
                    Some(waiter) => drop(waiter.messages.send(text.clone())),
                    None => {
                        drop(state);
                        listener.notification(&method, params);
                    }
                }
            }
            Some(Message::Request { id, method, params }) => listener.request(id, &method, params),
        }
        true
    }

    /// Tells all who wait, and all who come, that nothing more will come.
    pub(crate) fn end(&self, failure: Failure) {
        let mut state = self.locked();
        state.ended.get_or_insert(failure);
        state.waiting.clear();
    }

    pub(crate) fn ended(&self) -> Option<Failure> {
        self.locked().ended.clone()
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(id: &str) -> Option<u64> {
    id.trim_matches('"').parse().ok()
}

/// A request that waits for its answer.
pub(crate) struct Waiting<'a> {
    inbox: &'a Inbox,
    id: u64,
    messages: mpsc::UnboundedReceiver<Bytes>,
}

impl Waiting<'_> {
    /// The answer; progress on the way to it goes to `listener`.
    pub(crate) async fn answer(&mut self, listener: &dyn Listener) -> Result<Content, Failure> {
        while let Some(text) = self.messages.recv().await {
            match jsonrpc::parse(&text) {
                Some(Message::Response { id, outcome }) => return content(&text, id, outcome, self.id),
                Some(Message::Notification { method, params }) => listener.notification(&method, params),
                _ => {}
            }
        }
        Err(self.inbox.ended().unwrap_or_else(|| not_a_message(b"")))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inbox.locked().waiting.remove(&self.id);
    }
}
