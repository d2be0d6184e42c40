//! Forwarding over HTTP, with the credentials of the server and not those of the caller.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::errors::error;
use super::records::{Auth, Client};
use crate::answer::{Answer, Payload};
use crate::exchange::Exchange;
use crate::headers::{EVENT_STREAM, REQUEST_ID};
use crate::service_error::ServiceError;

/// Headers of one connection, or set again for the next one.
const OWN: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "date",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
    "x-request-id",
];

/// One request to the server behind the gateway.
pub(super) struct Forward {
    url: String,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Forward {
    pub(super) fn new(endpoint: &str, path: Option<&str>, exchange: &Exchange) -> Self {
        let mut url = endpoint.to_owned();
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            url = format!("{}/{path}", url.trim_end_matches('/'));
        }
        if let Some(query) = &exchange.query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(query);
        }
        let mut headers = passed_on(&exchange.headers);
        headers.insert(REQUEST_ID, exchange.request_id.clone());
        Self { url, method: exchange.http_method.clone(), headers, body: exchange.bytes.clone() }
    }
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let passed = headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A token and its expiry.
struct Token {
    text: String,
    ends: Option<Instant>,
}

/// The server, its credentials and the cached token.
pub(super) struct Upstream {
    auth: Auth,
    token: Mutex<Option<Token>>,
}

impl Upstream {
    pub(super) fn new(auth: Auth) -> Self {
        Self { auth, token: Mutex::new(None) }
    }

    /// Forwards a request, and returns the response unchanged if it is one.
    pub(super) async fn send(&self, forward: Forward) -> Result<Answer, ServiceError> {
        let mut headers = forward.headers;
        if let Some(value) = self.credentials().await? {
            headers.insert(header::AUTHORIZATION, value);
        }
        let response = ask(&forward.url, forward.method, headers, forward.body).await.ok_or_else(unreachable)?;
        match response.status().as_u16() {
            401 | 403 => {
                // The next request must not fail with the same token.
                self.token.lock().await.take();
                Err(error("mcp_auth_error"))
            }
            300..=399 => Err(unreachable()),
            _ => answer(response).await,
        }
    }

    async fn credentials(&self) -> Result<Option<HeaderValue>, ServiceError> {
        let text = match &self.auth {
            Auth::None {} => return Ok(None),
            Auth::Bearer { token } => format!("Bearer {token}"),
            Auth::Basic { username, password } => basic(username, password),
            Auth::OAuth2(client) => format!("Bearer {}", self.token(client).await?),
        };
        HeaderValue::try_from(text).map(Some).map_err(|_| error("mcp_auth_error"))
    }

    /// The cached token, or a new one.
    async fn token(&self, client: &Client) -> Result<String, ServiceError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = &*kept
            && token.ends.is_none_or(|ends| Instant::now() < ends)
        {
            return Ok(token.text.clone());
        }
        let token = new_token(client).await.ok_or_else(|| error("mcp_auth_error"))?;
        Ok(kept.insert(token).text.clone())
    }
}

fn unreachable() -> ServiceError {
    error("mcp_upstream_error")
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// Client credentials of RFC 6749 §4.4; `None` if the endpoint issues no token.
async fn new_token(client: &Client) -> Option<Token> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let secret = basic(&encode(&client.client_id), &encode(&client.client_secret));
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::try_from(secret).ok()?);
    headers.insert(header::ACCEPT, HeaderValue::from_static(crate::headers::JSON));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let response = ask(&client.token_url, Method::POST, headers, form(client).into()).await?;
    if !response.status().is_success() {
        return None;
    }
    let body = response.into_body().collect().await.ok()?.to_bytes();
    let body: Value = serde_json::from_slice(&body).ok()?;
    let ends = body["expires_in"].as_u64().and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
    Some(Token { text: body["access_token"].as_str()?.to_owned(), ends })
}

fn form(client: &Client) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    for (name, value) in [("scope", &client.scope), ("audience", &client.audience)] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    form.finish()
}

/// One request on a new connection; `None` if it fails. Plain HTTP only.
async fn ask(url: &str, method: Method, headers: HeaderMap, body: Bytes) -> Option<Response<Incoming>> {
    let uri: Uri = url.parse().ok().filter(|uri: &Uri| uri.scheme_str() == Some("http"))?;
    let host = uri.host()?.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    // It ends with the response, or with its reader.
    tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).body(Full::new(body)).ok()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(header::HOST, HeaderValue::try_from(uri.authority()?.as_str()).ok()?);
    sender.send_request(request).await.ok()
}

async fn answer(response: Response<Incoming>) -> Result<Answer, ServiceError> {
    let (head, body) = response.into_parts();
    let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
    let is_stream = content_type.as_ref().is_some_and(|value| value.as_bytes().starts_with(EVENT_STREAM.as_bytes()));
    let payload = match is_stream {
        true => Payload::Relayed(body),
        false => {
            let bytes = body.collect().await.map_err(|_| unreachable())?.to_bytes();
            if head.status.is_server_error() && !is_json_rpc(&bytes) {
                return Err(unreachable());
            }
            match content_type {
                None if bytes.is_empty() => Payload::Empty,
                None => Payload::Body { content_type: HeaderValue::from_static("application/octet-stream"), bytes },
                Some(content_type) => Payload::Body { content_type, bytes },
            }
        }
    };
    let mut answer = Answer::new(head.status.as_u16(), payload);
    answer.headers = passed_on(&head.headers);
    // The content type follows from the payload, which a fault can change.
    answer.headers.remove(HeaderName::from_static("content-type"));
    Ok(answer)
}

fn is_json_rpc(bytes: &Bytes) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|body| body["jsonrpc"] == "2.0")
}
