//! Another origin: it responds to everything, and records every byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The received data.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) connections: usize,
    pub(super) bytes: Vec<u8>,
    /// Connections that have not ended.
    open: usize,
}

/// The listeners of another origin, with shared records.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    pub(super) port: u16,
    received: Arc<(Mutex<Received>, Condvar)>,
    at: Arc<Mutex<Vec<SocketAddr>>>,
}

/// Maximum time that a connection is read without data.
const PATIENCE: Duration = Duration::from_secs(20);
/// A response that a client accepts after a trick, so that it continues to send.
const WELCOME: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

impl Witness {
    /// Listens at `address`; port 0 for any free one.
    pub(super) fn at(address: &str) -> std::io::Result<Self> {
        Self::answering(address, WELCOME.to_owned())
    }

    /// As [`at`](Self::at), with another response.
    pub(super) fn answering(address: &str, answer: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let witness = Self { port: listener.local_addr()?.port(), received: Arc::default(), at: Arc::default() };
        witness.listen(listener, answer);
        Ok(witness)
    }

    /// Listens at another address, if this machine has it.
    pub(super) fn also_at(&self, address: SocketAddr) {
        if let Ok(listener) = TcpListener::bind(address) {
            self.listen(listener, WELCOME.to_owned());
        }
    }

    fn listen(&self, listener: TcpListener, answer: String) {
        locked(&self.at).extend(listener.local_addr());
        let received = Arc::clone(&self.received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut now = locked(&received.0);
                now.connections += 1;
                now.open += 1;
                drop(now);
                let (received, answer) = (Arc::clone(&received), answer.clone());
                std::thread::spawn(move || {
                    record(stream, &received.0, &answer);
                    locked(&received.0).open -= 1;
                    received.1.notify_all();
                });
            }
        });
    }

    /// The data received since the last call.
    pub(super) fn take(&self) -> Received {
        let mut received = locked(&self.received.0);
        let open = received.open;
        std::mem::replace(&mut *received, Received { open, ..Received::default() })
    }

    /// The data received since the last call, after all clients have been dropped.
    pub(super) fn take_last(&self) -> std::io::Result<Received> {
        let at = locked(&self.at).clone();
        for address in &at {
            // Connections are accepted in order: when this one is, the earlier ones have been.
            let mut own = TcpStream::connect(address)?;
            own.write_all(b"the last")?;
            own.read_exact(&mut [0; WELCOME.len()])?;
        }
        let all = self.received.1.wait_timeout_while(locked(&self.received.0), PATIENCE, |received| received.open > 0);
        drop(all.unwrap_or_else(PoisonError::into_inner));
        let mut received = self.take();
        received.connections -= at.len();
        Ok(received)
    }
}

fn record(mut stream: TcpStream, received: &Mutex<Received>, answer: &str) {
    // If a connection fails, its bytes have been recorded.
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        locked(received).bytes.extend_from_slice(&chunk[..read]);
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
