//! HTTP exchanges: the client, its connections, TLS, proxies, redirects, cookies and bodies.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod error;
pub(crate) mod error_body;
pub(crate) mod idle_timeout;
pub(crate) mod plain;
pub(crate) mod pool;
pub(crate) mod proxy_error;
pub(crate) mod proxy_status;
pub(crate) mod redirects;
pub(crate) mod request_body;
pub(crate) mod retry_after;
pub(crate) mod sniff;
pub(crate) mod stale_connections;
pub(crate) mod status;
pub(crate) mod tls_error;
pub(crate) mod upload;
