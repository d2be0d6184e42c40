//! Server-sent events of a response body: guard, then `eventsource-stream`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use eventsource_stream::EventStreamError;
use futures_util::{Stream, StreamExt};

use crate::config::limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::transport::sse_parser::{self, Guard, Refused};

/// The events of a response body.
pub(super) type Events = EventStream<Pin<Box<dyn Stream<Item = Result<Bytes, AttemptError>> + Send>>>;

/// Events of a body, in order.
pub(crate) struct EventStream<S> {
    events: eventsource_stream::EventStream<Lines<S>>,
    guard: Arc<Mutex<Guard>>,
    /// The id that the last event has itself.
    ended: Arc<Mutex<Option<String>>>,
    limit: limits::Bytes,
}

impl<S: Stream<Item = Result<Bytes, AttemptError>> + Unpin> EventStream<S> {
    pub(crate) fn new(chunks: S, limit: limits::Bytes) -> Self {
        let guard = Arc::new(Mutex::new(Guard::new(limit.most)));
        let ended = Arc::default();
        // The crate would remove a second byte-order mark; a comment in front prevents that.
        let ready = VecDeque::from([":\n".to_owned()]);
        let lines =
            Lines { chunks, guard: Arc::clone(&guard), ready, refused: None, id: None, ended: Arc::clone(&ended) };
        Self { events: eventsource_stream::EventStream::new(lines), guard, ended, limit }
    }

