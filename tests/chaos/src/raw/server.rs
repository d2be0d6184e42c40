//! The server: reads complete requests, and responds with raw bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::cases::{Cases, Ending};
use super::references::plain;

/// The header that names the case of a request.
pub(crate) const CASE: &str = "x-case";

pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    /// Number of open connections.
    open: watch::Receiver<usize>,
    /// Closes all connections.
    closing: watch::Sender<()>,
}

impl RawServer {
    /// Serves on the current runtime.
    pub(crate) async fn start(cases: Arc<Cases>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (count, open) = watch::channel(0);
        let (closing, closed) = watch::channel(());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.send_modify(|open| *open += 1);
                let (cases, count, mut closed) = (Arc::clone(&cases), count.clone(), closed.clone());
                closed.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        // Errors of connections are those of the client.
                        _ = serve(stream, &cases) => {}
                        _ = closed.changed() => {}
                    }
                    count.send_modify(|open| *open -= 1);
                });
            }
        });
        Ok(Self { address, open, closing })
    }

    /// Closes all connections, and returns when they are closed.
    pub(crate) async fn close_connections(&self) {
        let _ = self.closing.send(());
        let _ = self.open.clone().wait_for(|open| *open == 0).await;
    }
}

struct Request {
    is_post: bool,
    case: Option<usize>,
    body: Value,
}

async fn serve(mut stream: TcpStream, cases: &Cases) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        if !request.is_post {
            stream.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        let method = request.body["method"].as_str().unwrap_or_default();
        let Some(id) = request.body.get("id").map(Value::to_string) else {
            stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        };
        if let Some(case) = request.case.filter(|_| !matches!(method, "initialize" | "server/discover")) {
            cases.note_read(case);
        }
        let due = request.case.filter(|case| cases.reference(*case).method == method && cases.is_due(*case));
        let Some(case) = due else {
            stream.write_all(&plain(method, &id).bytes()).await?;
            continue;
        };
        let (bytes, ending) = cases.bytes(case, &id);
        // In two pieces, cut at an arbitrary position.
        let (first, second) = bytes.split_at(bytes.len() * (case % 7) / 7);
        stream.write_all(first).await?;
        tokio::task::yield_now().await;
        stream.write_all(second).await?;
        match ending {
            Ending::Open => {}
            Ending::Close => return finish(stream).await,
            Ending::Reset => return stream.set_zero_linger(),
            // Later requests are handled without the state of this one.
            Ending::Silence => return stream.read_buf(&mut buffer).await.map(drop),
        }
    }
    Ok(())
}

/// Shuts down sending, and waits for the client to do the same: if it closed at once, unread data would be
/// lost.
async fn finish(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    until_closed(&mut stream).await
}

async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// The next request; `None` at the end of the connection.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let header = |name: &str| {
                let lines = head.lines().filter_map(|line| line.split_once(':'));
                lines.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
            };
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let body = serde_json::from_slice(&buffer[end + 4..end + 4 + length]).unwrap_or_default();
                buffer.drain(..end + 4 + length);
                let case = header(CASE).and_then(|case| case.parse().ok());
                return Ok(Some(Request { is_post: head.starts_with("POST "), case, body }));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}
