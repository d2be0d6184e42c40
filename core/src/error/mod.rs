//! Every way a call can fail, in one table of kinds and one of codes.
//!
//! The tables below are the only place where a kind, a code or a class name is written. The Python
//! and Node classes are checked against [`KINDS`] by a test of each.

pub(crate) mod attempt_error;
pub(crate) mod failure_class;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a caller who paid for the call needs to know: did it run?
///
/// The order is that of growing commitment: a logical call reports the highest word that any of its
/// attempts earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Nothing left this machine.
    NotSent,
    /// The server answered, and its answer says that the call did not run.
    Rejected,
    /// The call was sent and nothing proves whether it ran.
    MaybeExecuted,
    /// The call ran, and failed.
    Executed,
}

impl Delivery {
    /// The stable word, as it crosses to every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::MaybeExecuted => "maybe_executed",
            Self::Executed => "executed",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::NotSent => "the call was not sent",
            Self::Rejected => "the call did not run",
            Self::MaybeExecuted => "the call may have run",
            Self::Executed => "the call ran and failed",
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row of the table of kinds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct KindSpec {
    /// The stable word.
    pub kind: &'static str,
    /// The name of the class in Python and Node.
    pub class: &'static str,
    /// The Python builtin that the class also derives from.
    pub python_base: Option<&'static str>,
    /// The HTTP statuses that usually lead here.
    pub http: &'static str,
    /// Whether sending the call again later may succeed, where the code does not say otherwise.
    pub retryable: bool,
    /// One line for the person who meets it.
    pub help: &'static str,
}

macro_rules! kinds {
    ($($variant:ident: $name:literal, $class:literal, $base:expr, $http:literal, $retryable:literal, $help:literal;)*) => {
        /// The kind of a failure: what a program branches on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ErrorKind { $(#[doc = $help] $variant,)* }

        /// The table of kinds.
        pub const KINDS: &[KindSpec] = &[$(KindSpec {
            kind: $name, class: $class, python_base: $base, http: $http, retryable: $retryable, help: $help,
        },)*];

        impl ErrorKind {
            /// The row of the table that describes this kind.
            pub fn spec(self) -> &'static KindSpec { &KINDS[self as usize] }
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.spec().kind) }
        }
    };
}

kinds! {
    Config: "config", "ConfigError", Some("ValueError"), "", false, "A bad option or argument; nothing was sent.";
    Auth: "auth", "AuthenticationError", None, "401", false, "The key is missing or was not accepted.";
    Permission: "permission", "PermissionDeniedError", None, "403", false, "The key may not do this; see the required scopes.";
    InvalidRequest: "invalid_request", "InvalidRequestError", None, "400 422", false, "The server refused the request or its parameters.";
    NotFound: "not_found", "NotFoundError", None, "404", false, "No such tool, method or address.";
    Conflict: "conflict", "ConflictError", None, "409", false, "Another request with the same key is in the way.";
    RateLimit: "rate_limit", "RateLimitError", None, "429", true, "Too many requests; wait for the time given.";
    Quota: "quota", "QuotaExceededError", None, "402 429", false, "The quota or budget is spent.";
    Server: "server", "ServerError", None, "5xx", true, "The server failed.";
    Connection: "connection", "ConnectionFailedError", Some("ConnectionError"), "", true, "The connection could not be made or was lost.";
    Timeout: "timeout", "RequestTimeoutError", Some("TimeoutError"), "408", true, "A deadline passed before the answer came.";
    Session: "session", "SessionError", None, "404", true, "The session was lost and could not be opened again.";
    Protocol: "protocol", "ProtocolError", None, "", false, "The answer is not what the protocol allows.";
    Rpc: "rpc", "RpcError", None, "", false, "The server answered with a JSON-RPC error.";
    Tool: "tool", "ToolError", None, "", false, "The tool ran and reported a failure.";
    Cancelled: "cancelled", "CallCancelledError", None, "", false, "The caller cancelled the call.";
    Closed: "closed", "ClientClosedError", None, "", false, "The client is closed, or belongs to the process before a fork.";
    Internal: "internal", "InternalError", None, "", false, "A bug in this library; please report it.";
}

/// One row of the table of codes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CodeSpec {
    /// The stable word.
    pub code: &'static str,
    /// The kind it belongs to.
    pub kind: ErrorKind,
    /// What happened, in one line.
    pub help: &'static str,
}

