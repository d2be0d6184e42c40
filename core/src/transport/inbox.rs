//! Answers that come over one stream for all requests: each is handed to the request that waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc, oneshot};

use super::answer::{Content, LeftOut, Listener, content, not_a_message};
use crate::counters::Count;
use crate::error::Code;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::protocol::jsonrpc::{self, Message};
use crate::protocol::loose;
use crate::queue::{Place, Room};
use crate::retry::Happened;

#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// Told when nobody waits any more.
    idle: Notify,
}

#[derive(Default)]
struct State {
    waiting: HashMap<u64, Waiter>,
    /// Why nothing more will come.
    ended: Option<Failure>,
}

struct Waiter {
    response: Option<oneshot::Sender<Bytes>>,
    progress: mpsc::UnboundedSender<(Bytes, Place)>,
    /// Of progress that the request has not heard yet: a server must not fill our memory with it.
    room: Arc<Room>,
    progress_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressToken<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
}

/// The text of a progress notification's token. It is read, as a server may escape in it what it likes.
pub(crate) fn progress_token(params: &RawValue) -> Option<String> {
    let sent: ProgressToken<'_> = serde_json::from_str(params.get()).ok()?;
    let token = sent.progress_token.get();
    Some(loose::string(token).unwrap_or_else(|| token.to_owned()))
}

/// What is left of a message that is none: whose answer it was to be.
#[derive(Deserialize)]
struct Addressed<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

impl Inbox {
    /// Registers a request, before it is sent.
    pub(crate) fn expect(
        &self,
        id: u64,
        progress_token: Option<String>,
        limits: &Limits,
    ) -> Result<Waiting<'_>, Failure> {
        let mut state = self.locked();
        if let Some(failure) = &state.ended {
            return Err(never_left(failure));
        }
        let (sender, response) = oneshot::channel();
        let (progress_sender, progress) = mpsc::unbounded_channel();
        let room = Room::new(limits, &Count::default());
        state.waiting.insert(id, Waiter { response: Some(sender), progress: progress_sender, room, progress_token });
        Ok(Waiting { inbox: self, id, response, progress })
    }

    /// Hands a message to whom it belongs; what belongs to no request goes to `listener`. `false` if it is no message.
    pub(crate) fn deliver(&self, text: &Bytes, listener: &dyn Listener) -> bool {
        if !text.trim_ascii_start().starts_with(b"[") {
            return self.deliver_one(text, listener);
        }
        // A batch, as revision 2025-03-26 has it. It holds no batches: those could be nested deeper than the stack is.
        serde_json::from_slice::<Vec<&RawValue>>(text).is_ok_and(|batch| {
            !batch.is_empty()
                && batch.iter().all(|message| self.deliver_one(&text.slice_ref(message.get().as_bytes()), listener))
        })
    }

    fn deliver_one(&self, text: &Bytes, listener: &dyn Listener) -> bool {
        match jsonrpc::parse(text) {
            None => self.deliver_odd(text),
            Some(Message::Response { id, .. }) => {
                if !self.answer(id, text) {
                    listener.left_out(LeftOut::Unasked);
                }
                true
            }
            Some(Message::Notification { method, params }) => {
                let token = params.filter(|_| method == "notifications/progress").and_then(progress_token);
                let state = self.locked();
                let waiter = token.and_then(|token| {
                    state.waiting.values().find(|waiter| waiter.progress_token.as_ref() == Some(&token))
                });
                match waiter {
                    Some(waiter) => match waiter.room.take(text.len()) {
                        Some(place) => drop(waiter.progress.send((text.clone(), place))),
                        None => {
                            drop(state);
                            listener.left_out(LeftOut::NoRoom);
                        }
                    },
                    None => {
                        drop(state);
                        listener.notification(&method, params);
                    }
                }
                true
            }
            Some(Message::Request { id, method, params }) => {
                listener.request(id, &method, params);
                true
            }
        }
    }

    /// An odd answer, which settles the one request that it is for.
    fn deliver_odd(&self, text: &Bytes) -> bool {
        let Ok(addressed) = serde_json::from_slice::<Addressed<'_>>(text) else { return false };
        self.answer(Some(addressed.id.get()), text)
    }

    /// Whether somebody waited for it.
    fn answer(&self, id: Option<&str>, text: &Bytes) -> bool {
        let mut state = self.locked();
        let waiter = match id.and_then(jsonrpc::our_id) {
            Some(id) => state.waiting.get_mut(&id),
            // An error without an id can only be told to the one request there is.
            None if state.waiting.len() == 1 => state.waiting.values_mut().next(),
            None => None,
        };
        // Whoever gave up meanwhile does not hear of it.
        let Some(sender) = waiter.and_then(|waiter| waiter.response.take()) else { return false };
        sender.send(text.clone()).is_ok()
    }

    /// Tells all who wait, and all who come, that nothing more will come.
    pub(crate) fn end(&self, failure: Failure) {
        let mut state = self.locked();
        state.ended.get_or_insert(failure);
        state.waiting.clear();
        self.idle.notify_waiters();
    }

    pub(crate) fn ended(&self) -> Option<Failure> {
        self.locked().ended.clone()
    }

    /// Returns when nobody waits for an answer, or the time is over.
    pub(crate) async fn idle(&self, at_most: Duration) {
        let idle = async {
            loop {
                let told = self.idle.notified();
                if self.locked().waiting.is_empty() {
                    return;
                }
                told.await;
            }
        };
        let _ = tokio::time::timeout(at_most, idle).await;
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the inbox with its reader, however that ends: with a panic, or with the runtime that it ran on.
pub(crate) struct Reader(pub(crate) Arc<Inbox>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.end(Failure::new(Happened::Lost, Code::AnswerCut, "nobody reads the server's messages any more"));
    }
}

