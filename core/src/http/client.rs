//! The HTTP client and its settings. Settings that differ from the library's defaults have a comment with the reason.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use reqwest::{Request, Response};
use rustls::ClientConfig as TlsConfig;
use tokio::time::Instant;
use url::Url;

use crate::auth::credentials::Credentials;
use crate::config::limits::{DEFAULT_HEADERS, Limits};
use crate::config::proxies::UsedProxy;
use crate::config::settings::Settings;
use crate::config::urls::is_loopback;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error, Result};
use crate::http::idle_timeout::IdleTimer;

use crate::config::tls::MissingClientCert;
use crate::http::cookies::Cookies;
use crate::http::error::{ConnectionFacts, is_end_of_connection, no_response};
use crate::http::redirects::{self, Redirects};
use crate::http::request_body::MayHaveBeenSent;
use crate::http::upload;
use crate::http::{proxy_error, proxy_status};
use crate::observe::http_exchange::{HttpObserver, HttpOutcome, ObservedRequest};

/// The bounds of the time after which an HTTP/2 connection without data is pinged, and of the wait for the response to the ping.
const MIN_PING_INTERVAL: Duration = Duration::from_secs(1);
const MAX_PING_INTERVAL: Duration = Duration::from_secs(10);
/// The most bytes of response headers in HTTP/2.
const HEADER_BYTES: u32 = 408 << 10;
/// How many bytes a server may send on one stream of HTTP/2, and on all streams of a connection, before they are read; also the most
/// memory that they use. A stream whose progress callback blocks is not read and uses the window of the connection: with the
/// library's default of 5 MiB, three such streams would block all calls on the connection.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 32 * STREAM_WINDOW;

pub(super) const USER_AGENT: &str = concat!("omni-mcp/", env!("CARGO_PKG_VERSION"));

/// How long the rest of a redirect is read, so that its connection can be used again.
const END_OF_REDIRECT: Duration = Duration::from_millis(100);

/// The connections of one client: to its server, and to its token endpoint. Requests to any other origin are refused.
#[derive(Clone)]
pub(crate) struct Http {
    origins: Arc<[(Url, Connections)]>,
    memory: Arc<Memory>,
    limits: Limits,
    connect_timeout: Option<Duration>,
    /// A hint for certificate errors about variables that name certificates and are not used.
    unused_certificates: Arc<str>,
}

/// The cookies and redirects of a client, kept over sessions and connections.
#[derive(Default)]
pub(crate) struct Memory {
    cookies: Option<Cookies>,
    redirects: Redirects,
}

impl Memory {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { cookies: settings.cookies.then(Cookies::default), redirects: Redirects::default() }
    }

    /// Values of cookies, which no message may show.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.cookies.as_ref().map(Cookies::values).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
struct Connections {
    pool: Arc<Mutex<Pool>>,
    certificate: MissingClientCert,
    /// The proxy that an option or a variable of the environment names.
    proxy: Option<Arc<UsedProxy>>,
    /// Whether a response was ever received.
    has_ever_answered: Arc<AtomicBool>,
    make: Make,
}

/// The library's client, which keeps connections that are not in use.
#[derive(Debug)]
struct Pool {
    /// Created for the first request, as many clients are never used.
    client: Option<reqwest::Client>,
    made: Instant,
    /// Whether it has received a response, so that it may keep a connection.
    has_answered: bool,
}

/// Creates the library's client, and creates it again with the same settings.
#[derive(Clone)]
struct Make(Arc<dyn Fn() -> Result<reqwest::Client> + Send + Sync>);

impl std::fmt::Debug for Make {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Make")
    }
}

impl Http {
    pub(crate) fn new(settings: &Arc<Settings>, memory: Arc<Memory>) -> Result<Self> {
        let mut origins = Vec::new();
        if let Some(server) = settings.route.url() {
            let to_server = Connections::new(settings, server)?;
            origins.push((server.clone(), to_server.clone()));
            if let Credentials::OAuth2(oauth) = &settings.credentials
                && let Some(token_url) = &oauth.token_url
            {
                let alike = are_alike(settings, server, token_url);
                let to_endpoint = if alike { to_server } else { Connections::new(settings, token_url)? };
                origins.push((token_url.clone(), to_endpoint));
            }
        }
        Ok(Self {
            origins: origins.into(),
            memory,
            limits: settings.limits,
            connect_timeout: settings.connect_timeout,
            unused_certificates: settings.tls.unused().into(),
        })
    }

