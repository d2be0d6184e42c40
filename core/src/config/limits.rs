//! Limits of responses. Each limit is an option of the client; errors name the option that was exceeded.

use crate::config::client_options::ClientConfig;
use crate::config::values::positive;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error, Result};
use crate::util::bounded_queue::QueueLimit;

/// Limit in bytes, with the name of its option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) most: usize,
    option: &'static str,
}

impl Bytes {
    /// Error if `what` exceeds the limit.
    pub(crate) fn passed(self, what: &str) -> AttemptError {
        AttemptError::new(FailureClass::TooLarge, Code::AnswerTooLarge, self.message_for(what))
    }

    /// Error message if `what` exceeds the limit.
    pub(crate) fn message_for(self, what: &str) -> String {
        format!("{what} is larger than {} ({})", self.option, self.most)
    }

    /// Note in an error whose body was truncated.
    pub(crate) fn truncated(self) -> String {
        format!("its body is longer than {} ({})", self.option, self.most)
    }
}

#[cfg(any(test, fuzzing))]
impl Bytes {
    pub(crate) fn of_tests(most: usize) -> Self {
        Self { most, option: "max_answer_bytes" }
    }
}

/// The limits of one client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Response body.
    pub(crate) answer: Bytes,
    /// One event of a stream, or one line of a process.
    pub(crate) event: Bytes,
    /// Error body.
    pub(crate) error: Bytes,
    /// Number of response headers.
    pub(crate) headers: usize,
    /// Number of messages queued for one callback.
    pub(crate) queue: usize,
    /// Nesting depth of JSON.
    depth: usize,
}

impl Limits {
    /// The capacity of each queue in front of a callback.
    pub(crate) fn of_queue(&self) -> QueueLimit {
        QueueLimit { messages: self.queue, bytes: self.event.most }
    }

    /// Reads the limits from the options.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub(crate) fn of(config: &ClientConfig) -> Result<Self> {
        let bytes = |option, given: Option<u64>, usual: u64| {
            let most = usize::try_from(given.unwrap_or(usual)).unwrap_or(usize::MAX);
            Bytes { most, option }
        };
        let answer = bytes("max_answer_bytes", config.max_answer_bytes, 64 << 20);
        let event = match config.max_event_bytes {
            None => answer,
            given => bytes("max_event_bytes", given, 0),
        };
        let count = |option, given: Option<u32>, usual| Ok(positive(option, given.unwrap_or(usual))? as usize);
        Ok(Self {
            answer,
            event,
            error: bytes("max_error_bytes", config.max_error_bytes, 64 << 10),
            headers: headers(config.max_headers.unwrap_or(DEFAULT_HEADERS))?,
            queue: count("max_queued_notifications", config.max_queued_notifications, 1024)?,
            depth: count("max_depth", config.max_depth, 127)?,
        })
    }

    /// Limits of token responses and metadata.
    pub(crate) fn of_documents(self) -> Self {
        Self { answer: Bytes { most: DOCUMENT, option: "what tokens and metadata may be" }, ..self }
    }

    /// Error if JSON exceeds the nesting depth.
    pub(crate) fn check_depth(&self, text: &[u8]) -> Result<(), AttemptError> {
        if depth_is_within(text, self.depth) {
            return Ok(());
        }
        let message = format!("the response nests deeper than max_depth ({})", self.depth);
        // The response is complete, so the call ran.
        Err(AttemptError::new(FailureClass::TooLarge, Code::AnswerTooDeep, message).executed())
    }

    /// Whether a server-initiated message is within the limits.
    pub(crate) fn holds(&self, params: &str) -> bool {
        depth_is_within(params.as_bytes(), self.depth)
    }

    /// Error if a response has too many headers.
    pub(crate) fn too_many_headers(&self) -> AttemptError {
        let message = format!("the response has more headers than max_headers ({}), or longer ones", self.headers);
        AttemptError::new(FailureClass::TooLarge, Code::TooManyHeaders, message)
    }
}

/// Maximum size of token responses and metadata, in bytes.
const DOCUMENT: usize = 64 << 10;

/// Default of the HTTP library.
pub(crate) const DEFAULT_HEADERS: u32 = 100;
/// Maximum of the HTTP library: it allocates as many for each response, and its header map panics beyond 24576.
const MOST_HEADERS: u32 = 10_000;

fn headers(most: u32) -> Result<usize> {
    if (1..=MOST_HEADERS).contains(&most) {
        return Ok(most as usize);
    }
    let allowed = format_args!("must be a whole number from 1 to {MOST_HEADERS}");
    Err(Error::config(Code::InvalidOption, "max_headers", allowed))
}

/// Whether valid JSON text has a nesting depth of at most `most`.
fn depth_is_within(text: &[u8], most: usize) -> bool {
    // Fast path: fewer brackets than the limit. `[` and `{` differ in one bit; the sum of 255 flags does not overflow.
    let begin = |bytes: &[u8]| bytes.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    if text.chunks(255).map(|bytes| usize::from(begin(bytes))).sum::<usize>() <= most {
        return true;
    }
    let (mut depth, mut in_string) = (0_usize, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match (byte, in_string) {
            (b'"', _) => in_string = !in_string,
            (b'\\', true) => drop(bytes.next()),
            (b'[' | b'{', false) => {
                depth += 1;
                if depth > most {
                    return false;
                }
            }
            (b']' | b'}', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_the_number_of_open_brackets() {
        assert!(depth_is_within(b"[[],[],[],[]]", 2));
        assert!(!depth_is_within(b"[[],[[]]]", 2));
        assert!(depth_is_within(br#"["[[[[\"[[[", {"a": "{{{"}]"#, 2));
        assert!(depth_is_within(b"1", 1));
    }

    #[test]
    fn the_limit_of_events_defaults_to_that_of_responses() {
        let limits = Limits::of(&ClientConfig::default().max_answer_bytes(10_u64)).unwrap();
        assert_eq!((limits.event.most, limits.event.option), (10, "max_answer_bytes"));
        let limits = Limits::of(&ClientConfig::default().max_event_bytes(10_u64)).unwrap();
        assert_eq!((limits.answer.most, limits.event.most, limits.event.option), (64 << 20, 10, "max_event_bytes"));
        let error = Limits::of(&ClientConfig::default().max_depth(0_u32)).unwrap_err();
        assert_eq!(error.info().field.as_deref(), Some("max_depth"));
    }
}
