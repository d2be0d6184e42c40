//! Why a request received no response, from the error of the HTTP library, and whether that proves that nothing was sent.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::config::limits::Limits;
use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::{proxy_error, tls_error};
use crate::util::sanitize::{preview, seconds};

/// The facts about a connection that are not in the error.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ConnectionFacts<'a> {
    /// The proxy and its source, for messages.
    pub(crate) proxy: Option<&'a str>,
    /// Whether the server has ever responded to this client.
    pub(crate) has_ever_answered: bool,
    /// The limit of the time to connect.
    pub(crate) connect_timeout: Option<Duration>,
    /// Whether a server requested a client certificate, and none is configured.
    pub(crate) certificate_missing: bool,
    /// Whether the whole request may have been sent.
    pub(crate) may_have_been_sent: bool,
    /// Hint about unused certificate variables.
    pub(crate) unused_certificates: &'a str,
}

/// Errors of the operating system that are about this machine: no descriptor is left in the process or the system, no buffer, or no
/// port.
#[cfg(unix)]
const LOCAL_FAULTS: &[i32] = &[
    rustix::io::Errno::MFILE.raw_os_error(),
    rustix::io::Errno::NFILE.raw_os_error(),
    rustix::io::Errno::NOBUFS.raw_os_error(),
    rustix::io::Errno::NOMEM.raw_os_error(),
    rustix::io::Errno::ADDRNOTAVAIL.raw_os_error(),
];
/// The same on Windows: WSAEMFILE, WSAENOBUFS, WSAEADDRNOTAVAIL.
#[cfg(windows)]
const LOCAL_FAULTS: &[i32] = &[10024, 10055, 10049];
#[cfg(not(any(unix, windows)))]
const LOCAL_FAULTS: &[i32] = &[];

/// The failure of a request without a response. These prove that the call did not run: a failure to connect, a request that the
/// library returned unsent, a stream that was refused or is above the last one of GOAWAY, and an aborted TLS handshake.
pub(crate) fn no_response(error: &reqwest::Error, facts: ConnectionFacts<'_>, limits: &Limits) -> AttemptError {
    let mut failure = without_number(error, facts, limits);
    failure.error.info_mut().os_error = os_error(error);
    failure
}

fn without_number(error: &reqwest::Error, facts: ConnectionFacts<'_>, limits: &Limits) -> AttemptError {
    let tunnel = proxy_error::of(error);
    if let Some(failure) = tls_error::of(error, tunnel.is_some(), facts) {
        return failure;
    }
    if error.is_connect() {
        return not_connected(error, tunnel, facts);
    }
    for cause in causes(error) {
        if cause.downcast_ref::<h2::Error>().is_some_and(was_not_processed) {
            let message = "the server refused the request before it processed it";
            return AttemptError::new(FailureClass::NotConnected, Code::StreamRefused, message);
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_canceled() || error.is_closed()) {
            return not_sent(error, facts);
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large) {
            return limits.too_many_headers();
        }
        if let Some(why) = cause.downcast_ref::<hyper::Error>().filter(|error| error.is_parse()) {
            let hint = tls_hint(error, facts);
            let message = format!("the head of the server's response cannot be read: {why}{hint}");
            return AttemptError::new(FailureClass::Unreadable, Code::InvalidAnswer, message);
        }
    }
    if !facts.may_have_been_sent {
        return not_sent(error, facts);
    }
    let message = format!("the connection was lost before the response{}{}", reason(error), tls_hint(error, facts));
    let message = with_hint(message, facts);
    AttemptError::new(FailureClass::Lost, Code::ConnectionLost, message)
}

fn not_sent(error: &reqwest::Error, facts: ConnectionFacts<'_>) -> AttemptError {
    let hint = tls_hint(error, facts);
    let message = format!("the connection was lost before the request was sent{}{hint}", reason(error));
    let message = with_hint(message, facts);
    let code = if facts.certificate_missing { Code::ClientCertificateRefused } else { Code::ConnectionLost };
    AttemptError::new(FailureClass::NotConnected, code, message)
}

