//! The runtimes of calls, the end of the interpreter, and forks.

pub(crate) mod call_runtime;
pub(crate) mod client_handle;
pub(crate) mod interpreter_access;
pub(crate) mod process_local;
pub(crate) mod shared_runtime;
pub(crate) mod task;
