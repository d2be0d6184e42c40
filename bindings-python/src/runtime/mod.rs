//! The runtimes that calls run on, and what ends with the interpreter or is left behind by a fork.

pub(crate) mod call_runtime;
pub(crate) mod client_handle;
pub(crate) mod interpreter_access;
pub(crate) mod process_local;
pub(crate) mod shared_runtime;
pub(crate) mod task;
