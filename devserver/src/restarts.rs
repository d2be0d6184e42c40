//! Restarts of the server on the same port: requested here, carried out where connections are accepted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::server_state::lock;

/// Interval at which the waiting requests are counted.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// One requested restart.
pub(crate) struct Order {
    /// Time during which connections are refused.
    pub(crate) down: Duration,
    /// Notified when the server is back.
    back: Option<mpsc::Sender<()>>,
}

impl Order {
    pub(crate) fn done(self) {
        if let Some(back) = self.back {
            // The receiver may have been dropped.
            let _ = back.send(());
        }
    }
}

/// The restarts of one server.
pub(crate) struct Restarts {
    orders: UnboundedSender<Order>,
    /// Received by the task that accepts connections.
    wanted: Mutex<Option<UnboundedReceiver<Order>>>,
    /// Counts the restarts; each ends all connections.
    deaths: watch::Sender<u64>,
    /// Requests whose response has not ended.
    waiting: AtomicUsize,
}

impl Default for Restarts {
    fn default() -> Self {
        let (orders, wanted) = unbounded_channel();
        Self { orders, wanted: Mutex::new(Some(wanted)), deaths: watch::Sender::new(0), waiting: AtomicUsize::new(0) }
    }
}

impl Restarts {
    /// The requested restarts; can be taken once.
    pub(crate) fn wanted(&self) -> Option<UnboundedReceiver<Order>> {
        lock(&self.wanted).take()
    }

    /// Ends all connections.
    pub(crate) fn die(&self) {
        self.deaths.send_modify(|deaths| *deaths += 1);
    }

    /// Pending until the server stops, from the time of this call on.
    pub(crate) fn death(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut deaths = self.deaths.subscribe();
        async move {
            // A server that is gone does not stop again.
            let _ = deaths.changed().await;
        }
    }

    /// A request waits for its response.
    pub(crate) fn begun(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// It has its response, or no longer waits.
    pub(crate) fn over(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Restarts the server once this many requests wait for their responses.
    pub(crate) async fn restart(&self, waiting: usize, down: Duration) {
        while self.waiting.load(Ordering::Relaxed) < waiting {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let _ = self.orders.send(Order { down, back: None });
    }

    /// Restarts the server, and blocks until it is back or closed.
    pub(crate) fn restart_now(&self, down: Duration) {
        let (back, is_back) = mpsc::channel();
        let _ = self.orders.send(Order { down, back: Some(back) });
        let _ = is_back.recv();
    }
}
