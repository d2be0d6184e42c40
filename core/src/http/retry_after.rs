//! `Retry-After`: seconds, or an HTTP date relative to the response's `Date`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// The longest wait, in seconds; within the range of all timers.
pub(crate) const LONGEST: u64 = u32::MAX as u64;

/// The wait that the server requests; `None` without a valid header.
pub(crate) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that overflows is the longest wait.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX).min(LONGEST)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let sent =
        headers.get(DATE).and_then(|date| date.to_str().ok()).and_then(|date| httpdate::parse_http_date(date).ok());
    let wait = until.duration_since(sent.unwrap_or(now)).unwrap_or_default();
    Some(wait.min(Duration::from_secs(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(retry_after: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        read(&headers, now)
    }

    #[test]
    fn seconds_and_dates() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(wait("7", None, epoch), Some(Duration::from_secs(7)));
        assert_eq!(wait(" 0 ", None, epoch), Some(Duration::ZERO));
        for endless in ["99999999999999999999999", "18446744073709551615"] {
            assert_eq!(wait(endless, None, epoch), Some(Duration::from_secs(LONGEST)));
        }
        for unreadable in ["", "-1", "1.5", "soon"] {
            assert_eq!(wait(unreadable, None, epoch), None, "{unreadable}");
        }
        let (eight, half_past) = ("Sat, 21 Nov 2026 08:00:00 GMT", "Sat, 21 Nov 2026 08:00:30 GMT");
        assert_eq!(wait(half_past, Some(eight), epoch), Some(Duration::from_secs(30)));
        assert_eq!(wait(eight, Some(half_past), epoch), Some(Duration::ZERO));
        let last = "Fri, 31 Dec 9999 23:59:59 GMT";
        assert_eq!(wait(last, Some(eight), epoch), Some(Duration::from_secs(LONGEST)));
        let now = httpdate::parse_http_date(eight).unwrap();
        assert_eq!(wait(half_past, None, now), Some(Duration::from_secs(30)));
    }
}
