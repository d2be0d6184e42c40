//! One TCP connection, under our control so that it can be cut at any byte, in either direction.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use crate::faults::How;
use crate::ledger::Entry;
use crate::server::Front;
use crate::server_state::{Shared, lock};
#[cfg(feature = "tls")]
use crate::{http2, http2::Framed, tls};

const ALIVE: u8 = 0;
const FIN: u8 = 1;
const RST: u8 = 2;

/// Beginning and content of a head without end.
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n";
const HEADER: &str = "x-filler: filler\r\n";

/// What the parts of one connection share.
pub(crate) struct Connection {
    pub(crate) number: u64,
    end: AtomicU8,
    write_blocked: AtomicBool,
    floods: AtomicBool,
    /// Bytes to send instead of the next ones of hyper.
    instead: Mutex<Option<Bytes>>,
    stalled: AtomicBool,
    /// The number of the newest connection at the time when all were stalled.
    stalled_up_to: Arc<AtomicU64>,
    /// Notified when a request changes its connection; with HTTP/2 the connection is driven by another task.
    wanted: Notify,
    #[cfg(feature = "tls")]
    inserts: http2::Inserts,
}

impl Connection {
    fn new(number: u64, stalled_up_to: Arc<AtomicU64>) -> Self {
        Self {
            number,
            end: AtomicU8::new(ALIVE),
            write_blocked: AtomicBool::new(false),
            floods: AtomicBool::new(false),
            instead: Mutex::default(),
            stalled: AtomicBool::new(false),
            stalled_up_to,
            wanted: Notify::new(),
            #[cfg(feature = "tls")]
            inserts: http2::Inserts::default(),
        }
    }

    /// Ends the connection as soon as everything before is written. The caller must then be
    /// pending.
    pub(crate) fn end(&self, how: How) {
        let end = match how {
            How::Rst => RST,
            How::Fin | How::End => FIN,
        };
        self.end.store(end, Ordering::Relaxed);
        self.wanted.notify_one();
    }

    /// From now on nothing is read and nothing written, as with a cut cable.
    pub(crate) fn stall(&self) {
        self.stalled.store(true, Ordering::Relaxed);
    }

    /// Sends GOAWAY: streams of HTTP/2 above this one are not processed.
    pub(crate) fn go_away(&self, last_stream: u32) {
        #[cfg(feature = "tls")]
        self.inserts.add(&http2::go_away(last_stream));
        #[cfg(not(feature = "tls"))]
        let _ = last_stream;
        self.wanted.notify_one();
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed) || self.number <= self.stalled_up_to.load(Ordering::Relaxed)
    }

    /// From now on sends a head that never ends, instead of the bytes of hyper.
    pub(crate) fn flood(&self) {
        self.floods.store(true, Ordering::Relaxed);
    }

    /// Sends these bytes instead of the next ones of hyper.
    pub(crate) fn send_instead(&self, bytes: Bytes) {
        *lock(&self.instead) = Some(bytes);
    }

    fn is_ended(&self) -> bool {
        self.end.load(Ordering::Relaxed) != ALIVE
    }

    fn may_close(&self) -> bool {
        self.is_ended() && !self.write_blocked.load(Ordering::Relaxed)
    }
}

/// Exists until the response to a request is complete. If it is dropped earlier, and not by us, the peer has
/// closed the connection.
pub(crate) struct Guard {
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    entry: Entry,
    complete: bool,
    /// Kept until the response has ended.
    _worker: Option<OwnedSemaphorePermit>,
}

impl Guard {
    pub(crate) fn new(
        shared: Arc<Shared>,
        connection: Arc<Connection>,
        entry: Entry,
        worker: Option<OwnedSemaphorePermit>,
    ) -> Self {
        shared.restarts.begun();
        Self { shared, connection, entry, complete: false, _worker: worker }
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

/// Counts a connection as closed when it is dropped.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ledger.connection_closed();
    }
}

/// Serves a connection until either side ends it or the server stops.
pub(crate) async fn serve(stream: TcpStream, front: Arc<Front>, shared: Arc<Shared>, death: impl Future<Output = ()>) {
    let connection = Arc::new(Connection::new(shared.ledger.connection_opened(), shared.stalled_up_to()));
    let _open = Open(Arc::clone(&shared));
    #[cfg(feature = "tls")]
    if let Some(front) = (*front).as_ref() {
        let mut death = pin!(death);
        // A failed TLS handshake needs no response.
        let accepted = tokio::select! {
            accepted = front.accept(stream) => accepted,
            () = &mut death => return,
        };
        let Ok(stream) = accepted else { return };
        return match tls::is_http2(&stream) {
            true => serve_http2(stream, front, connection, shared, death).await,
            false => serve_http1(stream, connection, shared, death).await,
        };
    }
    #[cfg(not(feature = "tls"))]
    let _ = front;
    serve_http1(stream, connection, shared, death).await;
}

