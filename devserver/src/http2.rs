//! Frames that the server inserts into an HTTP/2 connection, between those of the
//! library below it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::faults::StreamEnd;

/// The length of a frame's head (RFC 9113, section 4.1).
const HEAD: usize = 9;
/// The type of a GOAWAY frame.
const GOAWAY: u8 = 7;

/// A GOAWAY without an error: streams above the last one were not processed.
pub(crate) fn go_away(last_stream: u32) -> Vec<u8> {
    let mut frame = vec![0, 0, 8, GOAWAY, 0, 0, 0, 0, 0];
    frame.extend(last_stream.to_be_bytes());
    frame.extend([0; 4]);
    frame
}

/// Ends one stream, but not its connection.
#[derive(Debug, thiserror::Error)]
#[error("the stream is reset")]
pub(crate) struct StreamReset(#[source] h2::Error);

impl StreamReset {
    pub(crate) fn new(reason: StreamEnd) -> Self {
        let reason = match reason {
            StreamEnd::RefusedStream => h2::Reason::REFUSED_STREAM,
            StreamEnd::InternalError => h2::Reason::INTERNAL_ERROR,
            StreamEnd::Cancel => h2::Reason::CANCEL,
            StreamEnd::EnhanceYourCalm => h2::Reason::ENHANCE_YOUR_CALM,
        };
        Self(reason.into())
    }
}

/// Frames that wait to be inserted between two others.
#[derive(Clone, Default)]
pub(crate) struct Inserts(Arc<Mutex<Vec<u8>>>);

impl Inserts {
    pub(crate) fn add(&self, frame: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(frame);
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A stream of bytes that tracks where the written frames begin.
pub(crate) struct Framed<S> {
    stream: S,
    inserts: Inserts,
    /// The remaining bytes of an insertion that has begun.
    inserting: Vec<u8>,
    head: Vec<u8>,
    /// The remaining payload of the frame that is being written.
    left: usize,
}

impl<S> Framed<S> {
    pub(crate) fn new(stream: S, inserts: Inserts) -> Self {
        Self { stream, inserts, inserting: Vec::new(), head: Vec::with_capacity(HEAD), left: 0 }
    }

    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Tracks written bytes.
    fn follow(&mut self, mut written: &[u8]) {
        while !written.is_empty() {
            if self.left > 0 {
                let passed = self.left.min(written.len());
                self.left -= passed;
                written = &written[passed..];
                continue;
            }
            self.head.push(written[0]);
            written = &written[1..];
            if self.head.len() == HEAD {
                self.left =
                    usize::from(self.head[0]) << 16 | usize::from(self.head[1]) << 8 | usize::from(self.head[2]);
                self.head.clear();
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Framed<S> {
    /// Writes waiting frames at the end of a frame.
    fn poll_insert(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.head.is_empty() || self.left > 0 {
            return Poll::Ready(Ok(()));
        }
        self.inserting.extend(self.inserts.take());
        if self.inserting.is_empty() {
            return Poll::Ready(Ok(()));
        }
        while !self.inserting.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.inserting))?;
            self.inserting.drain(..written);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A connection that has nothing else to write is flushed, too.
        if let Poll::Ready(Err(error)) = self.poll_insert(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_insert(cx))?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.follow(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
