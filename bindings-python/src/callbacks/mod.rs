//! The caller's functions: which thread or event loop calls them, and how requests, notifications and log records reach it.

pub(crate) mod functions;
pub(crate) mod inbox;
pub(crate) mod local_questions;
pub(crate) mod log_state;
pub(crate) mod progress;
pub(crate) mod question;
pub(crate) mod queue;
pub(crate) mod threads;
