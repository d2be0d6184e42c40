//! What a server behind TLS can be told, and what its clients need.

use serde::{Deserialize, Serialize};

/// Which certificate the server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedCertificate {
    /// One for 127.0.0.1, `[::1]` and localhost, of the server's own authority.
    #[default]
    Valid,
    /// The same, expired.
    Expired,
    /// The same, from a day to come.
    NotYetValid,
    /// One for another host.
    WrongHost,
}

/// What a certificate says that is signed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfSigned {
    /// That it is one of an authority (CA:TRUE), as `openssl req -x509` makes it.
    Authority,
    /// That it is one of a server.
    Server,
}

/// What the server wants of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificate {
    /// No certificate.
    #[default]
    None,
    /// A certificate of the server's own authority.
    Required,
    /// A certificate of an authority that no client has one of.
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

/// The server speaks https. Its authority and its certificates are made at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsOptions {
    /// The certificate that it shows.
    pub certificate: ServedCertificate,
    /// Show a certificate that no authority signed, which is then `ca` itself.
    pub self_signed: Option<SelfSigned>,
    /// The certificate that it asks for.
    pub client_certificate: ClientCertificate,
    /// The versions that it speaks; both when left out.
    pub versions: Vec<TlsVersion>,
    /// Whether it speaks HTTP/2 with a client that offers it.
    pub http2: bool,
    /// How many streams of one HTTP/2 connection may be open at once.
    pub max_concurrent_streams: Option<u32>,
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
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if cfg!(not(feature = "tls")) {
            return Err(" needs the Cargo feature tls");
        }
        if self.versions.is_empty() {
            return Err(".versions must not be empty");
        }
        if self.max_concurrent_streams == Some(0) {
            return Err(".max_concurrent_streams must be at least 1");
        }
        Ok(())
    }
}

/// What a client needs to reach a server behind TLS, as PEM.
#[derive(Clone)]
pub struct Certificates {
    /// The certificate of the server's authority.
    pub ca: String,
    /// A certificate for the client, of the same authority.
    pub client_cert: String,
    /// Its key.
    pub client_key: String,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificates")
    }
}
