//! An answer's body, read in chunks against a limit on the bytes after decompression.

use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::unfold;
use reqwest::Response;

use crate::error::Code;
use crate::failure::Failure;
use crate::limits::{self, Limits};
use crate::retry::Happened;
use crate::transport::idle::IdleTimer;

/// The most that is reserved for a body before it has come.
const RESERVED: usize = 1 << 20;
/// How long the body of an error is waited for; its head has said the most.
const ERROR_BODY_WITHIN: Duration = Duration::from_secs(1);

/// The whole body. A body in one chunk is not copied.
pub(crate) async fn read(response: &mut Response, limit: limits::Bytes) -> Result<Bytes, Failure> {
    let Some(first) = next(response).await? else { return Ok(Bytes::new()) };
    within(first.len(), limit)?;
    let Some(second) = next(response).await? else { return Ok(first) };
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    // What a server announces is reserved only so far; the rest must come first.
    let expected = expected.min(RESERVED);
    let mut whole = BytesMut::with_capacity((first.len() + second.len()).max(expected.min(limit.most)));
    whole.extend_from_slice(&first);
    let mut chunk = Some(second);
    while let Some(more) = chunk {
        within(whole.len() + more.len(), limit)?;
        whole.extend_from_slice(&more);
        chunk = next(response).await?;
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

/// The body as it comes. Every byte of it starts the timer of its call anew.
pub(crate) fn chunks(
    response: Response,
    idle: Option<Arc<IdleTimer>>,
) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static {
    unfold(Some((response, idle)), |body| async {
        let (mut response, idle) = body?;
        match next(&mut response).await {
            Ok(None) => None,
            Ok(Some(chunk)) => {
                if let Some(idle) = &idle {
                    idle.restart();
                }
                Some((Ok(chunk), Some((response, idle))))
            }
            Err(failure) => Some((Err(failure), None)),
        }
    })
}

async fn next(response: &mut Response) -> Result<Option<Bytes>, Failure> {
    response.chunk().await.map_err(|error| {
        if error.is_decode() && !is_broken_connection(&error) {
            return Failure::bad_answer(Code::InvalidAnswer, "the answer's body cannot be decompressed");
        }
        Failure::new(Happened::BadAnswer, Code::AnswerCut, "the answer broke off before its end")
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

fn within(size: usize, limit: limits::Bytes) -> Result<(), Failure> {
    if size <= limit.most { Ok(()) } else { Err(limit.passed("the answer")) }
}

/// Refuses an answer for the number of its headers.
pub(crate) fn check_headers(response: &Response, limits: &Limits) -> Result<(), Failure> {
    if response.headers().len() <= limits.headers {
        return Ok(());
    }
    Err(limits.too_many_headers().answered(response.status(), response.headers()))
}
