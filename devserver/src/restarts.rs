//! A server that dies and comes back on the same port: told here, done where connections are accepted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::shared::lock;

/// How often the requests are counted that a restart waits for.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// One restart that is wanted.
pub(crate) struct Order {
    /// The time for which nobody listens.
    pub(crate) down: Duration,
    /// Told when the server is back; none where nobody waits.
    back: Option<mpsc::Sender<()>>,
}

impl Order {
    pub(crate) fn done(self) {
        if let Some(back) = self.back {
            // Whoever waited may be gone.
            let _ = back.send(());
        }
    }
}

/// The restarts of one server.
pub(crate) struct Restarts {
    orders: UnboundedSender<Order>,
    /// Taken by whoever accepts connections.
    wanted: Mutex<Option<UnboundedReceiver<Order>>>,
    /// Counts the deaths, each of which ends all connections.
    deaths: watch::Sender<u64>,
    /// Requests that wait for the end of their answers.
    waiting: AtomicUsize,
}

impl Default for Restarts {
    fn default() -> Self {
        let (orders, wanted) = unbounded_channel();
        Self { orders, wanted: Mutex::new(Some(wanted)), deaths: watch::Sender::new(0), waiting: AtomicUsize::new(0) }
    }
}

impl Restarts {
    /// The restarts that are wanted; once only.
    pub(crate) fn wanted(&self) -> Option<UnboundedReceiver<Order>> {
        lock(&self.wanted).take()
    }

    /// Ends all connections.
    pub(crate) fn die(&self) {
        self.deaths.send_modify(|deaths| *deaths += 1);
    }

    /// Pending until the server dies, from the time of this call on.
    pub(crate) fn death(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut deaths = self.deaths.subscribe();
        async move {
            // Of a server that is gone nobody waits for the death.
            let _ = deaths.changed().await;
        }
    }

    /// A request waits for its answer.
    pub(crate) fn begun(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// It has its answer, or does not wait any more.
    pub(crate) fn over(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Has the server die once so many requests wait for their answers.
    pub(crate) async fn restart(&self, waiting: usize, down: Duration) {
        while self.waiting.load(Ordering::Relaxed) < waiting {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let _ = self.orders.send(Order { down, back: None });
    }

    /// Has the server die, and blocks until it is back, or closed.
    pub(crate) fn restart_now(&self, down: Duration) {
        let (back, is_back) = mpsc::channel();
        let _ = self.orders.send(Order { down, back: Some(back) });
        let _ = is_back.recv();
    }
}
