//! TLS of the server: certificates, handshake, and the negotiated HTTP version.

mod certificates;

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};
use tokio_rustls::server::TlsStream;

use crate::tls_options::{Certificates, ClientCertificate, TlsOptions, TlsVersion};
use certificates::Authority;

/// The TLS settings of a server.
pub(crate) struct Front {
    acceptor: TlsAcceptor,
    pub(crate) certificates: Certificates,
    pub(crate) max_concurrent_streams: Option<u32>,
}

impl Front {
    pub(crate) fn new(options: &TlsOptions) -> io::Result<Self> {
        let authority = match options.self_signed {
            None => Authority::new("omni-mcp-devserver authority"),
            Some(kind) => Authority::itself(options.certificate, kind),
        };
        let authority = authority.map_err(io::Error::other)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config(options, &authority)?)),
            certificates: authority.for_clients().map_err(io::Error::other)?,
            max_concurrent_streams: options.max_concurrent_streams,
        })
    }

    /// Performs the handshake.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }
}

/// Whether HTTP/2 was negotiated.
pub(crate) fn is_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

fn config(options: &TlsOptions, authority: &Authority) -> io::Result<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let versions: Vec<_> = options
        .versions
        .iter()
        .map(|version| match version {
            TlsVersion::Tls12 => &version::TLS12,
            TlsVersion::Tls13 => &version::TLS13,
        })
        .collect();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(io::Error::other)?;
    let trusted = match options.client_certificate {
        ClientCertificate::None => None,
        ClientCertificate::Required => Some(authority.certificate()),
        ClientCertificate::Refused => Some(Authority::new("unknown").map_err(io::Error::other)?.certificate()),
    };
    let builder = match trusted {
        None => builder.with_no_client_auth(),
        Some(certificate) => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate).map_err(io::Error::other)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(io::Error::other)?)
        }
    };
    let identity = match options.self_signed {
        None => authority.server(options.certificate).map_err(io::Error::other)?,
        Some(_) => authority.own(),
    };
    let mut config = builder.with_single_cert(identity.chain, identity.key).map_err(io::Error::other)?;
    if options.http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}
