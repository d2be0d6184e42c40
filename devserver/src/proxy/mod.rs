//! A proxy on loopback: HTTP and SOCKS5 on one port. Whatever host it is asked for, it goes to this machine.

mod http;
mod socks;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

use crate::ledger::{HeaderRecord, Ledger};

/// How a proxy fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyFailure {
    /// It closes the connection instead of answering.
    Close,
    /// It cannot reach the server: 502, or SOCKS reply 5.
    Unreachable,
    /// It does not allow the server: 403, or SOCKS reply 2.
    Forbidden,
}

/// What the proxy is told.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyOptions {
    /// The name that it asks for; anyone may use it when left out.
    pub username: Option<String>,
    /// The password of that name.
    pub password: Option<String>,
    /// How it fails.
    pub failure: Option<ProxyFailure>,
    /// How often it fails; always when left out.
    pub failures: Option<u32>,
}

impl std::fmt::Debug for ProxyOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxyOptions").field("failure", &self.failure).finish_non_exhaustive()
    }
}

impl ProxyOptions {
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match self {
            Self { username: None, password: Some(_), .. } => Err("password needs a username"),
            Self { failure: None, failures: Some(_), .. } => Err("failures needs a failure"),
            _ => Ok(()),
        }
    }
}

/// One thing that the proxy was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyRecord {
    /// `connect` (a tunnel), `forward` (a request in plain http) or `socks5`.
    pub protocol: &'static str,
    /// The host and port that were asked for.
    pub target: String,
    /// The headers of the request to the proxy; empty for SOCKS5.
    pub headers: HeaderRecord,
    /// The HTTP status, or the reply code of SOCKS5 (0 is success); none where the connection was closed.
    pub status: Option<u16>,
}

/// What all connections of the proxy share.
struct Proxy {
    options: ProxyOptions,
    failed: AtomicU32,
    ledger: Arc<Ledger>,
}

impl Proxy {
    /// How the next thing that it is asked for fails.
    fn failure(&self) -> Option<ProxyFailure> {
        let failure = self.options.failure?;
        let before = self.failed.fetch_add(1, Ordering::Relaxed);
        self.options.failures.is_none_or(|failures| before < failures).then_some(failure)
    }

    fn accepts(&self, username: &str, password: &str) -> bool {
        let ProxyOptions { username: name, password: word, .. } = &self.options;
        name.as_deref().unwrap_or_default() == username && word.as_deref().unwrap_or_default() == password
    }
}

/// Serves the proxy until the server ends.
pub(crate) async fn accept(listener: TcpListener, options: ProxyOptions, ledger: Arc<Ledger>) {
    let proxy = Arc::new(Proxy { options, failed: AtomicU32::new(0), ledger });
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&proxy)));
            }
            // Out of descriptors, most likely: others must close first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, proxy: Arc<Proxy>) {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] == socks::VERSION => {
            // A client that breaks off is its own affair.
            let _ = socks::serve(stream, &proxy).await;
        }
        Ok(1) => http::serve(stream, proxy).await,
        _ => {}
    }
}

/// The server of this name: always on this machine.
async fn reach(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await
}
