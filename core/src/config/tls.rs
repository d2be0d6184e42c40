//! TLS settings: trusted authorities, client certificate and versions.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig as TlsConfig, RootCertStore, SignatureScheme, version};

use crate::config::client_options::ClientConfig;
use crate::config::trust;
use crate::error::{Code, Error, Result};
use crate::util::environment::{self, NODE_EXTRA_CA_CERTS};

/// Start of every PEM object; no path contains it.
const PEM: &str = "-----BEGIN ";

/// Validated TLS options.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    /// The only trusted authorities; `None` for those of the system.
    only: Option<Arc<[CertificateDer<'static>]>>,
    /// Authorities in addition to those of the system.
    further: Arc<[CertificateDer<'static>]>,
    /// Environment variables for certificates that are set but not used.
    unused: Vec<&'static str>,
    identity: Option<Arc<CertifiedKey>>,
    at_least_1_3: bool,
}

impl Tls {
    pub(crate) fn read(config: &ClientConfig, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let at_least_1_3 = match config.min_tls_version.as_deref() {
            None | Some("1.2") => false,
            Some("1.3") => true,
            Some(_) => return Err(refused("min_tls_version", "must be 1.2 or 1.3")),
        };
        let only: Option<Arc<[_]>> = config.ca_certs.as_deref().map(authorities).transpose()?.map(Into::into);
        let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
        let mut unused: Vec<_> = environment::CERTIFICATES.iter().copied().filter(is_set).collect();
        let mut further = Vec::new();
        if only.is_none() {
            unused.retain(|name| !trust::READS_SYSTEM_VARIABLES || !trust::SYSTEM_VARIABLES.contains(name));
            // As Node does, which ignores a file that cannot be read.
            if config.reads_node_variables
                && let Some(file) = variable(NODE_EXTRA_CA_CERTS)
                && let Ok(certificates) = authorities(&file)
            {
                further = certificates;
                unused.retain(|name| *name != NODE_EXTRA_CA_CERTS);
            }
        }
        let identity = match (&config.client_cert, &config.client_key) {
            (None, None) => None,
            (None, Some(_)) => return Err(refused("client_key", "needs a client_cert")),
            (Some(chain), key) => {
                let key = key.as_ref().map(|key| ("client_key", key.expose()));
                Some(Arc::new(identity(chain.expose(), key.unwrap_or(("client_cert", chain.expose())))?))
            }
        };
        Ok(Self { only, further: further.into(), unused, identity, at_least_1_3 })
    }

    /// Note in certificate errors about environment variables that are set but not used.
    pub(crate) fn unused(&self) -> String {
        match &self.unused[..] {
            [] => String::new(),
            [one] => format!("; {one} is set but not used: give its value as ca_certs"),
            several => format!("; {} are set but not used: give the right one's value as ca_certs", several.join(", ")),
        }
    }

    /// The settings of rustls, and a flag for requests of a missing client certificate. Without `needs_trust`, no
    /// authorities are read and no certificate is accepted.
    pub(crate) fn settings(&self, needs_trust: bool) -> Result<(TlsConfig, MissingClientCert)> {
        let versions = if self.at_least_1_3 { &[&version::TLS13][..] } else { &[&version::TLS12, &version::TLS13][..] };
        let builder = TlsConfig::builder_with_provider(provider());
        let builder = builder.with_protocol_versions(versions).map_err(|_| unusable("TLS cannot be set up"))?;
        let builder = match &self.only {
            _ if !needs_trust => builder.with_root_certificates(RootCertStore::empty()),
            Some(only) => {
                let verifier = trust::only(only, provider()).map_err(|_| unusable("TLS cannot be set up"))?;
                builder.dangerous().with_custom_certificate_verifier(verifier)
            }
            None => {
                let verifier = trust::of_system(&self.further, provider()).map_err(|_| {
                    unusable(
                        "the system's certificate store cannot be read; ca_certs takes its place where it is given",
                    )
                })?;
                builder.dangerous().with_custom_certificate_verifier(verifier)
            }
        };
        let missing = MissingClientCert::default();
        let mut config = match &self.identity {
            Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(identity)))),
            None => builder.with_client_cert_resolver(Arc::new(missing.clone())),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((config, missing))
    }
}

/// Returns no client certificate, and records that one was requested. With TLS 1.3, a server refuses a client without
/// certificate after the handshake, and the alert may be lost with the connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct MissingClientCert(Arc<AtomicBool>);

