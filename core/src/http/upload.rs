//! Large request bodies, sent in pieces between which the connection is read: a server may respond and close the connection without
//! reading the rest, and the response must be read before the next write fails.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, yield_now};

use crate::http::idle_timeout::IdleTimer;

/// The size of a piece, and of the largest body that is sent at once.
const PIECE: usize = 32 << 10;
/// The size of the first piece of a larger body: it is sent in one write with the head, also over TLS.
const FIRST_PIECE: usize = 8 << 10;
/// The wait after the first piece, in which a near server refuses a request by its head alone.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The body of a request. Its pieces are noted in `idle` when they are sent.
pub(crate) fn body(bytes: Bytes, idle: Option<&Arc<IdleTimer>>) -> reqwest::Body {
    if bytes.len() <= PIECE {
        bytes.into()
    } else {
        reqwest::Body::wrap(Pieces { rest: bytes, pause: None, is_begun: false, idle: idle.cloned() })
    }
}

struct Pieces {
    rest: Bytes,
    /// Ends when the runtime has polled its sockets. A task, as the library requests the next piece before it yields to the runtime.
    pause: Option<JoinHandle<()>>,
    is_begun: bool,
    idle: Option<Arc<IdleTimer>>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(pause) = &mut self.pause {
            // It fails only with the runtime.
            let _ = ready!(Pin::new(pause).poll(cx));
        }
        let is_begun = std::mem::replace(&mut self.is_begun, true);
        let length = self.rest.len().min(if is_begun { PIECE } else { FIRST_PIECE });
        let piece = self.rest.split_to(length);
        if let Some(idle) = &self.idle {
            idle.note_upload();
        }
        self.pause = (!self.rest.is_empty()).then(|| match is_begun {
            true => tokio::spawn(yield_now()),
            false => tokio::spawn(tokio::time::sleep(FIRST_PAUSE)),
        });
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
