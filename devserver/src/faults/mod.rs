//! Faults: what the server does with a request instead of, or besides, answering it.

mod checks;
mod fields;
mod rule;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::description::described;

pub use fields::{Acknowledgement, Charset, Endless, How, LastStream, Packing, RetryAfter, StreamEnd, Then, When};
pub use rule::{Matcher, Rule};

described! {
    /// What happens to a request that a rule matches.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
    pub enum Fault {
        /// The call takes longer by this time.
        Delay {
            /// Milliseconds.
            ms: u64,
            /// Before the tool runs (its key is in flight meanwhile), or before the response is sent.
            #[serde(default)]
            when: When,
        },
        /// No response; the connection stays open until the peer closes it.
        Hang {
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
        /// A response with this status.
        Status {
            /// HTTP status.
            status: u16,
            /// Additional headers.
            #[serde(default)]
            headers: BTreeMap<String, String>,
            /// A string is sent as text, anything else as JSON.
            #[serde(default)]
            body: Option<Value>,
            /// Overrides the content type that follows from `body`.
            #[serde(default)]
            content_type: Option<String>,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
        /// The response of the OMNI service for one of its error codes.
        OmniError {
            /// A code of the table, or any other.
            omni_code: String,
            /// Overrides the table's status.
            #[serde(default)]
            status: Option<u16>,
            /// Adds `Retry-After`.
            #[serde(default)]
            retry_after: Option<RetryAfter>,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
        /// An error of profiles `odock`, `gaia` and `sema4`, in the envelope of the service.
        ServiceError {
            /// A code of the service's table, or any other.
            code: String,
            /// Overrides the table's status.
            #[serde(default)]
            status: Option<u16>,
            /// Overrides the table's message.
            #[serde(default)]
            message: Option<String>,
            /// Odock: in the body, and in `Retry-After` by option. Elsewhere: in `Retry-After`.
            #[serde(default)]
            retry_after: Option<RetryAfter>,
            /// Additional headers.
            #[serde(default)]
            headers: BTreeMap<String, String>,
            /// Whether the request is served first.
            #[serde(default)]
            when: When,
        },
        /// The connection ends instead of a response.
        Reset {
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
            /// Reset (the default) or orderly close.
            #[serde(default = "rst")]
            how: How,
        },
        /// The response has the headers of the whole, and the connection ends after this many bytes of its body.
        Truncate {
            /// Bytes of the body that are sent.
            bytes: usize,
            /// Orderly close (the default) or reset.
            #[serde(default = "fin")]
            how: How,
        },
        /// The response as an event stream that is cut after this many events.
        StreamCut {
            /// Events that are sent; a priming event counts.
            after_events: usize,
            /// Orderly close (the default), reset, or a stream that ends as it should.
            #[serde(default = "fin")]
            how: How,
            /// Whether the tool runs first (the default); if not, no events are sent.
            #[serde(default = "after")]
            when: When,
        },
        /// The response as a JSON text that ends in the middle, with the `Content-Length` of that part.
        MalformedJson {},
        /// The response as an event stream whose data is not JSON.
        MalformedEvent {},
        /// The response with another id.
        WrongId {},
        /// The response with its id as a string: "7" for 7.
        StringId {},
        /// 202 and no body.
        Accepted {
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
        /// The response with another content type.
        ContentType {
            /// The content type.
            value: String,
        },
        /// The status and content type of the response, without a body.
        EmptyBody {},
        /// 404, and the session of the request is deleted.
        SessionLost {},
        /// The response to a session of another replica; the session stays there.
        SessionElsewhere {},
        /// The response as an event stream that contains it twice.
        DuplicateEvent {},
        /// The response as an event stream in which it precedes its notifications.
        ReorderedEvents {},
        /// The response in small pieces.
        SlowDrip {
            /// Bytes per piece.
            bytes_per_tick: usize,
            /// Milliseconds between two pieces.
            tick_ms: u64,
        },
        /// The response as an event stream that pauses after this many events.
        Pause {
            /// Events that are sent before; a priming event counts.
            after_events: usize,
            /// Length of the pause in milliseconds; without a value it does not end.
            #[serde(default)]
            ms: Option<u64>,
        },
        /// A small compressed body that expands to a large one, whatever `Accept-Encoding` the request has.
        Bomb {
            /// How it is compressed.
            encoding: Packing,
            /// Bytes after decompression.
            bytes: u64,
        },
        /// A response that never ends.
        EndlessStream {
            /// What it consists of.
            what: Endless,
            /// Milliseconds between two pieces; 0 sends as fast as the peer reads.
            #[serde(default)]
            tick_ms: u64,
        },
        /// A JSON-RPC error.
        RpcError {
            /// JSON-RPC code.
            code: i64,
            /// JSON-RPC message.
            message: String,
            /// JSON-RPC data.
            #[serde(default)]
            data: Option<Value>,
            /// HTTP status.
            #[serde(default = "ok")]
            status: u16,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
        /// Exactly this body. `$ID` in it is replaced by the id of the request as JSON, `$ANSWER` by the response without the
        /// fault; with `$ANSWER` the tool runs first.
        RawBody {
            /// The body.
            body: String,
            /// Its content type.
            #[serde(default = "json")]
            content_type: String,
            /// HTTP status.
            #[serde(default = "ok")]
            status: u16,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
            /// Sends pieces of this many bytes, each as one chunk.
            #[serde(default)]
            bytes_per_tick: Option<usize>,
            /// Milliseconds between two pieces.
            #[serde(default)]
            tick_ms: u64,
            /// What follows.
            #[serde(default)]
            then: Then,
        },
        /// Exactly these bytes on the connection, including the head (HTTP/1.1 only). `$ID` and `$ANSWER` as in `raw_body`, also
        /// in the head.
        RawResponse {
            /// The status line and the headers, one per line: LF is sent as CR LF. `Content-Length` is added if the head contains
            /// neither it nor `Transfer-Encoding`.
            head: String,
            /// The body.
            #[serde(default)]
            body: String,
            /// How the body becomes bytes.
            #[serde(default)]
            charset: Charset,
            /// How the body is compressed; the head must name it.
            #[serde(default)]
            packing: Option<Packing>,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
            /// What follows.
            #[serde(default)]
            then: Then,
        },
        /// Exactly these bytes instead of a response: on the server's stream (stdio, sse), or as the body of an event stream.
        /// `$ID` and `$ANSWER` as in `raw_body`. Applies to notifications too.
        RawOutput {
            /// The bytes.
            text: String,
            /// How the text becomes bytes.
            #[serde(default)]
            charset: Charset,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
            /// What follows. On stdio `fin` and `rst` end the process with code 1.
            #[serde(default)]
            then: Then,
            /// Streamable HTTP: sent on the GET stream of the session; the response to the request is 202.
            #[serde(default)]
            on_get_stream: bool,
            /// With `on_get_stream`: the response to the request instead of 202 without a body.
            #[serde(default)]
            acknowledgement: Option<Acknowledgement>,
        },
        /// HTTP/2: RST_STREAM instead of a response; the connection stays open. In HTTP/1.1 the same as `reset`.
        ResetStream {
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
            /// The reason; `refused_stream` claims that nothing ran, also with `when: after_execution`.
            #[serde(default)]
            reason: StreamEnd,
        },
        /// HTTP/2: GOAWAY; streams up to the last one are served.
        GoAway {
            /// The last stream that is served.
            #[serde(default)]
            last: LastStream,
        },
        /// The connection stays open, but nothing more is read or sent on it. The tool does not run.
        Stall {
            /// Applies to all open connections, as if the host had moved; new connections work.
            #[serde(default)]
            all: bool,
        },
        /// A redirect.
        Redirect {
            /// HTTP status.
            status: u16,
            /// The `Location` header.
            location: String,
        },
        /// The server stops, with all its connections, streams and sessions, and starts again on the same port.
        Restart {
            /// Milliseconds during which connections are refused.
            #[serde(default)]
            down_ms: u64,
            /// The number of other requests without a response at which it stops.
            #[serde(default)]
            with: usize,
            /// Whether the tool runs first.
            #[serde(default)]
            when: When,
        },
    }
}

fn rst() -> How {
    How::Rst
}

fn fin() -> How {
    How::Fin
}

fn after() -> When {
    When::AfterExecution
}

fn ok() -> u16 {
    200
}

fn json() -> String {
    "application/json".to_owned()
}

impl Fault {
    /// The name of this kind, as in JSON and in the ledger.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Hang { .. } => "hang",
            Self::Status { .. } => "status",
            Self::OmniError { .. } => "omni_error",
            Self::ServiceError { .. } => "service_error",
            Self::Reset { .. } => "reset",
            Self::Truncate { .. } => "truncate",
            Self::StreamCut { .. } => "stream_cut",
            Self::MalformedJson {} => "malformed_json",
            Self::MalformedEvent {} => "malformed_event",
            Self::WrongId {} => "wrong_id",
            Self::StringId {} => "string_id",
            Self::Accepted { .. } => "accepted",
            Self::ContentType { .. } => "content_type",
            Self::EmptyBody {} => "empty_body",
            Self::SessionLost {} => "session_lost",
            Self::SessionElsewhere {} => "session_elsewhere",
            Self::DuplicateEvent {} => "duplicate_event",
            Self::ReorderedEvents {} => "reordered_events",
            Self::SlowDrip { .. } => "slow_drip",
            Self::Pause { .. } => "pause",
            Self::Bomb { .. } => "bomb",
            Self::EndlessStream { .. } => "endless_stream",
            Self::RpcError { .. } => "rpc_error",
            Self::RawBody { .. } => "raw_body",
            Self::RawResponse { .. } => "raw_response",
            Self::RawOutput { .. } => "raw_output",
            Self::ResetStream { .. } => "reset_stream",
            Self::GoAway { .. } => "go_away",
            Self::Stall { .. } => "stall",
            Self::Redirect { .. } => "redirect",
            Self::Restart { .. } => "restart",
        }
    }

    /// Whether the request is served, and its tool run, before the fault.
    pub(crate) fn serves_first(&self) -> bool {
        match self {
            Self::Hang { when }
            | Self::Status { when, .. }
            | Self::OmniError { when, .. }
            | Self::ServiceError { when, .. }
            | Self::Reset { when, .. }
            | Self::Accepted { when }
            | Self::RpcError { when, .. }
            | Self::StreamCut { when, .. }
            | Self::Restart { when, .. }
            | Self::ResetStream { when, .. } => *when == When::AfterExecution,
            Self::RawBody { when, body: text, .. }
            | Self::RawResponse { when, body: text, .. }
            | Self::RawOutput { when, text, .. } => *when == When::AfterExecution || text.contains("$ANSWER"),
            Self::GoAway { last } => *last == LastStream::This,
            Self::SessionLost {} | Self::SessionElsewhere {} | Self::Stall { .. } | Self::Redirect { .. } => false,
            _ => true,
        }
    }

    /// Whether the fault changes the content of the response, not its transfer.
    pub(crate) fn changes_the_answer(&self) -> bool {
        matches!(
            self,
            Self::MalformedJson {}
                | Self::MalformedEvent {}
                | Self::WrongId {}
                | Self::StringId {}
                | Self::DuplicateEvent {}
                | Self::ReorderedEvents {}
        )
    }

    /// What follows the bytes of a raw response.
    pub(crate) fn then(&self) -> Option<Then> {
        match self {
            Self::RawBody { then, .. } | Self::RawResponse { then, .. } | Self::RawOutput { then, .. } => Some(*then),
            _ => None,
        }
    }
}
