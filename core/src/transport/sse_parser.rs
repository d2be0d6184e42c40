//! Splits the bytes of an event stream into whole, valid lines of bounded size.
//!
//! `eventsource-stream` by itself is quadratic in the size of an event, panics on a byte-order mark that is split over two chunks,
//! loses events whose lines end in a bare CR, stops silently at invalid UTF-8, and copies the last id with every event. With whole
//! lines it is correct, so this guard passes it nothing else, and reads `id` and `retry` itself.

use std::sync::Arc;
use std::time::Duration;

/// Why the rest of a stream cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// An event, or a sequence of comments, is larger than the limit.
    TooLarge,
    /// A line is not valid UTF-8.
    NotUtf8,
}

/// Cuts a stream of bytes into lines, each ending in one LF.
#[derive(Debug)]
pub(crate) struct Guard {
    limit: usize,
    pending: Vec<u8>,
    /// Where the search for a line end continues.
    searched: usize,
    /// Bytes of the present event that were read.
    event_size: usize,
    at_start: bool,
    /// Whether the last line ended in CR, so that an LF directly after it belongs to it.
    after_cr: bool,
    id: Arc<str>,
    last_event_id: Option<Arc<str>>,
    retry: Option<Duration>,
}

impl Guard {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            pending: Vec::new(),
            searched: 0,
            event_size: 0,
            at_start: true,
            after_cr: false,
            id: Arc::default(),
            last_event_id: None,
            retry: None,
        }
    }

    /// The id after which a stream is resumed.
    pub(crate) fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The wait before reconnecting that the server has set.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Reads a chunk and appends the lines that it completes to `lines`.
    ///
    /// # Errors
    /// If an event is larger than the limit or a line is not UTF-8. The lines before it are appended.
    pub(crate) fn push(&mut self, chunk: &[u8], lines: &mut Vec<String>) -> Result<(), Refused> {
        self.pending.extend_from_slice(chunk);
        let mut start = self.skip_mark();
        if self.at_start {
            return Ok(());
        }
        loop {
            if self.after_cr && start < self.pending.len() {
                self.after_cr = false;
                start += usize::from(self.pending[start] == b'\n');
            }
            let Some(end) = self.line_end(start) else { break };
            let line = &self.pending[start..end];
            self.event_size += line.len() + 1;
            if self.event_size > self.limit {
                return Err(Refused::TooLarge);
            }
            let mut text = String::with_capacity(line.len() + 1);
            text.push_str(std::str::from_utf8(line).map_err(|_| Refused::NotUtf8)?);
            self.after_cr = self.pending[end] == b'\r';
            self.note(&text);
            text.push('\n');
            lines.push(text);
            start = end + 1;
            self.searched = start;
        }
        self.searched = self.pending.len();
        self.pending.drain(..start);
        self.searched -= start;
        if self.event_size + self.pending.len() > self.limit {
            return Err(Refused::TooLarge);
        }
        Ok(())
    }

    /// Skips one byte-order mark at the start. With fewer than three bytes this is undecided.
    fn skip_mark(&mut self) -> usize {
        const MARK: &[u8] = &[0xef, 0xbb, 0xbf];
        if !self.at_start {
            return 0;
        }
        if self.pending.len() < MARK.len() && MARK.starts_with(&self.pending) {
            return 0;
        }
        self.at_start = false;
        if self.pending.starts_with(MARK) { MARK.len() } else { 0 }
    }

    fn line_end(&self, start: usize) -> Option<usize> {
        let from = self.searched.max(start);
        let found = self.pending[from..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        found.map(|offset| from + offset)
    }

    fn note(&mut self, line: &str) {
        if line.is_empty() {
            self.event_size = 0;
            self.last_event_id = Some(Arc::clone(&self.id));
            return;
        }
        let (field, value) = field_of(line);
        match field {
            "id" => {
                if let Some(id) = id_of(line) {
                    self.id = id.into();
                }
            }
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number that overflows is the longest wait.
                self.retry = Some(Duration::from_millis(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }
}

fn field_of(line: &str) -> (&str, &str) {
    let (field, value) = line.split_once(':').unwrap_or((line, ""));
    (field, value.strip_prefix(' ').unwrap_or(value))
}

/// The longest id that is kept, in bytes. It is sent back in a header, whose size servers limit.
pub(crate) const LONGEST_ID: usize = 4096;

/// Whether a line gives its event an id.
pub(crate) fn is_id(line: &str) -> bool {
    field_of(line).0 == "id"
}

/// The id that a line gives its event; empty if it is too long to be sent back.
pub(crate) fn id_of(line: &str) -> Option<&str> {
    let (field, value) = field_of(line);
    let kept = if value.len() <= LONGEST_ID { value } else { "" };
    (field == "id" && !value.contains('\0')).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(chunks: &[&[u8]]) -> Vec<String> {
        let mut guard = Guard::new(1000);
        let mut lines = Vec::new();
        for chunk in chunks {
            guard.push(chunk, &mut lines).unwrap();
        }
        lines
    }

    #[test]
    fn every_split_gives_the_same_lines() {
        let text = "\u{feff}data: é\r\n\rid: 1\n\u{feff}x\u{2028}y\r\r\n".as_bytes();
        let expected = ["data: é\n", "\n", "id: 1\n", "\u{feff}x\u{2028}y\n", "\n"];
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let chunks = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(lines_of(&chunks), expected, "split at {first} and {second}");
            }
        }
    }

    #[test]
    fn an_event_is_bounded_and_a_stream_is_not() {
        let mut guard = Guard::new(100);
        let mut lines = Vec::new();
        for _ in 0..1000 {
            guard.push(b"data: 0123456789\n\n", &mut lines).unwrap();
        }
        assert_eq!(guard.push(&[b':'; 101], &mut lines), Err(Refused::TooLarge));
        let mut guard = Guard::new(100);
        let flood = (0..1000).try_for_each(|_| guard.push(b": comment\n", &mut lines));
        assert_eq!(flood, Err(Refused::TooLarge));
    }

    #[test]
    fn invalid_utf8_is_refused() {
        assert_eq!(Guard::new(100).push(b"data: \xff\n", &mut Vec::new()), Err(Refused::NotUtf8));
    }

    #[test]
    fn id_and_retry_are_read_as_in_the_standard() {
        let mut guard = Guard::new(1000);
        let mut push = |text: &str| {
            guard.push(text.as_bytes(), &mut Vec::new()).unwrap();
            (guard.last_event_id().map(str::to_owned), guard.retry())
        };
        assert_eq!(push("id: a\nretry: 500\n"), (None, Some(Duration::from_millis(500))));
        assert_eq!(push("\n").0.as_deref(), Some("a"));
        assert_eq!(push("id: b\0\nretry: -1\n\n"), (Some("a".into()), Some(Duration::from_millis(500))));
        assert_eq!(push("id\n\n").0, None);
        let longest = "x".repeat(LONGEST_ID);
        guard = Guard::new(1 << 20);
        let mut push = |text: String| {
            guard.push(text.as_bytes(), &mut Vec::new()).unwrap();
            guard.last_event_id().map(str::to_owned)
        };
        assert_eq!(push(format!("id: {longest}\n\n")), Some(longest.clone()));
        assert_eq!(push(format!("id: {longest}x\n\n")), None, "after an id that cannot be sent, nothing is resumed");
        let mut guard = Guard::new(1000);
        let mut push = |text: &str| {
            guard.push(text.as_bytes(), &mut Vec::new()).unwrap();
            (guard.last_event_id().map(str::to_owned), guard.retry())
        };
        assert_eq!(push("retry: 99999999999999999999\n").1, Some(Duration::from_millis(u64::MAX)));
    }
}
