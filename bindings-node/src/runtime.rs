//! The runtime that calls run on.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle};

/// The runtime of all clients of the process, whichever JavaScript thread made them. One thread drives all calls: a call
/// takes a few microseconds of work, and otherwise waits.
///
/// # Errors
/// If the thread cannot be started.
pub(crate) fn runtime() -> napi::Result<&'static Handle> {
    // Never shut down: a JavaScript thread that ends drops its clients, and those drop their calls.
    static RUNTIME: OnceLock<Result<Handle, String>> = OnceLock::new();
    let started = RUNTIME.get_or_init(|| start().map_err(|error| error.to_string()));
    started
        .as_ref()
        .map_err(|error| napi::Error::from_reason(format!("the thread of omni-mcp could not be started: {error}")))
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("omni-mcp".to_owned()).spawn(run)?;
    Ok(handle)
}
