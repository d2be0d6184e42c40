//! A proxy on loopback: HTTP and SOCKS5 on one port. It connects to this machine whatever host is requested.

mod http;
mod socks;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream};

use crate::description::{choices, described};
use crate::ledger::{HeaderRecord, Ledger};

/// A failure of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyFailure {
    /// It closes the connection instead of responding.
    Close,
    /// It cannot connect to the server: 502, or SOCKS reply 5.
    Unreachable,
    /// It does not allow the server: 403, or SOCKS reply 2.
    Forbidden,
}

choices! {
    ProxyFailure: Close, Unreachable, Forbidden;
}

described! {
    /// Options of the proxy.
    #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct ProxyOptions {
        /// The required user name; if absent, no credentials are required.
        pub username: Option<String>,
        /// The password of that user.
        pub password: Option<String>,
        /// The failure.
        pub failure: Option<ProxyFailure>,
        /// How many times it fails; always if absent.
        pub failures: Option<u32>,
    }
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

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyRecord {
    /// `connect` (a tunnel), `forward` (a forwarded request in plain http) or `socks5`.
    pub protocol: &'static str,
    /// The requested host and port.
    pub target: String,
    /// The headers of the request to the proxy; empty for SOCKS5.
    pub headers: HeaderRecord,
    /// The HTTP status, or the reply code of SOCKS5 (0 is success); `None` if the connection was closed.
    pub status: Option<u16>,
}

/// State that all connections of the proxy share.
struct Proxy {
    options: ProxyOptions,
    failed: AtomicU32,
    ledger: Arc<Ledger>,
}

impl Proxy {
    /// The failure of the next request, if any.
    fn failure(&self) -> Option<ProxyFailure> {
        let failure = self.options.failure?;
        let before = self.failed.fetch_add(1, Ordering::Relaxed);
        self.options.failures.is_none_or(|failures| before < failures).then_some(failure)
    }

    fn accepts(&self, username: &str, password: &str) -> bool {
        let ProxyOptions { username: name, password: secret, .. } = &self.options;
        name.as_deref().unwrap_or_default() == username && secret.as_deref().unwrap_or_default() == password
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
            // Probably out of descriptors: other connections must close first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, proxy: Arc<Proxy>) {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] == socks::VERSION => {
            // The client closed the connection.
            let _ = socks::serve(stream, &proxy).await;
        }
        Ok(1) => http::serve(stream, proxy).await,
        _ => {}
    }
}

/// The address of a requested server: always on this machine.
async fn reach(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await
}
