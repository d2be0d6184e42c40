//! Error kinds and error codes, in one table each.
//!
//! These tables are the only definition of kinds, codes and class names. Tests compare the Python and Node classes with
//! [`KINDS`].

pub(crate) mod attempt_error;
pub(crate) mod call_target;
pub(crate) mod delivery;
pub(crate) mod failure_class;
mod summary;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

pub use crate::error::delivery::Delivery;
use crate::error::summary::Summary;

/// One row of the table of kinds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct KindSpec {
    /// The stable name.
    pub kind: &'static str,
    /// The name of the class in Python and Node.
    pub class: &'static str,
    /// The Python builtin that the class also derives from.
    pub python_base: Option<&'static str>,
    /// Typical HTTP statuses.
    pub http: &'static str,
    /// Whether a later call may succeed, unless the code overrides it.
    pub retryable: bool,
    /// Description.
    pub help: &'static str,
}

macro_rules! kinds {
    ($($variant:ident: $name:literal, $class:literal, $base:expr, $http:literal, $retryable:literal, $help:literal;)*) => {
        /// The kind of an error, for branching.
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
    Auth: "auth", "AuthenticationError", None, "401", false, "The credentials are missing or were not accepted.";
    Permission: "permission", "PermissionDeniedError", None, "403", false, "The credentials do not permit this; see the required scopes.";
    InvalidRequest: "invalid_request", "InvalidRequestError", None, "400 422", false, "The server refused the request or its parameters.";
    NotFound: "not_found", "NotFoundError", None, "404", false, "The tool, method or URL does not exist.";
    Conflict: "conflict", "ConflictError", None, "409", false, "A request with the same key is in progress, or the server reports a conflict.";
    RateLimit: "rate_limit", "RateLimitError", None, "429", true, "Too many requests; retry after the given time.";
    Quota: "quota", "QuotaExceededError", None, "402 429", false, "The quota or budget is exhausted.";
    Server: "server", "ServerError", None, "5xx", true, "The server failed.";
    Connection: "connection", "ConnectionFailedError", Some("ConnectionError"), "", true, "The connection failed or was lost.";
    Timeout: "timeout", "RequestTimeoutError", Some("TimeoutError"), "408", true, "A timeout expired before the response.";
    Session: "session", "SessionError", None, "404", true, "The session was lost and could not be reopened.";
    Protocol: "protocol", "ProtocolError", None, "", false, "The response violates the protocol.";
    Rpc: "rpc", "RpcError", None, "", false, "The server returned a JSON-RPC error.";
    Tool: "tool", "ToolError", None, "", false, "The tool ran and reported a failure.";
    Cancelled: "cancelled", "CallCancelledError", None, "", false, "The caller cancelled the call.";
    Closed: "closed", "ClientClosedError", None, "", false, "The client is closed, or was created before a fork.";
    Internal: "internal", "InternalError", None, "", false, "A bug in this library; please report it.";
}

/// One row of the table of codes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CodeSpec {
    /// The stable name.
    pub code: &'static str,
    /// The kind it belongs to.
    pub kind: ErrorKind,
    /// Description. Used as the beginning of some messages.
    pub help: &'static str,
}

macro_rules! codes {
    ($($variant:ident: $name:literal, $kind:ident, $help:literal;)*) => {
        /// The stable error code, more specific than the kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $(#[doc = $help] $variant,)* }

        /// The table of codes.
        pub const CODES: &[CodeSpec] = &[$(CodeSpec { code: $name, kind: ErrorKind::$kind, help: $help },)*];

        impl Code {
            /// The row of the table that describes this code.
            pub fn spec(self) -> &'static CodeSpec { &CODES[self as usize] }
            /// Parses a code.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
            /// The stable name.
            pub fn as_str(self) -> &'static str { self.spec().code }
            /// The kind it belongs to.
            pub fn kind(self) -> ErrorKind { self.spec().kind }
        }
    };
}

