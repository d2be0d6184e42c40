//! The Node bridge: JSON text in, and JSON text back over one channel per thread of JavaScript.
//!
//! No function here returns a promise or throws for a failed call. A call is given a number; its progress and its one
//! end come back over the [`channel`] under that number, in order. `ts/native.ts` is the other side.

pub mod channel;
pub mod client;
mod runtime;
pub mod tables;
pub mod testing;

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must become an error, and not the end of the process: build with panic = \"unwind\"");
