//! What a failed TLS handshake says, for people.

use rustls::{AlertDescription, CertificateError, Error as TlsError, PeerIncompatible};

use super::unanswered::{Way, causes};
use crate::error::Code;
use crate::failure::Failure;
use crate::retry::Happened;

/// With these a server refuses a client for its certificate (RFC 8446, section 6.2). Since TLS 1.3 they come behind the
/// client's end of the handshake, but still before the server looks at anything that was sent.
const CERTIFICATE_REFUSED: &[AlertDescription] = &[
    AlertDescription::NoCertificate,
    AlertDescription::BadCertificate,
    AlertDescription::UnsupportedCertificate,
    AlertDescription::CertificateRevoked,
    AlertDescription::CertificateExpired,
    AlertDescription::CertificateUnknown,
    AlertDescription::UnknownCA,
    AlertDescription::AccessDenied,
    AlertDescription::CertificateRequired,
];

/// With these it breaks the handshake off for other reasons.
const HANDSHAKE_REFUSED: &[AlertDescription] = &[
    AlertDescription::HandshakeFailure,
    AlertDescription::ProtocolVersion,
    AlertDescription::InsufficientSecurity,
    AlertDescription::UnrecognisedName,
    AlertDescription::NoApplicationProtocol,
];

/// What TLS says of a request without an answer, where it is TLS that failed. `to_proxy`: on the way to a proxy.
pub(super) fn of(error: &reqwest::Error, to_proxy: bool, way: Way) -> Option<Failure> {
    let peer = if to_proxy { "proxy" } else { "server" };
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<TlsError>());
    if let Some(TlsError::InvalidCertificate(why)) = tls {
        let message = format!("the {peer}'s certificate {}", wrong(why));
        return Some(Failure::new(Happened::CertificateInvalid, Code::CertificateInvalid, message));
    }
    let alert = match tls {
        Some(TlsError::AlertReceived(alert)) => Some(*alert),
        _ => told_as_text(error),
    };
    if let Some(alert) = alert {
        if CERTIFICATE_REFUSED.contains(&alert) {
            let message = match way.certificate_missing {
                true => format!("the {peer} asks for a client certificate, and client_cert is not given"),
                false => format!("the {peer} does not accept the client's certificate ({})", name(alert)),
            };
            return Some(Failure::new(Happened::CertificateInvalid, Code::ClientCertificateRefused, message));
        }
        if HANDSHAKE_REFUSED.contains(&alert) {
            return Some(failed(format!("the {peer} refused the TLS handshake: {}", refusal(alert))));
        }
    }
    let why = match tls.filter(|_| error.is_connect())? {
        TlsError::AlertReceived(alert) => format!("the {peer} broke it off ({})", name(*alert)),
        TlsError::InvalidMessage(_) => format!("the {peer} does not speak TLS here"),
        TlsError::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => format!("the {peer} {}", refusal(AlertDescription::ProtocolVersion)),
        TlsError::PeerIncompatible(_) | TlsError::NoApplicationProtocol => "there is nothing in common".to_owned(),
        _ => format!("the {peer} does not follow the protocol"),
    };
    Some(failed(format!("the TLS handshake failed: {why}")))
}

fn failed(message: String) -> Failure {
    Failure::new(Happened::NotConnected, Code::TlsFailed, message)
}

/// HTTP/2 keeps no more of an error of the connection below it than its text.
fn told_as_text(error: &reqwest::Error) -> Option<AlertDescription> {
    let io = causes(error).find_map(|cause| cause.downcast_ref::<std::io::Error>())?;
    let text = io.to_string();
    let known = CERTIFICATE_REFUSED.iter().chain(HANDSHAKE_REFUSED);
    known.copied().find(|alert| text == TlsError::AlertReceived(*alert).to_string())
}

fn refusal(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => "speaks no TLS version that is allowed (see min_tls_version)".to_owned(),
        other => name(other),
    }
}

/// An alert in words: `HandshakeFailure` is "handshake failure".
fn name(alert: AlertDescription) -> String {
    let mut words = String::new();
    for letter in format!("{alert:?}").chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with(|last: char| last.is_ascii_uppercase())
        {
            words.push(' ');
        }
        words.push(letter);
    }
    words.to_ascii_lowercase()
}

/// What is wrong with a certificate.
fn wrong(why: &CertificateError) -> String {
    use CertificateError as Why;
    match why {
        Why::Expired | Why::ExpiredContext { .. } => "has expired".to_owned(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => "is not valid yet".to_owned(),
        Why::Revoked => "has been revoked".to_owned(),
        Why::UnknownIssuer => "is of an authority that is not trusted (see ca_certs)".to_owned(),
        Why::NotValidForName => "is for another host name".to_owned(),
        Why::NotValidForNameContext { expected, .. } => {
            format!("is not for the host name {}", crate::text::preview(expected.to_str().as_bytes()))
        }
        Why::BadSignature => "is not signed by the authority that it names".to_owned(),
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => "is not one for servers".to_owned(),
        // The platform's verifier and webpki have further reasons, in words of their own that quote the certificate.
        other => format!("is not valid: {}", crate::text::preview(other.to_string().as_bytes())),
    }
}
