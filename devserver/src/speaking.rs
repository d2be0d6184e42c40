//! The streams of calls that speak, where events carry ids: what was said is kept, so that a cut one can be resumed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::body::Step;
use crate::shared::lock;
use crate::sse;

/// The streams that can still be resumed; older ones are forgotten.
const KEPT: usize = 1024;

/// The stream of one call.
struct Speech {
    session: Option<String>,
    /// All events since the first.
    log: Vec<Bytes>,
    /// Who listens, or listened last; none once all is said.
    teller: Option<UnboundedSender<Step>>,
}

/// The streams of one server, by their numbers.
#[derive(Default)]
pub(crate) struct Speaking(Mutex<BTreeMap<u64, Speech>>);

impl Speaking {
    /// Opens a stream: its number, the event that it begins with, and what is said.
    pub(crate) fn open(&self, session: Option<String>, retry_ms: Option<u64>) -> (u64, Bytes, UnboundedReceiver<Step>) {
        let (teller, told) = unbounded_channel();
        let mut speeches = lock(&self.0);
        let number = speeches.last_key_value().map_or(1, |(last, _)| last + 1);
        let retry = retry_ms.map_or(String::new(), |ms| format!("retry: {ms}\n"));
        let first: Bytes = format!("id: c{number}-0\n{retry}data: \n\n").into();
        if speeches.len() == KEPT {
            speeches.pop_first();
        }
        speeches.insert(number, Speech { session, log: vec![first.clone()], teller: Some(teller) });
        (number, first, told)
    }

    /// Says a message on a stream, now or to whoever resumes it.
    pub(crate) fn say(&self, number: u64, message: &str) {
        if let Some(speech) = lock(&self.0).get_mut(&number) {
            let event = sse::event(Some(&format!("c{number}-{}", speech.log.len())), message);
            speech.log.push(event.clone());
            if let Some(teller) = &speech.teller {
                // Nobody listens where the stream was cut.
                let _ = teller.send(Step::Send(event));
            }
        }
    }

    /// All is said.
    pub(crate) fn end(&self, number: u64) {
        if let Some(speech) = lock(&self.0).get_mut(&number) {
            speech.teller = None;
        }
    }

    /// Whether an id is that of an event of one of these streams.
    pub(crate) fn knows(&self, id: &str) -> bool {
        place(id).is_some_and(|(number, n)| lock(&self.0).get(&number).is_some_and(|speech| n < speech.log.len()))
    }

    /// Takes a stream up again behind an event: what was missed, and what is still to come.
    pub(crate) fn resume(&self, session: Option<&str>, id: &str) -> Option<(Bytes, UnboundedReceiver<Step>)> {
        let (number, n) = place(id)?;
        let mut speeches = lock(&self.0);
        let speech = speeches.get_mut(&number).filter(|speech| speech.session.as_deref() == session)?;
        let missed = speech.log.get(n + 1..)?.concat().into();
        let (teller, told) = unbounded_channel();
        if speech.teller.is_some() {
            speech.teller = Some(teller);
        }
        Some((missed, told))
    }
}

/// The number of the stream that an id names, and the place of the event on it.
fn place(id: &str) -> Option<(u64, usize)> {
    let (number, n) = id.strip_prefix('c')?.split_once('-')?;
    Some((number.parse().ok()?, n.parse().ok()?))
}