    /// The connections for a request to `url`. Checked for each attempt.
    ///
    /// # Errors
    /// If `url` is of an origin that is not configured. URLs from servers are checked when they are read, so this is a bug.
    fn to(&self, url: &Url) -> Result<&Connections, AttemptError> {
        match self.origins.iter().find(|(known, _)| is_own(known, url)) {
            Some((_, connections)) => Ok(connections),
            None => Err(AttemptError::not_sent(Error::new(
                Code::Panicked,
                format!("a request to {}, which is not configured, was refused", url.origin().ascii_serialization()),
            ))),
        }
    }

    /// Sends a request to the server, and returns the response when its head has arrived. Redirects within the server's own origin are
    /// followed and remembered; cookies are sent and kept.
    pub(crate) async fn execute(&self, request: Request, body: Option<Bytes>) -> Result<Response, AttemptError> {
        self.execute_watched(request, body, None, None).await
    }

    /// As [`Self::execute`], and notes in the timer when pieces of a large body are sent. The observer receives each request, also
    /// after a redirect.
    pub(crate) async fn execute_watched(
        &self,
        mut request: Request,
        body: Option<Bytes>,
        idle: Option<&Arc<IdleTimer>>,
        observer: Option<&dyn HttpObserver>,
    ) -> Result<Response, AttemptError> {
        let Memory { cookies, redirects } = &*self.memory;
        let first = request.url().clone();
        let (unsettled, known) = redirects.begin(request.method(), &first);
        if let Some(known) = known {
            *request.url_mut() = known;
        }
        let mut followed = 0;
        loop {
            // The body is added to each copy.
            let mut sent = Request::new(request.method().clone(), request.url().clone());
            sent.headers_mut().clone_from(request.headers());
            if let Some(cookies) = cookies {
                cookies.add_to(request.url(), sent.headers_mut());
            }
            let body = body.clone().map(|body| upload::body(body, idle));
            let mut response = self.send_observed(sent, body, observer).await?;
            if let Some(cookies) = cookies {
                cookies.store(request.url(), response.headers());
            }
            match redirects::target(request.url(), response.status(), response.headers()) {
                Some(target) if followed < redirects::MOST && target != *request.url() => {
                    followed += 1;
                    *request.url_mut() = target;
                    let rest = async { while let Ok(Some(_)) = response.chunk().await {} };
                    let _ = tokio::time::timeout(END_OF_REDIRECT, rest).await;
                }
                _ => {
                    unsettled.settle(request.url(), response.status(), response.headers(), followed > 0);
                    redirects::make_showable(request.url(), response.headers_mut());
                    return Ok(response);
                }
            }
        }
    }

    /// Forgets a redirect whose target did not send a response of the server.
    pub(crate) fn forget_redirect(&self, method: &Method, url: &Url) {
        self.memory.redirects.forget(method, url);
    }

    /// Sends a request once, as it is: a redirect is not followed, and cookies are neither sent nor kept.
    pub(crate) async fn execute_once(&self, request: Request) -> Result<Response, AttemptError> {
        let from = request.url().clone();
        let mut response = self.send(request, None).await?;
        redirects::make_showable(&from, response.headers_mut());
        Ok(response)
    }

    /// Sends a request, and reports it and its end to the observer.
    async fn send_observed(
        &self,
        request: Request,
        body: Option<reqwest::Body>,
        observer: Option<&dyn HttpObserver>,
    ) -> Result<Response, AttemptError> {
        let Some(observer) = observer else { return self.send(request, body).await };
        let observed = ObservedRequest::begin(observer, request.url(), request.headers());
        let outcome = self.send(request, body).await;
        observed.end(match &outcome {
            Ok(response) => HttpOutcome::Response(response.status(), response.headers()),
            Err(failure) => HttpOutcome::Failure(failure.error.code()),
        });
        outcome
    }

    async fn send(&self, mut request: Request, body: Option<reqwest::Body>) -> Result<Response, AttemptError> {
        let connections = self.to(request.url())?;
        let certificate = &connections.certificate;
        let client = connections.client().map_err(AttemptError::not_sent)?;
        let begun = Instant::now();
        if let Some(body) = body {
            *request.body_mut() = Some(body);
        }
        let may_have_been_sent = MayHaveBeenSent::of(&mut request);
        match client.execute(request).await {
            Ok(response) => {
                let mut pool = connections.locked();
                pool.has_answered = true;
                if announces_body_that_cannot_follow(&response) {
                    *pool = Pool::new();
                }
                drop(pool);
                connections.has_ever_answered.store(true, Ordering::Relaxed);
                certificate.was_not_needed();
                Ok(response)
            }
            Err(error) => {
                let proxy = connections.proxy.as_ref().map(|proxy| proxy.shown());
                let facts = ConnectionFacts {
                    proxy: proxy.as_deref(),
                    has_ever_answered: connections.has_ever_answered.load(Ordering::Relaxed),
                    connect_timeout: self.connect_timeout,
                    certificate_missing: certificate.has_been(),
                    may_have_been_sent: may_have_been_sent.is_true(),
                    unused_certificates: &self.unused_certificates,
                };
                if is_end_of_connection(&error) {
                    self.renew(begun);
                }
                Err(no_response(&error, facts, &self.limits))
            }
        }
    }
}

