//! The threads that calls run on.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// The runtime of all clients of this process, in whichever thread of JavaScript they were made. One worker drives
/// every call: a call is a few microseconds of work around its waiting.
///
/// # Errors
/// Where the system gives no thread.
pub(crate) fn runtime() -> napi::Result<&'static Runtime> {
    // Never shut down: a thread of JavaScript that ends takes its clients with it, and those their calls.
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread().worker_threads(1).thread_name("omni-mcp").enable_all().build();
    let made = made.map_err(|error| napi::Error::from_reason(format!("no thread for omni-mcp: {error}")))?;
    Ok(RUNTIME.get_or_init(|| made))
}
