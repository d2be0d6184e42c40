//! Redirects within the server's own origin are followed with the same method and body, and remembered. All others are refused, as
//! they would send credentials, sessions and keys to an origin that is not configured.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use crate::http::client::is_own;

/// The most redirects that one request follows.
pub(crate) const MOST: usize = 5;
/// The most addresses whose redirects are remembered.
const REMEMBERED: usize = 16;

/// Where requests to addresses of the server were redirected to, by their method.
#[derive(Default)]
pub(crate) struct Redirects(Mutex<Vec<KnownRedirect>>);

#[derive(Debug, PartialEq, Eq)]
struct KnownRedirect {
    method: Method,
    from: Url,
    to: Url,
}

/// A request to a remembered target. Unless it is settled, the target is forgotten: if nothing responds there, the next request is
/// sent to the configured address again.
pub(crate) struct Unsettled<'a> {
    redirects: &'a Redirects,
    method: Method,
    from: Url,
    is_remembered: bool,
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        if self.is_remembered {
            self.redirects.forget(&self.method, &self.from);
        }
    }
}

impl Unsettled<'_> {
    /// Records the address that has responded, and its response. `is_new`: the request was redirected there just now.
    pub(crate) fn settle(mut self, to: &Url, status: StatusCode, headers: &HeaderMap, is_new: bool) {
        self.is_remembered = false;
        if *to == self.from || !is_expected(status, headers, is_new) {
            self.redirects.forget(&self.method, &self.from);
        } else if is_new {
            self.redirects.note(&self.method, &self.from, to);
        }
    }
}

impl Redirects {
    fn known(&self) -> MutexGuard<'_, Vec<KnownRedirect>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The remembered target of such a request.
    pub(crate) fn of(&self, method: &Method, url: &Url) -> Option<Url> {
        self.known().iter().find(|known| known.is(method, url)).map(|known| known.to.clone())
    }

    /// Begins a request, and returns its remembered target.
    pub(crate) fn begin(&self, method: &Method, url: &Url) -> (Unsettled<'_>, Option<Url>) {
        let to = self.of(method, url);
        let is_remembered = to.is_some();
        (Unsettled { redirects: self, method: method.clone(), from: url.clone(), is_remembered }, to)
    }

    fn note(&self, method: &Method, from: &Url, to: &Url) {
        let mut known = self.known();
        known.retain(|known| !known.is(method, from));
        if known.len() >= REMEMBERED {
            known.remove(0);
        }
        known.push(KnownRedirect { method: method.clone(), from: from.clone(), to: to.clone() });
    }

    /// Forgets a target: the next request is sent to the configured address again.
    pub(crate) fn forget(&self, method: &Method, from: &Url) {
        self.known().retain(|known| !known.is(method, from));
    }
}

impl KnownRedirect {
    fn is(&self, method: &Method, from: &Url) -> bool {
        self.method == *method && self.from == *from
    }
}

/// Whether the head of a response may be that of the server itself. A temporary target may end; then a web page, an error of a
/// gateway or another server responds there.
fn is_expected(status: StatusCode, headers: &HeaderMap, is_new: bool) -> bool {
    let is_absent = matches!(
        status,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE | StatusCode::MISDIRECTED_REQUEST
    );
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if status.is_success() {
        return !essence.contains("html");
    }
    // Servers also use 404 for an unknown method.
    status.is_client_error() && essence.ends_with("json") && (is_new || !is_absent)
}

/// The target of a redirect, if it may be followed.
pub(crate) fn target(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    // Other redirects may change the method.
    if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
        return None;
    }
    let mut to = resolve(from, headers)?;
    to.set_fragment(None);
    is_own(from, &to).then_some(to)
}

/// Makes the target of a refused redirect safe for messages: absolute, without credentials, query and fragment.
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
    // Some servers do not escape non-ASCII characters.
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
    fn a_shown_target_has_no_credentials_and_no_query() {
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

    fn url(path: &str) -> Url {
        Url::parse("http://a.example/").unwrap().join(path).unwrap()
    }

    fn is_remembered_after(status: u16, content_type: &str, is_new: bool) -> bool {
        let redirects = Redirects::default();
        let (from, to) = (url("mcp"), url("mcp/"));
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap())]);
        if !is_new {
            redirects.note(&Method::POST, &from, &to);
        }
        redirects.begin(&Method::POST, &from).0.settle(&to, StatusCode::from_u16(status).unwrap(), &headers, is_new);
        redirects.of(&Method::POST, &from) == Some(to)
    }

    #[test]
    fn a_target_that_does_not_respond_as_the_server_is_forgotten() {
        let json = "application/json; charset=utf-8";
        for (status, content_type, is_new, expected) in [
            (200, json, true, true),
            (200, json, false, true),
            (200, "text/event-stream", false, true),
            (202, "text/plain", false, true),
            (200, "text/html", true, false),
            (200, "Text/HTML; charset=utf-8", false, false),
            (404, json, true, true),
            (404, json, false, false),
            (405, json, false, false),
            (410, json, false, false),
            (421, json, false, false),
            (400, json, false, true),
            (403, json, false, true),
            (400, "text/plain", false, false),
            (401, "text/html", false, false),
            (403, "text/html", true, false),
            (429, "text/plain", false, false),
            (500, json, true, false),
            (502, "text/html", false, false),
            (503, json, false, false),
            (302, "text/html", false, false),
            (307, "text/html", true, false),
        ] {
            assert_eq!(is_remembered_after(status, content_type, is_new), expected, "{status} {content_type} {is_new}");
        }
    }

    #[test]
    fn each_method_has_its_own_redirects() {
        let redirects = Redirects::default();
        let (from, to) = (url("mcp"), url("stream"));
        redirects.note(&Method::GET, &from, &to);
        assert_eq!(redirects.of(&Method::POST, &from), None);
        assert_eq!(redirects.of(&Method::DELETE, &from), None);
        redirects.note(&Method::POST, &from, &to);
        redirects.begin(&Method::GET, &from).0.settle(&to, StatusCode::METHOD_NOT_ALLOWED, &HeaderMap::new(), false);
        assert_eq!(redirects.of(&Method::GET, &from), None);
        assert_eq!(redirects.of(&Method::POST, &from), Some(to));
    }

    #[test]
    fn a_target_that_does_not_respond_is_forgotten() {
        let redirects = Redirects::default();
        let (from, to) = (url("mcp"), url("mcp/"));
        redirects.note(&Method::POST, &from, &to);
        // The request failed, or was cancelled.
        let (unsettled, known) = redirects.begin(&Method::POST, &from);
        assert_eq!(known, Some(to.clone()));
        drop(unsettled);
        assert_eq!(redirects.of(&Method::POST, &from), None);
        // A response to an earlier request does not restore it.
        redirects.begin(&Method::POST, &from).0.settle(&to, StatusCode::OK, &HeaderMap::new(), false);
        assert_eq!(redirects.of(&Method::POST, &from), None);
    }

    #[test]
    fn the_number_of_remembered_redirects_is_limited() {
        let redirects = Redirects::default();
        let (from, to) = (url("mcp"), url("mcp/"));
        redirects.note(&Method::POST, &from, &to);
        redirects.begin(&Method::POST, &from).0.settle(&from, StatusCode::OK, &HeaderMap::new(), true);
        assert_eq!(redirects.of(&Method::POST, &from), None);
        for number in 0..100 {
            redirects.note(&Method::POST, &url(&number.to_string()), &to);
        }
        assert_eq!(redirects.known().len(), REMEMBERED);
    }
}
