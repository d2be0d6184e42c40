//! The server's own authority, and the certificates that it signs.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::tls_options::{Certificates, SelfSigned, ServedCertificate};

/// An authority that signs certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, for the server.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub(super) fn new(name: &str) -> Result<Self, rcgen::Error> {
        let mut params = named(Vec::new(), name)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A self-signed certificate of a server.
    pub(super) fn itself(which: ServedCertificate, kind: SelfSigned) -> Result<Self, rcgen::Error> {
        let mut params = of_server(which)?;
        params.extended_key_usages.clear();
        params.is_ca = match kind {
            SelfSigned::Authority => IsCa::Ca(BasicConstraints::Unconstrained),
            SelfSigned::Server => IsCa::ExplicitNoCa,
        };
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// The self-signed certificate, if the server presents one.
    pub(super) fn own(&self) -> Identity {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.0.key().serialize_der()));
        Identity { chain: vec![self.certificate()], key }
    }

    /// The certificate that the server presents.
    pub(super) fn server(&self, which: ServedCertificate) -> Result<Identity, rcgen::Error> {
        let params = of_server(which)?;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Identity { chain: vec![certificate.der().clone()], key })
    }

    /// The certificates that a client needs.
    pub(super) fn for_clients(&self) -> Result<Certificates, rcgen::Error> {
        let mut params = named(Vec::new(), "omni-mcp-devserver client")?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok(Certificates { ca: self.0.pem(), client_cert: certificate.pem(), client_key: key.serialize_pem() })
    }
}

fn of_server(which: ServedCertificate) -> Result<CertificateParams, rcgen::Error> {
    let hosts: &[&str] = match which {
        ServedCertificate::WrongHost => &["elsewhere.invalid"],
        _ => &["localhost", "127.0.0.1", "::1"],
    };
    let mut params = named(hosts.iter().map(|host| (*host).to_owned()).collect(), "omni-mcp-devserver")?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    match which {
        ServedCertificate::Expired => {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        ServedCertificate::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
        ServedCertificate::Valid | ServedCertificate::WrongHost => {}
    }
    Ok(params)
}

fn named(hosts: Vec<String>, name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