codes! {
    MissingOption: "missing_option", Config, "A required option is absent or empty.";
    UnknownOption: "unknown_option", Config, "The option does not exist.";
    InvalidOption: "invalid_option", Config, "The value of an option is not allowed.";
    InvalidArgument: "invalid_argument", Config, "An argument of the call cannot be sent.";
    NoEventLoop: "no_event_loop", Config, "Python: the coroutine does not run in an asyncio task.";
    IdempotencyKeyReused: "idempotency_key_reused", Config, "The idempotency key was used with other arguments.";
    Unauthorized: "unauthorized", Auth, "The server did not accept the credentials.";
    TokenRefused: "token_refused", Auth, "The token endpoint did not accept the client.";
    TokenUnavailable: "token_unavailable", Auth, "Could not obtain an access token.";
    Forbidden: "forbidden", Permission, "The credentials do not permit this.";
    MissingScope: "missing_scope", Permission, "The credentials lack a scope.";
    ToolBlocked: "tool_blocked", Permission, "The tool is blocked by allowed_tools or blocked_tools.";
    BadRequest: "bad_request", InvalidRequest, "The server refused the request.";
    InvalidParams: "invalid_params", InvalidRequest, "The server refused the parameters.";
    MissingCapability: "missing_capability", InvalidRequest, "The server requires a capability that the client did not declare.";
    InputFailed: "input_failed", InvalidRequest, "A callback failed to provide the input that the server requested.";
    UnknownMethod: "unknown_method", NotFound, "The method does not exist on the server.";
    UnknownTool: "unknown_tool", NotFound, "The tool does not exist on the server.";
    UnknownResource: "unknown_resource", NotFound, "The resource does not exist on the server.";
    UnknownAddress: "unknown_address", NotFound, "The URL does not exist on the server.";
    NotSubscribed: "not_subscribed", NotFound, "The server did not confirm the subscription.";
    KeyInFlight: "key_in_flight", Conflict, "A call with this idempotency key is in progress.";
    Conflict: "conflict", Conflict, "The server reports a conflict.";
    RateLimited: "rate_limited", RateLimit, "Too many requests.";
    QuotaExceeded: "quota_exceeded", Quota, "The quota or budget is exhausted.";
    ServerFailed: "server_failed", Server, "The server failed to process the request.";
    ServerUnavailable: "server_unavailable", Server, "The server is unavailable.";
    InvocationFailed: "invocation_failed", Server, "The server could not run the tool.";
    NameNotResolved: "name_not_resolved", Connection, "The host name could not be resolved.";
    ConnectFailed: "connect_failed", Connection, "The connection could not be established.";
    CertificateInvalid: "certificate_invalid", Connection, "The server's certificate is not valid.";
    ClientCertificateRefused: "client_certificate_refused", Connection, "The server requires a (different) client certificate.";
    TlsFailed: "tls_failed", Connection, "The TLS handshake failed.";
    ProxyFailed: "proxy_failed", Connection, "The proxy could not connect to the server.";
    ProxyUnauthorized: "proxy_unauthorized", Connection, "The proxy did not accept the credentials.";
    StreamRefused: "stream_refused", Connection, "The server refused the HTTP/2 stream; the request was not processed.";
    ConnectionLost: "connection_lost", Connection, "The connection was lost before the response.";
    AnswerCut: "answer_cut", Connection, "The response ended early.";
    ProcessNotStarted: "process_not_started", Connection, "The command could not be started.";
    ProcessExited: "process_exited", Connection, "The server process exited.";
    ConnectTimeout: "connect_timeout", Timeout, "The connect timeout expired.";
    AttemptTimeout: "attempt_timeout", Timeout, "No response within the timeout.";
    ServerTimeout: "server_timeout", Timeout, "The server reports a timeout.";
    TotalTimeout: "total_timeout", Timeout, "The total timeout expired.";
    SessionLost: "session_lost", Session, "The server no longer knows the session.";
    InvalidAnswer: "invalid_answer", Protocol, "The response is not a JSON-RPC message.";
    WrongId: "wrong_id", Protocol, "The response has the id of another request.";
    NoAnswer: "no_answer", Protocol, "The server accepted the request and sent no response.";
    UnexpectedContentType: "unexpected_content_type", Protocol, "The response is neither JSON nor an event stream.";
    UnexpectedTransport: "unexpected_transport", Protocol, "The server uses another transport than the configured one.";
    InvalidEndpoint: "invalid_endpoint", Protocol, "The event stream has no endpoint, or one of another origin.";
    UnexpectedRedirect: "unexpected_redirect", Protocol, "The server redirects to another URL.";
    UnsupportedVersion: "unsupported_version", Protocol, "Client and server have no protocol version in common.";
    AnswerTooLarge: "answer_too_large", Protocol, "The response exceeds the size limit.";
    AnswerTooDeep: "answer_too_deep", Protocol, "The response exceeds the nesting limit.";
    TooManyHeaders: "too_many_headers", Protocol, "The response exceeds the limit of headers.";
    CursorLoop: "cursor_loop", Protocol, "The server repeated a page cursor.";
    TooManyPages: "too_many_pages", Protocol, "The list exceeds the limit of pages.";
    InputNotSupported: "input_not_supported", Protocol, "The server requested input that the client did not declare.";
    InvalidInputRequest: "invalid_input_request", Protocol, "The input request of the server violates the specification.";
    TooManyRounds: "too_many_rounds", Protocol, "The server exceeded the limit of input rounds.";
    InvalidOutput: "invalid_output", Protocol, "The tool result does not match the output schema.";
    UnusableSchema: "unusable_schema", Protocol, "The output schema of the tool cannot be used.";
    RpcError: "rpc_error", Rpc, "The server returned a JSON-RPC error.";
    ToolFailed: "tool_failed", Tool, "The tool reported a failure.";
    Cancelled: "cancelled", Cancelled, "The caller cancelled the call.";
    ClientClosed: "client_closed", Closed, "The client is closed.";
    ClientForked: "client_forked", Closed, "The client was created before a fork; create a new one in this process.";
    Panicked: "panicked", Internal, "A bug in this library; please report it.";
}

