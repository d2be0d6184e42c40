//! Queue accounting: messages over the limit of a queue are dropped and counted, so that a slow consumer fills no memory.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::util::count::Count;

/// How long a consumer that has stalled is waited for at the end.
const AFTER_A_STALL: Duration = Duration::from_secs(1);

/// Counts the messages of one queue, which keeps a [`Permit`] with each of them.
#[derive(Debug)]
pub(crate) struct BoundedQueue {
    most: usize,
    most_bytes: usize,
    waiting: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
    /// Of all queues of the client.
    in_all: Count,
    /// Notified when a place becomes free.
    freed: Notify,
    /// Whether the consumer took nothing for as long as the last wait allowed, and nothing since.
    stalled: AtomicBool,
}

/// The capacity of a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimit {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// How long a full queue is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitLimit {
    /// The longest time without any item taken from the queue.
    pub(crate) idle: Duration,
    /// Latest time a wait may end.
    pub(crate) until: Option<Instant>,
}

/// How a wait for a queue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    Holds,
    /// The consumer took nothing for the longest time that the limit allows.
    Stalled,
    NoTimeLeft,
}

/// A place in a queue, taken until it is dropped.
#[derive(Debug)]
pub struct Permit {
    room: Arc<BoundedQueue>,
    size: usize,
}

/// What waits to be heard by a function of the caller's, as JSON text. For as long as it waits it takes a place in a queue.
#[derive(Debug)]
pub struct QueuedMessage {
    text: String,
    place: Permit,
}

impl QueuedMessage {
    /// The text, which waits no longer.
    pub fn open(self) -> String {
        self.text
    }

    /// The text and its place, for a consumer that keeps the place until it has processed the text.
    pub fn into_parts(self) -> (String, Permit) {
        (self.text, self.place)
    }
}

/// Takes what waits to be heard, and never waits itself.
pub type MessageListener = Arc<dyn Fn(QueuedMessage) + Send + Sync>;

impl BoundedQueue {
    /// What is dropped is also counted in `in_all`.
    pub(crate) fn new(limit: QueueLimit, in_all: &Count) -> Arc<Self> {
        Arc::new(Self {
            most: limit.messages,
            most_bytes: limit.bytes,
            waiting: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            in_all: in_all.clone(),
            freed: Notify::new(),
            stalled: AtomicBool::new(false),
        })
    }

