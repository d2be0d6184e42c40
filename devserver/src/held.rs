//! The streams that are held open: what they are told, who holds one, and what a cut one missed.

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
use crate::lines;
use crate::modern::listen::Subscription;
use crate::push::Push;
use crate::sessions::Sessions;
use crate::shared::lock;
use crate::sse;

/// The cut streams that can still be resumed; older ones are forgotten.
const KEPT: usize = 1024;

/// Where the messages of a stream go.
enum Teller {
    Stream(UnboundedSender<Step>),
    /// Standard output, which all subscriptions share.
    Lines,
}

/// One stream: open while there is somebody to tell.
struct Stream {
    number: u64,
    /// Tells its holder from those before.
    turn: u64,
    /// None where the server does without sessions.
    session: Option<String>,
    /// What it was opened for, in the modern era.
    subscription: Option<Subscription>,
    /// All events since the first, where they carry ids.
    log: Option<Vec<Bytes>>,
    /// An event for later.
    later: Option<Bytes>,
    teller: Option<Teller>,
}

#[derive(Default)]
struct State {
    streams: VecDeque<Stream>,
    last: u64,
}

/// The streams of one server.
pub(crate) struct Held {
    state: Mutex<State>,
    ledger: Arc<Ledger>,
    /// Where a session lasts no longer than its stream.
    sessions: Option<Arc<Mutex<Sessions>>>,
    /// Notified when the body of a stream is dropped.
    dropped: Notify,
}

/// The end of a stream at which its body listens; dropped, the stream is over.
pub(crate) struct Feed {
    /// None for the stream of a call, which nobody else speaks on.
    held: Option<(Arc<Held>, u64)>,
    told: UnboundedReceiver<Step>,
    /// The events until it is cut, and how.
    cut: Option<(usize, How)>,
}

impl Feed {
    pub(crate) fn of_call(told: UnboundedReceiver<Step>) -> Self {
        Self { held: None, told, cut: None }
    }

    fn of(held: &Arc<Held>, turn: u64, told: UnboundedReceiver<Step>) -> Self {
        Self { held: Some((Arc::clone(held), turn)), told, cut: None }
    }

    /// The same stream, which is cut after so many events.
    pub(crate) fn cut_after(mut self, events: usize, how: How) -> Self {
        self.cut = Some((events, how));
        self
    }

    /// The next step, or none where the stream has ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        match &mut self.cut {
            None => self.told.poll_recv(cx),
            Some((0, How::End)) => Poll::Ready(None),
            Some((0, how)) => Poll::Ready(Some(Step::Cut(*how))),
            Some((left, _)) => {
                let step = self.told.poll_recv(cx);
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
        if let Some((held, turn)) = &self.held {
            held.over(*turn);
        }
    }
}

impl State {
    fn open(&self) -> u64 {
        self.streams.iter().filter(|stream| stream.teller.is_some()).count() as u64
    }

    fn of(&mut self, session: &str) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.session.as_deref() == Some(session) && stream.teller.is_some())
    }
}

