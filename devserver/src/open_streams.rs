//! Open streams: their messages, and the messages that a cut one missed.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::body::Step;
use crate::faults::How;
use crate::ledger::Ledger;
use crate::modern::listen::Subscription;
use crate::push::Push;
use crate::server_state::lock;
use crate::sessions::Sessions;
use crate::sse;
use crate::stdout;

/// Maximum number of cut streams that can be resumed; the oldest are dropped.
const KEPT: usize = 1024;

/// Destination of the messages of a stream.
enum Sink {
    Stream(UnboundedSender<Step>),
    /// Standard output, which all subscriptions share.
    Lines,
}

/// One stream: open as long as it has a receiver.
struct Stream {
    number: u64,
    /// Changes when the stream is resumed, so that the end of an earlier receiver does not end it.
    generation: u64,
    /// `None` if the server has no sessions.
    session: Option<String>,
    /// The filter of a subscription, in the modern era.
    subscription: Option<Subscription>,
    /// All events since the first, if they have ids.
    log: Option<Vec<Bytes>>,
    /// The event that `send_kept` sends.
    later: Option<Bytes>,
    sink: Option<Sink>,
}

#[derive(Default)]
struct State {
    streams: VecDeque<Stream>,
    last: u64,
}

/// The streams of one server.
pub(crate) struct OpenStreams {
    state: Mutex<State>,
    ledger: Arc<Ledger>,
    /// Sessions that end with their stream.
    sessions: Option<Arc<Mutex<Sessions>>>,
    /// Notified when the body of a stream is dropped.
    dropped: Notify,
}

/// The receiving end of a stream; the stream ends when it is dropped.
pub(crate) struct Feed {
    /// `None` for the stream of a call.
    streams: Option<(Arc<OpenStreams>, u64)>,
    receiver: UnboundedReceiver<Step>,
    /// The number of events until it is cut, and how.
    cut: Option<(usize, How)>,
}

impl Feed {
    pub(crate) fn of_call(receiver: UnboundedReceiver<Step>) -> Self {
        Self { streams: None, receiver, cut: None }
    }

    fn of(streams: &Arc<OpenStreams>, generation: u64, receiver: UnboundedReceiver<Step>) -> Self {
        Self { streams: Some((Arc::clone(streams), generation)), receiver, cut: None }
    }

    /// The same stream, cut after this many events.
    pub(crate) fn cut_after(mut self, events: usize, how: How) -> Self {
        self.cut = Some((events, how));
        self
    }

    /// The next step; `None` if the stream has ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        match &mut self.cut {
            None => self.receiver.poll_recv(cx),
            Some((0, How::End)) => Poll::Ready(None),
            Some((0, how)) => Poll::Ready(Some(Step::Cut(*how))),
            Some((left, _)) => {
                let step = self.receiver.poll_recv(cx);
                if let Poll::Ready(Some(Step::Send(_))) = &step {
                    *left -= 1;
                }
                step
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some((streams, generation)) = &self.streams {
            streams.over(*generation);
        }
    }
}

impl State {
    fn open(&self) -> u64 {
        self.streams.iter().filter(|stream| stream.sink.is_some()).count() as u64
    }

    fn of(&mut self, session: &str) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.session.as_deref() == Some(session) && stream.sink.is_some())
    }
}

