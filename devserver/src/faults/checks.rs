//! Checks of a fault's fields.

use std::collections::BTreeMap;

use super::Fault;
use crate::reading::Spelling;

impl Fault {
    /// Checks statuses, headers and sizes.
    pub(super) fn check(&self, spelling: Spelling) -> Result<(), String> {
        let check_header = |name: &str, value: Option<&str>| check_value(&spelling.spell(name), value);
        let no_bytes = || Err(format!("{} must be at least 1", spelling.spell("bytes_per_tick")));
        let status = match self {
            Self::ServiceError { status, headers, .. } => {
                check_headers(headers)?;
                *status
            }
            Self::Status { status, headers, content_type, .. } => {
                check_headers(headers)?;
                check_header("content_type", content_type.as_deref())?;
                Some(*status)
            }
            Self::OmniError { status, .. } => *status,
            Self::RpcError { status, .. } => Some(*status),
            Self::RawBody { bytes_per_tick: Some(0), .. } => return no_bytes(),
            Self::RawBody { status, content_type, .. } => {
                check_header("content_type", Some(content_type))?;
                Some(*status)
            }
            Self::Redirect { status, location } => {
                check_header("location", Some(location))?;
                Some(*status)
            }
            Self::ContentType { value } => {
                check_header("value", Some(value))?;
                None
            }
            Self::SlowDrip { bytes_per_tick: 0, .. } => return no_bytes(),
            _ => None,
        };
        match status {
            Some(status) if !(200..=999).contains(&status) => {
                Err(format!("status {status} is not between 200 and 999"))
            }
            _ => Ok(()),
        }
    }
}

fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in headers {
        if http::HeaderName::try_from(name).is_err() || http::HeaderValue::try_from(value).is_err() {
            return Err(format!("header {name:?} cannot be sent"));
        }
    }
    Ok(())
}

fn check_value(name: &str, value: Option<&str>) -> Result<(), String> {
    match value.map(http::HeaderValue::try_from) {
        Some(Err(_)) => Err(format!("{name} cannot be sent in a header")),
        _ => Ok(()),
    }
}
