//! Answers that come over one stream for all requests: each is handed to the request that waits for it.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::{self, INVALID_REQUEST, Message, PARSE_ERROR, RpcError};
use crate::protocol::lenient_json;
use crate::transport::message::{Content, LeftOut, Listener, content, message, not_a_message};
use crate::transport::response_reader;
use crate::util::bounded_queue::{BoundedQueue, Permit, WaitLimit};
use crate::util::count::Count;

/// How long the one call that waits may hold up the reading without taking any progress: the server's own messages
/// wait until it is read.
const HELD_UP: WaitLimit = WaitLimit { idle: Duration::from_secs(1), until: None };
/// After how many messages the calls that wait have their turn.
const MESSAGES_IN_A_ROW: usize = 64;

#[derive(Default)]
pub(crate) struct PendingRequests {
    state: Mutex<PendingState>,
    /// Told when nobody waits any more.
    idle: Notify,
    /// Notified when a call begins to wait, or waits no more.
    waiters: Notify,
    delivered: AtomicUsize,
}

#[derive(Default)]
struct PendingState {
    waiting: HashMap<u64, Waiter>,
    /// Why nothing more will come.
    ended: Option<AttemptError>,
    /// Requests that were given up, the oldest first: their responses may still come.
    given_up: VecDeque<u64>,
    /// How many messages were sent.
    sent: u64,
    /// The number of the last notification that the server may not have read yet.
    notified: Option<u64>,
    /// The beginning of the last text that was no message.
    skipped: Option<String>,
}

/// How many requests that were given up are remembered.
const GIVEN_UP_KEPT: usize = 1024;

/// The text that settles a request, and whether it is a response that the client's options accept.
struct Settled {
    text: Bytes,
    is_accepted: bool,
}

struct Waiter {
    response: Option<oneshot::Sender<Settled>>,
    progress: mpsc::UnboundedSender<(Bytes, Permit)>,
    /// Of progress that the request has not heard yet: a server must not fill our memory with it.
    room: Arc<BoundedQueue>,
    progress_token: Option<String>,
    /// The number of the message.
    sent: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressToken<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
}

/// Whether there may be a progress notification in a text.
fn names_progress(text: &[u8]) -> bool {
    const METHOD: &[u8] = b"notifications/progress";
    text.windows(METHOD.len()).any(|window| window == METHOD)
}

/// The text of a progress notification's token. It is read, as a server may escape in it what it likes.
pub(crate) fn progress_token(params: &RawValue) -> Option<String> {
    let sent: ProgressToken<'_> = serde_json::from_str(params.get()).ok()?;
    let token = sent.progress_token.get();
    Some(lenient_json::string(token).unwrap_or_else(|| token.to_owned()))
}

