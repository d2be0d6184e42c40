//! A request body in two parts, which shows whether the whole request may have been sent: over HTTP/2 a request can wait for a stream
//! and be lost with the connection before anything was sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Request;

/// Whether a whole request may have been sent.
#[derive(Debug, Clone)]
pub(crate) struct MayHaveBeenSent(Option<Arc<AtomicBool>>);

impl MayHaveBeenSent {
    /// Observes this request. HTTP/2 is only used over TLS.
    pub(crate) fn of(request: &mut Request) -> Self {
        let is_tls = request.url().scheme() == "https";
        let body = request.body().and_then(reqwest::Body::as_bytes).filter(|body| is_tls && body.len() > 1);
        let Some(mut rest) = body.map(Bytes::copy_from_slice) else { return Self(None) };
        let is_read = Arc::<AtomicBool>::default();
        let first = rest.split_to(1);
        let parts = Parts { first: Some(first), rest: Some(rest), is_read: Arc::clone(&is_read) };
        *request.body_mut() = Some(reqwest::Body::wrap(parts));
        Self(Some(is_read))
    }

    /// False if the library never read the end of the body, so that the server cannot have received it.
    pub(crate) fn is_true(&self) -> bool {
        self.0.as_ref().is_none_or(|is_read| is_read.load(Ordering::Acquire))
    }
}

struct Parts {
    first: Option<Bytes>,
    rest: Option<Bytes>,
    is_read: Arc<AtomicBool>,
}

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.is_read.store(true, Ordering::Release);
        Poll::Ready(self.rest.take().map(|rest| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let left = [&self.first, &self.rest].into_iter().flatten().map(Bytes::len).sum::<usize>();
        SizeHint::with_exact(left as u64)
    }
}