impl Http {
    /// Names the status with which a proxy refused to connect to the server, if it did. Takes [`proxy_status::TIMEOUT`] at most.
    pub(crate) async fn name_proxy_status(&self, failure: &mut AttemptError) {
        let Some(server) = failure.refused_by_proxy.take() else { return };
        let Some(proxy) = self.to(&server).ok().and_then(|connections| connections.proxy.as_deref()) else { return };
        // Boxed, because its type would be part of that of each call.
        let status: BoxFuture<'_, Option<u16>> = Box::pin(proxy_status::of_refusal(proxy, &server));
        if let Some(status) = status.await {
            failure.error.info_mut().message = proxy_error::refused_with(&proxy.shown(), status);
        }
    }

    /// Closes the unused connections if they are as old as that of a request that was sent at `begun` and lost: the same cause, such
    /// as a host that moved, has ended them, too. Requests in flight continue.
    pub(crate) fn renew(&self, begun: Instant) {
        for (_, connections) in &*self.origins {
            let mut pool = connections.locked();
            if pool.has_answered && pool.made <= begun {
                *pool = Pool::new();
            }
        }
    }

    /// Closes all unused connections.
    pub(crate) fn close_unused(&self) {
        for (_, connections) in &*self.origins {
            *connections.locked() = Pool::new();
        }
    }
}

impl Pool {
    fn new() -> Self {
        Self { client: None, made: Instant::now(), has_answered: false }
    }
}

impl Connections {
    fn client(&self) -> Result<reqwest::Client> {
        let mut pool = self.locked();
        if let Some(client) = &pool.client {
            return Ok(client.clone());
        }
        let client = (self.make.0)()?;
        pool.client = Some(client.clone());
        Ok(client)
    }

