//! Options that are PEM text or the path of a PEM file.

use std::borrow::Cow;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Code, Error, Result};

/// Start of every PEM object; no path contains it.
const PEM: &str = "-----BEGIN ";

/// The certificates of an option.
pub(crate) fn certificates(field: &str, given: &str) -> Result<Vec<CertificateDer<'static>>> {
    let text = read(field, given)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|_| refused(field, "is not valid PEM"))?;
    if certificates.is_empty() {
        return Err(refused(field, "contains no PEM certificate"));
    }
    Ok(certificates)
}

/// PEM as given, or from the file of this path. Errors do not contain the value: it may be a truncated key.
pub(crate) fn read<'a>(field: &str, given: &'a str) -> Result<Cow<'a, [u8]>> {
    if given.contains(PEM) {
        return Ok(Cow::Borrowed(given.as_bytes()));
    }
    let unreadable = |why: &dyn std::fmt::Display| {
        refused(field, &format!("must be PEM text or the path of a PEM file; the file cannot be read: {why}"))
    };
    // Devices and pipes may never end.
    match std::fs::metadata(given) {
        Ok(found) if !found.is_file() => Err(unreadable(&"it is not a regular file")),
        Ok(_) => std::fs::read(given).map(Cow::Owned).map_err(|error| unreadable(&error)),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The error of TLS options that cannot be used together with this system.
pub(crate) fn unusable(message: &str) -> Error {
    Error::new(Code::InvalidOption, message)
}

pub(crate) fn refused(field: &str, allowed: &str) -> Error {
    Error::config(Code::InvalidOption, field, allowed)
}
