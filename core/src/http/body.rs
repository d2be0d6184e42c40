//! Response bodies, read in chunks up to a limit of the bytes after decompression.

use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof};
use std::io::Write;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use flate2::write::GzDecoder;
use futures_util::Stream;
use futures_util::stream::unfold;
use reqwest::Response;

use crate::config::limits::{self, Limits};
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::idle_timeout::IdleTimer;
use crate::http::sniff::{BodyKind, kind_of};

/// The most memory that is reserved for a body before it arrives.
const RESERVED: usize = 1 << 20;
/// A body, and its beginning if that was read already.
pub(crate) struct Body {
    response: Response,
    /// The part that was read already.
    first: Bytes,
    unpacking: Option<Unpacking>,
}

impl Body {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, first: Bytes::new(), unpacking: None }
    }

    /// The kind of the body by its beginning. Each chunk that is read for that is kept, and restarts the timer of the call.
    pub(crate) async fn kind(&mut self, idle: Option<&Arc<IdleTimer>>) -> Result<BodyKind, AttemptError> {
        let mut beginning = BytesMut::new();
        let kind = loop {
            let chunk = self.next().await?;
            if let Some(idle) = idle {
                idle.restart();
            }
            let is_whole = chunk.is_none();
            match chunk {
                Some(chunk) if beginning.is_empty() => beginning = chunk.into(),
                Some(chunk) => beginning.extend_from_slice(&chunk),
                None => {}
            }
            if let Some(kind) = kind_of(&beginning, is_whole) {
                break kind;
            }
        };
        self.first = beginning.freeze();
        Ok(kind)
    }

    /// Decompresses the body with gzip from now on.
    pub(crate) fn unpack(&mut self) {
        self.unpacking =
            Some(Unpacking { decoder: GzDecoder::new(Vec::new()), packed: std::mem::take(&mut self.first) });
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, AttemptError> {
        if !self.first.is_empty() {
            return Ok(Some(std::mem::take(&mut self.first)));
        }
        loop {
            if let Some(unpacked) = self.unpacking.as_mut().map(Unpacking::next).transpose()?.flatten() {
                return Ok(Some(unpacked));
            }
            match (next(&mut self.response).await?, &mut self.unpacking) {
                (Some(chunk), None) => return Ok(Some(chunk)),
                (Some(chunk), Some(unpacking)) => unpacking.packed = chunk,
                (None, None) => return Ok(None),
                (None, Some(unpacking)) => return unpacking.end(),
            }
        }
    }
}

/// The decompression of a body that the HTTP library does not decompress.
struct Unpacking {
    decoder: GzDecoder<Vec<u8>>,
    packed: Bytes,
}

/// How much is decompressed at once, so that little memory is used before the limit is checked.
const PACKED_PIECE: usize = 4096;

impl Unpacking {
    /// The next decompressed piece; `None` if more of the body must be read.
    fn next(&mut self) -> Result<Option<Bytes>, AttemptError> {
        while !self.packed.is_empty() {
            let piece = self.packed.split_to(self.packed.len().min(PACKED_PIECE));
            self.decoder.write_all(&piece).map_err(|_| cannot_be_unpacked())?;
            if !self.decoder.get_ref().is_empty() {
                return Ok(Some(std::mem::take(self.decoder.get_mut()).into()));
            }
        }
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Bytes>, AttemptError> {
        self.decoder.try_finish().map_err(|_| cut_off())?;
        let last = std::mem::take(self.decoder.get_mut());
        Ok((!last.is_empty()).then(|| last.into()))
    }
}

fn cannot_be_unpacked() -> AttemptError {
    let message = "the response body cannot be decompressed";
    AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message)
}

fn cut_off() -> AttemptError {
    AttemptError::bad_answer(Code::AnswerCut, "the response broke off before its end")
}

/// A body that could not be read to its end, and what was read of it.
pub(crate) struct BodyFailure {
    pub(crate) failure: AttemptError,
    pub(crate) text: Bytes,
}

/// The whole body. A body in one chunk is not copied.
pub(crate) async fn read(body: &mut Body, limit: limits::Bytes) -> Result<Bytes, BodyFailure> {
    let nothing = |failure| BodyFailure { failure, text: Bytes::new() };
    let Some(first) = body.next().await.map_err(nothing)? else { return Ok(Bytes::new()) };
    within(first.len(), limit).map_err(nothing)?;
    let second = match body.next().await {
        Ok(None) => return Ok(first),
        Ok(Some(second)) => second,
        Err(failure) => return Err(BodyFailure { failure, text: first }),
    };
    let expected = body.response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    // The announced size is reserved only up to a limit; the rest must arrive first.
    let expected = expected.min(RESERVED);
    let mut whole = BytesMut::with_capacity((first.len() + second.len()).max(expected.min(limit.most)));
    whole.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(more) = chunk {
        within(whole.len() + more.len(), limit).map_err(nothing)?;
        whole.extend_from_slice(&more);
        chunk = match body.next().await {
            Ok(chunk) => chunk,
            Err(failure) => return Err(BodyFailure { failure, text: whole.freeze() }),
        };
    }
    Ok(whole.freeze())
}

/// The body as a stream of chunks. Each chunk restarts the timer of the call.
pub(crate) fn chunks(
    body: Body,
    idle: Option<Arc<IdleTimer>>,
) -> impl Stream<Item = Result<Bytes, AttemptError>> + Send + 'static {
    unfold(Some((body, idle)), |body| async {
        let (mut body, idle) = body?;
        match body.next().await {
            Ok(None) => None,
            Ok(Some(chunk)) => {
                if let Some(idle) = &idle {
                    idle.restart();
                }
                Some((Ok(chunk), Some((body, idle))))
            }
            Err(failure) => Some((Err(failure), None)),
        }
    })
}

async fn next(response: &mut Response) -> Result<Option<Bytes>, AttemptError> {
    response.chunk().await.map_err(|error| {
        if error.is_decode() && !is_broken_connection(&error) {
            return cannot_be_unpacked();
        }
        cut_off()
    })
}

/// Whether the connection broke. The library reports that as a decoding error, too: with an I/O error as its cause, or without one on
/// a connection with streams.
fn is_broken_connection(error: &reqwest::Error) -> bool {
    let mut has_io = false;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let Some(io) = cause.downcast_ref::<std::io::Error>() else {
            source = cause.source();
            continue;
        };
        has_io = true;
        if matches!(
            io.kind(),
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected | TimedOut
        ) {
            return true;
        }
        // The wrapped error takes the place of the source.
        source = io.get_ref().map_or_else(|| cause.source(), |inner| Some(inner as &(dyn std::error::Error + 'static)));
    }
    !has_io
}

fn within(size: usize, limit: limits::Bytes) -> Result<(), AttemptError> {
    if size <= limit.most { Ok(()) } else { Err(limit.passed("the response")) }
}

/// Refuses a response with too many headers.
pub(crate) fn check_headers(response: &Response, limits: &Limits) -> Result<(), AttemptError> {
    if response.headers().len() <= limits.headers {
        return Ok(());
    }
    Err(limits.too_many_headers().with_response_head(response.status(), response.headers()))
}