impl OpenStreams {
    pub(crate) fn new(ledger: Arc<Ledger>, sessions: Option<Arc<Mutex<Sessions>>>) -> Self {
        Self { state: Mutex::default(), ledger, sessions, dropped: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn is_open(&self, session: &str) -> bool {
        self.lock().of(session).is_some()
    }

    /// Returns when the cut stream of a session is closed: hyper drops a connection before its body.
    pub(crate) async fn closed(&self, session: &str) {
        loop {
            let mut dropped = pin!(self.dropped.notified());
            dropped.as_mut().enable();
            if !self.is_open(session) {
                return;
            }
            dropped.await;
        }
    }

    /// Opens a stream for a session, or without one. With ids, it begins with an event that names its first id.
    pub(crate) fn open(self: &Arc<Self>, session: Option<&str>, ids: bool, retry_ms: Option<u64>) -> (Bytes, Feed) {
        let retry = retry_ms.map_or(String::new(), |ms| format!("retry: {ms}\n"));
        let (sender, receiver) = unbounded_channel();
        let mut state = self.lock();
        // Messages that an earlier stream missed are sent to a client that resumes the newest one only.
        if session.is_some() {
            state.streams.retain(|stream| stream.session.as_deref() != session || stream.sink.is_some());
        }
        state.last += 1;
        let generation = state.last;
        let first: Bytes = match (ids, retry.is_empty()) {
            (true, _) => format!("id: g{generation}-0\n{retry}data: \n\n").into(),
            (false, false) => format!("{retry}\n").into(),
            (false, true) => Bytes::new(),
        };
        if state.streams.len() >= KEPT
            && let Some(at) = state.streams.iter().position(|stream| stream.sink.is_none())
        {
            state.streams.remove(at);
        }
        state.streams.push_back(Stream {
            number: generation,
            generation,
            session: session.map(str::to_owned),
            log: ids.then(|| vec![first.clone()]),
            subscription: None,
            later: None,
            sink: Some(Sink::Stream(sender)),
        });
        self.ledger.streams(state.open());
        (first, Feed::of(self, generation, receiver))
    }

    /// Opens the stream of a subscription. It begins with the acknowledgement.
    pub(crate) fn subscribe(self: &Arc<Self>, subscription: Subscription) -> (Bytes, Feed) {
        let first = sse::event(None, &subscription.acknowledgement());
        let (sender, receiver) = unbounded_channel();
        let generation = self.add(&mut self.lock(), subscription, Sink::Stream(sender));
        (first, Feed::of(self, generation, receiver))
    }

    /// The same on standard output.
    pub(crate) fn subscribe_stdout(&self, subscription: Subscription) {
        let mut state = self.lock();
        stdout::print(&subscription.acknowledgement());
        self.add(&mut state, subscription, Sink::Lines);
    }

    fn add(&self, state: &mut State, subscription: Subscription, sink: Sink) -> u64 {
        state.last += 1;
        let generation = state.last;
        state.streams.push_back(Stream {
            number: generation,
            generation,
            session: None,
            subscription: Some(subscription),
            log: None,
            later: None,
            sink: Some(sink),
        });
        self.ledger.streams(state.open());
        generation
    }

    /// Resumes a cut stream after an event: missed events, and a receiver for the following ones.
    pub(crate) fn resume(self: &Arc<Self>, session: Option<&str>, id: &str) -> Option<(Bytes, Feed)> {
        let (number, n) = id.strip_prefix('g')?.split_once('-')?;
        let number: u64 = number.parse().ok()?;
        let n: usize = n.parse().ok()?;
        let mut state = self.lock();
        let generation = state.last + 1;
        let is_meant = |stream: &&mut Stream| stream.number == number && stream.session.as_deref() == session;
        let stream = state.streams.iter_mut().find(is_meant)?;
        let missed: Bytes = stream.log.as_ref()?.get(n + 1..)?.concat().into();
        let (sender, receiver) = unbounded_channel();
        stream.generation = generation;
        stream.sink = Some(Sink::Stream(sender));
        state.last = generation;
        self.ledger.streams(state.open());
        Some((missed, Feed::of(self, generation, receiver)))
    }

    /// Sends a message on every stream that accepts it; returns the number of open ones.
    pub(crate) fn push(&self, push: &Push) -> u64 {
        let text = push.text();
        let mut state = self.lock();
        let sent = state.streams.iter_mut().filter_map(|stream| {
            let own = match &stream.subscription {
                Some(subscription) => Some(subscription.wording(push)?),
                None => None,
            };
            Some(put(stream, own.as_deref().unwrap_or(&text)))
        });
        sent.sum()
    }

    /// Sends a message on the subscriptions whose filter accepts it, and on no stream of the legacy era.
    pub(crate) fn send_to_subscriptions(&self, push: &Push) {
        for stream in &mut self.lock().streams {
            if let Some(text) = stream.subscription.as_ref().and_then(|subscription| subscription.wording(push)) {
                put(stream, &text);
            }
        }
    }

    /// Sends a message on the streams of a session, or of clients without one; returns the number of open ones.
    pub(crate) fn send(&self, session: Option<&str>, text: &str) -> u64 {
        let mut state = self.lock();
        let streams = state.streams.iter_mut();
        let meant = streams.filter(|stream| stream.subscription.is_none() && stream.session.as_deref() == session);
        meant.map(|stream| put(stream, text)).sum()
    }

    /// Ends every open stream properly: a subscription with its result.
    pub(crate) fn end_all(&self) {
        let mut state = self.lock();
        let mut generations = Vec::new();
        for stream in &mut state.streams {
            if stream.sink.is_none() {
                continue;
            }
            if let Some(result) = stream.subscription.as_ref().map(Subscription::result) {
                put(stream, &result);
            }
            stream.sink = None;
            generations.push(stream.generation);
        }
        self.settle(&mut state, generations);
    }

    /// Ends a subscription that the client cancelled.
    #[cfg(feature = "cli")]
    pub(crate) fn cancel(&self, id: &serde_json::Value) {
        let mut state = self.lock();
        let is_meant = |stream: &&mut Stream| stream.subscription.as_ref().is_some_and(|is| is.id == *id);
        let cancelled: Vec<u64> = state.streams.iter_mut().filter(is_meant).map(|stream| stream.generation).collect();
        self.settle(&mut state, cancelled);
    }

    /// Sends on the stream of a session; false if there is none.
    pub(crate) fn send_step(&self, session: &str, step: Step) -> bool {
        match self.lock().of(session) {
            Some(stream) => {
                send_step(stream, step);
                true
            }
            None => false,
        }
    }

    /// Keeps an event for [`send_kept`](Self::send_kept).
    pub(crate) fn keep_for_later(&self, session: &str, event: Bytes) {
        if let Some(stream) = self.lock().of(session) {
            stream.later = Some(event);
        }
    }

    pub(crate) fn send_kept(&self, session: &str) {
        if let Some(stream) = self.lock().of(session)
            && let Some(event) = stream.later.take()
        {
            send_step(stream, Step::Send(event));
        }
    }

    /// Ends the stream of a session properly after its pending events were sent.
    pub(crate) fn end(&self, session: &str) {
        let mut state = self.lock();
        let ended = state.of(session).map(|stream| {
            stream.sink = None;
            stream.generation
        });
        self.settle(&mut state, ended);
    }

    /// Cuts every open stream.
    pub(crate) fn cut_all(&self) {
        let mut state = self.lock();
        let mut generations = Vec::new();
        for stream in &mut state.streams {
            if stream.sink.is_some() {
                send_step(stream, Step::Cut(How::Fin));
                stream.sink = None;
                generations.push(stream.generation);
            }
        }
        self.settle(&mut state, generations);
    }

    fn over(&self, generation: u64) {
        let mut state = self.lock();
        let closed = state.streams.iter_mut().find(|stream| stream.generation == generation && stream.sink.is_some());
        let generations = closed.map(|stream| {
            stream.sink = None;
            generation
        });
        self.settle(&mut state, generations);
        self.dropped.notify_waiters();
    }

    /// Removes streams that cannot be resumed, and counts the rest.
    fn settle(&self, state: &mut State, closed: impl IntoIterator<Item = u64>) {
        for generation in closed {
            let Some(at) = state.streams.iter().position(|stream| stream.generation == generation) else {
                continue;
            };
            if let Some(sessions) = &self.sessions
                && let Some(session) = &state.streams[at].session
                && lock(sessions).end(session)
            {
                self.ledger.sessions_closed(1);
            }
            if state.streams[at].log.is_none() {
                state.streams.remove(at);
            }
        }
        self.ledger.streams(state.open());
    }
}

fn send_step(stream: &Stream, step: Step) {
    if let Some(Sink::Stream(sender)) = &stream.sink {
        // The peer may have left at this moment.
        let _ = sender.send(step);
    }
}

/// Sends a message on a stream: 1 if it is open. A cut stream keeps it, if it has ids.
fn put(stream: &mut Stream, text: &str) -> u64 {
    let event = match &mut stream.log {
        Some(log) => {
            let event = sse::event(Some(&format!("g{}-{}", stream.number, log.len())), text);
            log.push(event.clone());
            event
        }
        None => sse::event(None, text),
    };
    match &stream.sink {
        None => 0,
        Some(Sink::Lines) => {
            stdout::print(text);
            1
        }
        Some(Sink::Stream(_)) => {
            send_step(stream, Step::Send(event));
            1
        }
    }
}
