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

/// The outcome of executing a step.
enum Progress {
    /// These bytes are sent.
    Send(Bytes),
    /// The step has ended.
    Done,
    /// There is another step first.
    Continue,
    /// The step waits.
    Pending,
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

    /// Executes one step; what remains of it becomes the next one.
    fn execute(&mut self, step: Step, cx: &mut Context<'_>) -> Progress {
        match step {
            Step::Send(bytes) => Progress::Send(bytes),
            Step::Wait(time) => {
                if self.poll_wait(time, cx).is_pending() {
                    self.steps.push_front(Step::Wait(time));
                    return Progress::Pending;
                }
                Progress::Done
            }
            Step::Drip { mut rest, size, every } => {
                let piece = rest.split_to(size.min(rest.len()));
                if !rest.is_empty() {
                    self.steps.push_front(Step::Drip { rest, size, every });
                    self.steps.push_front(Step::Wait(every));
                }
                Progress::Send(piece)
            }
            Step::Repeat { chunk, every } => {
                let again = chunk.clone();
                self.steps.push_front(Step::Repeat { chunk, every });
                self.steps.push_front(Step::Wait(every));
                Progress::Send(again)
            }
            Step::Relay(from) => self.relay(from, cx),
            Step::Feed { feed, every } => self.feed(feed, every, cx),
            Step::Cut(how) => {
                if let Some(guard) = &self.guard {
                    guard.connection().end(how);
                }
                self.steps.push_front(Step::Cut(how));
                Progress::Pending
            }
        }
    }

    fn relay(&mut self, mut from: Incoming, cx: &mut Context<'_>) -> Progress {
        match Pin::new(&mut from).poll_frame(cx) {
            Poll::Pending => {
                self.steps.push_front(Step::Relay(from));
                Progress::Pending
            }
            Poll::Ready(None) => Progress::Done,
            Poll::Ready(Some(Ok(frame))) => {
                self.steps.push_front(Step::Relay(from));
                frame.into_data().map_or(Progress::Continue, Progress::Send)
            }
            Poll::Ready(Some(Err(_))) => {
                self.steps.push_front(Step::Cut(How::Fin));
                Progress::Continue
            }
        }
    }

    fn feed(&mut self, mut feed: Feed, every: Duration, cx: &mut Context<'_>) -> Progress {
        match feed.poll(cx) {
            Poll::Ready(None) => Progress::Done,
            Poll::Ready(Some(step)) => {
                self.sleep = None;
                self.steps.push_front(Step::Feed { feed, every });
                self.steps.push_front(step);
                Progress::Continue
            }
            Poll::Pending => {
                let waited = self.poll_wait(every, cx);
                self.steps.push_front(Step::Feed { feed, every });
                match waited {
                    Poll::Pending => Progress::Pending,
                    Poll::Ready(()) => Progress::Send(Bytes::from_static(KEEP_ALIVE)),
                }
            }
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
            let Some(step) = this.steps.pop_front() else {
                return Poll::Ready(None);
            };
            match this.execute(step, cx) {
                Progress::Send(chunk) => {
                    this.note_end();
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
                Progress::Done => this.note_end(),
                Progress::Continue => {}
                Progress::Pending => return Poll::Pending,
            }
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
