//! Which certificates are trusted: those of `ca_certs` alone, or those of the system and of `NODE_EXTRA_CA_CERTS`.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;

use crate::config::certificate_verifier as verifier;
use crate::config::client_options::ClientConfig;
use crate::config::pem::{self, refused, unusable};
use crate::error::Result;
use crate::util::environment::{self, NODE_EXTRA_CA_CERTS};
use crate::util::spelling::Spelling;

/// The trusted certificates of the options and the environment.
#[derive(Clone, Default)]
pub(crate) struct TrustedCertificates {
    /// The only trusted authorities; `None` for those of the system.
    ca_certs: Option<Arc<[CertificateDer<'static>]>>,
    /// Authorities in addition to those of the system.
    additional: Arc<[CertificateDer<'static>]>,
    /// Environment variables for certificates that are set but not used.
    unused: Vec<&'static str>,
}

impl TrustedCertificates {
    pub(crate) fn read(config: &ClientConfig, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let ca_certs: Option<Arc<[_]>> = config.ca_certs.as_deref().map(authorities).transpose()?.map(Into::into);
        let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
        let mut unused: Vec<_> = environment::CERTIFICATES.iter().copied().filter(is_set).collect();
        let mut additional = Vec::new();
        if ca_certs.is_none() {
            unused.retain(|name| !verifier::READS_SYSTEM_VARIABLES || !verifier::SYSTEM_VARIABLES.contains(name));
            // As Node does, which ignores a file that cannot be read.
            if config.spelling == Spelling::Camel
                && let Some(file) = variable(NODE_EXTRA_CA_CERTS)
                && let Ok(certificates) = authorities(&file)
            {
                additional = certificates;
                unused.retain(|name| *name != NODE_EXTRA_CA_CERTS);
            }
        }
        Ok(Self { ca_certs, additional: additional.into(), unused })
    }

    /// Note in certificate errors about environment variables that are set but not used.
    pub(crate) fn unused(&self) -> String {
        match &self.unused[..] {
            [] => String::new(),
            [one] => format!("; {one} is set but not used: pass its value as the option ca_certs"),
            several => format!(
                "; {} are set but not used: pass the value of the right one as the option ca_certs",
                several.join(", ")
            ),
        }
    }

    /// Verifies server certificates by the trusted ones.
    pub(crate) fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
        match &self.ca_certs {
            Some(trusted) => verifier::only(trusted, provider).map_err(|_| unusable("TLS cannot be set up")),
            None => verifier::of_system(&self.additional, provider).map_err(|_| {
                unusable("the system's certificate store cannot be read (the option ca_certs replaces it)")
            }),
        }
    }
}

fn authorities(given: &str) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = pem::certificates("ca_certs", given)?;
    let mut store = RootCertStore::empty();
    for certificate in &certificates {
        store
            .add(certificate.clone())
            .map_err(|_| refused("ca_certs", "contains a certificate that is not valid X.509 version 3"))?;
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use omni_mcp_devserver::DevServer;

    use super::*;

    fn read(config: &ClientConfig, variables: &[(&str, &str)]) -> TrustedCertificates {
        let look_up =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        TrustedCertificates::read(config, look_up).unwrap()
    }

    #[test]
    fn variables_that_are_set_and_not_used_are_named() {
        let server = DevServer::start_json(r#"{"tls": {}}"#).unwrap();
        let ca = server.certificates().unwrap().ca.clone();
        let file = std::env::temp_dir().join(format!("omni-mcp-tls-{}.pem", std::process::id()));
        std::fs::write(&file, &ca).unwrap();
        let file = file.to_str().unwrap();
        let (plain, given) = (ClientConfig::default(), ClientConfig::default().ca_certs(ca));
        let node = ClientConfig { spelling: Spelling::Camel, ..ClientConfig::default() };
        let node_given = ClientConfig { spelling: Spelling::Camel, ..given.clone() };
        let one = |name: &str| format!("; {name} is set but not used: pass its value as the option ca_certs");
        for (config, variables, expected, additional) in [
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
                "; REQUESTS_CA_BUNDLE, PIP_CERT are set but not used: pass the value of the right one as the option ca_certs"
                    .to_owned(),
                0,
            ),
        ] {
            let trusted = read(config, variables);
            assert_eq!((trusted.unused(), trusted.additional.len()), (expected, additional), "{variables:?}");
        }
        let of_system = read(&plain, &[("SSL_CERT_FILE", file)]).unused();
        assert_eq!(of_system, if verifier::READS_SYSTEM_VARIABLES { String::new() } else { one("SSL_CERT_FILE") });
        std::fs::remove_file(file).unwrap();
    }
}
