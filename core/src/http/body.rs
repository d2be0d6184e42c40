//! An answer's body, read in chunks against a limit on the bytes after decompression.

use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

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

/// The most that is reserved for a body before it has come.
const RESERVED: usize = 1 << 20;
/// How long the body of an error is waited for; its head has said the most.
const ERROR_BODY_WITHIN: Duration = Duration::from_secs(1);

/// A body, and what of it was read already.
pub(crate) struct Body {
    response: Response,
    /// Before everything that still comes.
    first: Bytes,
    unpacking: Option<Unpacking>,
}

impl Body {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, first: Bytes::new(), unpacking: None }
    }

    /// What it begins as. All that was read for it is kept, and starts the timer of its call anew.
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

    /// Unpacks what comes from now on as gzip.
    pub(crate) fn unpack(&mut self) {
        self.unpacking =
            Some(Unpacking { decoder: GzDecoder::new(Vec::new()), packed: std::mem::take(&mut self.first) });
    }

    async fn next(&mut self) -> Result<Option<Bytes>, AttemptError> {
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

/// A body that the HTTP library leaves packed.
struct Unpacking {
    decoder: GzDecoder<Vec<u8>>,
    packed: Bytes,
}

/// How much is unpacked at once, so that little memory is taken before a limit is looked at.
const PACKED_PIECE: usize = 4096;

impl Unpacking {
    /// A piece of what is at hand; `None` where more must come.
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
    let message = "the answer's body cannot be decompressed";
    AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message)
}

fn cut_off() -> AttemptError {
    AttemptError::bad_answer(Code::AnswerCut, "the answer broke off before its end")
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
    // What a server announces is reserved only so far; the rest must come first.
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

/// The beginning of a body.
#[derive(Default)]
pub(crate) struct Beginning {
    pub(crate) text: Bytes,
    /// What is to be said where there was more of it, or where that is not known.
    pub(crate) cut: Option<String>,
}

/// The beginning of a body that is only shown or searched for an error, up to `limit`, and not waited for long.
pub(crate) async fn read_beginning(response: &mut Response, limit: limits::Bytes) -> Beginning {
    let mut beginning = BytesMut::new();
    let reading = async {
        loop {
            match next(response).await {
                Ok(None) => return None,
                // What came before still says more than nothing.
                Err(failure) => return Some(failure.error.info().message.clone()),
                Ok(Some(chunk)) => {
                    let room = limit.most - beginning.len();
                    beginning.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        return Some(limit.cut());
                    }
                }
            }
        }
    };
    let cut = tokio::time::timeout(ERROR_BODY_WITHIN, reading).await;
    let cut = cut.unwrap_or_else(|_| Some("the end of its body did not come".to_owned()));
    Beginning { text: beginning.freeze(), cut }
}

/// The beginning of a body that is only shown, as [`read_beginning`].
pub(crate) async fn beginning(body: &mut Body, limit: limits::Bytes) -> Bytes {
    let Some(first) = body.next().await.ok().flatten() else { return Bytes::new() };
    let rest = read_beginning(&mut body.response, limit).await.text;
    [first, rest].concat().into()
}

/// The body as it comes. Every byte of it starts the timer of its call anew.
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

/// A cut connection is reported as an error of decoding, too: as one of I/O, or, where the connection has streams, as none.
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
        // What is wrapped stands in the place of its own source.
        source = io.get_ref().map_or_else(|| cause.source(), |inner| Some(inner as &(dyn std::error::Error + 'static)));
    }
    !has_io
}

fn within(size: usize, limit: limits::Bytes) -> Result<(), AttemptError> {
    if size <= limit.most { Ok(()) } else { Err(limit.passed("the answer")) }
}

/// Refuses an answer for the number of its headers.
pub(crate) fn check_headers(response: &Response, limits: &Limits) -> Result<(), AttemptError> {
    if response.headers().len() <= limits.headers {
        return Ok(());
    }
    Err(limits.too_many_headers().answered(response.status(), response.headers()))
}
