//! Limits of queues. Messages beyond the limit are dropped and counted, so that a slow consumer does not fill the memory.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::util::count::Count;

/// Idle time at the end of a call for a consumer that has stalled before.
const STALLED_IDLE: Duration = Duration::from_secs(1);

/// Counts the messages of one queue. Each message holds a [`Permit`].
#[derive(Debug)]
pub(crate) struct BoundedQueue {
    max_messages: usize,
    max_bytes: usize,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    dropped: AtomicU64,
    /// Dropped messages of all queues of the client.
    dropped_in_client: Count,
    /// Notified when a permit is dropped.
    freed: Notify,
    /// Whether the consumer has processed nothing since the start of a wait that reached its idle limit.
    stalled: AtomicBool,
}

/// The capacity of a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimit {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// Limits of a wait for a full queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitLimit {
    /// Maximum time without a processed message.
    pub(crate) idle: Duration,
    /// Latest end of the wait.
    pub(crate) until: Option<Instant>,
}

/// How a wait for a queue ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    ConditionMet,
    /// The consumer processed nothing for the idle limit.
    Stalled,
    NoTimeLeft,
}

/// Capacity of a queue for one message, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    queue: Arc<BoundedQueue>,
    size: usize,
}

/// A message for a callback, as JSON text, with its permit.
#[derive(Debug)]
pub struct QueuedMessage {
    text: String,
    permit: Permit,
}

impl QueuedMessage {
    /// The text. Drops the permit.
    pub fn open(self) -> String {
        self.text
    }

    /// The text and the permit, for a consumer that holds the permit until it has processed the text.
    pub fn into_parts(self) -> (String, Permit) {
        (self.text, self.permit)
    }
}

/// Receives messages for a callback. Must not block.
pub type MessageListener = Arc<dyn Fn(QueuedMessage) + Send + Sync>;

impl BoundedQueue {
    /// Dropped messages are also counted in `dropped_in_client`.
    pub(crate) fn new(limit: QueueLimit, dropped_in_client: &Count) -> Arc<Self> {
        Arc::new(Self {
            max_messages: limit.messages,
            max_bytes: limit.bytes,
            messages: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            dropped_in_client: dropped_in_client.clone(),
            freed: Notify::new(),
            stalled: AtomicBool::new(false),
        })
    }

    /// A permit for a message of this size. `None` if the queue is full; the message then counts as dropped. An empty queue
    /// accepts a message of any size.
    pub(crate) fn acquire(self: &Arc<Self>, size: usize) -> Option<Permit> {
        let before = self.messages.fetch_add(1, Ordering::AcqRel);
        let bytes = self.bytes.fetch_add(size, Ordering::AcqRel).saturating_add(size);
        if before < self.max_messages && (before == 0 || bytes <= self.max_bytes) {
            self.stalled.store(false, Ordering::Release);
            return Some(Permit { queue: Arc::clone(self), size });
        }
        self.messages.fetch_sub(1, Ordering::AcqRel);
        self.bytes.fetch_sub(size, Ordering::AcqRel);
        self.drop_one();
        None
    }

    fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::AcqRel);
        self.dropped_in_client.add();
    }

    /// Sends a text to a listener, if the queue is not full. Returns whether it was sent.
    pub(crate) fn send(self: &Arc<Self>, text: String, to: &MessageListener) -> bool {
        let Some(permit) = self.acquire(text.len()) else { return false };
        to(QueuedMessage { text, permit });
        true
    }

    /// Whether the queue accepts a message of this size.
    pub(crate) fn has_capacity_for(&self, size: usize) -> bool {
        let messages = self.messages.load(Ordering::Acquire);
        let bytes = self.bytes.load(Ordering::Acquire).saturating_add(size);
        messages < self.max_messages && (messages == 0 || bytes <= self.max_bytes)
    }

    /// Waits until the queue accepts a message of this size, or until the limit. Does not wait for a consumer that has stalled
    /// and has processed nothing since.
    pub(crate) async fn wait_for_capacity(&self, size: usize, limit: WaitLimit) {
        if !self.is_stalled() && self.wait_until(limit, || self.has_capacity_for(size)).await == Waited::Stalled {
            self.stalled.store(true, Ordering::Release);
        }
    }

    /// Waits until all messages are processed, or until the limit. Messages that are left then count as dropped.
    pub(crate) async fn drain(&self, limit: WaitLimit) {
        let idle = if self.is_stalled() { limit.idle.min(STALLED_IDLE) } else { limit.idle };
        let is_empty = || self.messages.load(Ordering::Acquire) == 0;
        if self.wait_until(WaitLimit { idle, ..limit }, is_empty).await == Waited::ConditionMet {
            return;
        }
        (0..self.messages.load(Ordering::Acquire)).for_each(|_| self.drop_one());
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    async fn wait_until(&self, limit: WaitLimit, is_met: impl Fn() -> bool) -> Waited {
        loop {
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if is_met() {
                return Waited::ConditionMet;
            }
            let idle = Instant::now().checked_add(limit.idle);
            let Some(end) = idle.into_iter().chain(limit.until).min() else {
                freed.await;
                continue;
            };
            if end <= Instant::now() || timeout_at(end, freed).await.is_err() {
                return match idle {
                    _ if is_met() => Waited::ConditionMet,
                    Some(idle) if idle <= Instant::now() => Waited::Stalled,
                    _ => Waited::NoTimeLeft,
                };
            }
        }
    }

    /// Number of dropped messages.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.queue.bytes.fetch_sub(self.size, Ordering::AcqRel);
        self.queue.messages.fetch_sub(1, Ordering::AcqRel);
        self.queue.stalled.store(false, Ordering::Release);
        self.queue.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;
    use crate::config::limits::Limits;

    fn queue(messages: u32, bytes: u64) -> Arc<BoundedQueue> {
        let config = ClientConfig::default().max_queued_notifications(messages).max_event_bytes(bytes);
        BoundedQueue::new(Limits::of(&config).unwrap().of_queue(), &Count::default())
    }

    #[test]
    fn dropped_messages_are_counted() {
        let queue = queue(2, 100);
        let permits = [queue.acquire(1), queue.acquire(1)];
        assert!(queue.acquire(1).is_none() && queue.acquire(1).is_none());
        assert_eq!((queue.dropped(), queue.dropped_in_client.now()), (2, 2));
        drop(permits);
        assert!(queue.acquire(1).is_some());
    }

    #[test]
    fn bytes_are_limited_except_in_an_empty_queue() {
        let queue = queue(100, 10);
        let first = queue.acquire(1_000_000);
        assert!(first.is_some() && queue.acquire(1).is_none());
        drop(first);
        let _five = queue.acquire(5);
        assert!(queue.acquire(6).is_none() && queue.acquire(5).is_some());
    }

    const LIMIT: WaitLimit = WaitLimit { idle: Duration::from_secs(10), until: None };

    /// Seconds that a message waits for a full queue of one message, which is processed after `free_after` seconds.
    async fn waits(free_after: Option<u64>, limit: WaitLimit) -> (u64, bool) {
        let queue = queue(1, 100);
        let permit = queue.acquire(1);
        let begun = Instant::now();
        let consumer = async {
            match free_after {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
            drop(permit);
        };
        tokio::select! {
            biased;
            () = async { tokio::join!(queue.wait_for_capacity(1, limit), consumer); } => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
        (begun.elapsed().as_secs(), queue.has_capacity_for(1))
    }

    #[tokio::test(start_paused = true)]
    async fn waits_end_when_the_consumer_stalls() {
        assert_eq!(waits(Some(0), LIMIT).await, (0, true));
        assert_eq!(waits(Some(9), LIMIT).await, (9, true));
        let queue = queue(1, 100);
        let permit = queue.acquire(1);
        let begun = Instant::now();
        queue.wait_for_capacity(1, LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), 10);
        // No further wait until the consumer processes something.
        queue.wait_for_capacity(1, LIMIT).await;
        assert!(queue.acquire(1).is_none());
        queue.drain(LIMIT).await;
        assert_eq!((begun.elapsed().as_secs(), queue.dropped()), (11, 2));
        drop(permit);
        let _permit = queue.acquire(1);
        queue.wait_for_capacity(1, LIMIT).await;
        assert_eq!(begun.elapsed().as_secs(), 21);
    }

    #[tokio::test(start_paused = true)]
    async fn a_consumer_that_is_slow_has_not_stalled() {
        let queue = queue(3, 100);
        let permits: Vec<_> = (0..3).map(|_| queue.acquire(30).unwrap()).collect();
        let begun = Instant::now();
        let consumer = async {
            for permit in permits {
                tokio::time::sleep(Duration::from_secs(9)).await;
                drop(permit);
            }
        };
        // All bytes are needed, so that the first two permits do not suffice.
        tokio::join!(queue.wait_for_capacity(100, LIMIT), consumer);
        assert_eq!((begun.elapsed().as_secs(), queue.dropped()), (27, 0));
        queue.drain(LIMIT).await;
        assert_eq!((begun.elapsed().as_secs(), queue.dropped()), (27, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_end_at_their_limit() {
        let queue = queue(1, 100);
        let permit = queue.acquire(1);
        let begun = Instant::now();
        let limit = WaitLimit { until: Some(begun + Duration::from_secs(4)), ..LIMIT };
        queue.wait_for_capacity(1, limit).await;
        queue.wait_for_capacity(1, limit).await;
        assert_eq!(begun.elapsed().as_secs(), 4);
        // The consumer has not stalled, so that another wait is possible.
        let consumer = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(permit);
        };
        tokio::join!(queue.drain(LIMIT), consumer);
        assert_eq!((begun.elapsed().as_secs(), queue.dropped()), (9, 0));
    }
}