impl Held {
    pub(crate) fn new(ledger: Arc<Ledger>, sessions: Option<Arc<Mutex<Sessions>>>) -> Self {
        Self { state: Mutex::default(), ledger, sessions, dropped: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn is_open(&self, session: &str) -> bool {
        self.lock().of(session).is_some()
    }

    /// Returns when the stream of a session that was cut is closed: hyper drops a connection before its body.
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

    /// Opens a stream for a session, or for nobody's. With ids it begins with the event that its first id names.
    pub(crate) fn open(self: &Arc<Self>, session: Option<&str>, ids: bool, retry_ms: Option<u64>) -> (Bytes, Feed) {
        let retry = retry_ms.map_or(String::new(), |ms| format!("retry: {ms}\n"));
        let (teller, told) = unbounded_channel();
        let mut state = self.lock();
        // What an earlier stream of the session missed is told by that stream's id only, and by the newest.
        if session.is_some() {
            state.streams.retain(|stream| stream.session.as_deref() != session || stream.teller.is_some());
        }
        state.last += 1;
        let turn = state.last;
        let first: Bytes = match (ids, retry.is_empty()) {
            (true, _) => format!("id: g{turn}-0\n{retry}data: \n\n").into(),
            (false, false) => format!("{retry}\n").into(),
            (false, true) => Bytes::new(),
        };
        if state.streams.len() >= KEPT
            && let Some(at) = state.streams.iter().position(|stream| stream.teller.is_none())
        {
            state.streams.remove(at);
        }
        state.streams.push_back(Stream {
            number: turn,
            turn,
            session: session.map(str::to_owned),
            log: ids.then(|| vec![first.clone()]),
            subscription: None,
            later: None,
            teller: Some(Teller::Stream(teller)),
        });
        self.ledger.streams(state.open());
        (first, Feed::of(self, turn, told))
    }

    /// Opens the stream of a subscription. It begins with the acknowledgement.
    pub(crate) fn subscribe(self: &Arc<Self>, subscription: Subscription) -> (Bytes, Feed) {
        let first = sse::event(None, &subscription.acknowledgement());
        let (teller, told) = unbounded_channel();
        let turn = self.add(&mut self.lock(), subscription, Teller::Stream(teller));
        (first, Feed::of(self, turn, told))
    }

    /// The same on standard output.
    pub(crate) fn subscribe_lines(&self, subscription: Subscription) {
        let mut state = self.lock();
        lines::print(&subscription.acknowledgement());
        self.add(&mut state, subscription, Teller::Lines);
    }

    fn add(&self, state: &mut State, subscription: Subscription, teller: Teller) -> u64 {
        state.last += 1;
        let turn = state.last;
        state.streams.push_back(Stream {
            number: turn,
            turn,
            session: None,
            subscription: Some(subscription),
            log: None,
            later: None,
            teller: Some(teller),
        });
        self.ledger.streams(state.open());
        turn
    }

    /// Takes a cut stream up again behind an event: what it missed, and what is still to come.
    pub(crate) fn resume(self: &Arc<Self>, session: Option<&str>, id: &str) -> Option<(Bytes, Feed)> {
        let (number, n) = id.strip_prefix('g')?.split_once('-')?;
        let number: u64 = number.parse().ok()?;
        let n: usize = n.parse().ok()?;
        let mut state = self.lock();
        let turn = state.last + 1;
        let is_meant = |stream: &&mut Stream| stream.number == number && stream.session.as_deref() == session;
        let stream = state.streams.iter_mut().find(is_meant)?;
        let missed: Bytes = stream.log.as_ref()?.get(n + 1..)?.concat().into();
        let (teller, told) = unbounded_channel();
        stream.turn = turn;
        stream.teller = Some(Teller::Stream(teller));
        state.last = turn;
        self.ledger.streams(state.open());
        Some((missed, Feed::of(self, turn, told)))
    }

    /// Puts a message on every stream that wants it; says on how many that are open.
    pub(crate) fn push(&self, push: &Push) -> u64 {
        let text = push.text();
        let mut state = self.lock();
        let told = state.streams.iter_mut().filter_map(|stream| {
            let own = match &stream.subscription {
                Some(subscription) => Some(subscription.wording(push)?),
                None => None,
            };
            Some(put(stream, own.as_deref().unwrap_or(&text)))
        });
        told.sum()
    }

    /// Puts a message on the subscriptions that want it, and on no stream of the legacy era.
    pub(crate) fn tell_subscriptions(&self, push: &Push) {
        for stream in &mut self.lock().streams {
            if let Some(text) = stream.subscription.as_ref().and_then(|subscription| subscription.wording(push)) {
                put(stream, &text);
            }
        }
    }

    /// Puts a message on the streams of a session, or of the clients without one; says on how many that are open.
    pub(crate) fn say(&self, session: Option<&str>, text: &str) -> u64 {
        let mut state = self.lock();
        let streams = state.streams.iter_mut();
        let meant = streams.filter(|stream| stream.subscription.is_none() && stream.session.as_deref() == session);
        meant.map(|stream| put(stream, text)).sum()
    }

    /// Ends every open stream as it should end: a subscription with its result.
    pub(crate) fn end_all(&self) {
        let mut state = self.lock();
        let mut turns = Vec::new();
        for stream in &mut state.streams {
            if stream.teller.is_none() {
                continue;
            }
            if let Some(result) = stream.subscription.as_ref().map(Subscription::result) {
                put(stream, &result);
            }
            stream.teller = None;
            turns.push(stream.turn);
        }
        self.settle(&mut state, turns);
    }

    /// Ends a subscription that the client cancelled.
    #[cfg(feature = "cli")]
    pub(crate) fn cancel(&self, id: &serde_json::Value) {
        let mut state = self.lock();
        let is_meant = |stream: &&mut Stream| stream.subscription.as_ref().is_some_and(|is| is.id == *id);
        let cancelled: Vec<u64> = state.streams.iter_mut().filter(is_meant).map(|stream| stream.turn).collect();
        self.settle(&mut state, cancelled);
    }

    /// Tells the stream of a session; false where there is none.
    pub(crate) fn tell(&self, session: &str, step: Step) -> bool {
        match self.lock().of(session) {
            Some(stream) => {
                tell(stream, step);
                true
            }
            None => false,
        }
    }

    /// Keeps an event for [`tell_later`](Self::tell_later).
    pub(crate) fn keep_for_later(&self, session: &str, event: Bytes) {
        if let Some(stream) = self.lock().of(session) {
            stream.later = Some(event);
        }
    }

    pub(crate) fn tell_later(&self, session: &str) {
        if let Some(stream) = self.lock().of(session)
            && let Some(event) = stream.later.take()
        {
            tell(stream, Step::Send(event));
        }
    }

    /// Ends the stream of a session as HTTP says it should, once it has sent what it was told.
    pub(crate) fn end(&self, session: &str) {
        let mut state = self.lock();
        let ended = state.of(session).map(|stream| {
            stream.teller = None;
            stream.turn
        });
        self.settle(&mut state, ended);
    }

    /// Cuts every open stream.
    pub(crate) fn cut_all(&self) {
        let mut state = self.lock();
        let mut turns = Vec::new();
        for stream in &mut state.streams {
            if stream.teller.is_some() {
                tell(stream, Step::Cut(How::Fin));
                stream.teller = None;
                turns.push(stream.turn);
            }
        }
        self.settle(&mut state, turns);
    }

    fn over(&self, turn: u64) {
        let mut state = self.lock();
        let closed = state.streams.iter_mut().find(|stream| stream.turn == turn && stream.teller.is_some());
        let turns = closed.map(|stream| {
            stream.teller = None;
            turn
        });
        self.settle(&mut state, turns);
        self.dropped.notify_waiters();
    }

    /// Forgets what cannot be resumed, and counts.
    fn settle(&self, state: &mut State, closed: impl IntoIterator<Item = u64>) {
        for turn in closed {
            let Some(at) = state.streams.iter().position(|stream| stream.turn == turn) else {
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

fn tell(stream: &Stream, step: Step) {
    if let Some(Teller::Stream(teller)) = &stream.teller {
        // Nobody listens where the peer left at this moment.
        let _ = teller.send(step);
    }
}

/// Puts a message on a stream: 1 where it is open. A cut one keeps it, if it has ids.
fn put(stream: &mut Stream, text: &str) -> u64 {
    let event = match &mut stream.log {
        Some(log) => {
            let event = sse::event(Some(&format!("g{}-{}", stream.number, log.len())), text);
            log.push(event.clone());
            event
        }
        None => sse::event(None, text),
    };
    match &stream.teller {
        None => 0,
        Some(Teller::Lines) => {
            lines::print(text);
            1
        }
        Some(Teller::Stream(_)) => {
            tell(stream, Step::Send(event));
            1
        }
    }
}
