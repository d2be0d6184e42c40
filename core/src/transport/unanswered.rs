//! Why a request got no answer, out of the HTTP library's error.

use std::error::Error as StdError;

use crate::error::Code;
use crate::failure::Failure;
use crate::limits::Limits;
use crate::retry::Happened;

/// Only a failure to connect proves that nothing was sent.
pub(crate) fn not_answered(error: &reqwest::Error, limits: &Limits) -> Failure {
    if has_cause::<rustls::Error>(error, |tls| matches!(tls, rustls::Error::InvalidCertificate(_))) {
        let message = "the server's certificate is not valid";
        return Failure::new(Happened::CertificateInvalid, Code::CertificateInvalid, message);
    }
    if error.is_connect() {
        let (code, message) = if error.is_timeout() {
            (Code::ConnectTimeout, "no connection within the connect timeout".to_owned())
        } else if error.is_dns() {
            (Code::NameNotResolved, "the host name could not be resolved".to_owned())
        } else {
            (Code::ConnectFailed, format!("no connection could be made{}", io_reason(error)))
        };
        return Failure::new(Happened::NotConnected, code, message);
    }
    if has_cause::<hyper::Error>(error, hyper::Error::is_parse_too_large) {
        return limits.too_many_headers();
    }
    let message = format!("the connection was lost before the answer{}", io_reason(error));
    Failure::new(Happened::Lost, Code::ConnectionLost, message)
}

fn io_reason(error: &reqwest::Error) -> String {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return format!(": {}", io.kind());
        }
        source = cause.source();
    }
    String::new()
}

/// Looks through an error's causes, those inside of I/O errors included.
fn has_cause<T: StdError + 'static>(error: &reqwest::Error, is_it: impl Fn(&T) -> bool) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<T>());
        if cause.downcast_ref::<T>().or(inner).is_some_and(&is_it) {
            return true;
        }
        source = cause.source();
    }
    false
}
