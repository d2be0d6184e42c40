//! The server: reads requests whole, and answers each with bytes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::cases::{Cases, Ending};
use super::references::plain;

/// The header by which a request says which case it is of.
pub(crate) const CASE: &str = "x-case";

pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
    /// How many connections are open.
    open: watch::Receiver<usize>,
    /// Sent to, all connections are closed.
    closing: watch::Sender<()>,
}

impl RawServer {
    /// Answers on the present runtime.
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
                        // How a connection ends is the client's matter.
                        _ = serve(stream, &cases) => {}
                        _ = closed.changed() => {}
                    }
                    count.send_modify(|open| *open -= 1);
                });
            }
        });
        Ok(Self { address, open, closing })
    }

    /// Closes all connections, and returns when they are.
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
        // In two pieces, at a place of no meaning.
        let (first, second) = bytes.split_at(bytes.len() * (case % 7) / 7);
        stream.write_all(first).await?;
        tokio::task::yield_now().await;
        stream.write_all(second).await?;
        match ending {
            Ending::Open => {}
            Ending::Close => return finish(stream).await,
            Ending::Reset => return stream.set_zero_linger(),
            // Of what is asked here later nothing is known either.
            Ending::Silence => return stream.read_buf(&mut buffer).await.map(drop),
        }
    }
    Ok(())
}

/// Says that nothing more comes, and waits for the client to say so, too: closed at once, what was not yet read would
/// be taken back.
async fn finish(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    until_closed(&mut stream).await
}

async fn until_closed(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// The next request; none at the end of the connection.
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
