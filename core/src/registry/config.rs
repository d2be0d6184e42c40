//! The options of a registry client.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::auth::AuthConfig;
use crate::config::client_options::ClientConfig;
use crate::config::option_table::{Address, options};
use crate::config::profile::{Profile, VariableNames};
use crate::error::{Code, Error, Result};
use crate::retry::context::Context;
use crate::util::environment;
use crate::util::secret::Secret;

options! {
    /// The options of a registry client.
    RegistryConfig, "options", REGISTRY_OPTIONS;
    /// The API key, sent as a bearer token.
    api_key: Secret = "the environment variable GAIA_API_KEY or SEMA4_API_KEY";
    /// How the client proves who it is, where it is not by `api_key`.
    auth: AuthConfig = "the API key";
    /// Where the registry lives. Without `tenant`, Sema4.ai's whole base, `https://host/tenants/{tenant}/api/v2`.
    base_url: Address = "the environment variable GAIA_BASE_URL or SEMA4_BASE_URL";
    /// The tenant (Sema4.ai): the base is then `{base_url}/tenants/{tenant}/api/v2`.
    tenant: String = "none";
    /// The path of the collection below the base URL (GAIA).
    path: String = "/api/mcp/servers";
    /// Further headers for every request.
    headers: BTreeMap<String, Secret> = "none";
    /// How long one attempt may stay without an answer.
    timeout: Option<Duration> = "20 s";
    /// How long a call may take over all attempts and waits.
    total_timeout: Option<Duration> = "5 min";
    /// How long making a connection may take.
    connect_timeout: Option<Duration> = "10 s";
    /// How often a request is sent at most.
    max_attempts: u32 = "3";
    /// The wait before the second attempt; it doubles with each further one.
    backoff_initial: Duration = "250 ms";
    /// The longest wait that the doubling reaches.
    backoff_max: Duration = "4 s";
    /// The tokens of the retry budget, of which each retry takes 14; none is no limit.
    retry_budget: Option<u32> = "500";
    /// The URL of the proxy to go through.
    proxy: Address = "the proxy variables of the environment, which loopback ignores";
    /// Headers for the proxy.
    proxy_headers: BTreeMap<String, Secret> = "none";
    /// The certificate authorities that are trusted, and no others: PEM text, or the path of a PEM file.
    ca_certs: String = "those of the system";
    /// The client's own certificate and those between it and its authority: PEM text, or the path of a PEM file.
    client_cert: Secret = "none";
    /// Its private key, not encrypted: PEM text, or the path of a PEM file.
    client_key: Secret = "the one that client_cert holds besides";
    /// The oldest version of TLS to speak: `1.2` or `1.3`.
    min_tls_version: String = "1.2";
    /// Lets the key go over plain http to a host that is not loopback.
    allow_http: bool = "false";
    /// The largest answer, in bytes after decompression.
    max_answer_bytes: u64 = "67108864";
    /// The most pages that a list is read over.
    max_pages: u32 = "1000";
    beside
    /// Whether variables that Node reads are read.
    reads_node_variables: bool;
}

/// What differs between registries.
pub(super) struct RegistryKind {
    pub(super) name: &'static str,
    pub(super) api_key_variable: &'static str,
    pub(super) base_url_variable: &'static str,
}

/// A client's context, the registry's base, and the address of its collection.
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
    /// `path` leads to the collection from the base URL that the user gives, `collection_path` from that of the registry.
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
            // Registries have neither sessions nor options for these: requests do not wait for each other, and no cookie is kept.
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
    fn what_has_no_option_is_off() {
        let config = RegistryConfig::default().api_key("k").base_url("https://a.example");
        let place = config.resolve(&KIND, "/servers", "/servers", &|_| None).unwrap();
        let settings = &place.context.settings;
        assert_eq!((settings.max_connections, settings.cookies), (None, false));
        let names: Vec<_> = REGISTRY_OPTIONS.iter().map(|option| option.name).collect();
        assert!(!names.contains(&"max_connections") && !names.contains(&"cookies"), "{names:?}");
    }
}