macro_rules! codes {
    ($($variant:ident: $name:literal, $kind:ident, $help:literal;)*) => {
        /// The exact failure: finer than its kind, and as stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $help] $variant,)* }

        /// The table of codes.
        pub const CODES: &[CodeSpec] = &[$(CodeSpec { code: $name, kind: ErrorKind::$kind, help: $help },)*];

        impl Code {
            /// The row of the table that describes this code.
            pub fn spec(self) -> &'static CodeSpec { &CODES[self as usize] }
            /// The code of this word.
            pub(crate) fn named(word: &str) -> Option<Self> {
                match word { $($name => Some(Self::$variant),)* _ => None }
            }
            /// The stable word.
            pub fn as_str(self) -> &'static str { self.spec().code }
            /// The kind it belongs to.
            pub fn kind(self) -> ErrorKind { self.spec().kind }
        }
    };
}

codes! {
    MissingOption: "missing_option", Config, "A required option is absent or empty.";
    UnknownOption: "unknown_option", Config, "There is no option of this name.";
    InvalidOption: "invalid_option", Config, "The value of an option is not allowed.";
    InvalidArgument: "invalid_argument", Config, "An argument of the call cannot be sent.";
    NoEventLoop: "no_event_loop", Config, "Python: the coroutine is not run by a task of asyncio.";
    IdempotencyKeyReused: "idempotency_key_reused", Config, "The idempotency key was used for another payload.";
    Unauthorized: "unauthorized", Auth, "The server did not accept the credentials.";
    TokenRefused: "token_refused", Auth, "The token endpoint did not accept the client.";
    TokenUnavailable: "token_unavailable", Auth, "No token could be had.";
    Forbidden: "forbidden", Permission, "The credentials do not allow this.";
    MissingScope: "missing_scope", Permission, "The key lacks a scope.";
    ToolBlocked: "tool_blocked", Permission, "The rules for tools do not allow this one.";
    BadRequest: "bad_request", InvalidRequest, "The server refused the request.";
    InvalidParams: "invalid_params", InvalidRequest, "The server refused the parameters.";
    MissingCapability: "missing_capability", InvalidRequest, "The server needs a capability that the client did not declare.";
    InputFailed: "input_failed", InvalidRequest, "The caller's function gave no input that the server asked for.";
    UnknownMethod: "unknown_method", NotFound, "The server has no such method.";
    UnknownTool: "unknown_tool", NotFound, "The server has no such tool.";
    UnknownResource: "unknown_resource", NotFound, "The server has no such resource.";
    UnknownAddress: "unknown_address", NotFound, "There is nothing at this address.";
    NotSubscribed: "not_subscribed", NotFound, "The server does not tell of this resource.";
    KeyInFlight: "key_in_flight", Conflict, "A call with this idempotency key is still running.";
    Conflict: "conflict", Conflict, "The server reports a conflict.";
    RateLimited: "rate_limited", RateLimit, "Too many requests.";
    QuotaExceeded: "quota_exceeded", Quota, "The quota or budget is spent.";
    ServerFailed: "server_failed", Server, "The server failed while answering.";
    ServerUnavailable: "server_unavailable", Server, "The server is not available now.";
    InvocationFailed: "invocation_failed", Server, "The server could not run the tool.";
    NameNotResolved: "name_not_resolved", Connection, "The host name has no address.";
    ConnectFailed: "connect_failed", Connection, "No connection could be made.";
    CertificateInvalid: "certificate_invalid", Connection, "The server's certificate is not valid.";
    ClientCertificateRefused: "client_certificate_refused", Connection, "The server wants another client certificate, or one at all.";
    TlsFailed: "tls_failed", Connection, "The TLS handshake failed.";
    ProxyFailed: "proxy_failed", Connection, "The proxy made no way to the server.";
    ProxyUnauthorized: "proxy_unauthorized", Connection, "The proxy did not accept the credentials.";
    StreamRefused: "stream_refused", Connection, "The server turned the request away before looking at it.";
    ConnectionLost: "connection_lost", Connection, "The connection was lost before the answer came.";
    AnswerCut: "answer_cut", Connection, "The answer broke off.";
    ProcessNotStarted: "process_not_started", Connection, "The command could not be started.";
    ProcessExited: "process_exited", Connection, "The server's process ended.";
    ConnectTimeout: "connect_timeout", Timeout, "No connection within the connect timeout.";
    AttemptTimeout: "attempt_timeout", Timeout, "No answer within the timeout.";
    ServerTimeout: "server_timeout", Timeout, "The server gave up waiting.";
    TotalTimeout: "total_timeout", Timeout, "The total timeout passed.";
    SessionLost: "session_lost", Session, "The server no longer knows the session.";
    InvalidAnswer: "invalid_answer", Protocol, "The answer is not a JSON-RPC message.";
    WrongId: "wrong_id", Protocol, "The answer belongs to another request.";
    NoAnswer: "no_answer", Protocol, "The server accepted the request and gave no answer.";
    UnexpectedContentType: "unexpected_content_type", Protocol, "The answer is neither JSON nor an event stream.";
    UnexpectedTransport: "unexpected_transport", Protocol, "The server speaks another transport than the one that is set.";
    InvalidEndpoint: "invalid_endpoint", Protocol, "The event stream names no endpoint, or one of another origin.";
    UnexpectedRedirect: "unexpected_redirect", Protocol, "The server redirects to another address.";
    UnsupportedVersion: "unsupported_version", Protocol, "No protocol version in common.";
    AnswerTooLarge: "answer_too_large", Protocol, "The answer is larger than the limit.";
    AnswerTooDeep: "answer_too_deep", Protocol, "The answer nests deeper than the limit.";
    TooManyHeaders: "too_many_headers", Protocol, "The answer has more headers than the limit.";
    CursorLoop: "cursor_loop", Protocol, "The server repeats a page cursor.";
    TooManyPages: "too_many_pages", Protocol, "The list has more pages than the limit.";
    InputNotSupported: "input_not_supported", Protocol, "The server asks for input that the client did not declare.";
    InvalidInputRequest: "invalid_input_request", Protocol, "The server's request for input is not what the specification says.";
    TooManyRounds: "too_many_rounds", Protocol, "The server asks for input more often than the limit.";
    InvalidOutput: "invalid_output", Protocol, "The tool's result does not fit its output schema.";
    UnusableSchema: "unusable_schema", Protocol, "The tool's output schema cannot be used.";
    RpcError: "rpc_error", Rpc, "The server answered with a JSON-RPC error.";
    ToolFailed: "tool_failed", Tool, "The tool reported a failure.";
    Cancelled: "cancelled", Cancelled, "The caller cancelled the call.";
    ClientClosed: "client_closed", Closed, "The client is closed.";
    ClientForked: "client_forked", Closed, "The client was made before a fork; make a new one.";
    Panicked: "panicked", Internal, "A bug in this library; please report it.";
}

