//! The values of the fields of faults.

use serde::{Deserialize, Serialize};

use crate::description::{Described, Form, choices, described};

/// Whether a fault occurs before or after the execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before: the request is not processed, and nothing runs.
    #[default]
    BeforeExecution,
    /// After: the tool has run and its response is stored.
    AfterExecution,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A TCP reset.
    Rst,
    /// An orderly TCP close, in the middle of whatever was being sent.
    Fin,
    /// Streams only: the HTTP response ends properly, but early. Otherwise the same as `fin`.
    End,
}

/// Why a stream of HTTP/2 is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEnd {
    /// The request was not processed.
    #[default]
    RefusedStream,
    /// The server failed.
    InternalError,
    /// The server no longer needs the stream.
    Cancel,
    /// The client sends too many requests.
    EnhanceYourCalm,
}

/// The last HTTP/2 stream that a server processes after it sent GOAWAY.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastStream {
    /// That of the request.
    #[default]
    This,
    /// The one before: the request is not processed.
    Previous,
}

/// What follows the bytes of a raw body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The response ends properly.
    #[default]
    End,
    /// An orderly TCP close, in the middle of the response.
    Fin,
    /// A TCP reset.
    Rst,
    /// Nothing; the connection stays open.
    Hang,
}

described! {
    /// The HTTP response to a request whose JSON-RPC response is sent on another stream.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Acknowledgement {
        /// The status.
        pub status: u16,
        /// The type of the body.
        pub content_type: String,
        /// The body.
        #[serde(default)]
        pub body: String,
    }
}

/// How the text of a raw response becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Charset {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// One byte for each character up to U+00FF; the rest become `?`.
    Latin1,
    /// UTF-16, little endian, without a byte-order mark.
    #[serde(rename = "utf-16le")]
    Utf16le,
}

impl Charset {
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            Self::Utf16le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        }
    }
}

/// The content of an endless response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endless {
    /// An event stream of comments.
    Comments,
    /// An event stream of notifications.
    Events,
    /// One event without an end.
    Event,
    /// A head without an end, sent as fast as the peer reads.
    Headers,
    /// A JSON body with a string that never ends.
    Body,
}

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// A `Retry-After` value: seconds, or text that is sent as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RetryAfter {
    /// Delta-seconds.
    Seconds(u64),
    /// An HTTP-date, or anything else.
    Text(String),
}

choices! {
    When: BeforeExecution, AfterExecution;
    How: Rst, Fin, End;
    StreamEnd: RefusedStream, InternalError, Cancel, EnhanceYourCalm;
    LastStream: This, Previous;
    Then: End, Fin, Rst, Hang;
    Charset: Utf8, Latin1, Utf16le;
    Endless: Comments, Events, Event, Headers, Body;
    Packing: Gzip, Zstd;
}

impl Described for RetryAfter {
    fn form() -> Form {
        Form::Either(vec![u64::form(), Form::Text])
    }
}

impl RetryAfter {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Seconds(n) => n.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}
