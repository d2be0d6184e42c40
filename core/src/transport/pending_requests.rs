//! The requests that wait for responses on one stream: each response is delivered to its request by its id.

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
use crate::transport::message::{Content, DroppedMessage, Listener, content, message, not_a_message};
use crate::transport::response_reader;
use crate::util::bounded_queue::{BoundedQueue, Permit, WaitLimit};
use crate::util::count::Count;

/// How long the only call in flight may stop the reading when it takes no progress. Other messages of the server wait meanwhile.
const PROGRESS_WAIT: WaitLimit = WaitLimit { idle: Duration::from_secs(1), until: None };
/// After how many messages the reader yields to the calls that wait.
const MESSAGES_IN_A_ROW: usize = 64;

#[derive(Default)]
pub(crate) struct PendingRequests {
    state: Mutex<PendingState>,
    /// Notified when no request waits any more.
    idle: Notify,
    /// Notified when a request begins or stops waiting.
    waiters: Notify,
    delivered: AtomicUsize,
}

#[derive(Default)]
struct PendingState {
    waiting: HashMap<u64, Waiter>,
    /// The failure that ended the stream or the process.
    ended: Option<AttemptError>,
    /// The ids of cancelled requests, the oldest first: their responses may still come.
    cancelled: VecDeque<u64>,
    /// The number of messages that were sent.
    sent: u64,
    /// The number of the last notification that the server may not have read yet.
    notified: Option<u64>,
    /// The beginning of the last text that was not a message.
    skipped: Option<String>,
}

/// How many cancelled requests are remembered.
const CANCELLED_KEPT: usize = 1024;

/// The text that ends the wait of a request, and whether it is a response that the client's options accept.
struct DeliveredText {
    text: Bytes,
    is_accepted: bool,
}

struct Waiter {
    response: Option<oneshot::Sender<DeliveredText>>,
    progress: mpsc::UnboundedSender<(Bytes, Permit)>,
    /// Limits the progress that the request has not read yet, so that a server cannot fill the memory.
    queue: Arc<BoundedQueue>,
    progress_token: Option<String>,
    /// The number of its message.
    sent: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProgressToken<'a> {
    #[serde(borrow)]
    progress_token: &'a RawValue,
}

/// Whether a text may contain a progress notification.
fn names_progress(text: &[u8]) -> bool {
    const METHOD: &[u8] = b"notifications/progress";
    text.windows(METHOD.len()).any(|window| window == METHOD)
}

