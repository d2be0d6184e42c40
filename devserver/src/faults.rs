//! Fault rules: which requests they meet, how often they fire, and what then happens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// On which side of the execution a fault stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The request is not looked at: nothing ran.
    #[default]
    BeforeExecution,
    /// The tool ran and its answer is stored; then the fault.
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
    /// Streams only: the HTTP answer ends as it should, only too early. Elsewhere the same as `fin`.
    End,
}

/// Why a stream of HTTP/2 is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEnd {
    /// The request was not looked at.
    #[default]
    RefusedStream,
    /// The server failed.
    InternalError,
    /// The server has no use for the stream any more.
    Cancel,
    /// The client asks for too much.
    EnhanceYourCalm,
}

/// The last stream of HTTP/2 that a leaving server still serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastStream {
    /// That of the request.
    #[default]
    This,
    /// The one before: the request is not looked at.
    Previous,
}

/// What follows the bytes of a raw body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The answer ends as it should.
    #[default]
    End,
    /// An orderly TCP close, in the middle of the answer.
    Fin,
    /// A TCP reset.
    Rst,
    /// Nothing, for ever.
    Hang,
}

/// What a request is answered whose response comes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: String,
    /// The body.
    #[serde(default)]
    pub body: String,
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

/// What an endless answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endless {
    /// An event stream of comments.
    Comments,
    /// An event stream of notifications.
    Events,
    /// An event that goes on and on.
    Event,
    /// A head that never ends, as fast as the peer reads.
    Headers,
    /// A JSON body that never closes its string.
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