/// Whether an established connection has ended, and not only one of its streams.
pub(crate) fn is_end_of_connection(error: &reqwest::Error) -> bool {
    let is_of_a_stream =
        |cause: &(dyn StdError + 'static)| cause.downcast_ref::<h2::Error>().is_some_and(h2::Error::is_reset);
    !error.is_connect() && !causes(error).any(is_of_a_stream)
}

fn not_connected(
    error: &reqwest::Error,
    tunnel: Option<proxy_error::Tunnel>,
    facts: ConnectionFacts<'_>,
) -> AttemptError {
    let through = facts.proxy.map(|proxy| format!(" through {proxy}")).unwrap_or_default();
    let reason = if error.is_dns() { ": its host name could not be resolved".to_owned() } else { reason(error) };
    if os_error(error).is_some_and(|number| LOCAL_FAULTS.contains(&number)) {
        let message = format!("this machine could not make a connection{reason}");
        return AttemptError::new(FailureClass::LocalFault, Code::ConnectFailed, message);
    }
    if error.is_timeout() {
        let within = facts.connect_timeout.map(|time| format!(" within {} (option connect_timeout)", seconds(time)));
        let message = format!("no connection{through}{}", within.as_deref().unwrap_or(" in time"));
        return AttemptError::new(FailureClass::NotConnected, Code::ConnectTimeout, message);
    }
    if let Some(tunnel) = tunnel {
        return tunnel.failure(error, &reason, facts);
    }
    let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
    if let Some(proxy) = facts.proxy.filter(|_| is_plain) {
        let message = format!("{proxy} could not be reached{reason}");
        return AttemptError::new(FailureClass::NotConnected, Code::ProxyFailed, message);
    }
    if error.is_dns() {
        let host = error.url().and_then(url::Url::host_str).unwrap_or_default();
        let message = format!("the host name {} could not be resolved", preview(host.as_bytes()));
        return AttemptError::new(FailureClass::NotConnected, Code::NameNotResolved, message);
    }
    let message = with_hint(format!("no connection could be made{through}{reason}"), facts);
    AttemptError::new(FailureClass::NotConnected, Code::ConnectFailed, message)
}

/// Whether the server has not processed the stream (RFC 9113, sections 6.8 and 8.7).
fn was_not_processed(error: &h2::Error) -> bool {
    let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
    // The library reports GOAWAY only for streams above the last one.
    error.is_remote() && (is_refused || error.is_go_away())
}

fn with_hint(message: String, facts: ConnectionFacts<'_>) -> String {
    if !facts.certificate_missing {
        return message;
    }
    format!("{message}; the server asks for a client certificate, and client_cert is not given")
}

/// The question whether a server that has never responded to plain HTTP uses TLS.
fn tls_hint(error: &reqwest::Error, facts: ConnectionFacts<'_>) -> &'static str {
    let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
    match is_plain && facts.proxy.is_none() && !facts.has_ever_answered {
        true => "; if the server uses TLS on this port, the URL must begin with https",
        false => "",
    }
}

/// The reason, as the operating system or HTTP/2 describes it.
fn reason(error: &reqwest::Error) -> String {
    for cause in causes(error) {
        if let Some(reason) = cause.downcast_ref::<h2::Error>().and_then(h2::Error::reason) {
            return format!(": {}", reason.description());
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return match io.raw_os_error() {
                Some(number) if is_local_or_unnamed(io, number) => {
                    format!(": {}", io::Error::from_raw_os_error(number))
                }
                _ => format!(": {}", io.kind()),
            };
        }
    }
    String::new()
}

/// Whether the kind of the error does not describe it.
fn is_local_or_unnamed(error: &io::Error, number: i32) -> bool {
    LOCAL_FAULTS.contains(&number) || matches!(error.kind().to_string().as_str(), "uncategorized error" | "other error")
}

/// The error number of the operating system.
fn os_error(error: &reqwest::Error) -> Option<i32> {
    causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error())
}

/// The causes of an error, including those inside of I/O errors.
pub(super) fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| cause.source());
        Some(cause)
    })
}
