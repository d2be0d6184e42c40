//! The HTTP client and its settings. Each setting that differs from the library's own has its reason here.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use reqwest::{Request, Response};
use rustls::ClientConfig as TlsConfig;
use tokio::time::Instant;
use url::Url;

use crate::auth::credentials::Credentials;
use crate::config::limits::{DEFAULT_HEADERS, Limits};
use crate::config::settings::Settings;
use crate::config::urls::is_loopback;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error, Result};
use crate::http::idle_timeout::IdleTimer;

use crate::config::tls::MissingClientCert;
use crate::http::cookies::Cookies;
use crate::http::error::{Way, is_end_of_connection, not_answered};
use crate::http::redirects::{self, Redirects};
use crate::http::request_body::MayHaveLeft;
use crate::http::upload;

/// The bounds of how long a silent HTTP/2 connection is believed in, and how long its answer to a ping is waited for.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// The most bytes of an answer's headers in HTTP/2.
const HEADER_BYTES: u32 = 408 << 10;
/// How many bytes a server may send on one stream of HTTP/2, and on all streams of a connection, before they are read. A stream
/// whose progress handler blocks is not read, and what it holds counts for the connection: the library's own 5 MiB are used up
/// by three such streams, and then no call on that connection is answered. This is also the most memory that they take.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 32 * STREAM_WINDOW;

/// How long the rest of a redirect is read, so that its connection can be used again.
const END_OF_REDIRECT: Duration = Duration::from_millis(100);

/// The connections of one client: to its server, and to its token endpoint. There are no others, so that nothing that we
/// send can go to an origin that was not configured.
#[derive(Clone)]
pub(crate) struct Http {
    doors: Arc<[(Url, Connections)]>,
    memory: Arc<Memory>,
    limits: Limits,
    connect_timeout: Option<Duration>,
    /// What a certificate error says of variables that name certificates and are not used.
    unused_certificates: Arc<str>,
}

/// What a client remembers of its server over sessions and connections.
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
    /// Whether an option or a variable of the environment names a proxy.
    has_proxy: bool,
    make: Make,
}

/// The library's client, which keeps connections that are not in use.
#[derive(Debug)]
struct Pool {
    /// Made for the first request: many clients are made and hardly used.
    client: Option<reqwest::Client>,
    made: Instant,
    /// Whether an answer came by it, behind which a connection may be kept.
    has_answered: bool,
}

/// Makes the library's client, and makes it again with the same settings.
#[derive(Clone)]
struct Make(Arc<dyn Fn() -> Result<reqwest::Client> + Send + Sync>);

impl std::fmt::Debug for Make {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Make")
    }
}

impl Http {
    pub(crate) fn new(settings: &Arc<Settings>, memory: Arc<Memory>) -> Result<Self> {
        let mut doors = Vec::new();
        if let Some(server) = settings.route.url() {
            let to_server = Connections::new(settings, server)?;
            doors.push((server.clone(), to_server.clone()));
            if let Credentials::OAuth2(oauth) = &settings.credentials
                && let Some(token_url) = &oauth.token_url
            {
                let alike = are_alike(settings, server, token_url);
                let to_endpoint = if alike { to_server } else { Connections::new(settings, token_url)? };
                doors.push((token_url.clone(), to_endpoint));
            }
        }
        Ok(Self {
            doors: doors.into(),
            memory,
            limits: settings.limits,
            connect_timeout: settings.connect_timeout,
            unused_certificates: settings.tls.unused().into(),
        })
    }

    /// Where a request to `url` may go, asked for with each.
    ///
    /// # Errors
    /// Where the address is of another origin. Those that servers name are checked where they are read: this is the last
    /// door, and that it was come to is a bug.
    fn to(&self, url: &Url) -> Result<&Connections, AttemptError> {
        match self.doors.iter().find(|(known, _)| is_own(known, url)) {
            Some((_, connections)) => Ok(connections),
            None => Err(AttemptError::not_sent(Error::new(
                Code::Panicked,
                format!("a request to {}, which is not configured, was held back", url.origin().ascii_serialization()),
            ))),
        }
    }

    /// Sends a request to the server, and returns when the head of its response is there. Redirects within the server's own
    /// origin are followed and remembered; cookies are sent and kept.
    pub(crate) async fn execute(&self, request: Request, body: Option<Bytes>) -> Result<Response, AttemptError> {
        self.execute_watched(request, body, None).await
    }