/// The failure of a request that found its stream or process ended: nothing of it left.
pub(crate) fn never_left(why: &Failure) -> Failure {
    let mut failure = why.clone();
    failure.happened = Happened::NotConnected;
    failure.error.info_mut().delivery = Happened::NotConnected.delivery();
    failure
}
/// A request that waits for its answer.
pub(crate) struct Waiting<'a> {
    inbox: &'a Inbox,
    id: u64,
    response: oneshot::Receiver<Bytes>,
    progress: mpsc::UnboundedReceiver<(Bytes, Place)>,
}

impl Waiting<'_> {
    /// The answer; progress on the way to it goes to `listener`, in order.
    pub(crate) async fn answer(&mut self, listener: &dyn Listener, limits: &Limits) -> Result<Content, Failure> {
        let text = loop {
            tokio::select! {
                biased;
                Some((text, _place)) = self.progress.recv() => tell(&text, listener),
                response = &mut self.response => match response {
                    Ok(text) => break text,
                    Err(_) => return Err(self.inbox.ended().unwrap_or_else(|| not_a_message(b""))),
                },
            }
        };
        while let Ok((text, _place)) = self.progress.try_recv() {
            tell(&text, listener);
        }
        match jsonrpc::parse(&text) {
            Some(Message::Response { id, outcome }) => content(&text, id, outcome, self.id, limits),
            _ => Err(not_a_message(&text)),
        }
    }
}

fn tell(text: &Bytes, listener: &dyn Listener) {
    if let Some(Message::Notification { method, params }) = jsonrpc::parse(text) {
        listener.notification(&method, params);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.inbox.locked();
        state.waiting.remove(&self.id);
        if state.waiting.is_empty() {
            self.inbox.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::answer::Deaf;

    #[test]
    fn a_batch_holds_messages_and_no_batches() {
        let inbox = Inbox::default();
        let deliver = |text: String| inbox.deliver(&Bytes::from(text), &Deaf);
        assert!(deliver(r#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}]"#.to_owned()));
        assert!(!deliver("[]".to_owned()));
        assert!(!deliver(r#"[[{"jsonrpc":"2.0","method":"a"}]]"#.to_owned()));
        // Not one of our frames a level.
        assert!(!deliver("[".repeat(1 << 20) + &"]".repeat(1 << 20)));
    }
}