/// The token of a progress notification, without the escapes that a server may use.
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
        let queue = BoundedQueue::new(limits.of_queue(), &Count::default());
        state.sent += 1;
        let sent = state.sent;
        state
            .waiting
            .insert(id, Waiter { response: Some(sender), progress: progress_sender, queue, progress_token, sent });
        self.waiters.notify_waiters();
        Ok(PendingRequest { inbox: self, id, response, progress, next: None })
    }

    /// Returns when this text may be delivered. While only one call is in flight, reading waits for its progress callback, so that
    /// no progress is lost. With several calls, progress beyond the capacity is dropped, as one call must not delay others.
    pub(crate) async fn is_ready_for(&self, text: &[u8]) {
        loop {
            let mut changed = pin!(self.waiters.notified());
            changed.as_mut().enable();
            let Some(queue) = self.only_queue() else { break };
            if queue.has_capacity_for(text.len()) {
                return;
            }
            // Only progress takes capacity.
            let size = if names_progress(text) { text.len() } else { 0 };
            tokio::select! {
                biased;
                () = queue.wait_for_capacity(size, PROGRESS_WAIT) => return,
                () = changed => {}
            }
        }
        if self.delivered.fetch_add(1, Ordering::Relaxed).is_multiple_of(MESSAGES_IN_A_ROW) {
            tokio::task::yield_now().await;
        }
    }

    /// The queue of the call in flight, if it is the only one.
    fn only_queue(&self) -> Option<Arc<BoundedQueue>> {
        let state = self.locked();
        let mut waiting = state.waiting.values();
        let queue = Arc::clone(&waiting.next()?.queue);
        waiting.next().is_none().then_some(queue)
    }

    /// Notes that a notification was sent.
    pub(crate) fn notified(&self) {
        let mut state = self.locked();
        state.sent += 1;
        state.notified = Some(state.sent);
    }

    /// The beginning of the last text that was not a message.
    pub(crate) fn skipped(&self) -> Option<String> {
        self.locked().skipped.clone()
    }

    /// Delivers messages to their requests, and all others to `listener`.
    ///
    /// # Errors
    /// If the text is not a message and may not be skipped.
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
                    Some(waiter) => match waiter.queue.acquire(text.len()) {
                        Some(permit) => drop(waiter.progress.send((text.clone(), permit))),
                        None => {
                            drop(state);
                            listener.dropped(DroppedMessage::QueueFull);
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
        if ours.is_some_and(|id| self.end_wait(id, text, true)) {
            return;
        }
        let is_cancelled = ours.is_some_and(|id| self.locked().cancelled.contains(&id));
        if is_cancelled || !listener.accepts(Deviation::UnknownId, &response_reader::unknown_id) {
            listener.dropped(DroppedMessage::UnexpectedResponse);
        }
    }

    /// An error without an id is about a message that the server could not read. It ends a request only if no other message can
    /// have caused it.
    fn deliver_without_id(&self, text: &Bytes, outcome: &Result<&RawValue, RpcError>, listener: &dyn Listener) {
        let is_about_reading =
            matches!(outcome, Err(error) if matches!(error.code, Some(PARSE_ERROR | INVALID_REQUEST)));
        if let Some(id) = self.only_one_unread().filter(|_| is_about_reading) {
            self.end_wait(id, text, true);
            return;
        }
        let did = || {
            let preview =
                outcome.as_ref().err().map(|error| crate::util::sanitize::preview_of(error.message.as_bytes(), 200));
            format!("the server sent a response without an id: {}", preview.unwrap_or_default())
        };
        if !listener.accepts(Deviation::ResponseWithoutId, &did) {
            listener.dropped(DroppedMessage::UnexpectedResponse);
        }
    }

    /// The only request that waits, if the server has read all notifications.
    fn only_one_unread(&self) -> Option<u64> {
        let state = self.locked();
        (state.waiting.len() == 1 && state.notified.is_none()).then(|| state.waiting.keys().next().copied()).flatten()
    }

    /// A text that is not a message ends the request whose response it should be, and is skipped otherwise.
    fn deliver_unreadable(&self, text: &Bytes, listener: &dyn Listener) -> Result<(), AttemptError> {
        if jsonrpc::addressed(text).is_some_and(|id| self.end_wait(id, text, false)) {
            return Ok(());
        }
        if let Some(id) = jsonrpc::truncated_response(text).and_then(|known| known.id)
            && self.end_wait(id, text, false)
        {
            return Ok(());
        }
        if !response_reader::skips(text, listener) {
            return Err(not_a_message(text));
        }
        self.locked().skipped = Some(crate::util::sanitize::preview_of(text, 200));
        Ok(())
    }

    /// Ends the wait of a request. Returns whether it waited.
    fn end_wait(&self, id: u64, text: &Bytes, is_accepted: bool) -> bool {
        let mut state = self.locked();
        let Some(waiter) = state.waiting.get_mut(&id) else { return false };
        let (response, sent) = (waiter.response.take(), waiter.sent);
        if state.notified.is_some_and(|notified| notified < sent) {
            // Servers read in order, so the notifications before this request were read.
            state.notified = None;
        }
        response.is_some_and(|sender| sender.send(DeliveredText { text: text.clone(), is_accepted }).is_ok())
    }

    pub(crate) fn is_pending(&self, id: u64) -> bool {
        self.locked().waiting.get(&id).is_some_and(|waiter| waiter.response.is_some())
    }

    /// Ends the wait of all requests that wait now.
    pub(crate) fn abandon(&self) {
        self.locked().waiting.clear();
    }

    /// Ends the wait of all requests, and refuses further ones with this failure.
    pub(crate) fn end(&self, failure: AttemptError) {
        let mut state = self.locked();
        state.ended.get_or_insert(failure);
        state.waiting.clear();
        self.idle.notify_waiters();
    }

    pub(crate) fn ended(&self) -> Option<AttemptError> {
        self.locked().ended.clone()
    }

    /// Returns when no request waits, or after this time.
    pub(crate) async fn idle(&self, at_most: Duration) {
        let idle = async {
            loop {
                let notified = self.idle.notified();
                if self.locked().waiting.is_empty() {
                    return;
                }
                notified.await;
            }
        };
        let _ = tokio::time::timeout(at_most, idle).await;
    }

    fn locked(&self) -> MutexGuard<'_, PendingState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the pending requests with the reader of the stream, also after a panic or with its runtime.
pub(crate) struct Reader(pub(crate) Arc<PendingRequests>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.end(AttemptError::new(FailureClass::Lost, Code::AnswerCut, "the reader of the server's messages ended"));
    }
}

