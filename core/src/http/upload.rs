//! Large bodies of requests, in pieces between which the connection is read: a server may answer and close without taking
//! the rest in, and what it said must be found before the next write fails.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::{JoinHandle, yield_now};

use crate::http::idle_timeout::IdleTimer;

/// The size of a piece, and of bodies that are sent as one.
const PIECE: usize = 32 << 10;
/// The size of the first piece of a larger one: with the head it leaves in one write, also over TLS.
const FIRST_PIECE: usize = 8 << 10;
/// How long is waited behind the first piece: what is refused by its head alone is mostly refused by then, where the server is
/// near.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// The body of a request; `idle` is told as its pieces leave.
pub(crate) fn body(bytes: Bytes, idle: Option<&Arc<IdleTimer>>) -> reqwest::Body {
    if bytes.len() <= PIECE {
        bytes.into()
    } else {
        reqwest::Body::wrap(Pieces { rest: bytes, pause: None, is_begun: false, idle: idle.cloned() })
    }
}

struct Pieces {
    rest: Bytes,
    /// Over when the runtime has looked at its sockets. A task of its own, as the library asks for the next piece again
    /// before it lets the runtime do so.
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
            // It cannot fail but with the runtime.
            let _ = ready!(Pin::new(pause).poll(cx));
        }
        let is_begun = std::mem::replace(&mut self.is_begun, true);
        let length = self.rest.len().min(if is_begun { PIECE } else { FIRST_PIECE });
        let piece = self.rest.split_to(length);
        if let Some(idle) = &self.idle {
            idle.sends();
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