impl PendingRequests {
    /// Registers a request, before it is sent.
    pub(crate) fn expect(
        &self,
        id: u64,
        progress_token: Option<String>,
        limits: &Limits,
    ) -> Result<PendingRequest<'_>, AttemptError> {
        let mut state = self.locked();
        if let Some(failure) = &state.ended {
            return Err(failure.before_sending());
        }
        let (sender, response) = oneshot::channel();
        let (progress_sender, progress) = mpsc::unbounded_channel();
        let room = BoundedQueue::new(limits.of_queue(), &Count::default());
        state.sent += 1;
        let sent = state.sent;
        state
            .waiting
            .insert(id, Waiter { response: Some(sender), progress: progress_sender, room, progress_token, sent });
        self.waiters.notify_waiters();
        Ok(PendingRequest { inbox: self, id, response, progress, next: None })
    }

    /// Returns when this text may be delivered. While one call alone waits for its answer, no more is read than it takes
    /// of its progress, so that none is lost. A call must not hold up others: with several, what has no room is dropped.
    pub(crate) async fn is_ready_for(&self, text: &[u8]) {
        loop {
            let mut changed = pin!(self.waiters.notified());
            changed.as_mut().enable();
            let Some(room) = self.only_room() else { break };
            if room.has_place_for(text.len()) {
                return;
            }
            // Of all messages, progress alone takes a place.
            let size = if names_progress(text) { text.len() } else { 0 };
            tokio::select! {
                biased;
                () = room.wait_for_place(size, HELD_UP) => return,
                () = changed => {}
            }
        }
        if self.delivered.fetch_add(1, Ordering::Relaxed).is_multiple_of(MESSAGES_IN_A_ROW) {
            tokio::task::yield_now().await;
        }
    }

    /// The queue of the one call that waits.
    fn only_room(&self) -> Option<Arc<BoundedQueue>> {
        let state = self.locked();
        let mut waiting = state.waiting.values();
        let room = Arc::clone(&waiting.next()?.room);
        waiting.next().is_none().then_some(room)
    }

    /// Notes that a notification is sent.
    pub(crate) fn notified(&self) {
        let mut state = self.locked();
        state.sent += 1;
        state.notified = Some(state.sent);
    }

    /// The beginning of the last text that was no message.
    pub(crate) fn skipped(&self) -> Option<String> {
        self.locked().skipped.clone()
    }

    /// Hands messages to whom they belong; what belongs to no request goes to `listener`.
    ///
    /// # Errors
    /// Where the text is no message and may not be skipped.
    pub(crate) fn deliver(&self, text: &Bytes, listener: &dyn Listener) -> Result<(), AttemptError> {
        response_reader::messages(text, listener).iter().try_for_each(|message| self.deliver_one(message, listener))
    }

    fn deliver_one(&self, text: &Bytes, listener: &dyn Listener) -> Result<(), AttemptError> {
        match message(text, listener) {
            None => self.deliver_unreadable(text, listener)?,
            Some(Message::Response { id: None, outcome }) => self.deliver_without_id(text, &outcome, listener),
            Some(Message::Response { id: Some(id), .. }) => self.deliver_response(id, text, listener),
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
            }
            Some(Message::Request { id, method, params }) => listener.request(id, &method, params),
        }
        Ok(())
    }

    fn deliver_response(&self, id: &str, text: &Bytes, listener: &dyn Listener) {
        let ours = jsonrpc::our_id(id);
        if ours.is_some_and(|id| self.settle(id, text, true)) {
            return;
        }
        let given_up = ours.is_some_and(|id| self.locked().given_up.contains(&id));
        if given_up || !listener.accepts(Deviation::UnknownId, &response_reader::unknown_id) {
            listener.left_out(LeftOut::Unasked);
        }
    }

    /// An error without an id is about a message that the server could not read. It ends a request only where nothing else
    /// can have caused it.
    fn deliver_without_id(&self, text: &Bytes, outcome: &Result<&RawValue, RpcError>, listener: &dyn Listener) {
        let is_about_reading =
            matches!(outcome, Err(error) if matches!(error.code, Some(PARSE_ERROR | INVALID_REQUEST)));
        if let Some(id) = self.only_one_unread().filter(|_| is_about_reading) {
            self.settle(id, text, true);
            return;
        }
        let did = || {
            let said =
                outcome.as_ref().err().map(|error| crate::util::sanitize::preview_of(error.message.as_bytes(), 200));
            format!("the server sent a response without an id: {}", said.unwrap_or_default())
        };
        if !listener.accepts(Deviation::ResponseWithoutId, &did) {
            listener.left_out(LeftOut::Unasked);
        }
    }

    /// The one request that waits, where the server has read every notification.
    fn only_one_unread(&self) -> Option<u64> {
        let state = self.locked();
        (state.waiting.len() == 1 && state.notified.is_none()).then(|| state.waiting.keys().next().copied()).flatten()
    }

    /// What is no message settles the one request whose response it should be, and is skipped otherwise.
    fn deliver_unreadable(&self, text: &Bytes, listener: &dyn Listener) -> Result<(), AttemptError> {
        if jsonrpc::addressed(text).is_some_and(|id| self.settle(id, text, false)) {
            return Ok(());
        }
        if let Some(id) = jsonrpc::cut_response(text).and_then(|known| known.id)
            && self.settle(id, text, false)
        {
            return Ok(());
        }
        if !response_reader::skips(text, listener) {
            return Err(not_a_message(text));
        }
        self.locked().skipped = Some(crate::util::sanitize::preview_of(text, 200));
        Ok(())
    }

    /// Whether a request waited for it.
    fn settle(&self, id: u64, text: &Bytes, is_accepted: bool) -> bool {
        let mut state = self.locked();
        let Some(waiter) = state.waiting.get_mut(&id) else { return false };
        let (response, sent) = (waiter.response.take(), waiter.sent);
        if state.notified.is_some_and(|notified| notified < sent) {
            // Servers read in order: what was sent before the request, too.
            state.notified = None;
        }
        response.is_some_and(|sender| sender.send(Settled { text: text.clone(), is_accepted }).is_ok())
    }

    pub(crate) fn is_waited_for(&self, id: u64) -> bool {
        self.locked().waiting.get(&id).is_some_and(|waiter| waiter.response.is_some())
    }

    /// Ends the wait of all who wait now.
    pub(crate) fn abandon(&self) {
        self.locked().waiting.clear();
    }

    /// Tells all who wait, and all who come, that nothing more will come.
    pub(crate) fn end(&self, failure: AttemptError) {
        let mut state = self.locked();
        state.ended.get_or_insert(failure);
        state.waiting.clear();
        self.idle.notify_waiters();
    }

    pub(crate) fn ended(&self) -> Option<AttemptError> {
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

    fn locked(&self) -> MutexGuard<'_, PendingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the inbox with its reader, however that ends: with a panic, or with the runtime that it ran on.
pub(crate) struct Reader(pub(crate) Arc<PendingRequests>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.end(AttemptError::new(
            FailureClass::Lost,
            Code::AnswerCut,
            "nobody reads the server's messages any more",
        ));
    }
}

