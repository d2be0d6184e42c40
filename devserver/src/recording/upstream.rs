//! Requests to the recorded server: one connection each, HTTP/1.1, with TLS for https.

use std::io;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Headers of one connection. Without `accept-encoding`, bodies can be read as they are.
const NOT_FORWARDED: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The path of the endpoint on the dev server.
const ENDPOINT: &str = "/mcp";

/// The server that is recorded.
pub(super) struct Upstream {
    authority: Authority,
    path: PathAndQuery,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsConnector>,
}

/// One request.
pub(super) struct Forward {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Upstream {
    /// A server by the URL of its endpoint.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        const ALLOWED: &str = "must be the URL of an MCP endpoint, such as https://example.com/mcp";
        let parts = url.parse::<Uri>().map_err(|_| ALLOWED)?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(ALLOWED.to_owned());
        };
        if authority.as_str().contains('@') {
            return Err("must not contain credentials; the client sends them".to_owned());
        }
        let is_tls = match scheme.as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(ALLOWED.to_owned()),
        };
        let path = parts.path_and_query.unwrap_or(PathAndQuery::from_static("/"));
        #[cfg(feature = "tls")]
        {
            let tls =
                is_tls.then(connector).transpose().map_err(|error| format!("cannot be used with TLS: {error}"))?;
            Ok(Self { authority, path, tls })
        }
        #[cfg(not(feature = "tls"))]
        match is_tls {
            true => Err("https needs the feature tls of the dev server".to_owned()),
            false => Ok(Self { authority, path }),
        }
    }

    /// The query of the endpoint.
    pub(super) fn query(&self) -> Option<&str> {
        self.path.query()
    }

    /// Sends a request, and returns the response, whose body is not read yet.
    pub(super) async fn send(&self, forward: Forward) -> Result<Response<Incoming>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the upstream cannot be reached: {error}");
        let mut request = Request::builder()
            .method(forward.method)
            .uri(self.target(&forward.path, forward.query.as_deref()))
            .body(Full::new(forward.body))
            .map_err(|error| failed(&error))?;
        *request.headers_mut() = passed_on(&forward.headers);
        let host = HeaderValue::try_from(self.authority.as_str()).map_err(|error| failed(&error))?;
        request.headers_mut().insert(header::HOST, host);
        let host = self.authority.host().trim_matches(['[', ']']);
        let port = self.authority.port_u16().unwrap_or(self.default_port());
        let stream = TcpStream::connect((host, port)).await.map_err(|error| failed(&error))?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let stream = handshake(tls, host, stream).await.map_err(|error| failed(&error))?;
            return exchange(stream, request).await.map_err(|error| failed(&error));
        }
        exchange(stream, request).await.map_err(|error| failed(&error))
    }

    #[cfg(feature = "tls")]
    fn default_port(&self) -> u16 {
        if self.tls.is_some() { 443 } else { 80 }
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, reason = "as with TLS")]
    fn default_port(&self) -> u16 {
        80
    }

    /// `/mcp` is the endpoint of the upstream; any other path is the same there.
    fn target(&self, path: &str, query: Option<&str>) -> String {
        let mut target = if path == ENDPOINT { self.path.as_str().to_owned() } else { path.to_owned() };
        if let Some(query) = query {
            target.push(if target.contains('?') { '&' } else { '?' });
            target.push_str(query);
        }
        target
    }
}

/// The headers that the next connection has, too.
pub(super) fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let passed = headers.iter().filter(|(name, _)| !NOT_FORWARDED.contains(&name.as_str()));
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, hyper::Error> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the response, or with its reader.
    tokio::spawn(connection);
    sender.send_request(request).await
}

#[cfg(feature = "tls")]
fn connector() -> io::Result<tokio_rustls::TlsConnector> {
    use std::sync::Arc;
    use tokio_rustls::rustls::{ClientConfig, crypto::ring};

    let provider = Arc::new(ring::default_provider());
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&provider)).map_err(io::Error::other)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(tokio_rustls::TlsConnector::from(Arc::new(config)))
}

#[cfg(feature = "tls")]
async fn handshake(
    tls: &tokio_rustls::TlsConnector,
    host: &str,
    stream: TcpStream,
) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = tokio_rustls::rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    tls.connect(name, stream).await
}
