//! A message to send, and what it is answered with, whatever carries them.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::value::RawValue;

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::idle_timeout::IdleTimer;
use crate::observe::deviations::Deviation;
use crate::protocol::jsonrpc::{self, Message, Read, RpcError};
use crate::transport::connection_slots::Slot;

/// A message to send.
pub(crate) struct OutgoingMessage {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The JSON-RPC id that the answer must carry; `None` for what is not answered.
    pub(crate) id: Option<u64>,
    /// The token by which progress of this request is told from that of others on the same stream.
    pub(crate) progress_token: Option<String>,
    /// How much of the answer is taken in.
    pub(crate) limits: Limits,
    /// Whether a stream that breaks off may be gone on with: the modern era has no such thing.
    pub(crate) resumes: bool,
    /// Its place among the calls on their way, kept until its connection is free again.
    pub(crate) slot: Option<Slot>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// What is to be said where not all of the body was read.
    pub(crate) cut: Option<String>,
}

pub(crate) enum Content {
    /// The `result` of the response to our request, as JSON text.
    Result(Bytes),
    /// The same where it is no object.
    OtherResult(Bytes),
    /// The `error` of the response to our request.
    RpcError(RpcError),
    /// A body that is no response to our request.
    Other(Bytes),
}

/// Who hears of what the server sends by itself.
pub(crate) trait Listener: Send + Sync {
    fn notification(&self, method: &str, params: Option<&RawValue>);
    fn request(&self, id: &str, method: &str, params: Option<&RawValue>);
    /// What must be awaited before this notification is handed on and more is read: room for it where the caller takes
    /// it. `None` where there is room.
    fn room_for(&self, _method: &str, _params: Option<&RawValue>) -> Option<QueueWait<'_>> {
        None
    }
    /// Another token in the place of the request's own, which the server does not accept any more.
    fn renewed_token(&self) -> Renewed<'_> {
        Box::pin(std::future::ready(None))
    }
    /// The timer of the call, which bytes of its own stream start anew.
    fn idle(&self) -> Option<&Arc<IdleTimer>> {
        None
    }
    /// Hears that something was not handed on, and why.
    fn left_out(&self, _why: LeftOut) {}
    /// Whether a deviation of the server is accepted. `did` states what the server did.
    fn accepts(&self, _deviation: Deviation, _did: &dyn Fn() -> String) -> bool {
        true
    }
    /// Receives a preview of skipped text.
    fn skipped(&self, _shown: String) {}
}

/// Ends when there is room, or when there will be none in time.
pub(crate) type QueueWait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The header of another token, where there is one to be had.
pub(crate) type Renewed<'a> = Pin<Box<dyn Future<Output = Option<HeaderValue>> + Send + 'a>>;

/// Why a message is not handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// An answer that no request waits for.
    Unasked,
    /// Progress that its call does not take fast enough.
    NoRoom,
}

/// Hears nothing.
pub(crate) struct NoopListener;

impl Listener for NoopListener {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
}

/// A listener's decision on deviations, and nothing else of it.
pub(crate) struct Decides(pub(crate) Arc<dyn Listener>);

impl Listener for Decides {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.0.accepts(deviation, did)
    }
}

/// Reads one message; `None` where the text is none, or deviates in a way that is not accepted.
pub(crate) fn message<'a>(text: &'a [u8], listener: &dyn Listener) -> Option<Message<'a>> {
    accepted(jsonrpc::read(text)?, listener)
}

/// The same of the only message of a body.
pub(crate) fn only_message<'a>(text: &'a [u8], listener: &dyn Listener) -> Option<Message<'a>> {
    accepted(jsonrpc::read_only(text)?, listener)
}

fn accepted<'a>(read: Read<'a>, listener: &dyn Listener) -> Option<Message<'a>> {
    let Read { message, deviation } = read;
    let accepted = deviation.is_none_or(|(deviation, did)| listener.accepts(deviation, &|| did.to_owned()));
    accepted.then_some(message)
}

/// What a response says to the request `id`.
pub(crate) fn content(
    text: &Bytes,
    answered: Option<&str>,
    outcome: Result<&RawValue, RpcError>,
    id: u64,
    limits: &Limits,
) -> Result<Content, AttemptError> {
    match (answered, outcome) {
        (Some(answered), _) if jsonrpc::our_id(answered) != Some(id) => {
            let shown = crate::util::sanitize::preview_of(answered.as_bytes(), 64);
            Err(AttemptError::bad_answer(Code::WrongId, format!("the answer has id {shown}, the request had id {id}")))
        }
        (Some(_), Ok(result)) => {
            limits.check_depth(result.get().as_bytes())?;
            let cut_out = text.slice_ref(result.get().as_bytes());
            let is_object = cut_out.starts_with(b"{");
            Ok(if is_object { Content::Result(cut_out) } else { Content::OtherResult(cut_out) })
        }
        // A server that could not read the id answers with none.
        (_, Err(error)) => Ok(Content::RpcError(error)),
        (None, Ok(_)) => Err(not_a_message(text)),
    }
}

pub(crate) fn not_a_message(text: &[u8]) -> AttemptError {
    let preview = crate::util::sanitize::preview_of(text, 200);
    let message = format!("the answer is not a JSON-RPC response: {preview}");
    AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message).with_server_text(preview)
}