    /// As [`Self::execute`]; the timer is told as a large body leaves.
    pub(crate) async fn execute_watched(
        &self,
        mut request: Request,
        body: Option<Bytes>,
        idle: Option<&Arc<IdleTimer>>,
    ) -> Result<Response, AttemptError> {
        let Memory { cookies, redirects } = &*self.memory;
        let first = request.url().clone();
        let (unsettled, known) = redirects.begin(request.method(), &first);
        if let Some(known) = known {
            *request.url_mut() = known;
        }
        let mut followed = 0;
        loop {
            // Without a body every request can be cloned.
            let mut sent = Request::new(request.method().clone(), request.url().clone());
            sent.headers_mut().clone_from(request.headers());
            if let Some(cookies) = cookies {
                cookies.add_to(request.url(), sent.headers_mut());
            }
            let mut response = self.send(sent, body.clone().map(|body| upload::body(body, idle))).await?;
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

    /// Forgets where such requests were redirected to: what answered there is no response of the server.
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

    async fn send(&self, mut request: Request, body: Option<reqwest::Body>) -> Result<Response, AttemptError> {
        let connections = self.to(request.url())?;
        let certificate = &connections.certificate;
        let client = connections.client().map_err(AttemptError::not_sent)?;
        let begun = Instant::now();
        if let Some(body) = body {
            *request.body_mut() = Some(body);
        }
        let may_have_left = MayHaveLeft::of(&mut request);
        match client.execute(request).await {
            Ok(response) => {
                connections.locked().has_answered = true;
                certificate.was_not_needed();
                Ok(response)
            }
            Err(error) => {
                let way = Way {
                    has_proxy: connections.has_proxy,
                    connect_timeout: self.connect_timeout,
                    certificate_missing: certificate.has_been(),
                    may_have_left: may_have_left.is_true(),
                    unused_certificates: &self.unused_certificates,
                };
                if is_end_of_connection(&error) {
                    self.renew(begun);
                }
                Err(not_answered(&error, way, &self.limits))
            }
        }
    }
}

impl Http {
    /// Lets go of the connections that are not in use, where they are as old as that of a request that was sent at `begun`
    /// and lost: what ended the one, such as a host that moved, ended the others, too. Requests on their way go on.
    pub(crate) fn renew(&self, begun: Instant) {
        for (_, connections) in &*self.doors {
            let mut pool = connections.locked();
            if pool.has_answered && pool.made <= begun {
                *pool = Pool::new();
            }
        }
    }

    /// Lets go of all connections that are not in use.
    pub(crate) fn let_go(&self) {
        for (_, connections) in &*self.doors {
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

    /// To addresses that are loopback as `to` is, or are not.
    fn new(settings: &Arc<Settings>, to: &Url) -> Result<Self> {
        let is_secure = |scheme: &str| scheme == "https";
        let proxy = settings.proxy_of(to);
        // Reading the system's certificates is slow, and needless where nothing is encrypted.
        let needs_trust = is_secure(to.scheme()) || proxy.as_ref().is_some_and(|(proxy, _)| is_secure(proxy.scheme()));
        let has_proxy = proxy.is_some();
        let (tls, certificate) = settings.tls.settings(needs_trust)?;
        let proxy = proxy.map(|(url, headers)| {
            let unusable = |_| Error::config(Code::InvalidOption, "proxy", "cannot be used");
            Ok(reqwest::Proxy::all(url).map_err(unusable)?.headers(headers))
        });
        let (proxy, settings, to) = (proxy.transpose()?, Arc::clone(settings), to.clone());
        let make = Make(Arc::new(move || client(&settings, &to, tls.clone(), proxy.clone())));
        Ok(Self { pool: Arc::new(Mutex::new(Pool::new())), certificate, has_proxy, make })
    }
}

/// The library's client for addresses that are loopback as `to` is, or are not.
fn client(settings: &Settings, to: &Url, tls: TlsConfig, proxy: Option<reqwest::Proxy>) -> Result<reqwest::Client> {
    let silence = silence(settings.timeout);
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("omni-mcp/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls)
        // A redirect would carry x-api-key, session ids, Idempotency-Key and the body to another origin.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Whether a request may be sent again is decided in one place only, by the retry table.
        .retry(reqwest::retry::never())
        // Below the time after which servers close an unused connection, or a call is sent into its end.
        .pool_idle_timeout(settings.pool_idle_timeout)
        // All calls share one HTTP/2 connection, and giving one up does not end it: without pings every further
        // attempt would go into a connection that is dead.
        .http2_keep_alive_interval(silence)
        .http2_keep_alive_timeout(silence)
        // As much as the library takes in HTTP/1.1; the headers are counted when they have come.
        .http2_max_header_list_size(HEADER_BYTES)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .tcp_nodelay(true)
        // Headers as browsers and curl accept them: folded ones, blanks before the colon, lines that are none.
        .http1_allow_obsolete_multiline_headers_in_responses(!settings.strict)
        .http1_allow_spaces_after_header_name_in_responses(!settings.strict)
        .http1_ignore_invalid_headers_in_responses(!settings.strict)
        // The variables of the environment are read by us: the library's reading of NO_PROXY knows no ports.
        .no_proxy();
    if settings.limits.headers > DEFAULT_HEADERS as usize {
        // Fewer are counted when they have come; for more, the library must make room.
        builder = builder.http1_max_headers(settings.limits.headers);
    }
    if let Some(timeout) = settings.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if let (true, Some(name)) = (is_loopback(to), to.domain()) {
        // Plain http was let through because of this name: whatever DNS says of it, it is this machine.
        let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        builder = builder.resolve_to_addrs(name, &addresses);
    }
    builder
        .build()
        .map_err(|_| Error::new(Code::InvalidOption, "the HTTP client cannot be built; check the proxy variables"))
}

/// Whether what is set up for connections to one of them is so for the other, too.
fn are_alike(settings: &Settings, one: &Url, other: &Url) -> bool {
    let set_up = |url: &Url| {
        let proxy = settings.proxy_of(url).map(|(proxy, _)| proxy);
        let name = url.domain().filter(|_| is_loopback(url)).map(str::to_owned);
        (url.scheme() == "https", is_loopback(url), name, proxy)
    };
    set_up(one) == set_up(other)
}

/// Whether an address that a server named is one of its own: nothing that we send may go elsewhere. What a user's name is in
/// an address is not for us to send.
pub(crate) fn is_own(own: &Url, named: &Url) -> bool {
    // By the parts, of which blob: has another scheme, though the origin of the address in it.
    let is_alike = named.scheme() == own.scheme()
        && named.host() == own.host()
        && named.port_or_known_default() == own.port_or_known_default();
    is_alike && named.username().is_empty() && named.password().is_none()
}

/// How long an HTTP/2 connection with calls on it may be silent before it is asked for a sign of life, and how long
/// that is waited for: both within one attempt, so that the next one has a connection that lives.
fn silence(timeout: Option<Duration>) -> Duration {
    timeout.map_or(LONGEST_SILENCE, |timeout| (timeout / 2).clamp(SHORTEST_SILENCE, LONGEST_SILENCE))
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

    fn is_held_back(http: &Http, url: &str) -> bool {
        http.to(&Url::parse(url).unwrap()).is_err_and(|failure| failure.error.code() == "panicked")
    }

    #[test]
    fn nothing_goes_to_an_origin_that_is_not_configured() {
        let http = http(ClientConfig::default().api_key("k").endpoint("https://a.example/mcp"));
        assert!(!is_held_back(&http, "https://a.example/other?x=1"));
        for other in [
            "http://a.example/mcp",
            "https://a.example:8443/mcp",
            "https://b.example/mcp",
            "https://a.example./mcp",
            "https://sub.a.example/mcp",
            "https://user:pass@a.example/mcp",
        ] {
            assert!(is_held_back(&http, other), "{other}");
        }
    }

    #[test]
    fn a_token_endpoint_that_is_given_is_a_way_of_its_own() {
        let mut auth = AuthConfig::client_credentials("id", "secret");
        auth.token_url = Some("http://127.0.0.1:9/token".into());
        let http = http(ClientConfig::default().auth(auth).endpoint("https://a.example/mcp"));
        assert!(!is_held_back(&http, "http://127.0.0.1:9/token"));
        assert!(is_held_back(&http, "http://127.0.0.1:10/token"));
    }
}
