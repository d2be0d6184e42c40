//! Verification of server certificates.

use std::ffi::OsString;
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, RootCertStore, SignatureScheme};

type Verifier = Arc<dyn ServerCertVerifier>;
type Certificates = Arc<[CertificateDer<'static>]>;

/// Trusts these authorities and no others.
pub(crate) fn only(trusted: &Certificates, provider: Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted.iter() {
        roots.add(certificate.clone())?;
    }
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|_| TlsError::General("no certificates".to_owned()))?;
    Ok(Arc::new(AcceptsTrustedLeaf { inner, trusted: Arc::clone(trusted) }))
}

/// Variables that replace the certificates of the system, on systems that store them in files.
pub(crate) const SYSTEM_VARIABLES: &[&str] = &["SSL_CERT_FILE", "SSL_CERT_DIR"];
/// Whether `SYSTEM_VARIABLES` are read.
pub(crate) const READS_SYSTEM_VARIABLES: bool = cfg!(all(unix, not(target_vendor = "apple")));

/// Maximum number of cached stores, one for each combination of variables.
const MAX_CACHED: usize = 8;

/// Cache key of certificate stores.
#[derive(Clone, PartialEq)]
struct VerifierKey {
    variables: Vec<Option<OsString>>,
    additional: Certificates,
}

/// Trusts the authorities of the system and additional ones, read once for each combination of `SYSTEM_VARIABLES` and additional
/// certificates. A CA certificate among the additional ones or in SSL_CERT_FILE is also accepted as server certificate; one in
/// SSL_CERT_DIR is not.
pub(crate) fn of_system(additional: &Certificates, provider: Arc<CryptoProvider>) -> Result<Verifier, TlsError> {
    static KNOWN: Mutex<Vec<(VerifierKey, Verifier)>> = Mutex::new(Vec::new());
    let variables = SYSTEM_VARIABLES.iter().map(std::env::var_os).collect();
    let key = VerifierKey { variables, additional: Arc::clone(additional) };
    // Does not block: in a forked process, the lock might never be released.
    if let Ok(known) = KNOWN.try_lock()
        && let Some((_, verifier)) = known.iter().find(|(of, _)| *of == key)
    {
        return Ok(Arc::clone(verifier));
    }
    let mut trusted = additional.to_vec();
    if let (true, Some(file)) = (READS_SYSTEM_VARIABLES, &key.variables[0])
        && let Ok(certificates) = CertificateDer::pem_file_iter(file)
    {
        trusted.extend(certificates.flatten());
    }
    #[cfg(not(target_os = "android"))]
    let inner = rustls_platform_verifier::Verifier::new_with_extra_roots(additional.iter().cloned(), provider)?;
    #[cfg(target_os = "android")]
    let inner = rustls_platform_verifier::Verifier::new(provider)?;
    let verifier: Verifier = match trusted.is_empty() {
        true => Arc::new(inner),
        false => Arc::new(AcceptsTrustedLeaf { inner: Arc::new(inner), trusted: trusted.into() }),
    };
    if let Ok(mut known) = KNOWN.try_lock() {
        known.truncate(MAX_CACHED - 1);
        known.insert(0, (key, Arc::clone(&verifier)));
    }
    Ok(verifier)
}

/// Accepts a trusted certificate as server certificate although it is a CA certificate, as openssl creates by default. Name
/// and validity period are checked.
#[derive(Debug)]
struct AcceptsTrustedLeaf<V> {
    trusted: Certificates,
    inner: Arc<V>,
}

impl<V: ServerCertVerifier> ServerCertVerifier for AcceptsTrustedLeaf<V> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        match self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(TlsError::InvalidCertificate(why))
                if is_ca_as_server_certificate(&why) && self.trusted.contains(end_entity) =>
            {
                // The time is checked before this error is given, the name is not.
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate was refused only because it is a CA certificate. The library reports this only by name.
pub(crate) fn is_ca_as_server_certificate(why: &CertificateError) -> bool {
    matches!(why, CertificateError::Other(OtherError(other)) if other.to_string() == "CaUsedAsEndEntity")
}
