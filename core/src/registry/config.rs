//! Options of a registry client.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::auth::AuthConfig;
use crate::config::client_options::{ClientConfig, TLS_VERSIONS};
use crate::config::option_table::{Address, options};
use crate::config::profile::{Profile, VariableNames};
use crate::error::{Code, Error, Result};
use crate::retry::context::Context;
use crate::util::environment;
use crate::util::secret::Secret;

options! {
    /// Options of a registry client.
    RegistryConfig, "options", REGISTRY_OPTIONS;
    /// API key, sent as a bearer token.
    api_key: Secret = "the environment variable GAIA_API_KEY or SEMA4_API_KEY";
    /// Credentials other than `api_key`: an object with `type`.
    auth: AuthConfig = "the API key, as a bearer token";
    /// Base URL of the registry. For Sema4.ai without `tenant`, the complete base, `https://host/tenants/{tenant}/api/v2`.
    base_url: Address = "the environment variable GAIA_BASE_URL or SEMA4_BASE_URL";
    /// Tenant (Sema4.ai). The base is then `{base_url}/tenants/{tenant}/api/v2`.
    tenant: String = "none";
    /// Path of the collection below the base URL (GAIA).
    path: String = "/api/mcp/servers";
    /// Additional HTTP headers for every request.
    headers: BTreeMap<String, Secret> = "none";
    /// Idle timeout of one attempt. None: no limit.
    timeout: Option<Duration> = "20 s";
    /// Total timeout of a call, including all attempts and waits. None: no limit.
    total_timeout: Option<Duration> = "5 min";
    /// Timeout for establishing a connection. None: no limit.
    connect_timeout: Option<Duration> = "10 s";
    /// Maximum number of attempts, including the first. 1: no retries.
    max_attempts: u32 = "3";
    /// Delay before the second attempt. It doubles with each further attempt.
    backoff_initial: Duration = "250 ms";
    /// Maximum delay between attempts.
    backoff_max: Duration = "4 s";
    /// Retry budget of the client, in tokens. A retry takes 14. None: no limit.
    retry_budget: Option<u32> = "500";
    /// Proxy URL: http, https, socks5 or socks5h.
    proxy: Address = "the proxy environment variables; loopback is never proxied";
    /// HTTP headers sent to the proxy.
    proxy_headers: BTreeMap<String, Secret> = "none";
    /// Trusted certificate authorities, instead of the system's: PEM text, or the path of a PEM file.
    ca_certs: String = "the system's certificate store";
    /// Client certificate with its intermediate certificates (mutual TLS): PEM text, or the path of a PEM file.
    client_cert: Secret = "none";
    /// Private key of `client_cert`, unencrypted: PEM text, or the path of a PEM file.
    client_key: Secret = "the key in client_cert";
    /// Minimum TLS version: `1.2` or `1.3`.
    min_tls_version: String = "1.2", of TLS_VERSIONS;
    /// Allow plain http for the API key to hosts other than loopback.
    allow_http: bool = "false";
    /// Maximum response size after decompression, in bytes.
    max_answer_bytes: u64 = "67108864 (64 MiB)";
    /// Maximum number of pages read for one list.
    max_pages: u32 = "1000";
    beside
    /// Also read the environment variables of Node.
    reads_node_variables: bool;
}

/// What differs between registries.
pub(super) struct RegistryKind {
    pub(super) name: &'static str,
    pub(super) api_key_variable: &'static str,
    pub(super) base_url_variable: &'static str,
}

/// Context of a client, with the base URL of the registry and the URL of its collection.
#[derive(Clone)]
pub(super) struct RegistryContext {
    pub(super) context: Arc<Context>,
    pub(super) base: Url,
    pub(super) collection: Url,
}

impl std::fmt::Debug for RegistryContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.context)
    }
}

impl RegistryConfig {
    /// `path` is the path of the collection below the given base URL, `collection_path` the one below the base of the registry.
    pub(super) fn resolve(
        &self,
        kind: &RegistryKind,
        path: &str,
        collection_path: &str,
        variables: environment::Environment<'_>,
    ) -> Result<RegistryContext> {
        let environment = |name: &str| variables(name)?.into_string().ok();
        let base = self.base_url.as_ref().map(|url| url.as_str().to_owned());
        let base = base.or_else(|| environment(kind.base_url_variable).filter(|url| !url.is_empty()));
        let Some(base) = base else {
            let allowed = format!("is required; give it or set {}", kind.base_url_variable);
            return Err(Error::config(Code::MissingOption, "base_url", allowed));
        };
        let mut profile = Profile::custom(kind.name);
        profile.key_required = self.auth.is_none();
        profile.environment = VariableNames { api_key: Some(Cow::Borrowed(kind.api_key_variable)), base_url: None };
        profile.handshake = false;
        profile.path = Cow::Owned(path.to_owned());
        let config = ClientConfig {
            api_key: self.api_key.clone(),
            auth: self.auth.clone(),
            base_url: Some(base.as_str().into()),
            slug: self.tenant.clone(),
            headers: self.headers.clone(),
            timeout: self.timeout,
            total_timeout: self.total_timeout,
            connect_timeout: self.connect_timeout,
            max_attempts: self.max_attempts,
            backoff_initial: self.backoff_initial,
            backoff_max: self.backoff_max,
            retry_budget: self.retry_budget,
            proxy: self.proxy.clone(),
            proxy_headers: self.proxy_headers.clone(),
            ca_certs: self.ca_certs.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            min_tls_version: self.min_tls_version.clone(),
            allow_http: self.allow_http,
            max_answer_bytes: self.max_answer_bytes,
            max_pages: self.max_pages,
            reads_node_variables: self.reads_node_variables,
            // Registries have no options for these: no connection limit, no cookies.
            max_connections: Some(None),
            cookies: Some(false),
            ..ClientConfig::default()
        };
        let renamed = |error: Error| crate::config::option_table::renamed(error, &[("slug", "tenant")]);
        let settings = config.resolve_under(Arc::new(profile), variables).map_err(renamed)?;
        let Some(collection) = settings.route.url().cloned() else {
            return Err(Error::config(Code::InvalidOption, "base_url", "must be an http or https URL"));
        };
        let mut base = collection.clone();
        base.set_path(collection.path().strip_suffix(collection_path).unwrap_or_default());
        base.set_query(None);
        Ok(RegistryContext { context: Arc::new(Context::new(settings)?), base, collection })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: RegistryKind = RegistryKind { name: "registry", api_key_variable: "KEY", base_url_variable: "BASE" };

    #[test]
    fn features_without_an_option_are_off() {
        let config = RegistryConfig::default().api_key("k").base_url("https://a.example");
        let place = config.resolve(&KIND, "/servers", "/servers", &|_| None).unwrap();
        let settings = &place.context.settings;
        assert_eq!((settings.max_connections, settings.cookies), (None, false));
        let names: Vec<_> = REGISTRY_OPTIONS.iter().map(|option| option.name).collect();
        assert!(!names.contains(&"max_connections") && !names.contains(&"cookies"), "{names:?}");
    }
}
