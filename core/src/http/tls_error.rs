//! The messages of failed TLS handshakes.

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error as TlsError, OtherError, PeerIncompatible};

use crate::config::certificate_verifier::is_ca_as_server_certificate;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::error::{ConnectionFacts, causes};
use crate::util::sanitize::preview;

/// Alerts with which a server refuses the client's certificate (RFC 8446, section 6.2). With TLS 1.3 they are sent after the handshake,
/// but before the server reads the request.
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

/// Alerts with which a server aborts the handshake for other reasons.
const HANDSHAKE_REFUSED: &[AlertDescription] = &[
    AlertDescription::HandshakeFailure,
    AlertDescription::ProtocolVersion,
    AlertDescription::InsufficientSecurity,
    AlertDescription::UnrecognisedName,
    AlertDescription::NoApplicationProtocol,
];

/// The failure of a request without a response, if TLS failed. `to_proxy`: in the connection to a proxy.
pub(super) fn of(error: &reqwest::Error, to_proxy: bool, facts: ConnectionFacts<'_>) -> Option<AttemptError> {
    let peer = if to_proxy { facts.proxy.unwrap_or("the proxy") } else { "the server" };
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<TlsError>());
    if let Some(TlsError::InvalidCertificate(why)) = tls {
        let hint = if is_about_trust(why) { facts.unused_certificates } else { "" };
        let certificate =
            if to_proxy { format!("the certificate of {peer}") } else { "the server's certificate".to_owned() };
        let message = format!("{certificate} {}{hint}", wrong(why));
        return Some(AttemptError::new(FailureClass::CertificateInvalid, Code::CertificateInvalid, message));
    }
    let alert = match tls {
        Some(TlsError::AlertReceived(alert)) => Some(*alert),
        _ => alert_of_text(error),
    };
    if let Some(alert) = alert {
        if CERTIFICATE_REFUSED.contains(&alert) {
            let message = match facts.certificate_missing {
                true => format!("{peer} asks for a client certificate, and client_cert is not given"),
                false => format!("{peer} does not accept the client's certificate ({})", name(alert)),
            };
            return Some(AttemptError::new(FailureClass::CertificateInvalid, Code::ClientCertificateRefused, message));
        }
        if HANDSHAKE_REFUSED.contains(&alert) {
            return Some(failed(format!("{peer} refused the TLS handshake: {}", refusal(alert))));
        }
    }
    let why = match tls.filter(|_| error.is_connect())? {
        TlsError::AlertReceived(alert) => format!("{peer} aborted it ({})", name(*alert)),
        TlsError::InvalidMessage(_) => format!("{peer} does not use TLS on this port"),
        TlsError::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => format!("{peer} {}", refusal(AlertDescription::ProtocolVersion)),
        TlsError::PeerIncompatible(_) | TlsError::NoApplicationProtocol => {
            "no common cipher suite or protocol".to_owned()
        }
        _ => format!("{peer} sent an invalid TLS message"),
    };
    Some(failed(format!("the TLS handshake failed: {why}")))
}

fn failed(message: String) -> AttemptError {
    AttemptError::new(FailureClass::NotConnected, Code::TlsFailed, message)
}

/// The alert in the text of an I/O error: HTTP/2 keeps only the text of an error of its connection.
fn alert_of_text(error: &reqwest::Error) -> Option<AlertDescription> {
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

/// An alert for messages: `HandshakeFailure` is "handshake failure".
fn name(alert: AlertDescription) -> String {
    spaced(&format!("{alert:?}"))
}

/// The name of a variant with spaces, without its fields.
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    for character in name.chars().take_while(char::is_ascii_alphanumeric) {
        if character.is_ascii_uppercase()
            && !spaced.is_empty()
            && !spaced.ends_with(|last: char| last.is_ascii_uppercase())
        {
            spaced.push(' ');
        }
        spaced.push(character);
    }
    spaced.to_ascii_lowercase()
}

/// Whether the certificate could be valid with other trusted certificates.
fn is_about_trust(why: &CertificateError) -> bool {
    matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_))
}

