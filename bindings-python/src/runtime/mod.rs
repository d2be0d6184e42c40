//! The runtimes of calls, the end of the interpreter, and forks.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) mod call_runtime;
pub(crate) mod client_handle;
pub(crate) mod interpreter_access;
pub(crate) mod process_local;
pub(crate) mod shared_runtime;
pub(crate) mod task;

/// The value of a mutex. After a panic it is used as it is.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
