//! What must hold for any bytes, as functions that panic where it does not. The property tests here and the fuzzer in
//! `fuzz/` run the same ones. Not a part of the library: only tests and the fuzzer are built with it.

mod answers;
mod arguments;
mod dates;
mod envelope;
mod event_stream;
mod forms;
mod headers;
mod inbox;
mod members;
mod messages;
#[cfg(test)]
mod properties;
mod retry_after;
mod whatwg;

pub use answers::answers;
pub use arguments::arguments;
pub use envelope::envelope;
pub use event_stream::event_stream;
pub use forms::forms;
pub use headers::headers;
pub use inbox::inbox;
pub use messages::messages;
pub use retry_after::retry_after;
