//! Options of a registry client.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::auth::AuthConfig;
use crate::config::client_options::{CLIENT_OPTIONS, ClientConfig};
use crate::config::option_table::{Address, options};
use crate::config::profile::{Profile, VariableNames};
use crate::error::{Code, Error, Result};
use crate::retry::context::Context;
use crate::util::environment;
use crate::util::secret::Secret;
use crate::util::spelling::Spelling;

options! {
    /// Options of a registry client.
    RegistryConfig, "options", REGISTRY_OPTIONS;
    /// API key, sent as a bearer token.
    api_key: Secret = "the environment variable GAIA_API_KEY or SEMA4_API_KEY";
    /// Base URL of the registry. For Sema4.ai without `tenant`, the complete base, `https://host/tenants/{tenant}/api/v2`.
    base_url: Address = "the environment variable GAIA_BASE_URL or SEMA4_BASE_URL";
    /// Tenant (Sema4.ai). The base is then `{base_url}/tenants/{tenant}/api/v2`.
    tenant: String = "none";
    /// Path of the collection below the base URL (GAIA).
    path: String = "/api/mcp/servers";
    /// Idle timeout of one attempt. None: no limit.
    timeout: Option<Duration> = "20 s";
    /// Allow plain http for the API key to hosts other than loopback.
    allow_http: bool = "false";
    shared with ClientConfig, CLIENT_OPTIONS {
        auth: AuthConfig;
        headers: BTreeMap<String, Secret>;
        total_timeout: Option<Duration>;
        connect_timeout: Option<Duration>;
        max_attempts: u32;
        backoff_initial: Duration;
        backoff_max: Duration;
        retry_budget: Option<u32>;
        proxy: Address;
        proxy_headers: BTreeMap<String, Secret>;
        ca_certs: String;
        client_cert: Secret;
        client_key: Secret;
        min_tls_version: String;
        max_answer_bytes: u64;
        max_pages: u32;
    }
    beside
    /// As in [`ClientConfig`].
    spelling: Spelling;
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
            base_url: Some(base.as_str().into()),
            slug: self.tenant.clone(),
            timeout: self.timeout,
            allow_http: self.allow_http,
            spelling: self.spelling,
            // Registries have no options for these: no connection limit, no cookies.
            max_connections: Some(None),
            cookies: Some(false),
            ..self.shared()
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