impl MissingClientCert {
    pub(crate) fn has_been(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Resets the flag: the server responded without a certificate.
    pub(crate) fn was_not_needed(&self) {
        if self.has_been() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}

impl ResolvesClientCert for MissingClientCert {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// The provider is not installed process-wide: that is up to the application.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn authorities(given: &str) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = certificates("ca_certs", given)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|_| refused("ca_certs", "holds a certificate that cannot be read as X.509 version 3"))?;
    }
    Ok(certificates)
}

fn identity(chain: &str, (field, key): (&str, &str)) -> Result<CertifiedKey> {
    let chain = certificates("client_cert", chain)?;
    let key = PrivateKeyDer::from_pem_slice(&pem(field, key)?)
        .map_err(|_| refused(field, "holds no private key in PEM that is not encrypted"))?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => refused(field, "does not hold the key of client_cert"),
        rustls::Error::InvalidCertificate(_) => {
            refused("client_cert", "holds a certificate that cannot be read as X.509 version 3")
        }
        _ => refused(field, "holds a key that cannot be used; RSA, ECDSA and Ed25519 keys can"),
    })
}

fn certificates(field: &str, given: &str) -> Result<Vec<CertificateDer<'static>>> {
    let text = pem(field, given)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| refused(field, "is not PEM that can be read"))?;
    if certificates.is_empty() {
        return Err(refused(field, "holds no certificate in PEM"));
    }
    Ok(certificates)
}

/// PEM as given, or from the file of this path. Errors do not contain the value: it may be a truncated key.
fn pem<'a>(field: &str, given: &'a str) -> Result<Cow<'a, [u8]>> {
    if given.contains(PEM) {
        return Ok(Cow::Borrowed(given.as_bytes()));
    }
    let unreadable = |why: &dyn std::fmt::Display| {
        refused(
            field,
            &format!("must be PEM text or the path of a PEM file; a file of this path cannot be read: {why}"),
        )
    };
    // Devices and pipes may never end.
    match std::fs::metadata(given) {
        Ok(found) if !found.is_file() => Err(unreadable(&"it is no file")),
        Ok(_) => std::fs::read(given).map(Cow::Owned).map_err(|error| unreadable(&error)),
        Err(error) => Err(unreadable(&error)),
    }
}

fn refused(field: &str, allowed: &str) -> Error {
    Error::config(Code::InvalidOption, field, allowed)
}

fn unusable(message: &str) -> Error {
    Error::new(Code::InvalidOption, message)
}

#[cfg(test)]
mod tests {
    use omni_mcp_devserver::DevServer;

    use super::*;

    fn read(config: &ClientConfig, variables: &[(&str, &str)]) -> Tls {
        let look_up =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Tls::read(config, look_up).unwrap()
    }

    #[test]
    fn variables_that_are_set_and_not_used_are_named() {
        let server = DevServer::start_json(r#"{"tls": {}}"#).unwrap();
        let ca = server.certificates().unwrap().ca.clone();
        let file = std::env::temp_dir().join(format!("omni-mcp-tls-{}.pem", std::process::id()));
        std::fs::write(&file, &ca).unwrap();
        let file = file.to_str().unwrap();
        let (plain, given) = (ClientConfig::default(), ClientConfig::default().ca_certs(ca));
        let node = ClientConfig { reads_node_variables: true, ..ClientConfig::default() };
        let node_given = ClientConfig { reads_node_variables: true, ..given.clone() };
        let one = |name: &str| format!("; {name} is set but not used: give its value as ca_certs");
        for (config, variables, expected, further) in [
            (&plain, &[][..], String::new(), 0),
            (&plain, &[("REQUESTS_CA_BUNDLE", "")], String::new(), 0),
            (&plain, &[("REQUESTS_CA_BUNDLE", file)], one("REQUESTS_CA_BUNDLE"), 0),
            (&plain, &[("CURL_CA_BUNDLE", "/no/such/file")], one("CURL_CA_BUNDLE"), 0),
            (&plain, &[("NODE_EXTRA_CA_CERTS", file)], one("NODE_EXTRA_CA_CERTS"), 0),
            (&node, &[("NODE_EXTRA_CA_CERTS", file)], String::new(), 1),
            (&node, &[("NODE_EXTRA_CA_CERTS", "/no/such/file")], one("NODE_EXTRA_CA_CERTS"), 0),
            (&node_given, &[("NODE_EXTRA_CA_CERTS", file)], one("NODE_EXTRA_CA_CERTS"), 0),
            (&given, &[("SSL_CERT_FILE", file)], one("SSL_CERT_FILE"), 0),
            (
                &plain,
                &[("REQUESTS_CA_BUNDLE", file), ("PIP_CERT", file)],
                "; REQUESTS_CA_BUNDLE, PIP_CERT are set but not used: give the right one's value as ca_certs"
                    .to_owned(),
                0,
            ),
        ] {
            let tls = read(config, variables);
            assert_eq!((tls.unused(), tls.further.len()), (expected, further), "{variables:?}");
        }
        let of_system = read(&plain, &[("SSL_CERT_FILE", file)]).unused();
        assert_eq!(of_system, if trust::READS_SYSTEM_VARIABLES { String::new() } else { one("SSL_CERT_FILE") });
        std::fs::remove_file(file).unwrap();
    }
}
