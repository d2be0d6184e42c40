//! The body of a response as steps: send, wait, repeat, cut the connection.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::connection::Guard;
use crate::faults::How;
use crate::open_streams::Feed;

/// The comment that keeps an idle stream open.
pub(crate) const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// One step of a body.
pub(crate) enum Step {
    Send(Bytes),
    Wait(Duration),
    /// Sends a piece of the rest at every tick.
    Drip {
        rest: Bytes,
        size: usize,
        every: Duration,
    },
    /// Sends the same bytes without end.
    Repeat {
        chunk: Bytes,
        every: Duration,
    },
    /// Sends pieces from another part of the server, and cuts the connection when that does.
    Relay(Incoming),
    /// Executes the steps that it receives, with comments while there are none.
    Feed {
        feed: Feed,
        every: Duration,
    },
    /// Ends the connection after everything before was sent.
    Cut(How),
}

/// A body that executes its steps, and notifies the ledger when it ends.
pub(crate) struct AnswerBody {
    steps: VecDeque<Step>,
    length: Option<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
    guard: Option<Guard>,
}

impl AnswerBody {
    pub(crate) fn new(steps: VecDeque<Step>, length: Option<u64>, guard: Option<Guard>) -> Self {
        let mut body = Self { steps, length, sleep: None, guard };
        body.note_end();
        body
    }

    fn note_end(&mut self) {
        if self.steps.is_empty()
            && let Some(guard) = self.guard.take()
        {
            guard.complete();
        }
    }

    /// Pending until the timer expires.
    fn poll_wait(&mut self, time: Duration, cx: &mut Context<'_>) -> Poll<()> {
        if time.is_zero() {
            return Poll::Ready(());
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        match sleep.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.sleep = None;
                Poll::Ready(())
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            let chunk = match this.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => bytes,
                Some(Step::Wait(time)) => {
                    if this.poll_wait(time, cx).is_pending() {
                        this.steps.push_front(Step::Wait(time));
                        return Poll::Pending;
                    }
                    this.note_end();
                    continue;
                }
                Some(Step::Drip { mut rest, size, every }) => {
                    let piece = rest.split_to(size.min(rest.len()));
                    if !rest.is_empty() {
                        this.steps.push_front(Step::Drip { rest, size, every });
                        this.steps.push_front(Step::Wait(every));
                    }
                    piece
                }
                Some(Step::Repeat { chunk, every }) => {
                    let again = chunk.clone();
                    this.steps.push_front(Step::Repeat { chunk, every });
                    this.steps.push_front(Step::Wait(every));
                    again
                }
                Some(Step::Relay(mut from)) => match Pin::new(&mut from).poll_frame(cx) {
                    Poll::Pending => {
                        this.steps.push_front(Step::Relay(from));
                        return Poll::Pending;
                    }
                    Poll::Ready(None) => {
                        this.note_end();
                        continue;
                    }
                    Poll::Ready(Some(Ok(frame))) => {
                        this.steps.push_front(Step::Relay(from));
                        match frame.into_data() {
                            Ok(bytes) => bytes,
                            Err(_) => continue,
                        }
                    }
                    Poll::Ready(Some(Err(_))) => {
                        this.steps.push_front(Step::Cut(How::Fin));
                        continue;
                    }
                },
                Some(Step::Feed { mut feed, every }) => match feed.poll(cx) {
                    Poll::Ready(None) => {
                        this.note_end();
                        continue;
                    }
                    Poll::Ready(Some(step)) => {
                        this.sleep = None;
                        this.steps.push_front(Step::Feed { feed, every });
                        this.steps.push_front(step);
                        continue;
                    }
                    Poll::Pending => {
                        let waited = this.poll_wait(every, cx);
                        this.steps.push_front(Step::Feed { feed, every });
                        if waited.is_pending() {
                            return Poll::Pending;
                        }
                        Bytes::from_static(KEEP_ALIVE)
                    }
                },
                Some(Step::Cut(how)) => {
                    if let Some(guard) = &this.guard {
                        guard.connection().end(how);
                    }
                    this.steps.push_front(Step::Cut(how));
                    return Poll::Pending;
                }
            };
            this.note_end();
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.length {
            Some(length) => SizeHint::with_exact(length),
            None => SizeHint::default(),
        }
    }
}