async fn serve_http1<S: Socket>(
    stream: S,
    connection: Arc<Connection>,
    shared: Arc<Shared>,
    death: impl Future<Output = ()>,
) {
    let io = Io { stream: TokioIo::new(stream), connection: Arc::clone(&connection), head: Bytes::from_static(HEAD) };
    let service = {
        let connection = Arc::clone(&connection);
        service_fn(move |request| crate::http::serve(Arc::clone(&shared), Arc::clone(&connection), 0, request))
    };
    until_ended(http1::Builder::new().serve_connection(io, service), &connection, death).await;
}

#[cfg(feature = "tls")]
async fn serve_http2<S: Socket>(
    stream: S,
    front: &tls::Front,
    connection: Arc<Connection>,
    shared: Arc<Shared>,
    death: impl Future<Output = ()>,
) {
    let framed = Framed::new(stream, connection.inserts.clone());
    let io = Io { stream: TokioIo::new(framed), connection: Arc::clone(&connection), head: Bytes::from_static(HEAD) };
    // Clients number their streams 1, 3, 5 and so on, and open them in this order.
    let streams = std::sync::atomic::AtomicU32::new(1);
    let service = {
        let connection = Arc::clone(&connection);
        service_fn(move |request| {
            let stream = streams.fetch_add(2, Ordering::Relaxed);
            crate::http::serve(Arc::clone(&shared), Arc::clone(&connection), stream, request)
        })
    };
    let mut builder = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder.max_concurrent_streams(front.max_concurrent_streams);
    until_ended(builder.serve_connection(io, service), &connection, death).await;
}

/// Drives a connection until it ends, a fault has ended it, or the server has stopped.
async fn until_ended(serving: impl Future, connection: &Connection, death: impl Future<Output = ()>) {
    let mut serving = pin!(serving);
    let mut wanted = pin!(connection.wanted.notified());
    let served = poll_fn(|cx| {
        while wanted.as_mut().poll(cx).is_ready() {
            wanted.set(connection.wanted.notified());
        }
        match serving.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending if connection.may_close() => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    });
    tokio::select! {
        () = served => {}
        () = death => connection.end(How::Rst),
    }
}

/// The transport of a connection: TCP, or TLS over TCP.
trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl Socket for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

#[cfg(feature = "tls")]
impl<S: Socket> Socket for Framed<S> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().tcp()
    }
}

/// The socket under hyper.
struct Io<S: Socket> {
    stream: TokioIo<S>,
    connection: Arc<Connection>,
    /// The next bytes of a head without end.
    head: Bytes,
}

impl<S: Socket> Io<S> {
    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        self.connection.write_blocked.store(written.is_pending(), Ordering::Relaxed);
        written
    }

    /// Writes a part of the head without end instead of `length` other bytes.
    fn poll_flood(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, &self.head))?;
        self.head.advance(written);
        if self.head.is_empty() {
            self.head = HEADER.repeat(1024).into();
        }
        Poll::Ready(Ok(length))
    }

    /// Writes the pending bytes instead of `length` others, if there are any: all of them, before anything else.
    fn poll_instead(&mut self, cx: &mut Context<'_>, length: usize) -> Option<Poll<io::Result<usize>>> {
        let mut instead = lock(&self.connection.instead).take()?;
        while !instead.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &instead) {
                Poll::Ready(Ok(written)) => instead.advance(written),
                Poll::Ready(Err(error)) => return Some(Poll::Ready(Err(error))),
                Poll::Pending => {
                    *lock(&self.connection.instead) = Some(instead);
                    return Some(Poll::Pending);
                }
            }
        }
        Some(Poll::Ready(Ok(length)))
    }
}

impl<S: Socket> Drop for Io<S> {
    fn drop(&mut self) {
        if self.connection.end.load(Ordering::Relaxed) == RST {
            // The socket is already closed if this fails.
            let _ = self.stream.inner().tcp().set_zero_linger();
        }
    }
}

impl<S: Socket> Read for Io<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_stalled() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: Socket> Write for Io<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.connection.is_stalled() {
            return Poll::Pending;
        }
        if self.connection.floods.load(Ordering::Relaxed) {
            return self.poll_flood(cx, buf.len());
        }
        if let Some(written) = self.poll_instead(cx, buf.len()) {
            return self.note(written);
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.is_stalled() {
            return Poll::Pending;
        }
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
        if self.connection.is_stalled() {
            return Poll::Pending;
        }
        if self.connection.floods.load(Ordering::Relaxed) {
            return self.poll_flood(cx, bufs.iter().map(|buf| buf.len()).sum());
        }
        if let Some(written) = self.poll_instead(cx, bufs.iter().map(|buf| buf.len()).sum()) {
            return self.note(written);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(written)
    }
}
