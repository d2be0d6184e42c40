//! Errors that only a binding raises.

use crate::bridge::UNDECODABLE;
use crate::client::unsendable;
use crate::error::{Code, Error};

/// The `config` error for a value that the binding could not turn into JSON text; `reason` is one of `not_finite`,
/// `too_deep`, `not_json`, `lone_surrogate`, `not_an_object`.
pub fn unsendable_argument(field: &str, reason: &str) -> Error {
    unsendable(field, reason)
}

/// The error for a panic that was caught on the way: the call may have been sent before.
pub fn panicked() -> Error {
    Error::new(Code::Panicked, "a bug in omni-mcp stopped the call; please report it").maybe_executed()
}

/// The `config` error for a progress callback that cannot be called.
pub fn not_callable() -> Error {
    Error::config(Code::InvalidArgument, "on_progress", "must be a function")
}

/// The `config` error for a function of the caller's that cannot be one.
pub fn bad_hook(name: &str, allowed: &str) -> Error {
    Error::config(Code::InvalidOption, name, allowed)
}

/// The error for the use of a client after `fork`.
pub fn forked() -> Error {
    Error::new(Code::ClientForked, "the client was made before a fork; make a new one in this process")
}

/// The error for a call that found no runtime to run on.
pub fn no_runtime(error: &std::io::Error) -> Error {
    let mut failed = Error::new(Code::ConnectFailed, format!("this machine could not make a connection: {error}"));
    failed.info_mut().os_error = error.raw_os_error();
    failed
}

/// The error for the use of a client after `close`, where the binding has let go of it.
pub fn closed() -> Error {
    Error::new(Code::ClientClosed, "the client is closed")
}

/// The `config` error for a coroutine of Python's that no asyncio task runs.
pub fn no_event_loop() -> Error {
    Error::new(
        Code::NoEventLoop,
        "AsyncOmniMCPClient needs a running asyncio task, and nothing was sent; under trio use OmniMCPClient in a thread: \
         await trio.to_thread.run_sync(client.ping)",
    )
}

/// The error for a text of the core's that is JSON and yet more than the language can hold.
pub fn undecodable() -> Error {
    Error::new(Code::InvalidAnswer, UNDECODABLE).executed()
}
