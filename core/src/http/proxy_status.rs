//! The status with which a proxy refuses CONNECT. The HTTP library does not report it, so the proxy is asked once more.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::config::proxies::UsedProxy;
use crate::http::proxy_error;

/// How long the proxy may take to respond again.
const TIME: Duration = Duration::from_secs(2);
/// The most bytes that are read for the status line.
const STATUS_LINE: u64 = 256;

/// The status of a proxy that refuses to connect to the server, kept until a request succeeds.
#[derive(Debug, Default)]
pub(super) struct Refusal(Mutex<Option<u16>>);

impl Refusal {
    /// The status that explains the failure of a request. `None` if the proxy did not refuse it, is not reached by plain HTTP, or
    /// responds otherwise now.
    pub(super) async fn status(&self, error: &reqwest::Error, proxy: Option<&UsedProxy>) -> Option<u16> {
        let proxy = proxy.filter(|proxy| proxy.url.scheme() == "http")?;
        let server = error.url().filter(|_| proxy_error::of(error).is_some_and(|tunnel| tunnel.is_refusal()))?;
        let known = *self.locked();
        if known.is_some() {
            return known;
        }
        // Boxed without its type, which would be part of that of each call.
        let request: BoxFuture<'_, Option<u16>> = Box::pin(connect_status(proxy, server));
        let status = tokio::time::timeout(TIME, request).await.ok().flatten();
        let status = status.filter(|status| !(200..300).contains(status));
        *self.locked() = status;
        status
    }

    /// A request succeeded.
    pub(super) fn is_over(&self) {
        *self.locked() = None;
    }

    fn locked(&self) -> MutexGuard<'_, Option<u16>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect_status(proxy: &UsedProxy, server: &Url) -> Option<u16> {
    let host = proxy.url.host_str()?.trim_matches(['[', ']']);
    let mut stream = TcpStream::connect((host, proxy.url.port_or_known_default()?)).await.ok()?;
    stream.write_all(&request(proxy, server)?).await.ok()?;
    let mut line = Vec::new();
    let mut start = stream.take(STATUS_LINE);
    while !line.contains(&b'\n') && start.read_buf(&mut line).await.ok()? > 0 {}
    status_of(&line)
}

/// The same request as that of the HTTP library.
fn request(proxy: &UsedProxy, server: &Url) -> Option<Vec<u8>> {
    let to = format!("{}:{}", server.host_str()?, server.port_or_known_default()?);
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").into_bytes();
    if let Some(password) = proxy.url.password() {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pair = STANDARD.encode(format!("{}:{}", decoded(proxy.url.username()), decoded(password)));
        request.extend_from_slice(format!("Proxy-Authorization: Basic {pair}\r\n").as_bytes());
    }
    for (name, value) in &proxy.headers {
        request.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    Some(request)
}

fn status_of(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?.lines().next()?;
    let (version, rest) = line.split_once(' ')?;
    let status = rest.split(' ').next().filter(|status| status.len() == 3)?;
    if version.starts_with("HTTP/1.") { status.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::*;

    #[test]
    fn a_status_line_is_read() {
        for (line, expected) in [
            ("HTTP/1.1 403 Forbidden\r\nx: y\r\n", Some(403)),
            ("HTTP/1.0 502\r\n", Some(502)),
            ("HTTP/1.1 2000 OK\r\n", None),
            ("HTTP/1.1 4o3 No\r\n", None),
            ("SSH-2.0-x 403 y\r\n", None),
            ("", None),
        ] {
            assert_eq!(status_of(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn the_request_has_the_credentials_and_the_headers_of_the_proxy() {
        let proxy = UsedProxy {
            url: Url::parse("http://me:p%40ss@127.0.0.1:9").unwrap(),
            headers: HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static("x"))]),
            source: "option proxy".to_owned(),
        };
        let sent = request(&proxy, &Url::parse("https://a.example/mcp").unwrap()).unwrap();
        assert_eq!(
            String::from_utf8(sent).unwrap(),
            "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\
             Proxy-Authorization: Basic bWU6cEBzcw==\r\nuser-agent: x\r\n\r\n"
        );
    }
}
