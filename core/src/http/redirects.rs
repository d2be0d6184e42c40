//! Redirects within the server's own origin: followed by the method and the body as they were, and remembered. All others are
//! refused, as they would carry credentials, sessions and keys to where nobody configured them to go.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::is_own;

/// The most redirects that one request follows.
pub(crate) const MOST: usize = 5;
/// The most addresses whose redirects are remembered.
const REMEMBERED: usize = 16;

/// Where addresses of the server lead.
#[derive(Default)]
pub(crate) struct Redirects(Mutex<Vec<(Url, Url)>>);

impl Redirects {
    fn known(&self) -> MutexGuard<'_, Vec<(Url, Url)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a request to `url` was redirected to the last time.
    pub(crate) fn of(&self, url: &Url) -> Option<Url> {
        self.known().iter().find(|(from, _)| from == url).map(|(_, to)| to.clone())
    }

    /// Notes where the request to `from` was answered at last, and how; `is_new` where it was redirected there just now. What
    /// is not there any more is forgotten, so that the next request asks at the configured address again.
    pub(crate) fn note(&self, from: &Url, to: &Url, status: StatusCode, is_new: bool) {
        let is_absent = matches!(
            status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE | StatusCode::MISDIRECTED_REQUEST
        );
        let is_gone = status.is_redirection() || (is_absent && !is_new);
        if status.is_server_error() {
            return;
        }
        let mut known = self.known();
        let at = known.iter().position(|(known, _)| known == from);
        if is_gone || from == to {
            if let Some(at) = at {
                known.remove(at);
            }
            return;
        }
        match at {
            Some(at) => known[at].1 = to.clone(),
            None => {
                if known.len() >= REMEMBERED {
                    known.remove(0);
                }
                known.push((from.clone(), to.clone()));
            }
        }
    }
}

/// Where a response sends the request on to, if it may follow.
pub(crate) fn target(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    // Others change the method, or leave that open.
    if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
        return None;
    }
    let mut to = resolve(from, headers)?;
    to.set_fragment(None);
    is_own(from, &to).then_some(to)
}

/// Makes the address in a refused redirect one that can be shown: absolute, without credentials, query and fragment.
pub(crate) fn make_showable(from: &Url, headers: &mut HeaderMap) {
    let Some(to) = resolve(from, headers) else { return };
    let shown = match to.host() {
        Some(_) => format!("{}{}", to.origin().ascii_serialization(), to.path()),
        None => format!("{}:", to.scheme()),
    };
    match HeaderValue::try_from(shown) {
        Ok(shown) => drop(headers.insert(LOCATION, shown)),
        Err(_) => drop(headers.remove(LOCATION)),
    }
}

fn resolve(from: &Url, headers: &HeaderMap) -> Option<Url> {
    // Some servers do not escape what is not ASCII.
    let location = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    from.join(location).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(text.as_bytes()).unwrap())])
    }

    #[test]
    fn only_307_and_308_within_the_origin_are_followed() {
        let from = Url::parse("https://a.example/mcp?tenant=1").unwrap();
        for (status, to, expected) in [
            (307, "/mcp/", Some("https://a.example/mcp/")),
            (308, "mcp/", Some("https://a.example/mcp/")),
            (307, "?tenant=2", Some("https://a.example/mcp?tenant=2")),
            (307, "https://a.example/mcp/", Some("https://a.example/mcp/")),
            (307, "https://a.example:443/mcp/", Some("https://a.example/mcp/")),
            (307, "HTTPS://A.EXAMPLE/mcp/", Some("https://a.example/mcp/")),
            (307, "//a.example/mcp/", Some("https://a.example/mcp/")),
            (307, "/mcp/#part", Some("https://a.example/mcp/")),
            (307, "/m\u{e4}", Some("https://a.example/m%C3%A4")),
            (307, "../x/./y", Some("https://a.example/x/y")),
            (301, "/mcp/", None),
            (302, "/mcp/", None),
            (303, "/mcp/", None),
            (300, "/mcp/", None),
            (304, "/mcp/", None),
            (305, "/mcp/", None),
            (200, "/mcp/", None),
            (307, "http://a.example/mcp/", None),
            (307, "https://a.example:8443/mcp/", None),
            (307, "https://b.example/mcp/", None),
            (307, "//b.example/mcp/", None),
            (307, "https://a.example./mcp/", None),
            (307, "https://a.example@b.example/", None),
            (307, "https://user:pass@a.example/mcp/", None),
            (307, "\\\\b.example\\mcp", None),
            (307, "javascript:alert(1)", None),
            (307, "https://[::1", None),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = target(&from, status, &location(to));
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{status} {to}");
        }
        assert_eq!(target(&from, StatusCode::TEMPORARY_REDIRECT, &HeaderMap::new()), None);
    }

    #[test]
    fn what_is_shown_has_no_credentials_and_no_query() {
        let from = Url::parse("http://127.0.0.1:8000/mcp").unwrap();
        for (to, expected) in [
            ("https://user:pass@b.example/mcp/?token=x#y", "https://b.example/mcp/"),
            ("/other?key=x", "http://127.0.0.1:8000/other"),
            ("mailto:a@b.example", "mailto:"),
            ("file:///etc/passwd", "file:"),
        ] {
            let mut headers = location(to);
            make_showable(&from, &mut headers);
            assert_eq!(headers[LOCATION], expected, "{to}");
        }
    }

    #[test]
    fn what_is_not_there_any_more_is_forgotten_and_only_so_much_remembered() {
        let redirects = Redirects::default();
        let url = |path: &str| Url::parse("http://a.example/").unwrap().join(path).unwrap();
        let (from, to) = (url("mcp"), url("mcp/"));
        redirects.note(&from, &to, StatusCode::INTERNAL_SERVER_ERROR, true);
        redirects.note(&from, &to, StatusCode::FOUND, true);
        assert_eq!(redirects.of(&from), None);
        // Servers answer an unknown method by 404, too.
        redirects.note(&from, &to, StatusCode::NOT_FOUND, true);
        redirects.note(&from, &to, StatusCode::UNAUTHORIZED, false);
        redirects.note(&from, &to, StatusCode::SERVICE_UNAVAILABLE, false);
        assert_eq!(redirects.of(&from), Some(to.clone()));
        redirects.note(&from, &to, StatusCode::NOT_FOUND, false);
        assert_eq!(redirects.of(&from), None);
        redirects.note(&from, &to, StatusCode::OK, true);
        redirects.note(&from, &from, StatusCode::OK, true);
        assert_eq!(redirects.of(&from), None);
        for number in 0..100 {
            redirects.note(&url(&number.to_string()), &to, StatusCode::OK, true);
        }
        assert_eq!(redirects.known().len(), REMEMBERED);
    }
}
