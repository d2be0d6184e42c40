//! Room for what waits to be heard: what a slow consumer does not take is dropped and counted, and fills no memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::counters::Count;
use crate::limits::Limits;

/// The room of one queue, which anything may be that keeps a [`Place`] with each thing that waits.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    most_bytes: usize,
    waiting: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
    /// Of all queues of the client.
    in_all: Count,
}

/// A place in a queue, taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    size: usize,
}

/// What waits to be heard by a function of the caller's, as JSON text. For as long as it waits it takes a place in a queue.
#[derive(Debug)]
pub struct Letter {
    text: String,
    _place: Place,
}

impl Letter {
    /// The text, which waits no longer.
    pub fn open(self) -> String {
        self.text
    }
}

/// Takes what waits to be heard, and never waits itself.
pub type Hear = Arc<dyn Fn(Letter) + Send + Sync>;

impl Room {
    /// Room as the limits say. What is dropped is also counted in `in_all`.
    pub(crate) fn new(limits: &Limits, in_all: &Count) -> Arc<Self> {
        Self::of(limits.queue, limits, in_all)
    }

    /// Room for so many.
    pub(crate) fn of(most: usize, limits: &Limits, in_all: &Count) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_bytes: limits.event.most,
            waiting: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            in_all: in_all.clone(),
        })
    }

    /// A place for something of this size; `None` where there is none, which is counted. The first that waits always
    /// has one.
    pub(crate) fn take(self: &Arc<Self>, size: usize) -> Option<Place> {
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let bytes = self.bytes.fetch_add(size, Ordering::AcqRel).saturating_add(size);
        let place = Place { room: Arc::clone(self), size };
        if before < self.most && (before == 0 || bytes <= self.most_bytes) {
            return Some(place);
        }
        self.dropped.fetch_add(1, Ordering::AcqRel);
        self.in_all.add();
        None
    }

    /// Hands a text on, if there is a place for it.
    pub(crate) fn send(self: &Arc<Self>, text: String, to: &Hear) -> bool {
        let place = self.take(text.len());
        let has_one = place.is_some();
        if let Some(place) = place {
            to(Letter { text, _place: place });
        }
        has_one
    }

    /// How many had no place.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Acquire)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.waiting.fetch_sub(1, Ordering::AcqRel);
        self.room.bytes.fetch_sub(self.size, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientConfig;

    fn room(most: u32, bytes: u64) -> Arc<Room> {
        let config = ClientConfig::default().max_queued_notifications(most).max_event_bytes(bytes);
        Room::new(&Limits::of(&config).unwrap(), &Count::default())
    }

    #[test]
    fn what_has_no_place_is_counted() {
        let room = room(2, 100);
        let places = [room.take(1), room.take(1)];
        assert!(room.take(1).is_none() && room.take(1).is_none());
        assert_eq!((room.dropped(), room.in_all.now()), (2, 2));
        drop(places);
        assert!(room.take(1).is_some());
    }

    #[test]
    fn bytes_count_as_well_but_for_the_first() {
        let room = room(100, 10);
        let first = room.take(1_000_000);
        assert!(first.is_some() && room.take(1).is_none());
        drop(first);
        let _five = room.take(5);
        assert!(room.take(6).is_none() && room.take(5).is_some());
    }
}