    /// A place for something of this size; `None` where there is none, which is counted. The first that waits always
    /// has one.
    pub(crate) fn take(self: &Arc<Self>, size: usize) -> Option<Permit> {
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let bytes = self.bytes.fetch_add(size, Ordering::AcqRel).saturating_add(size);
        if before < self.most && (before == 0 || bytes <= self.most_bytes) {
            self.stalled.store(false, Ordering::Release);
            return Some(Permit { room: Arc::clone(self), size });
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        self.bytes.fetch_sub(size, Ordering::AcqRel);
        self.drop_one();
        None
    }

    fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::AcqRel);
        self.in_all.add();
    }

    /// Hands a text on, if there is a place for it.
    pub(crate) fn send(self: &Arc<Self>, text: String, to: &MessageListener) -> bool {
        let place = self.take(text.len());
        let has_one = place.is_some();
        if let Some(place) = place {
            to(QueuedMessage { text, place });
        }
        has_one
    }

    /// Whether there is a place for something of this size.
    pub(crate) fn has_place_for(&self, size: usize) -> bool {
        let waiting = self.waiting.load(Ordering::Acquire);
        let bytes = self.bytes.load(Ordering::Acquire).saturating_add(size);
        waiting < self.most && (waiting == 0 || bytes <= self.most_bytes)
    }

    /// Returns when there is a place for something of this size, or when the limit is reached. A consumer that has
    /// stalled is not waited for again until it takes something.
    pub(crate) async fn wait_for_place(&self, size: usize, limit: WaitLimit) {
        if !self.is_stalled() && self.wait_until(limit, || self.has_place_for(size)).await == Waited::Stalled {
            self.stalled.store(true, Ordering::Release);
        }
    }

    /// Returns when everything was processed, or when the limit is reached: what is left then is counted as dropped.
    pub(crate) async fn drain(&self, limit: WaitLimit) {
        let idle = if self.is_stalled() { limit.idle.min(AFTER_A_STALL) } else { limit.idle };
        let is_empty = || self.waiting.load(Ordering::Acquire) == 0;
        if self.wait_until(WaitLimit { idle, ..limit }, is_empty).await == Waited::Holds {
            return;
        }
        (0..self.waiting.load(Ordering::Acquire)).for_each(|_| self.drop_one());
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    async fn wait_until(&self, limit: WaitLimit, holds: impl Fn() -> bool) -> Waited {
        loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if holds() {
                return Waited::Holds;
            }
            let idle = Instant::now().checked_add(limit.idle);
            let Some(end) = idle.into_iter().chain(limit.until).min() else {
                freed.await;
                continue;
            };
            if end <= Instant::now() || timeout_at(end, freed).await.is_err() {
                return match idle {
                    _ if holds() => Waited::Holds,
                    Some(idle) if idle <= Instant::now() => Waited::Stalled,
                    _ => Waited::NoTimeLeft,
                };
            }
        }
    }

    /// How many had no place.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.room.bytes.fetch_sub(self.size, Ordering::AcqRel);
        self.room.waiting.fetch_sub(1, Ordering::AcqRel);
        self.room.stalled.store(false, Ordering::Release);
        self.room.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::config::limits::Limits;

    fn room(most: u32, bytes: u64) -> Arc<BoundedQueue> {
        let config = ClientConfig::default().max_queued_notifications(most).max_event_bytes(bytes);
        BoundedQueue::new(Limits::of(&config).unwrap().of_queue(), &Count::default())
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

    const LIMIT: WaitLimit = WaitLimit { idle: Duration::from_secs(10), until: None };

    /// Seconds until a place is found in a queue of one whose only place becomes free after `free_after` seconds.
    async fn waits(free_after: Option<u64>, limit: WaitLimit) -> (u64, bool) {
        let room = room(1, 100);
        let place = room.take(1);
        let begun = Instant::now();
        let consumer = async {
            match free_after {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
            drop(place);
        };
        tokio::select! {
            biased;
            () = async { tokio::join!(room.wait_for_place(1, limit), consumer); } => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        (begun.elapsed().as_secs(), room.has_place_for(1))
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_is_waited_for_until_the_consumer_stalls() {
        assert_eq!(waits(Some(0), LIMIT).await, (0, true));
        assert_eq!(waits(Some(9), LIMIT).await, (9, true));
        let room = room(1, 100);
        let place = room.take(1);
        let begun = Instant::now();
        room.wait_for_place(1, LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), 10);
        // It is not waited for again, until it takes something.
        room.wait_for_place(1, LIMIT).await;
        assert!(room.take(1).is_none());
        room.drain(LIMIT).await;
        assert_eq!((begun.elapsed().as_secs(), room.dropped()), (11, 2));
        drop(place);
        let _place = room.take(1);
        room.wait_for_place(1, LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), 21);
    }

    #[tokio::test(start_paused = true)]
    async fn a_consumer_that_takes_something_in_time_has_not_stalled() {
        let room = room(3, 100);
        let places: Vec<_> = (0..3).map(|_| room.take(30).unwrap()).collect();
        let begun = Instant::now();
        let consumer = async {
            for place in places {
                tokio::time::sleep(Duration::from_secs(9)).await;
                drop(place);
            }
        };
        // All of the bytes are needed, so that each place that becomes free is not enough.
        tokio::join!(room.wait_for_place(100, LIMIT), consumer);
        assert_eq!((begun.elapsed().as_secs(), room.dropped()), (27, 0));
        room.drain(LIMIT).await;
        assert_eq!((begun.elapsed().as_secs(), room.dropped()), (27, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn no_wait_goes_on_behind_its_end() {
        let room = room(1, 100);
        let place = room.take(1);
        let begun = Instant::now();
        let limit = WaitLimit { until: Some(begun + Duration::from_secs(4)), ..LIMIT };
        room.wait_for_place(1, limit).await;
        room.wait_for_place(1, limit).await;
        assert_eq!(begun.elapsed().as_secs(), 4);
        // The consumer has not stalled, and is waited for where there is time.
        let consumer = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(place);
        };
        tokio::join!(room.drain(LIMIT), consumer);
        assert_eq!((begun.elapsed().as_secs(), room.dropped()), (9, 0));
    }
}
