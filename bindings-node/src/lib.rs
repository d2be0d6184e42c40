//! The Node bridge: JSON text in, and JSON text out over one event channel per JavaScript thread.
//!
//! No function here returns a promise or throws for a failed call. Each call has an id; its progress and its result
//! are sent over the [`channel`] under that id, in order. `ts/native.ts` is the other side.

pub mod channel;
pub mod client;
mod runtime;
pub mod tables;
pub mod testing;

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must become an error, and not the end of the process: build with panic = \"unwind\"");
