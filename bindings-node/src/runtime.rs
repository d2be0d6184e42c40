//! The thread that calls run on.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle};

/// The runtime of all clients of this process, in whichever thread of JavaScript they were made. One thread drives
/// every call, in the order in which they became ready: a call is a few microseconds of work around its waiting.
///
/// # Errors
/// Where the system gives no thread.
pub(crate) fn runtime() -> napi::Result<&'static Handle> {
    // Never shut down: a thread of JavaScript that ends takes its clients with it, and those their calls.
    static RUNTIME: OnceLock<Result<Handle, String>> = OnceLock::new();
    let started = RUNTIME.get_or_init(|| start().map_err(|error| error.to_string()));
    started.as_ref().map_err(|error| napi::Error::from_reason(format!("no thread for omni-mcp: {error}")))
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run)?;
    Ok(handle)
}
