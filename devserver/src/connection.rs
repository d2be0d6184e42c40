//! One TCP connection: it belongs to us, so that it can be cut at any byte, in either way.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::faults::How;
use crate::ledger::Entry;
use crate::shared::Shared;

const ALIVE: u8 = 0;
const FIN: u8 = 1;
const RST: u8 = 2;

/// What the parts of one connection tell each other.
pub(crate) struct Connection {
    pub(crate) number: u64,
    end: AtomicU8,
    write_blocked: AtomicBool,
}

impl Connection {
    /// Ends the connection as soon as what was written before has left. The caller must then be
    /// pending, inside a poll of this connection.
    pub(crate) fn end(&self, how: How) {
        let end = match how {
            How::Rst => RST,
            How::Fin | How::End => FIN,
        };
        self.end.store(end, Ordering::Relaxed);
    }

    fn is_ended(&self) -> bool {
        self.end.load(Ordering::Relaxed) != ALIVE
    }

    fn may_close(&self) -> bool {
        self.is_ended() && !self.write_blocked.load(Ordering::Relaxed)
    }
}

/// Stands for a request until its answer is complete. Dropped before that, by anything but our
/// own doing, the peer went away.
pub(crate) struct Guard {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    entry: Entry,
    complete: bool,
}

impl Guard {
    pub(crate) fn new(shared: Arc<Shared>, connection: Arc<Connection>, entry: Entry) -> Self {
        shared.restarts.begun();
        Self { shared, connection, entry, complete: false }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn complete(mut self) {
        self.complete = true;
        self.shared.ledger.completed(self.entry);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.restarts.over();
        if !self.complete && !self.connection.is_ended() && !self.shared.is_closing() {
            self.shared.ledger.disconnected(self.entry);
        }
    }
}

/// Counts a connection out when it is gone, however it went.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ledger.connection_closed();
    }
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let connection = Arc::new(Connection {
        number: shared.ledger.connection_opened(),
        end: AtomicU8::new(ALIVE),
        write_blocked: AtomicBool::new(false),
    });
    let _open = Open(Arc::clone(&shared));
    let deaths = Arc::clone(&shared);
    let io = Io { stream: TokioIo::new(stream), connection: Arc::clone(&connection) };
    let service = {
        let connection = Arc::clone(&connection);
        service_fn(move |request| crate::http::serve(Arc::clone(&shared), Arc::clone(&connection), request))
    };
    let mut serving = pin!(http1::Builder::new().serve_connection(io, service));
    let served = poll_fn(|cx| match serving.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending if connection.may_close() => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    });
    tokio::select! {
        () = served => {}
        () = deaths.restarts.death() => connection.end(How::Rst),
    }
}

/// The socket under hyper.
struct Io {
    stream: TokioIo<TcpStream>,
    connection: Arc<Connection>,
}

impl Io {
    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        self.connection.write_blocked.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        if self.connection.end.load(Ordering::Relaxed) == RST {
            // A socket that cannot be set so is gone already.
            let _ = self.stream.inner().set_zero_linger();
        }
    }
}

impl Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(written)
    }
}
