//! The HTTP client and its settings. Each setting that differs from the library's own has its reason here.

mod proxy_failure;
pub(crate) mod tls;
mod tls_failure;
mod unanswered;

use std::time::Duration;

use reqwest::{Request, Response};

use crate::config::{Settings, is_loopback};
use crate::error::{Code, Error, Result};
use crate::failure::Failure;
use crate::limits::{DEFAULT_HEADERS, Limits};

use tls::AskedInVain;
use unanswered::{Way, not_answered};

/// The bounds of how long a silent HTTP/2 connection is believed in, and how long its answer to a ping is waited for.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);
const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// The most bytes of an answer's headers in HTTP/2.
const HEADER_BYTES: u32 = 408 << 10;

/// The connections of one client.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    limits: Limits,
    /// Whether an option names a proxy.
    has_proxy: bool,
    certificate: AskedInVain,
}

impl Http {
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        let (tls, certificate) = settings.tls.settings()?;
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
            .tcp_nodelay(true);
        if settings.limits.headers > DEFAULT_HEADERS as usize {
            // Fewer are counted when they have come; for more, the library must make room.
            builder = builder.http1_max_headers(settings.limits.headers);
        }
        if let Some(timeout) = settings.connect_timeout {
            builder = builder.connect_timeout(timeout);
        }
        if let Some((url, headers)) = &settings.proxy {
            let unusable = |_| Error::config(Code::InvalidOption, "proxy", "cannot be used");
            let proxy = reqwest::Proxy::all(url.clone()).map_err(unusable)?;
            builder = builder.proxy(proxy.headers(headers.clone()));
        } else if settings.route.url().is_none_or(is_loopback) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|_| {
            Error::new(Code::InvalidOption, "the HTTP client cannot be built; check the proxy variables")
        })?;
        Ok(Self { client, limits: settings.limits, has_proxy: settings.proxy.is_some(), certificate })
    }

    /// Sends a request, and returns when the head of its answer is there.
    pub(crate) async fn execute(&self, request: Request) -> Result<Response, Failure> {
        self.client.execute(request).await.map_err(|error| {
            let way = Way { has_proxy: self.has_proxy, certificate_missing: self.certificate.has_been() };
            not_answered(&error, way, &self.limits)
        })
    }
}

/// How long an HTTP/2 connection with calls on it may be silent before it is asked for a sign of life, and how long
/// that is waited for: both within one attempt, so that the next one has a connection that lives.
fn silence(timeout: Option<Duration>) -> Duration {
    timeout.map_or(LONGEST_SILENCE, |timeout| (timeout / 2).clamp(SHORTEST_SILENCE, LONGEST_SILENCE))
}
