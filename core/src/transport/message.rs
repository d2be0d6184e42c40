//! A message to send, its response, and the listener for other messages, for all transports.

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
use crate::observe::http_exchange::Observer;
use crate::protocol::jsonrpc::{self, Message, Read, RpcError};
use crate::transport::call_slots::Slot;

/// A message to send.
pub(crate) struct OutgoingMessage {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The JSON-RPC id of the request; `None` for a notification.
    pub(crate) id: Option<u64>,
    /// The token that progress notifications for this request carry.
    pub(crate) progress_token: Option<String>,
    /// The limits of the response.
    pub(crate) limits: Limits,
    /// Whether the stream may be resumed if it breaks off.
    pub(crate) resumes: bool,
    /// The slot of its call, kept until its connection is free again.
    pub(crate) slot: Option<Slot>,
    /// Observes the HTTP request.
    pub(crate) observer: Observer,
}

impl OutgoingMessage {
    /// A message that has no response: a notification, or the response to a request of the server.
    pub(crate) fn without_response(headers: HeaderMap, body: Bytes, limits: Limits) -> Self {
        Self { headers, body, id: None, progress_token: None, limits, resumes: false, slot: None, observer: None }
    }
}

/// A response, read to its end.
pub(crate) struct ServerResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
    /// Why the body was not read to its end.
    pub(crate) truncated_because: Option<String>,
}

impl ServerResponse {
    /// A response that did not come in the body of its request.
    pub(crate) fn without_head(status: StatusCode, content: Content) -> Self {
        Self { status, headers: HeaderMap::new(), content, truncated_because: None }
    }
}

pub(crate) enum Content {
    /// The `result` of the response to our request, as JSON text.
    Result(Bytes),
    /// A `result` that is not an object.
    OtherResult(Bytes),
    /// The `error` of the response to our request.
    RpcError(RpcError),
    /// A body that is not a response to our request.
    Other(Bytes),
}

/// Receives the messages of the server that are not the response.
pub(crate) trait Listener: Send + Sync {
    fn notification(&self, method: &str, params: Option<&RawValue>);
    fn request(&self, id: &str, method: &str, params: Option<&RawValue>);
    /// Waits for capacity in the caller's queue before this notification is passed on and more is read. `None` if there is
    /// capacity.
    fn wait_for_capacity(&self, _method: &str, _params: Option<&RawValue>) -> Option<QueueWait<'_>> {
        None
    }
    /// Another token, after the server has refused the one of the request.
    fn renewed_token(&self) -> Renewed<'_> {
        Box::pin(std::future::ready(None))
    }
    /// The idle timer of the call, which bytes of its own stream restart.
    fn idle(&self) -> Option<&Arc<IdleTimer>> {
        None
    }
    /// Reports that a message was not passed on.
    fn dropped(&self, _why: DroppedMessage) {}
    /// Whether a deviation of the server is accepted. `did` states what the server did.
    fn accepts(&self, _deviation: Deviation, _did: &dyn Fn() -> String) -> bool {
        true
    }
    /// Receives a preview of skipped text.
    fn skipped(&self, _shown: String) {}
}

/// Ends when there is capacity, or when the wait took too long.
pub(crate) type QueueWait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The header with another token, if there is one.
pub(crate) type Renewed<'a> = Pin<Box<dyn Future<Output = Option<HeaderValue>> + Send + 'a>>;

/// Why a message was not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DroppedMessage {
    /// No request waits for the response.
    UnexpectedResponse,
    /// The callback of the call takes its progress too slowly.
    QueueFull,
}

/// Ignores all messages, and accepts all deviations.
pub(crate) struct NoopListener;

impl Listener for NoopListener {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
}

/// Passes only decisions on deviations to another listener.
pub(crate) struct DeviationListener(pub(crate) Arc<dyn Listener>);

impl Listener for DeviationListener {
    fn notification(&self, _: &str, _: Option<&RawValue>) {}
    fn request(&self, _: &str, _: &str, _: Option<&RawValue>) {}
    fn accepts(&self, deviation: Deviation, did: &dyn Fn() -> String) -> bool {
        self.0.accepts(deviation, did)
    }
}

/// Reads one message; `None` if the text is not a message, or has a deviation that is not accepted.
pub(crate) fn message<'a>(text: &'a [u8], listener: &dyn Listener) -> Option<Message<'a>> {
    accepted(jsonrpc::read(text)?, listener)
}

/// As [`message`], for a body that is one message.
pub(crate) fn only_message<'a>(text: &'a [u8], listener: &dyn Listener) -> Option<Message<'a>> {
    accepted(jsonrpc::read_only(text)?, listener)
}

fn accepted<'a>(read: Read<'a>, listener: &dyn Listener) -> Option<Message<'a>> {
    let Read { message, deviation } = read;
    let accepted = deviation.is_none_or(|(deviation, did)| listener.accepts(deviation, &|| did.to_owned()));
    accepted.then_some(message)
}

/// The content of a response to the request `id`.
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
            Err(AttemptError::bad_answer(
                Code::WrongId,
                format!("the response has id {shown}, the request had id {id}"),
            ))
        }
        (Some(_), Ok(result)) => {
            limits.check_depth(result.get().as_bytes())?;
            let cut_out = text.slice_ref(result.get().as_bytes());
            let is_object = cut_out.starts_with(b"{");
            Ok(if is_object { Content::Result(cut_out) } else { Content::OtherResult(cut_out) })
        }
        // A server that could not read the id sends the error without one.
        (_, Err(error)) => Ok(Content::RpcError(error)),
        (None, Ok(_)) => Err(not_a_message(text)),
    }
}

pub(crate) fn not_a_message(text: &[u8]) -> AttemptError {
    let preview = crate::util::sanitize::preview_of(text, 200);
    let message = format!("the response is not a JSON-RPC message: {preview}");
    AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message).with_server_text(preview, true)
}