/// A request that waits for its answer.
pub(crate) struct PendingRequest<'a> {
    inbox: &'a PendingRequests,
    id: u64,
    response: oneshot::Receiver<Settled>,
    progress: mpsc::UnboundedReceiver<(Bytes, Permit)>,
    /// Progress that waits for room at the caller's. Kept here, as the wait may be given up and begun again.
    next: Option<(Bytes, Permit)>,
}

impl PendingRequest<'_> {
    /// Whether no response will come any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        !self.inbox.locked().waiting.contains_key(&self.id)
    }

    /// The answer; progress on the way to it goes to `listener`, in order.
    pub(crate) async fn answer(&mut self, listener: &dyn Listener, limits: &Limits) -> Result<Content, AttemptError> {
        let Settled { text, is_accepted } = loop {
            self.hand_on(listener).await;
            tokio::select! {
                biased;
                Some(next) = self.progress.recv() => self.next = Some(next),
                response = &mut self.response => match response {
                    Ok(settled) => break settled,
                    Err(_) => return Err(self.inbox.ended().unwrap_or_else(|| not_a_message(b""))),
                },
            }
        };
        while let Ok(next) = self.progress.try_recv() {
            self.next = Some(next);
            self.hand_on(listener).await;
        }
        match jsonrpc::parse(&text).filter(|_| is_accepted) {
            Some(Message::Response { id: None, outcome: Err(error) }) => Err(not_understood(error)),
            Some(Message::Response { id, outcome }) => content(&text, id, outcome, self.id, limits),
            _ => Err(response_reader::unreadable(&text, self.id)),
        }
    }

    /// Hands the next progress on when there is room for it.
    async fn hand_on(&mut self, listener: &dyn Listener) {
        if let Some((text, _)) = &self.next
            && let Some(Message::Notification { method, params }) = jsonrpc::parse(text)
        {
            if let Some(room) = listener.room_for(&method, params) {
                room.await;
            }
            listener.notification(&method, params);
        }
        self.next = None;
    }
}

/// The failure of a request that the server could not read.
fn not_understood(error: RpcError) -> AttemptError {
    let said = crate::util::sanitize::preview(error.message.as_bytes());
    let message = format!("the server could not read the request, and named no id: {said}");
    let mut failure = AttemptError::new(FailureClass::Refused, Code::BadRequest, message).with_server_text(said);
    let info = failure.error.info_mut();
    (info.rpc_code, info.data) = (error.code, error.data);
    failure
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let mut state = self.inbox.locked();
        if state.waiting.remove(&self.id).is_some_and(|waiter| waiter.response.is_some()) {
            if state.given_up.len() == GIVEN_UP_KEPT {
                state.given_up.pop_front();
            }
            state.given_up.push_back(self.id);
        }
        self.inbox.waiters.notify_waiters();
        if state.waiting.is_empty() {
            self.inbox.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
