//! Reads the messages of a body or an event stream until the response to its request.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::{self, Message};
use crate::transport::message::{Content, Listener, content, message, not_a_message};
use crate::transport::truncated_response;

/// The most of a skipped text that messages show.
const SHOWN: usize = 200;

/// The messages of a text: itself, or those of a batch of revision 2025-03-26. Batches in a batch are not read, as their depth has
/// no limit.
pub(crate) fn messages(text: &Bytes, listener: &dyn Listener) -> Vec<Bytes> {
    let inner = jsonrpc::without_mark(text);
    if inner.trim_ascii_start().starts_with(b"[")
        && let Ok(batch) = serde_json::from_slice::<Vec<&RawValue>>(inner)
        && !batch.is_empty()
        && (inner.len() == text.len() || listener.accepts(Deviation::ByteOrderMark, &|| jsonrpc::MARKED.to_owned()))
    {
        return batch.iter().map(|message| text.slice_ref(message.get().as_bytes())).collect();
    }
    vec![text.clone()]
}

/// Whether a stream ended without the response, after an event that was not a message and may have been sent instead of it.
pub(crate) fn ended_after_skipped(failure: &AttemptError) -> bool {
    failure.error.info().code == Code::AnswerCut && failure.server_text.is_some()
}

/// Reports a text that is not a message. Returns whether it may be skipped.
pub(crate) fn skips(text: &[u8], listener: &dyn Listener) -> bool {
    let shown = || crate::util::sanitize::preview_of(text, SHOWN);
    let accepted = listener
        .accepts(Deviation::NotAMessage, &|| format!("the server sent what is not a JSON-RPC message ({})", shown()));
    if accepted {
        listener.skipped(shown());
    }
    accepted
}

/// The failure of a text that should be a response to the request `id`.
pub(crate) fn unreadable(text: &[u8], id: u64) -> AttemptError {
    let shown = crate::util::sanitize::preview_of(text, SHOWN);
    if jsonrpc::addressed(text) == Some(id) {
        let why = match std::str::from_utf8(text) {
            Ok(_) => "is not a JSON-RPC message",
            Err(_) => "is not valid UTF-8",
        };
        return AttemptError::unusable(format!("the response to this request {why}: {shown}"));
    }
    match jsonrpc::truncated_response(text) {
        Some(_) => truncated_response::failure(
            text,
            id,
            format!("the response ends too early and is not a JSON-RPC message: {shown}"),
            Code::InvalidAnswer,
        )
        .with_server_text(shown, false),
        None => not_a_message(text),
    }
}

/// Reads messages until the response.
pub(crate) struct ResponseReading<'a> {
    pub(crate) id: u64,
    pub(crate) limits: &'a Limits,
    pub(crate) listener: &'a dyn Listener,
    /// The beginning of the last skipped text.
    pub(crate) skipped: Option<String>,
}

impl<'a> ResponseReading<'a> {
    pub(crate) fn new(id: u64, limits: &'a Limits, listener: &'a dyn Listener) -> Self {
        Self { id, limits, listener, skipped: None }
    }

    /// Handles the messages of one text. Returns the response, if it is among them.
    ///
    /// # Errors
    /// If the response cannot be used, or the text may not be skipped.
    pub(crate) async fn take(&mut self, text: &Bytes) -> Result<Option<Content>, AttemptError> {
        let messages = messages(text, self.listener);
        let is_batch = messages.len() > 1;
        let mut response = None;
        for text in &messages {
            match message(text, self.listener) {
                Some(Message::Notification { method, params }) => {
                    // Nothing more is read meanwhile, which slows the server down.
                    if let Some(capacity) = self.listener.wait_for_capacity(&method, params) {
                        capacity.await;
                    }
                    self.listener.notification(&method, params);
                }
                Some(Message::Request { id, method, params }) => self.listener.request(id, &method, params),
                Some(Message::Response { id, outcome }) => {
                    let is_other = is_batch && id.is_none_or(|id| jsonrpc::our_id(id) != Some(self.id));
                    if is_other && self.listener.accepts(Deviation::UnknownId, &unknown_id) {
                        continue;
                    }
                    // The rest of a batch is read, too.
                    response.get_or_insert(content(text, id, outcome, self.id, self.limits)?);
                }
                None => self.skip(text)?,
            }
        }
        Ok(response)
    }

    fn skip(&mut self, text: &Bytes) -> Result<(), AttemptError> {
        let failure = unreadable(text, self.id);
        let is_ours = failure.class == FailureClass::Unusable
            || jsonrpc::truncated_response(text).is_some_and(|known| known.id == Some(self.id));
        if is_ours || !skips(text, self.listener) {
            return Err(failure);
        }
        self.skipped = Some(crate::util::sanitize::preview_of(text, SHOWN));
        Ok(())
    }

    /// The failure of a stream that ended without the response.
    pub(crate) fn ended(&self) -> AttemptError {
        let ended = "the event stream ended without the response";
        match &self.skipped {
            None => AttemptError::bad_answer(Code::AnswerCut, ended),
            Some(skipped) => {
                let message = format!("{ended}; the last event that was not a JSON-RPC message: {skipped}");
                AttemptError::bad_answer(Code::AnswerCut, message).with_server_text(skipped, true)
            }
        }
    }
}

/// The deviation of a response to a request that was not made.
pub(crate) fn unknown_id() -> String {
    "the server sent a response to a request that was not made".to_owned()
}
