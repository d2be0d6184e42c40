//! Event streams: their text, their ids, and the events kept for resumption.

use std::collections::VecDeque;

use bytes::Bytes;

/// Maximum number of streams that can be resumed; the oldest are dropped.
const KEPT: usize = 4096;

/// One event with JSON data.
pub(crate) fn event(id: Option<&str>, data: &str) -> Bytes {
    match id {
        Some(id) => format!("id: {id}\nevent: message\ndata: {data}\n\n"),
        None => format!("event: message\ndata: {data}\n\n"),
    }
    .into()
}

/// The streams with ids.
#[derive(Default)]
pub(crate) struct Streams {
    kept: VecDeque<(u64, Vec<Bytes>)>,
    last: u64,
}

impl Streams {
    /// The events of a new stream after a priming event, all with ids.
    pub(crate) fn open(&mut self, retry_ms: Option<u64>, data: &[String]) -> Vec<Bytes> {
        self.last += 1;
        let stream = self.last;
        let retry = retry_ms.map_or(String::new(), |ms| format!("retry: {ms}\n"));
        let priming = format!("id: s{stream}-0\n{retry}data: \n\n").into();
        let events: Vec<Bytes> = std::iter::once(priming)
            .chain(data.iter().zip(1..).map(|(data, n)| event(Some(&format!("s{stream}-{n}")), data)))
            .collect();
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((stream, events.clone()));
        events
    }

    /// The events after an id; `None` if the id is unknown.
    pub(crate) fn after(&self, id: &str) -> Option<Vec<Bytes>> {
        let (stream, n) = id.strip_prefix('s')?.split_once('-')?;
        let stream: u64 = stream.parse().ok()?;
        let n: usize = n.parse().ok()?;
        let at = self.kept.binary_search_by_key(&stream, |(s, _)| *s).ok()?;
        Some(self.kept[at].1.get(n + 1..)?.to_vec())
    }
}
