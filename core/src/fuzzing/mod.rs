//! Properties that hold for any input, as functions that panic if one does not. The property tests and the fuzzer in `fuzz/` run
//! the same functions. Compiled for tests and the fuzzer only.

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