    /// The data of the next `message` event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Result<String, AttemptError>> {
        loop {
            match self.next_event().await? {
                Ok((event, data)) if event == "message" && !data.is_empty() => return Some(Ok(data)),
                Ok(_) => {}
                Err(failure) => return Some(Err(failure)),
            }
        }
    }

    /// The name and the data of the next event.
    pub(crate) async fn next_event(&mut self) -> Option<Result<(String, String), AttemptError>> {
        Some(match self.events.next().await? {
            Ok(event) => Ok((event.event, event.data)),
            Err(EventStreamError::Transport(StreamFailure::Source(failure))) => Err(failure),
            Err(EventStreamError::Transport(StreamFailure::Refused(Refused::TooLarge))) => {
                Err(self.limit.passed("an event"))
            }
            Err(_) => Err(AttemptError::bad_answer(Code::InvalidAnswer, "the event stream is not valid UTF-8")),
        })
    }

    /// The id that the last event of [`next`](Self::next) has itself.
    pub(crate) fn event_id(&self) -> Option<String> {
        locked(&self.ended).clone()
    }

    pub(crate) fn last_event_id(&self) -> Option<String> {
        locked(&self.guard).last_event_id().map(str::to_owned)
    }

    pub(crate) fn retry(&self) -> Option<Duration> {
        locked(&self.guard).retry()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

enum StreamFailure {
    Source(AttemptError),
    Refused(Refused),
}

/// Splits chunks into lines.
struct Lines<S> {
    chunks: S,
    guard: Arc<Mutex<Guard>>,
    ready: VecDeque<String>,
    /// Why no lines follow those that are ready.
    refused: Option<Refused>,
    /// The id of the event that is being read.
    id: Option<String>,
    ended: Arc<Mutex<Option<String>>>,
}

impl<S> Lines<S> {
    fn note(&mut self, line: &str) {
        if line == "\n" {
            let id = self.id.take();
            let mut ended = locked(&self.ended);
            if ended.is_some() || id.is_some() {
                *ended = id;
            }
        } else if line.starts_with("id")
            && let Some(id) = sse_parser::id_of(line.trim_end_matches('\n'))
        {
            self.id = Some(id.to_owned());
        }
    }
}

impl<S: Stream<Item = Result<Bytes, AttemptError>> + Unpin> Stream for Lines<S> {
    type Item = Result<String, StreamFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            while let Some(line) = this.ready.pop_front() {
                this.note(&line);
                // The crate would copy the id, however long, with every event.
                if !sse_parser::is_id(line.trim_end_matches('\n')) {
                    return Poll::Ready(Some(Ok(line)));
                }
            }
            if let Some(refused) = this.refused {
                return Poll::Ready(Some(Err(StreamFailure::Refused(refused))));
            }
            let chunk = match this.chunks.poll_next_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(failure))) => return Poll::Ready(Some(Err(StreamFailure::Source(failure)))),
                Poll::Ready(Some(Ok(chunk))) => chunk,
            };
            let mut lines = Vec::new();
            this.refused = locked(&this.guard).push(&chunk, &mut lines).err();
            // The lines before the failure count, wherever chunks end.
            this.ready.extend(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn data_of(text: &[u8], split: usize) -> Vec<String> {
        let chunks: Vec<_> = [&text[..split], &text[split..]].map(|part| Ok(Bytes::copy_from_slice(part))).into();
        let mut events = EventStream::new(futures_util::stream::iter(chunks), limits::Bytes::of_tests(1 << 20));
        let mut data = Vec::new();
        while let Some(event) = events.next().await {
            data.push(event.unwrap());
        }
        data
    }

    /// Whether the id after an event is that of the event itself.
    #[tokio::test]
    async fn each_event_has_its_own_id_or_none() {
        let text = b"id: a\ndata: 1\n\ndata: 2\n\nid\n\nid: b\ndata: 3\nid: c\n\nid: x\0\ndata: 4\n\n";
        for split in 0..=text.len() {
            let chunks: Vec<_> = [&text[..split], &text[split..]].map(|part| Ok(Bytes::copy_from_slice(part))).into();
            let mut events = EventStream::new(futures_util::stream::iter(chunks), limits::Bytes::of_tests(1 << 20));
            let mut ids = Vec::new();
            while events.next().await.is_some() {
                ids.push(events.event_id());
            }
            assert_eq!(ids, [Some("a".to_owned()), None, Some("c".to_owned()), None], "split at {split}");
        }
    }

    #[tokio::test]
    async fn what_came_before_an_invalid_line_is_read() {
        let text = b"data: answer\n\ndata: \xff\n\n";
        for split in 0..=text.len() {
            let chunks: Vec<_> = [&text[..split], &text[split..]].map(|part| Ok(Bytes::copy_from_slice(part))).into();
            let mut events = EventStream::new(futures_util::stream::iter(chunks), limits::Bytes::of_tests(1 << 20));
            assert_eq!(events.next().await.unwrap().unwrap(), "answer", "split at {split}");
            assert!(events.next().await.unwrap().is_err(), "split at {split}");
        }
    }

    /// Cases of the WHATWG standard, "9.2.6 Interpreting an event stream", each under every split.
    #[tokio::test]
    async fn events_are_those_of_the_standard() {
        let cases: &[(&str, &[&str])] = &[
            ("data: a\n\ndata: b\n\n", &["a", "b"]),
            ("data: a\ndata: b\n\n", &["a\nb"]),
            ("data\n\ndata\ndata\n\ndata:", &["\n"]),
            ("data:test\n\ndata: test\n\ndata:  test\n\n", &["test", "test", " test"]),
            (": comment\n\n:\ndata: x\n\n", &["x"]),
            ("data: incomplete\n", &[]),
            ("\u{feff}data: mark\n\n", &["mark"]),
            ("\u{feff}\u{feff}data: two marks\n\n", &[]),
            ("data: cr\r\rdata: crlf\r\n\r\n", &["cr", "crlf"]),
            ("event: other\ndata: x\n\ndata: y\n\n", &["y"]),
            ("id: 1\ndata:\n\ndata: after priming\n\n", &["after priming"]),
            ("data: \u{2028}é😀\n\n", &["\u{2028}é😀"]),
            ("unknown: x\nDATA: x\n data: x\ndata : x\n\n", &[]),
        ];
        for (text, expected) in cases {
            for split in 0..=text.len() {
                assert_eq!(data_of(text.as_bytes(), split).await, *expected, "{text:?} split at {split}");
            }
        }
    }
}
