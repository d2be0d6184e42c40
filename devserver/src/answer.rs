//! A response before it is sent, so that a fault can still change it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::body::Incoming;
use serde_json::Value;

use crate::open_streams::Feed;

/// The result or error of a JSON-RPC response, as JSON text.
#[derive(Clone)]
pub(crate) enum Outcome {
    Result(Arc<str>),
    Error(Arc<str>),
}

/// The content of a response.
pub(crate) enum Payload {
    Empty,
    /// A body with its own content type, such as a REST error.
    Body {
        content_type: HeaderValue,
        bytes: Bytes,
    },
    /// A JSON-RPC response, and the notifications that precede it.
    Rpc {
        id: Value,
        outcome: Outcome,
        before: Vec<String>,
        sse: bool,
    },
    /// The rest of an event stream that was cut.
    Resumed(Vec<Bytes>),
    /// An event stream whose pieces come from another part of the server.
    Relayed(Incoming),
    /// An event stream that stays open.
    Open(Bytes),
    /// The same; the server can also send notifications and requests on it.
    Streamed(Bytes, Feed),
}

/// A response.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
}

impl Answer {
    pub(crate) fn new(status: u16, payload: Payload) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            payload,
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, Payload::Empty)
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(
            status,
            Payload::Body {
                content_type: HeaderValue::from_static(crate::headers::JSON),
                bytes: body.to_string().into(),
            },
        )
    }

    /// A JSON-RPC error, to be sent as JSON.
    pub(crate) fn error(status: u16, id: Value, error: &Value) -> Self {
        Self::new(
            status,
            Payload::Rpc { id, outcome: Outcome::Error(error.to_string().into()), before: Vec::new(), sse: false },
        )
    }

    /// Adds a header; a value that cannot be sent is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}
