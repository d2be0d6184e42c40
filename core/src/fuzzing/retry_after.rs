//! `Retry-After`: seconds, dates, and any other text.

use std::time::{Duration, SystemTime};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

use super::dates;
use crate::http::retry_after::{LONGEST, read};

/// `input`: the header value, an LF and the value of `Date`; or nine bytes for two dates and their formats.
///
/// # Panics
/// If a wait exceeds the maximum, or differs from the header.
pub fn retry_after(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == b'\n');
    let (value, date) = (parts.next().unwrap_or_default(), parts.next());
    as_given(value, date);
    if let Some(&[a, b, c, d, e, f, g, h, forms]) = input.first_chunk() {
        let within = |seconds| u32::from_le_bytes(seconds) % (dates::LAST + 1);
        between_dates(within([a, b, c, d]), within([e, f, g, h]), forms);
    }
}

fn as_given(value: &[u8], date: Option<&[u8]>) {
    let Some(wait) = waits(value, date) else { return };
    // Only ASCII white space around a value is ignored.
    let text = String::from_utf8_lossy(value.trim_ascii());
    let is_fraction = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text.is_empty() || text.starts_with(['-', '+']) || is_fraction {
        assert_eq!(wait, None, "{text}");
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = text.trim_start_matches('0');
        let seconds = if digits.len() > 10 { LONGEST } else { digits.parse().unwrap_or(0).min(LONGEST) };
        assert_eq!(wait, Some(Duration::from_secs(seconds)), "{text}");
    }
    assert!(wait <= Some(Duration::from_secs(LONGEST)), "{text}: {wait:?}");
}

fn between_dates(sent: u32, until: u32, forms: u8) {
    let (date, value) = (dates::written(sent, forms / 3), dates::written(until, forms));
    let wait = Duration::from_secs(u64::from(until.saturating_sub(sent)));
    assert_eq!(waits(value.as_bytes(), Some(date.as_bytes())), Some(Some(wait)), "{value} at {date}");
}

/// The parsed value; `None` if the bytes are not a header value.
fn waits(value: &[u8], date: Option<&[u8]>) -> Option<Option<Duration>> {
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_bytes(value).ok()?);
    if let Some(date) = date {
        headers.insert(DATE, HeaderValue::from_bytes(date).ok()?);
    }
    Some(read(&headers, SystemTime::UNIX_EPOCH))
}
