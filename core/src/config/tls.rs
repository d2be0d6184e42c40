//! TLS settings: client certificate and versions; the trusted certificates are in `trusted_certificates`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig as TlsConfig, RootCertStore, SignatureScheme, version};

use crate::config::client_options::ClientConfig;
use crate::config::pem::{self, refused, unusable};
use crate::config::trusted_certificates::TrustedCertificates;
use crate::error::Result;

/// Validated TLS options.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    trusted: TrustedCertificates,
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
        let identity = match (&config.client_cert, &config.client_key) {
            (None, None) => None,
            (None, Some(_)) => return Err(refused("client_key", "needs a client_cert")),
            (Some(chain), key) => {
                let key = key.as_ref().map(|key| ("client_key", key.expose()));
                Some(Arc::new(identity(chain.expose(), key.unwrap_or(("client_cert", chain.expose())))?))
            }
        };
        Ok(Self { trusted: TrustedCertificates::read(config, variable)?, identity, at_least_1_3 })
    }

    /// Note in certificate errors about environment variables that are set but not used.
    pub(crate) fn unused(&self) -> String {
        self.trusted.unused()
    }

    /// The settings of rustls, and a flag for requests of a missing client certificate. Without `needs_trust`, no
    /// authorities are read and no certificate is accepted.
    pub(crate) fn settings(&self, needs_trust: bool) -> Result<(TlsConfig, MissingClientCert)> {
        let versions = if self.at_least_1_3 { &[&version::TLS13][..] } else { &[&version::TLS12, &version::TLS13][..] };
        let builder = TlsConfig::builder_with_provider(provider());
        let builder = builder.with_protocol_versions(versions).map_err(|_| unusable("TLS cannot be set up"))?;
        let builder = match needs_trust {
            false => builder.with_root_certificates(RootCertStore::empty()),
            true => builder.dangerous().with_custom_certificate_verifier(self.trusted.verifier(provider())?),
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

fn identity(chain: &str, (field, key): (&str, &str)) -> Result<CertifiedKey> {
    let chain = pem::certificates("client_cert", chain)?;
    let key = PrivateKeyDer::from_pem_slice(&pem::read(field, key)?)
        .map_err(|_| refused(field, "contains no unencrypted PEM private key"))?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => refused(field, "does not contain the key of client_cert"),
        rustls::Error::InvalidCertificate(_) => {
            refused("client_cert", "contains a certificate that is not valid X.509 version 3")
        }
        _ => refused(field, "contains an unsupported key; RSA, ECDSA and Ed25519 keys are supported"),
    })
}