/// Everything an error carries; what crosses to Python and Node, as data.
///
/// All texts but `data` are lines of bounded length, without control characters and without the client's own secrets. `data`
/// is the server's, without the client's secrets; `Debug` shows the beginning of it.
#[derive(Clone, Serialize)]
pub struct ErrorInfo {
    /// The kind, to branch on.
    pub kind: ErrorKind,
    /// The stable code, finer than the kind.
    #[serde(serialize_with = "code_as_word")]
    pub code: Code,
    /// What happened, for a person. Never parsed, and free of secrets.
    pub message: String,
    /// Whether the call ran.
    pub delivery: Delivery,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// HTTP attempts made, the failed handshake's included.
    pub attempts: u32,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The JSON-RPC error code of the last answer.
    pub rpc_code: Option<i64>,
    /// The service's own code (OMNI: `omni_code`).
    pub service_code: Option<String>,
    /// The id to quote to the service: the answer's, else the one that was sent.
    pub request_id: Option<String>,
    /// Seconds the server asked to wait.
    pub retry_after: Option<f64>,
    /// The key that all attempts carried; send it again with the same arguments to be safe.
    pub idempotency_key: Option<String>,
    /// Scopes the key would need.
    pub required_scopes: Vec<String>,
    /// The option or argument that a `config` error is about.
    pub field: Option<String>,
    /// The exit code of the server's process, or the negative number of the signal that ended it.
    pub exit_code: Option<i32>,
    /// The operating system's number of what went wrong with a connection, such as that of EMFILE.
    pub os_error: Option<i32>,
    /// The last lines that the server's process wrote to its standard error.
    pub stderr: Vec<String>,
    /// `error.data` of a JSON-RPC error, or the result of a failed tool, as the server sent it.
    pub data: Option<Box<RawValue>>,
    /// What a binding has called the failure of a callback, to find what it threw. Not for callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause_id: Option<u32>,
}

fn code_as_word<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

