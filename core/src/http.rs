//! The HTTP client and its settings. Each setting that differs from the library's own has its reason here.

use std::sync::Arc;

use rustls::ClientConfig as TlsConfig;
use rustls_platform_verifier::BuilderVerifierExt;

use crate::config::{Settings, is_loopback};
use crate::error::{Code, Error, Result};
use crate::limits::DEFAULT_HEADERS;

/// Builds the pool of connections of one client.
pub(crate) fn client(settings: &Settings) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("omni-mcp/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls()?)
        // A redirect would carry x-api-key, session ids, Idempotency-Key and the body to another origin.
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // Whether a request may be sent again is decided in one place only, by the retry table.
        .retry(reqwest::retry::never())
        // Below the time after which servers close an unused connection, or a call is sent into its end.
        .pool_idle_timeout(settings.pool_idle_timeout)
        .tcp_nodelay(true);
    if settings.limits.headers > DEFAULT_HEADERS as usize {
        // Fewer are counted when they have come; for more, the library must make room.
        builder = builder.http1_max_headers(settings.limits.headers);
    }
    if let Some(timeout) = settings.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    if let Some((url, headers)) = &settings.proxy {
        let proxy = reqwest::Proxy::all(url.clone()).map_err(|_| unusable("proxy: cannot be used"))?;
        builder = builder.proxy(proxy.headers(headers.clone()));
    } else if settings.route.url().is_none_or(is_loopback) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|_| unusable("the HTTP client cannot be built; check the proxy variables"))
}

fn tls() -> Result<TlsConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = TlsConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|_| unusable("the system's certificate store cannot be read"))?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn unusable(message: &str) -> Error {
    Error::new(Code::InvalidOption, message)
}
