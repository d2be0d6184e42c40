//! What a failed TLS handshake says, for people.

use rustls::{AlertDescription, CertificateError, Error as TlsError, OtherError, PeerIncompatible};

use crate::config::trust::is_authority;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::error::{Way, causes};

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
pub(super) fn of(error: &reqwest::Error, to_proxy: bool, way: Way<'_>) -> Option<AttemptError> {
    let peer = if to_proxy { "proxy" } else { "server" };
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<TlsError>());
    if let Some(TlsError::InvalidCertificate(why)) = tls {
        let hint = if is_about_trust(why) { way.unused_certificates } else { "" };
        let message = format!("the {peer}'s certificate {}{hint}", wrong(why));
        return Some(AttemptError::new(FailureClass::CertificateInvalid, Code::CertificateInvalid, message));
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
            return Some(AttemptError::new(FailureClass::CertificateInvalid, Code::ClientCertificateRefused, message));
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

fn failed(message: String) -> AttemptError {
    AttemptError::new(FailureClass::NotConnected, Code::TlsFailed, message)
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
    words(&format!("{alert:?}"))
}

/// The name of a variant in words, without what it holds.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars().take_while(char::is_ascii_alphanumeric) {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with(|last: char| last.is_ascii_uppercase())
        {
            words.push(' ');
        }
        words.push(letter);
    }
    words.to_ascii_lowercase()
}

/// Whether other trusted certificates could make it valid.
fn is_about_trust(why: &CertificateError) -> bool {
    matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_))
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
            format!("is not for the host name {}", crate::util::sanitize::preview(expected.to_str().as_bytes()))
        }
        Why::BadSignature => "is not signed by the authority that it names".to_owned(),
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => "is not one for servers".to_owned(),
        other if is_authority(other) => {
            "is one of an authority; it is accepted where ca_certs names it itself".to_owned()
        }
        // The platform's verifier has words of its own, webpki has names.
        Why::Other(OtherError(other)) => {
            let said = other.to_string();
            let name: String = said.chars().take_while(char::is_ascii_alphanumeric).collect();
            let holds = said[name.len()..].trim_start();
            let is_name = name.chars().skip(1).any(|letter| letter.is_ascii_uppercase())
                && (holds.is_empty() || holds.starts_with(['(', '{']));
            let said = if is_name { words(&name) } else { crate::util::sanitize::preview(said.as_bytes()) };
            format!("is not valid: {said}")
        }
        other => format!("is not valid: {}", words(&format!("{other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Debug)]
    struct Named(&'static str);

    impl std::fmt::Display for Named {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Named {}

    #[test]
    fn no_reason_shows_how_the_library_writes_it() {
        let other = |name| CertificateError::Other(OtherError(Arc::new(Named(name))));
        for (why, expected) in [
            (other("CaUsedAsEndEntity"), "is one of an authority; it is accepted where ca_certs names it itself"),
            (other("UnsupportedCertVersion"), "is not valid: unsupported cert version"),
            (other("InvalidSerialNumber { der: [1] }"), "is not valid: invalid serial number"),
            (other("the chain ends at Example CA"), "is not valid: the chain ends at Example CA"),
            (CertificateError::BadEncoding, "is not valid: bad encoding"),
            (CertificateError::UnhandledCriticalExtension, "is not valid: unhandled critical extension"),
            (CertificateError::ApplicationVerificationFailure, "is not valid: application verification failure"),
            (CertificateError::UnknownRevocationStatus, "is not valid: unknown revocation status"),
        ] {
            assert_eq!(wrong(&why), expected);
        }
    }
}
