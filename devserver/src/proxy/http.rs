//! An HTTP proxy: tunnels by CONNECT, and forwarded requests in plain http.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Proxy, ProxyFailure, ProxyRecord, reach};
use crate::ledger::HeaderRecord;

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

/// The connection is closed instead of a response.
#[derive(Debug, thiserror::Error)]
#[error("the proxy closes the connection")]
struct Closed;

pub(super) async fn serve(stream: TcpStream, proxy: Arc<Proxy>) {
    let service = service_fn(move |request| answer(Arc::clone(&proxy), request));
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The client closed the connection.
    let _ = serving.with_upgrades().await;
}

async fn answer(proxy: Arc<Proxy>, request: Request<Incoming>) -> Result<Answer, Closed> {
    let is_tunnel = request.method() == Method::CONNECT;
    let mut record = ProxyRecord {
        protocol: if is_tunnel { "connect" } else { "forward" },
        target: request.uri().authority().map(Authority::to_string).unwrap_or_default(),
        headers: HeaderRecord::new(request.headers()),
        status: None,
    };
    let port = request.uri().authority().map(|authority| authority.port_u16().unwrap_or(80));
    let answer = match (refusal(&proxy, request.headers()), port) {
        (Some(refusal), _) => refusal,
        (None, None) => Ok(empty(StatusCode::BAD_REQUEST)),
        (None, Some(port)) if is_tunnel => Ok(tunnel(request, port).await),
        (None, Some(port)) => Ok(forward(request, port).await.unwrap_or_else(|_| empty(StatusCode::BAD_GATEWAY))),
    };
    record.status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
    proxy.ledger.proxied(record);
    answer
}

/// The response if the client may not use the proxy, or the proxy fails.
fn refusal(proxy: &Proxy, headers: &HeaderMap) -> Option<Result<Answer, Closed>> {
    if proxy.options.username.is_some()
        && !credentials(headers).is_some_and(|(name, password)| proxy.accepts(&name, &password))
    {
        let mut answer = empty(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        answer.headers_mut().insert(header::PROXY_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"proxy\""));
        return Some(Ok(answer));
    }
    Some(match proxy.failure()? {
        ProxyFailure::Close => Err(Closed),
        ProxyFailure::Unreachable => Ok(empty(StatusCode::BAD_GATEWAY)),
        ProxyFailure::Forbidden => Ok(empty(StatusCode::FORBIDDEN)),
    })
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let given = headers.get(header::PROXY_AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(given).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

async fn tunnel(request: Request<Incoming>, port: u16) -> Answer {
    let Ok(mut server) = reach(port).await else { return empty(StatusCode::BAD_GATEWAY) };
    tokio::spawn(async move {
        if let Ok(client) = hyper::upgrade::on(request).await {
            // Either side may close the tunnel or reset it.
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut server).await;
        }
    });
    empty(StatusCode::OK)
}

async fn forward(mut request: Request<Incoming>, port: u16) -> Result<Answer, Box<dyn std::error::Error>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse::<Uri>()?;
    request.headers_mut().remove(header::PROXY_AUTHORIZATION);
    let (mut sender, connection) = handshake(TokioIo::new(reach(port).await?)).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?.map(BodyExt::boxed))
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Empty::new().map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    answer
}