impl fmt::Debug for ErrorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data.as_ref().map(|data| crate::util::sanitize::preview(data.get().as_bytes()));
        f.debug_struct("ErrorInfo")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("delivery", &self.delivery)
            .field("retryable", &self.retryable)
            .field("attempts", &self.attempts)
            .field("status", &self.status)
            .field("rpc_code", &self.rpc_code)
            .field("service_code", &self.service_code)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .field("idempotency_key", &self.idempotency_key)
            .field("required_scopes", &self.required_scopes)
            .field("field", &self.field)
            .field("exit_code", &self.exit_code)
            .field("os_error", &self.os_error)
            .field("stderr", &self.stderr)
            .field("data", &data)
            .finish()
    }
}

/// A failed call. One pointer wide; see [`ErrorInfo`] for what it carries.
#[derive(Clone, thiserror::Error)]
#[error("{}", DisplayInfo(.0))]
pub struct Error(Box<ErrorInfo>);

/// A `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let kind = code.kind();
        Self(Box::new(ErrorInfo {
            kind,
            code,
            message: message.into(),
            delivery: Delivery::NotSent,
            retryable: kind.spec().retryable,
            attempts: 0,
            status: None,
            rpc_code: None,
            service_code: None,
            request_id: None,
            retry_after: None,
            idempotency_key: None,
            required_scopes: Vec::new(),
            field: None,
            exit_code: None,
            os_error: None,
            stderr: Vec::new(),
            data: None,
            cause_id: None,
        }))
    }

    /// A `config` error: names the field and says what is allowed.
    /// The client is closed.
    pub(crate) fn client_closed() -> Self {
        Self::new(Code::ClientClosed, "the client is closed")
    }

    pub(crate) fn config(code: Code, field: &str, allowed: impl fmt::Display) -> Self {
        let mut error = Self::new(code, format!("{field}: {allowed}"));
        error.0.field = Some(field.to_owned());
        error
    }

    pub(crate) fn info_mut(&mut self) -> &mut ErrorInfo {
        &mut self.0
    }

    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.0.delivery = delivery;
        self
    }

    /// Everything the error carries.
    pub fn info(&self) -> &ErrorInfo {
        &self.0
    }

    /// The kind, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, finer than the kind.
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// Whether the call ran.
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// How long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    /// The id to quote to the service.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The error as JSON text, with its one-line summary as `text`: what crosses to Python and Node.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Crossing<'a> {
            text: String,
            #[serde(flatten)]
            info: &'a ErrorInfo,
        }
        let crossing = Crossing { text: self.to_string(), info: &self.0 };
        // Text and numbers always serialize.
        serde_json::to_string(&crossing).unwrap_or_default()
    }

    /// The error without the server's data, for a language that cannot hold it.
    #[must_use]
    pub fn without_data(mut self) -> Self {
        self.0.data = None;
        self
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

struct DisplayInfo<'a>(&'a ErrorInfo);

impl fmt::Display for DisplayInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        f.write_str(&info.message)?;
        if info.kind == ErrorKind::Config {
            return Ok(());
        }
        write!(f, " ({}", info.delivery.sentence())?;
        if let Some(status) = info.status {
            write!(f, "; HTTP {status}")?;
        }
        if let Some(code) = &info.service_code {
            write!(f, "; {code}")?;
        }
        if info.attempts > 1 {
            write!(f, "; {} attempts", info.attempts)?;
        }
        if let Some(seconds) = info.retry_after {
            write!(f, "; retry after {seconds} s")?;
        }
        if let Some(id) = &info.request_id {
            write!(f, "; request id {id}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn words_and_variants_agree() {
        for spec in KINDS {
            let variant = CODES.iter().find(|code| code.kind.spec().kind == spec.kind);
            assert!(variant.is_some(), "kind {} has no code", spec.kind);
        }
        assert_eq!(serde_json::to_string(&ErrorKind::InvalidRequest).unwrap(), "\"invalid_request\"");
        let mut words: Vec<_> = CODES.iter().map(|spec| spec.code).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), CODES.len(), "a code is listed twice");
    }

    #[test]
    fn the_summary_says_whether_the_call_ran() {
        let mut error = Error::new(Code::ConnectionLost, "the connection was lost");
        error.info_mut().delivery = Delivery::MaybeExecuted;
        error.info_mut().attempts = 3;
        error.info_mut().request_id = Some("req_1".into());
        assert_eq!(error.to_string(), "the connection was lost (the call may have run; 3 attempts; request id req_1)");
    }
}