/// The data of an error, the same in every language.
///
/// All texts except `data` are single lines of bounded length, without control characters and secrets of the client. `data` is
/// as sent by the server, without secrets of the client; `Debug` truncates it.
#[derive(Clone, Serialize)]
pub struct ErrorInfo {
    /// The kind, for branching.
    pub kind: ErrorKind,
    /// The stable code, more specific than the kind.
    #[serde(serialize_with = "code_as_word")]
    pub code: Code,
    /// Description for people. Not to be parsed; contains no secrets.
    pub message: String,
    /// The server: the origin of its endpoint, or the name of its program. `None` if the error occurred before a client existed.
    pub server: Option<String>,
    /// The method of the protocol, such as `tools/call`; of a registry, the name of the method.
    pub method: Option<String>,
    /// The tool that was called.
    pub tool: Option<String>,
    /// The request of the handshake that failed, if the call waited for the session; empty if none was sent.
    #[serde(skip)]
    pub(crate) handshake_request: Option<String>,
    /// Whether the call ran.
    pub delivery: Delivery,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Number of HTTP attempts, including a failed handshake.
    pub attempts: u32,
    /// HTTP status of the last response.
    pub status: Option<u16>,
    /// JSON-RPC error code of the last response.
    pub rpc_code: Option<i64>,
    /// Error code of the service (OMNI: `omni_code`).
    pub service_code: Option<String>,
    /// Request id for support: from the response, else the one sent.
    pub request_id: Option<String>,
    /// Delay requested by the server (Retry-After), in seconds.
    pub retry_after: Option<f64>,
    /// Idempotency key of all attempts. Reuse it to repeat the call with the same arguments.
    pub idempotency_key: Option<String>,
    /// Scopes required for the call.
    pub required_scopes: Vec<String>,
    /// Option or argument of a `config` error.
    pub field: Option<String>,
    /// What is allowed for the field, the second part of the message.
    #[serde(skip)]
    pub(crate) allowed: Option<String>,
    /// Exit code of the server process, or the negated number of the signal that ended it.
    pub exit_code: Option<i32>,
    /// Error number of the operating system (errno) for a connection, such as EMFILE.
    pub os_error: Option<i32>,
    /// Last lines of the standard error of the server process.
    pub stderr: Vec<String>,
    /// `error.data` of a JSON-RPC error, or the result of a failed tool, as the server sent it.
    pub data: Option<Box<RawValue>>,
    /// Id of a callback failure, by which a binding finds the exception. Internal.
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
            .field("server", &self.server)
            .field("method", &self.method)
            .field("tool", &self.tool)
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

/// A failed call. One pointer wide; its data is in [`ErrorInfo`].
///
/// ```no_run
/// # use serde_json::json;
/// # async fn run(client: omni_mcp::Client) {
/// use omni_mcp::ErrorKind;
///
/// match client.call_tool("fred.search", json!({"q": "inflation"})).await {
///     Ok(result) => println!("{:?}", result.structured_content),
///     Err(error) if error.kind() == ErrorKind::RateLimit => println!("again after {:?}", error.retry_after()),
///     Err(error) if error.is_retryable() => println!("{error}; the same call may succeed later"),
///     Err(error) => println!("{error}: {} ({})", error.code(), error.delivery().as_str()),
/// }
/// # }
/// ```
#[derive(Clone, thiserror::Error)]
#[error("{}", Summary(.0))]
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
            server: None,
            method: None,
            tool: None,
            handshake_request: None,
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
            allowed: None,
            exit_code: None,
            os_error: None,
            stderr: Vec::new(),
            data: None,
            cause_id: None,
        }))
    }

    /// The client is closed.
    pub(crate) fn client_closed() -> Self {
        Self::new(Code::ClientClosed, "the client is closed")
    }

    /// A `config` error with its field and what is allowed.
    pub(crate) fn config(code: Code, field: &str, allowed: impl fmt::Display) -> Self {
        let mut error = Self::new(code, String::new());
        error.0.allowed = Some(allowed.to_string());
        error.with_field(field.to_owned())
    }

    /// A `config` error of another field, such as that of the enclosing option.
    pub(crate) fn with_field(mut self, field: String) -> Self {
        if let Some(allowed) = &self.0.allowed {
            self.0.message = format!("{field}: {allowed}");
        }
        self.0.field = Some(field);
        self
    }

    pub(crate) fn info_mut(&mut self) -> &mut ErrorInfo {
        &mut self.0
    }

    /// The data of the error.
    pub fn info(&self) -> &ErrorInfo {
        &self.0
    }

    /// The kind, for branching.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code, more specific than the kind.
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

    /// Delay requested by the server (Retry-After).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    /// The request id, for support by the service.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The error as JSON text for the bindings, with its one-line summary as `text`.
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

    /// The error without the server's data, for a language that cannot represent it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn names_and_variants_agree() {
        for spec in KINDS {
            let variant = CODES.iter().find(|code| code.kind.spec().kind == spec.kind);
            assert!(variant.is_some(), "kind {} has no code", spec.kind);
        }
        assert_eq!(serde_json::to_string(&ErrorKind::InvalidRequest).unwrap(), "\"invalid_request\"");
        let mut codes: Vec<_> = CODES.iter().map(|spec| spec.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), CODES.len(), "a code is listed twice");
    }
}
