//! The parser of event streams with any chunks, compared with the algorithm of the standard.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::iter;

use super::whatwg::{End, Interpreted, interpret};
use crate::config::limits;
use crate::error::Code;
use crate::transport::sse_stream::EventStream;

/// `input`: four bytes for the chunks, one for the limit, and the stream.
///
/// # Panics
/// If the events depend on the chunks, or differ from those of the standard.
pub fn event_stream(input: &[u8]) {
    let Some((head, stream)) = input.split_at_checked(5) else { return };
    let limit = if head[4] < 128 { 1 << 20 } else { usize::from(head[4] - 127) * 4 };
    let expected = interpret(stream, limit);
    assert_eq!(read([stream], limit), expected, "in one piece");
    assert_eq!(read(stream.chunks(1), limit), expected, "byte by byte");
    let mut random = fastrand::Rng::with_seed(u64::from(u32::from_le_bytes([head[0], head[1], head[2], head[3]])));
    let mut pieces = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(random.usize(0..=rest.len().min(24)));
        pieces.push(piece);
        rest = behind;
    }
    assert_eq!(read(pieces, limit), expected, "in pieces");
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Interpreted {
    let chunks: Vec<_> = pieces.into_iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let mut stream = EventStream::new(iter(chunks), limits::Bytes::of_tests(limit));
    let mut interpreted = Interpreted::default();
    loop {
        // All chunks are available, so the future is ready at once.
        match stream.next_event().now_or_never() {
            None => panic!("the future is not ready"),
            Some(None) => break,
            Some(Some(Ok((event, data)))) => interpreted.events.push((event, data, stream.event_id())),
            Some(Some(Err(failure))) => {
                interpreted.end = match failure.error.info().code {
                    Code::AnswerTooLarge => End::TooLarge,
                    Code::InvalidAnswer => End::NotUtf8,
                    other => panic!("a stream ends with {other:?}"),
                };
                break;
            }
        }
    }
    interpreted.last_event_id = stream.last_event_id().unwrap_or_default();
    interpreted.reconnection_time = stream.retry().as_ref().map(milliseconds);
    interpreted
}

fn milliseconds(time: &Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
