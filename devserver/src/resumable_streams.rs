//! Streams of calls that send messages, with event ids: messages are kept, so that a cut stream can be resumed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::body::Step;
use crate::server_state::lock;
use crate::sse;

/// Maximum number of streams that can be resumed; the oldest are dropped.
const KEPT: usize = 1024;

/// The stream of one call.
struct CallStream {
    session: Option<String>,
    /// All events since the first.
    log: Vec<Bytes>,
    /// To the current or latest receiver; `None` once the stream has ended.
    sender: Option<UnboundedSender<Step>>,
}

/// The streams of one server, by their numbers.
#[derive(Default)]
pub(crate) struct ResumableStreams(Mutex<BTreeMap<u64, CallStream>>);

impl ResumableStreams {
    /// Opens a stream: its number, its first event, and the receiver of the following ones.
    pub(crate) fn open(&self, session: Option<String>, retry_ms: Option<u64>) -> (u64, Bytes, UnboundedReceiver<Step>) {
        let (sender, receiver) = unbounded_channel();
        let mut streams = lock(&self.0);
        let number = streams.last_key_value().map_or(1, |(last, _)| last + 1);
        let retry = retry_ms.map_or(String::new(), |ms| format!("retry: {ms}\n"));
        let first: Bytes = format!("id: c{number}-0\n{retry}data: \n\n").into();
        if streams.len() == KEPT {
            streams.pop_first();
        }
        streams.insert(number, CallStream { session, log: vec![first.clone()], sender: Some(sender) });
        (number, first, receiver)
    }

    /// Sends a message on a stream, now or to the client that resumes it.
    pub(crate) fn send(&self, number: u64, message: &str) {
        if let Some(stream) = lock(&self.0).get_mut(&number) {
            let event = sse::event(Some(&format!("c{number}-{}", stream.log.len())), message);
            stream.log.push(event.clone());
            if let Some(sender) = &stream.sender {
                // A cut stream has no receiver.
                let _ = sender.send(Step::Send(event));
            }
        }
    }

    /// Ends a stream.
    pub(crate) fn end(&self, number: u64) {
        if let Some(stream) = lock(&self.0).get_mut(&number) {
            stream.sender = None;
        }
    }

    /// Whether an id belongs to an event of one of these streams.
    pub(crate) fn knows(&self, id: &str) -> bool {
        place(id).is_some_and(|(number, n)| lock(&self.0).get(&number).is_some_and(|stream| n < stream.log.len()))
    }

    /// Resumes a stream after an event: missed events, and a receiver for the following ones.
    pub(crate) fn resume(&self, session: Option<&str>, id: &str) -> Option<(Bytes, UnboundedReceiver<Step>)> {
        let (number, n) = place(id)?;
        let mut streams = lock(&self.0);
        let stream = streams.get_mut(&number).filter(|stream| stream.session.as_deref() == session)?;
        let missed = stream.log.get(n + 1..)?.concat().into();
        let (sender, receiver) = unbounded_channel();
        if stream.sender.is_some() {
            stream.sender = Some(sender);
        }
        Some((missed, receiver))
    }
}

/// The number of the stream that an id names, and the index of the event on it.
fn place(id: &str) -> Option<(u64, usize)> {
    let (number, n) = id.strip_prefix('c')?.split_once('-')?;
    Some((number.parse().ok()?, n.parse().ok()?))
}
