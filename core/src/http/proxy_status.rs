//! The status with which a proxy refuses CONNECT. The HTTP library does not report it, so the proxy is asked once more.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{PROXY_AUTHORIZATION, USER_AGENT};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::config::proxies::UsedProxy;
use crate::http::client;

/// How long the proxy may take to respond again.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
/// The most bytes that are read for the status line.
const STATUS_LINE: u64 = 256;

/// The status with which the proxy refuses to connect to the server. `None` if it is not reached by plain HTTP, does not respond in time,
/// or responds otherwise now.
pub(super) async fn of_refusal(proxy: &UsedProxy, server: &Url) -> Option<u16> {
    if proxy.url.scheme() != "http" {
        return None;
    }
    let status = tokio::time::timeout(TIMEOUT, connect_status(proxy, server)).await.ok().flatten();
    status.filter(|status| !(200..300).contains(status))
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
    let mut headers = proxy.headers.clone();
    let (user, password) = (proxy.url.username(), proxy.url.password());
    if !user.is_empty() || password.is_some() {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pair = STANDARD.encode(format!("{}:{}", decoded(user), decoded(password.unwrap_or_default())));
        headers.entry(PROXY_AUTHORIZATION).or_insert(HeaderValue::try_from(format!("Basic {pair}")).ok()?);
    }
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(client::USER_AGENT));
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").into_bytes();
    for (name, value) in &headers {
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
    use http::HeaderMap;

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
        let from_headers = (PROXY_AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        let agent = (USER_AGENT, HeaderValue::from_static("x"));
        for (url, headers, expected) in [
            ("http://127.0.0.1:9", vec![], vec![client_agent()]),
            ("http://127.0.0.1:9", vec![agent], vec!["user-agent: x".to_owned()]),
            (
                "http://me:p%40ss@127.0.0.1:9",
                vec![],
                vec![client_agent(), "proxy-authorization: Basic bWU6cEBzcw==".to_owned()],
            ),
            (
                "http://token@127.0.0.1:9",
                vec![],
                vec![client_agent(), "proxy-authorization: Basic dG9rZW46".to_owned()],
            ),
            (
                "http://me:p%40ss@127.0.0.1:9",
                vec![from_headers],
                vec![client_agent(), "proxy-authorization: Bearer x".to_owned()],
            ),
        ] {
            let url = Url::parse(url).unwrap();
            let proxy = UsedProxy { url, headers: HeaderMap::from_iter(headers), source: "option proxy".to_owned() };
            let sent = request(&proxy, &Url::parse("https://a.example/mcp").unwrap()).unwrap();
            let sent = String::from_utf8(sent).unwrap();
            let rest = sent.strip_prefix("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n").unwrap();
            let mut lines: Vec<_> = rest.strip_suffix("\r\n\r\n").unwrap().split("\r\n").collect();
            lines.sort_unstable();
            let mut expected: Vec<_> = expected.iter().map(String::as_str).collect();
            expected.sort_unstable();
            assert_eq!(lines, expected);
        }
    }

    fn client_agent() -> String {
        format!("user-agent: {}", client::USER_AGENT)
    }
}