impl RetryAfter {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Seconds(n) => n.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What happens to a request that a rule meets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The call takes so much longer; then it is served.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// Before the tool runs (the key is in flight meanwhile), or before the answer leaves.
        #[serde(default)]
        when: When,
    },
    /// No answer, the connection stays open until the peer goes away.
    Hang {
        /// Whether the tool runs first.
        #[serde(default)]
        when: When,
    },
    /// Another answer.
    Status {
        /// HTTP status.
        status: u16,
        /// Further headers.
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
    /// The answer of the OMNI service for a code of its table.
    OmniError {
        /// A code of the table, or one that it does not have.
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
        /// A code of the service's table, or one that it does not have.
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
        /// Further headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// Whether the request is served first.
        #[serde(default)]
        when: When,
    },
    /// The connection goes away instead of an answer.
    Reset {
        /// Whether the tool runs first.
        #[serde(default)]
        when: When,
        /// Reset (the default) or orderly close.
        #[serde(default = "rst")]
        how: How,
    },
    /// The headers promise the whole answer, and the connection closes after so many bytes of it.
    Truncate {
        /// Bytes of the body that are sent.
        bytes: usize,
        /// Orderly close (the default) or reset.
        #[serde(default = "fin")]
        how: How,
    },
    /// The answer as an event stream that is cut after so many events.
    StreamCut {
        /// Events that are sent; a priming event counts.
        after_events: usize,
        /// Orderly close (the default), reset, or a stream that ends as it should.
        #[serde(default = "fin")]
        how: How,
        /// Whether the tool runs first, as it does by default; if not, there are no events to send.
        #[serde(default = "after")]
        when: When,
    },
    /// The answer as a JSON body that stops in the middle, with a right `Content-Length`.
    MalformedJson {},
    /// The answer as an event stream whose data is not JSON.
    MalformedEvent {},
    /// The answer under another id.
    WrongId {},
    /// The answer to id 7 under "7".
    StringId {},
    /// 202 and no body.
    Accepted {
        /// Whether the tool runs first.
        #[serde(default)]
        when: When,
    },
    /// The answer under another content type.
    ContentType {
        /// The content type.
        value: String,
    },
    /// The answer's status and content type with no body.
    EmptyBody {},
    /// 404, and the session of the request is forgotten.
    SessionLost {},
    /// The answer to a session that another replica holds, as which it then stays.
    SessionElsewhere {},
    /// The answer as an event stream that holds it twice.
    DuplicateEvent {},
    /// The answer as an event stream in which it comes before its notifications.
    ReorderedEvents {},
    /// The answer in small pieces.
    SlowDrip {
        /// Bytes per piece.
        bytes_per_tick: usize,
        /// Milliseconds between two pieces.
        tick_ms: u64,
    },
    /// The answer as an event stream that falls silent after so many events, and then goes on.
    Pause {
        /// Events that are sent before; a priming event counts.
        after_events: usize,
        /// Milliseconds of silence; for ever when left out.
        #[serde(default)]
        ms: Option<u64>,
    },
    /// A small compressed body that swells to a large one, whatever the request says that it accepts.
    Bomb {
        /// How it is compressed.
        encoding: Packing,
        /// Bytes that it swells to.
        bytes: u64,
    },
    /// An answer that never ends.
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
    /// These very bytes. `$ID` in them becomes the id of the request, as JSON, and `$ANSWER` the answer that the request
    /// would have had; the tool then runs first.
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
        /// In pieces of so many bytes, each a chunk of its own.
        #[serde(default)]
        bytes_per_tick: Option<usize>,
        /// Milliseconds between two pieces.
        #[serde(default)]
        tick_ms: u64,
        /// What follows.
        #[serde(default)]
        then: Then,
    },
    /// These very bytes on the connection, head included (HTTP/1.1 only). `$ID` and `$ANSWER` as in `raw_body`, also in the
    /// head.
    RawResponse {
        /// The status line and the headers, one a line: LF stands for CR LF. `Content-Length` is added where neither it nor
        /// `Transfer-Encoding` is there.
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
    /// These very bytes in place of an answer: on a stream of the server's (stdio, sse), or as the body of an event stream.
    /// `$ID` and `$ANSWER` as in `raw_body`. Notifications are met too.
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
        /// Streamable HTTP: on the session's stream of GET, and the request is answered 202.
        #[serde(default)]
        on_get_stream: bool,
        /// With `on_get_stream`: what the request is answered instead of 202 without a body.
        #[serde(default)]
        acknowledgement: Option<Acknowledgement>,
    },
    /// HTTP/2: RST_STREAM instead of an answer; the connection goes on. In HTTP/1.1 the same as `reset`.
    ResetStream {
        /// Whether the tool runs first.
        #[serde(default)]
        when: When,
        /// Why; `refused_stream` promises that nothing ran, whatever `when` says.
        #[serde(default)]
        reason: StreamEnd,
    },
    /// HTTP/2: GOAWAY; streams up to the last one are served to their end.
    GoAway {
        /// Which one is the last.
        #[serde(default)]
        last: LastStream,
    },
    /// The connection stays open, and is as dead as with its cable cut. A tool does not run.
    Stall {
        /// All connections that are open are so, as where the host has moved; new ones are not.
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
    /// The server dies, with all its connections, streams and sessions, and comes back on the same port.
    Restart {
        /// Milliseconds for which nobody listens.
        #[serde(default)]
        down_ms: u64,
        /// It dies once so many other requests wait for their answers.
        #[serde(default)]
        with: usize,
        /// Whether the tool runs first.
        #[serde(default)]
        when: When,
    },
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

    /// Whether the text of the answer is changed, and not the way it comes.
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

    /// What follows the bytes of a raw answer.
    pub(crate) fn then(&self) -> Option<Then> {
        match self {
            Self::RawBody { then, .. } | Self::RawResponse { then, .. } | Self::RawOutput { then, .. } => Some(*then),
            _ => None,
        }
    }

    fn check(&self) -> Result<(), String> {
        let status = match self {
            Self::ServiceError { status, headers, .. } => {
                check_headers(headers)?;
                *status
            }
            Self::Status { status, headers, content_type, .. } => {
                check_headers(headers)?;
                check_header("content_type", content_type.as_deref())?;
                Some(*status)
            }
            Self::OmniError { status, .. } => *status,
            Self::RpcError { status, .. } => Some(*status),
            Self::RawBody { bytes_per_tick: Some(0), .. } => {
                return Err("bytes_per_tick must be at least 1".to_owned());
            }
            Self::RawBody { status, content_type, .. } => {
                check_header("content_type", Some(content_type))?;
                Some(*status)
            }
            Self::Redirect { status, location } => {
                check_header("location", Some(location))?;
                Some(*status)
            }
            Self::ContentType { value } => {
                check_header("value", Some(value))?;
                None
            }
            Self::SlowDrip { bytes_per_tick, .. } if *bytes_per_tick == 0 => {
                return Err("bytes_per_tick must be at least 1".to_owned());
            }
            _ => None,
        };
        match status {
            Some(status) if !(200..=999).contains(&status) => {
                Err(format!("status {status} is not between 200 and 999"))
            }
            _ => Ok(()),
        }
    }
}

fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in headers {
        if http::HeaderName::try_from(name).is_err() || http::HeaderValue::try_from(value).is_err() {
            return Err(format!("header {name:?} cannot be sent"));
        }
    }
    Ok(())
}

fn check_header(name: &str, value: Option<&str>) -> Result<(), String> {
    match value.map(http::HeaderValue::try_from) {
        Some(Err(_)) => Err(format!("{name} cannot be sent in a header")),
        _ => Ok(()),
    }
}

/// Which requests a rule meets: all those that agree with every field given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matcher {
    /// The JSON-RPC method.
    pub method: Option<String>,
    /// The name of the tool called.
    pub tool: Option<String>,
    /// The HTTP method.
    pub http_method: Option<String>,
    /// The path, without its query.
    pub path: Option<String>,
}

impl Matcher {
    /// Whether a request with these properties is met.
    pub(crate) fn meets(&self, method: Option<&str>, tool: Option<&str>, http_method: &str, path: &str) -> bool {
        fn agree(wanted: Option<&String>, is: Option<&str>) -> bool {
            wanted.is_none_or(|wanted| is == Some(wanted.as_str()))
        }
        agree(self.method.as_ref(), method)
            && agree(self.tool.as_ref(), tool)
            && agree(self.http_method.as_ref(), Some(http_method))
            && agree(self.path.as_ref(), Some(path))
    }
}

/// A fault and the requests that it meets. Without `nth`, `times` or `probability` it always fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The requests that are met.
    #[serde(default)]
    pub on: Matcher,
    /// Fire on these of the requests met, counted from 1.
    #[serde(default)]
    pub nth: Option<Vec<u64>>,
    /// Fire so many times, then never again.
    #[serde(default)]
    pub times: Option<u64>,
    /// Fire with this probability, drawn from the seed of the options.
    #[serde(default)]
    pub probability: Option<f64>,
    /// What happens.
    pub fault: Fault,
}

impl Rule {
    /// A rule that meets every request.
    pub fn new(fault: Fault) -> Self {
        Self { on: Matcher::default(), nth: None, times: None, probability: None, fault }
    }

    /// Only requests of this JSON-RPC method.
    pub fn on_method(mut self, method: &str) -> Self {
        self.on.method = Some(method.to_owned());
        self
    }

    /// Only calls of this tool.
    pub fn on_tool(mut self, tool: &str) -> Self {
        self.on.tool = Some(tool.to_owned());
        self
    }

    /// Only requests of this HTTP method.
    pub fn on_http_method(mut self, method: &str) -> Self {
        self.on.http_method = Some(method.to_owned());
        self
    }

    /// Only these of the requests met, counted from 1.
    pub fn nth(mut self, nth: impl Into<Vec<u64>>) -> Self {
        self.nth = Some(nth.into());
        self
    }

    /// Only so many times.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only with this probability.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let conditions = usize::from(self.nth.is_some())
            + usize::from(self.times.is_some())
            + usize::from(self.probability.is_some());
        if conditions > 1 {
            return Err("give only one of nth, times and probability".to_owned());
        }
        if self.nth.as_ref().is_some_and(|nth| nth.contains(&0)) {
            return Err("nth counts from 1".to_owned());
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("probability must lie between 0 and 1".to_owned());
        }
        self.fault.check()
    }
}
