//! TLS options of a server, and the files that its clients need.

use serde::{Deserialize, Serialize};

use crate::description::{choices, described};
use crate::reading::Spelling;

/// The certificate that the server presents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedCertificate {
    /// One for 127.0.0.1, `[::1]` and localhost, signed by the server's authority.
    #[default]
    Valid,
    /// The same, expired.
    Expired,
    /// The same, not valid yet.
    NotYetValid,
    /// One for another host.
    WrongHost,
}

/// The kind of a self-signed certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfSigned {
    /// That of an authority (CA:TRUE), as `openssl req -x509` creates it.
    Authority,
    /// That of a server.
    Server,
}

/// The client certificate that the server requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificate {
    /// None.
    #[default]
    None,
    /// One of the server's authority.
    Required,
    /// One of an authority that no client has a certificate of.
    Refused,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

choices! {
    ServedCertificate: Valid, Expired, NotYetValid, WrongHost;
    SelfSigned: Authority, Server;
    ClientCertificate: None, Required, Refused;
    TlsVersion: Tls12, Tls13;
}

described! {
    /// TLS options. The authority and the certificates are created at the start.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct TlsOptions {
        /// The certificate that the server presents.
        pub certificate: ServedCertificate,
        /// Present a self-signed certificate, which is then `ca` itself.
        pub self_signed: Option<SelfSigned>,
        /// The client certificate that the server requests.
        pub client_certificate: ClientCertificate,
        /// The supported versions; both if absent.
        pub versions: Vec<TlsVersion>,
        /// Whether HTTP/2 is supported.
        pub http2: bool,
        /// Maximum number of open streams of one HTTP/2 connection.
        pub max_concurrent_streams: Option<u32>,
    }
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            certificate: ServedCertificate::default(),
            self_signed: None,
            client_certificate: ClientCertificate::default(),
            versions: vec![TlsVersion::Tls12, TlsVersion::Tls13],
            http2: true,
            max_concurrent_streams: None,
        }
    }
}

impl TlsOptions {
    pub(crate) fn check(&self, spelling: Spelling) -> Result<(), String> {
        if cfg!(not(feature = "tls")) {
            return Err(" needs the Cargo feature tls".to_owned());
        }
        if self.versions.is_empty() {
            return Err(".versions must not be empty".to_owned());
        }
        if self.max_concurrent_streams == Some(0) {
            return Err(format!(".{} must be at least 1", spelling.spell("max_concurrent_streams")));
        }
        Ok(())
    }
}

/// Certificates that a client of a TLS server needs, as PEM.
#[derive(Clone)]
pub struct Certificates {
    /// The certificate of the server's authority.
    pub ca: String,
    /// A certificate for the client, signed by the same authority.
    pub client_cert: String,
    /// Its key.
    pub client_key: String,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}