/// A request that waits for its response.
pub(crate) struct PendingRequest<'a> {
    inbox: &'a PendingRequests,
    id: u64,
    response: oneshot::Receiver<DeliveredText>,
    progress: mpsc::UnboundedReceiver<(Bytes, Permit)>,
    /// Progress that waits for capacity in the caller's queue. Kept here, as the wait may be dropped and repeated.
    next: Option<(Bytes, Permit)>,
}

impl PendingRequest<'_> {
    /// Whether no response will come any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        !self.inbox.locked().waiting.contains_key(&self.id)
    }

    /// Waits for the response. Progress before it goes to `listener`, in order.
    pub(crate) async fn response(&mut self, listener: &dyn Listener, limits: &Limits) -> Result<Content, AttemptError> {
        let DeliveredText { text, is_accepted } = loop {
            self.pass_progress(listener).await;
            tokio::select! {
                biased;
                Some(next) = self.progress.recv() => self.next = Some(next),
                response = &mut self.response => match response {
                    Ok(delivered) => break delivered,
                    Err(_) => return Err(self.inbox.ended().unwrap_or_else(|| not_a_message(b""))),
                },
            }
        };
        while let Ok(next) = self.progress.try_recv() {
            self.next = Some(next);
            self.pass_progress(listener).await;
        }
        match jsonrpc::parse(&text).filter(|_| is_accepted) {
            Some(Message::Response { id: None, outcome: Err(error) }) => Err(not_understood(error)),
            Some(Message::Response { id, outcome }) => content(&text, id, outcome, self.id, limits),
            _ => Err(response_reader::unreadable(&text, self.id)),
        }
    }

    /// Passes the next progress on when there is capacity for it.
    async fn pass_progress(&mut self, listener: &dyn Listener) {
        if let Some((text, _)) = &self.next
            && let Some(Message::Notification { method, params }) = jsonrpc::parse(text)
        {
            if let Some(capacity) = listener.wait_for_capacity(&method, params) {
                capacity.await;
            }
            listener.notification(&method, params);
        }
        self.next = None;
    }
}

/// The failure of a request that the server could not read.
fn not_understood(error: RpcError) -> AttemptError {
    let text = crate::util::sanitize::preview(error.message.as_bytes());
    let message = format!("the server could not read the request, and named no id: {text}");
    let mut failure = AttemptError::new(FailureClass::Refused, Code::BadRequest, message).with_server_text(text, true);
    let info = failure.error.info_mut();
    (info.rpc_code, info.data) = (error.code, error.data);
    failure
}

impl Drop for PendingRequest<'_> {
    fn drop(&mut self) {
        let mut state = self.inbox.locked();
        if state.waiting.remove(&self.id).is_some_and(|waiter| waiter.response.is_some()) {
            if state.cancelled.len() == CANCELLED_KEPT {
                state.cancelled.pop_front();
            }
            state.cancelled.push_back(self.id);
        }
        self.inbox.waiters.notify_waiters();
        if state.waiting.is_empty() {
            self.inbox.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