    fn locked(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connections for `to` and other addresses that are loopback like it, or not.
    fn new(settings: &Arc<Settings>, to: &Url) -> Result<Self> {
        let is_secure = |scheme: &str| scheme == "https";
        let proxy = settings.proxy_of(to);
        // Reading the system's certificates is slow, and not needed without TLS.
        let needs_trust = is_secure(to.scheme()) || proxy.as_ref().is_some_and(|proxy| is_secure(proxy.url.scheme()));
        let (tls, certificate) = settings.tls.settings(needs_trust)?;
        let used = proxy.as_ref().map(|proxy| {
            let unusable = |_| Error::config(Code::InvalidOption, "proxy", "cannot be used");
            Ok(reqwest::Proxy::all(proxy.url.clone()).map_err(unusable)?.headers(proxy.headers.clone()))
        });
        let (used, settings, to) = (used.transpose()?, Arc::clone(settings), to.clone());
        let make = Make(Arc::new(move || client(&settings, &to, tls.clone(), used.clone())));
        let pool = Arc::new(Mutex::new(Pool::new()));
        Ok(Self { pool, certificate, proxy: proxy.map(Arc::new), has_ever_answered: Arc::default(), make })
    }
}

/// Creates the library's client for `to` and other addresses that are loopback like it, or not.
fn client(settings: &Settings, to: &Url, tls: TlsConfig, proxy: Option<reqwest::Proxy>) -> Result<reqwest::Client> {
    let ping_interval = ping_interval(settings.timeout);
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(tls)
        // A redirect would carry x-api-key, session ids, Idempotency-Key and the body to another origin.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Only the retry table decides whether a request is sent again.
        .retry(reqwest::retry::never())
        // Shorter than the idle timeout of servers, so that no call is sent on a connection that is being closed.
        .pool_idle_timeout(settings.pool_idle_timeout)
        // All calls share one HTTP/2 connection, and cancelling one does not close it: without pings, further attempts would be
        // sent on a dead connection.
        .http2_keep_alive_interval(ping_interval)
        .http2_keep_alive_timeout(ping_interval)
        // The same limit as the library's for HTTP/1.1; the headers are counted when they have arrived.
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .tcp_nodelay(true)
        // Headers that browsers and curl accept: folded ones, blanks before the colon, invalid lines.
        .http1_allow_obsolete_multiline_headers_in_responses(!settings.strict)
        .http1_allow_spaces_after_header_name_in_responses(!settings.strict)
        .http1_ignore_invalid_headers_in_responses(!settings.strict)
        // The client reads the environment variables itself, as the library ignores ports in NO_PROXY.
        .no_proxy();
    if settings.limits.headers > DEFAULT_HEADERS as usize {
        // A lower limit is checked when the headers have arrived; a higher one must be set in the library.
        builder = builder.http1_max_headers(settings.limits.headers);
    }
    if let Some(timeout) = settings.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if let (true, Some(name)) = (is_loopback(to), to.domain()) {
        // Plain http is allowed because of this name, so it must be this machine, whatever DNS returns.
        let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        builder = builder.resolve_to_addrs(name, &addresses);
    }
    builder
        .build()
        .map_err(|_| Error::new(Code::InvalidOption, "the HTTP client cannot be built; check the proxy variables"))
}

/// Whether a response without a body (RFC 9112, section 6.3) announces one. If the server sends it, these bytes are read as the response
/// to the next request on this connection.
fn announces_body_that_cannot_follow(response: &Response) -> bool {
    let has_none = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = response.headers().get(CONTENT_LENGTH);
    let announces = length.is_some_and(|length| length != "0") || response.headers().contains_key(TRANSFER_ENCODING);
    has_none && announces && response.version() < Version::HTTP_2
}

/// Whether connections to both URLs have the same settings.
fn are_alike(settings: &Settings, one: &Url, other: &Url) -> bool {
    let settings_of = |url: &Url| {
        let proxy = settings.proxy_of(url).map(|proxy| proxy.url);
        let name = url.domain().filter(|_| is_loopback(url)).map(str::to_owned);
        (url.scheme() == "https", is_loopback(url), name, proxy)
    };
    settings_of(one) == settings_of(other)
}

/// Whether a URL that a server named is of its own origin; nothing is sent to others. One with a user name or a password is not
/// used.
pub(crate) fn is_own(own: &Url, named: &Url) -> bool {
    // Compared by parts: a blob: URL has the origin of the URL in it.
    let is_alike = named.scheme() == own.scheme()
        && named.host() == own.host()
        && named.port_or_known_default() == own.port_or_known_default();
    is_alike && named.username().is_empty() && named.password().is_none()
}

/// How long an HTTP/2 connection with calls in flight may be without data before a ping, and how long the response to the ping is waited
/// for: both within one attempt, so that the next one has a working connection.
fn ping_interval(timeout: Option<Duration>) -> Duration {
    timeout.map_or(MAX_PING_INTERVAL, |timeout| (timeout / 2).clamp(MIN_PING_INTERVAL, MAX_PING_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::auth::AuthConfig;
    use crate::config::client_options::ClientConfig;

    fn http(config: ClientConfig) -> Http {
        let settings = Arc::new(config.resolve(|_| None).unwrap());
        Http::new(&settings, Arc::new(Memory::new(&settings))).unwrap()
    }

    fn is_refused(http: &Http, url: &str) -> bool {
        http.to(&Url::parse(url).unwrap()).is_err_and(|failure| failure.error.code() == "panicked")
    }

    #[test]
    fn nothing_goes_to_an_origin_that_is_not_configured() {
        let http = http(ClientConfig::default().api_key("k").endpoint("https://a.example/mcp"));
        assert!(!is_refused(&http, "https://a.example/other?x=1"));
        for other in [
            "http://a.example/mcp",
            "https://a.example:8443/mcp",
            "https://b.example/mcp",
            "https://a.example./mcp",
            "https://sub.a.example/mcp",
            "https://user:pass@a.example/mcp",
        ] {
            assert!(is_refused(&http, other), "{other}");
        }
    }

    #[test]
    fn a_configured_token_endpoint_is_an_origin_of_its_own() {
        let mut auth = AuthConfig::client_credentials("id", "secret");
        auth.token_url = Some("http://127.0.0.1:9/token".into());
        let http = http(ClientConfig::default().auth(auth).endpoint("https://a.example/mcp"));
        assert!(!is_refused(&http, "http://127.0.0.1:9/token"));
        assert!(is_refused(&http, "http://127.0.0.1:10/token"));
    }
}
