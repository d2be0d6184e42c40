//! Errors that only a binding raises.

use crate::bridge::UNDECODABLE;
use crate::error::{Code, Error};
pub use crate::protocol::params::PathStep;
use crate::protocol::params::{UnsendableValue, ValueLocation};
use crate::util::spelling::Spelling;

/// The `config` error for an argument that the binding could not convert to JSON text. `reason` is one of `not_finite`,
/// `too_deep`, `not_json`, `lone_surrogate`, `not_an_object`, `bad_key`.
pub fn unsendable_argument(field: &str, reason: &str) -> Error {
    UnsendableValue::from_name(reason).unwrap_or(UnsendableValue::NotJson).error(field)
}

/// As [`unsendable_argument`], for a value inside the argument: `path` leads to it, and `got` is the name of its type.
pub fn unsendable_value(field: &str, path: &[PathStep], reason: &str, got: Option<&str>, spelling: Spelling) -> Error {
    let reason = UnsendableValue::from_name(reason).unwrap_or(UnsendableValue::NotJson);
    reason.located(&ValueLocation { field, path, got }, spelling)
}

/// The error for a caught panic. The call may have been sent before.
pub fn panicked() -> Error {
    Error::new(Code::Panicked, "a bug in omni-mcp stopped the call; please report it").maybe_executed()
}

/// The `config` error for a progress callback that cannot be called.
pub fn not_callable() -> Error {
    Error::config(Code::InvalidArgument, "on_progress", "must be a function")
}

/// The `config` error for an invalid callback.
pub fn bad_hook(name: &str, allowed: &str) -> Error {
    Error::config(Code::InvalidOption, name, allowed)
}

/// The error for the use of a client after `fork`.
pub fn forked() -> Error {
    Error::new(Code::ClientForked, "the client was created before a fork; create a new one in this process")
}

/// The error for a call whose runtime could not be started.
pub fn no_runtime(error: &std::io::Error) -> Error {
    let mut failed = Error::new(Code::ConnectFailed, format!("this machine could not make a connection: {error}"));
    failed.info_mut().os_error = error.raw_os_error();
    failed
}

/// The error for the use of a client after `close`.
pub fn closed() -> Error {
    Error::client_closed()
}

/// The error for a Python coroutine that does not run in an asyncio task.
pub fn no_event_loop() -> Error {
    Error::new(
        Code::NoEventLoop,
        "AsyncOmniMCPClient needs a running asyncio task, and nothing was sent; under trio use OmniMCPClient in a thread: \
         await trio.to_thread.run_sync(client.ping)",
    )
}

/// The error for JSON text of the core that has no value in the language.
pub fn undecodable() -> Error {
    Error::new(Code::InvalidAnswer, UNDECODABLE).executed()
}