/// The problem of a certificate.
fn wrong(why: &CertificateError) -> String {
    use CertificateError as Why;
    match why {
        Why::ExpiredContext { not_after, .. } => format!("has expired{}", date(" on ", *not_after)),
        Why::Expired => "has expired".to_owned(),
        Why::NotValidYetContext { not_before, .. } => {
            format!("is not valid yet{}", date("; it will be on ", *not_before))
        }
        Why::NotValidYet => "is not valid yet".to_owned(),
        Why::Revoked => "has been revoked".to_owned(),
        Why::UnknownIssuer => "is signed by a CA that is not trusted (option ca_certs)".to_owned(),
        Why::NotValidForName => "is for another host name".to_owned(),
        Why::NotValidForNameContext { expected, presented } => {
            let names = presented_names(presented);
            format!("is not for the host name {}{names}", preview(expected.to_str().as_bytes()))
        }
        Why::BadSignature => "is not signed by the CA that it names".to_owned(),
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => "is not a server certificate".to_owned(),
        other if is_ca_as_server_certificate(other) => {
            "is the certificate of a CA; it is accepted if ca_certs contains it".to_owned()
        }
        // The platform's verifier reports a text, webpki a variant.
        Why::Other(OtherError(other)) => {
            let text = other.to_string();
            let name: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
            let fields = text[name.len()..].trim_start();
            let is_name = name.chars().skip(1).any(|c| c.is_ascii_uppercase())
                && (fields.is_empty() || fields.starts_with(['(', '{']));
            let text = if is_name { spaced(&name) } else { preview(text.as_bytes()) };
            format!("is not valid: {text}")
        }
        other => format!("is not valid: {}", spaced(&format!("{other:?}"))),
    }
}

/// A time for messages, such as ` on 2026-01-31 12:00 UTC`. Empty if it is out of range.
fn date(before: &str, time: UnixTime) -> String {
    let date = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    date.map(|date| format!("{before}{} UTC", date.format("%Y-%m-%d %H:%M"))).unwrap_or_default()
}

/// The most names of a certificate that a message shows.
const MOST_NAMES: usize = 5;

/// The names in a certificate, for messages. The library writes each as `DnsName("a.example")`.
fn presented_names(presented: &[String]) -> String {
    let name = |text: &String| {
        let inner = text.split_once('(').map_or(text.as_str(), |(_, inner)| inner.trim_end_matches(')'));
        preview(inner.trim_matches('"').as_bytes())
    };
    let mut names: Vec<_> = presented.iter().take(MOST_NAMES).map(name).collect();
    if presented.len() > MOST_NAMES {
        names.push("…".to_owned());
    }
    if names.is_empty() { String::new() } else { format!("; it is for {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::pki_types::ServerName;

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
    fn reasons_are_written_for_people() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let for_names = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("b.example").unwrap(),
            presented: presented.iter().map(|&name| name.to_owned()).collect(),
        };
        let other = |name| CertificateError::Other(OtherError(Arc::new(Named(name))));
        for (why, expected) in [
            (other("CaUsedAsEndEntity"), "is the certificate of a CA; it is accepted if ca_certs contains it"),
            (other("UnsupportedCertVersion"), "is not valid: unsupported cert version"),
            (other("InvalidSerialNumber { der: [1] }"), "is not valid: invalid serial number"),
            (other("the chain ends at Example CA"), "is not valid: the chain ends at Example CA"),
            (
                CertificateError::ExpiredContext { time: at(0), not_after: at(1_769_860_800) },
                "has expired on 2026-01-31 12:00 UTC",
            ),
            (
                CertificateError::NotValidYetContext { time: at(0), not_before: at(1_769_860_800) },
                "is not valid yet; it will be on 2026-01-31 12:00 UTC",
            ),
            (
                for_names(&["DnsName(\"a.example\")", "IpAddress(127.0.0.1)"]),
                "is not for the host name b.example; it is for a.example, 127.0.0.1",
            ),
            (for_names(&[]), "is not for the host name b.example"),
            (CertificateError::BadEncoding, "is not valid: bad encoding"),
            (CertificateError::UnhandledCriticalExtension, "is not valid: unhandled critical extension"),
            (CertificateError::ApplicationVerificationFailure, "is not valid: application verification failure"),
            (CertificateError::UnknownRevocationStatus, "is not valid: unknown revocation status"),
        ] {
            assert_eq!(wrong(&why), expected);
        }
    }
}
