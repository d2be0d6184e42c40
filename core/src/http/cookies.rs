//! Cookies of the configured server, by which load balancers route a session's requests to the replica that holds it.
//!
//! They belong to one client and its one origin (RFC 6265): they are sent nowhere else, and never shown.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{CookieStore, RawCookie};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::config::is_loopback;

/// The most cookies that are kept; RFC 6265 asks for 50 per domain.
const MOST: usize = 64;
/// The longest `Set-Cookie` that is read (RFC 6265, section 6.1).
const LONGEST: usize = 4096;
/// The most bytes of cookies in one request: servers refuse requests with larger headers.
const IN_A_REQUEST: usize = 8192;
/// How many values are remembered to be left out of messages; load balancers give another one with each response.
const RECENT: usize = 64;

#[derive(Default)]
pub(crate) struct Cookies(Mutex<State>);

#[derive(Default)]
struct State {
    store: CookieStore,
    recent: VecDeque<String>,
}

impl Cookies {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the cookies of a response. What is malformed, expired, for another host or too large is left out.
    pub(crate) fn store(&self, url: &Url, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let mut state = self.state();
        for text in headers.get_all(SET_COOKIE).iter().take(MOST).filter_map(read) {
            let Ok(cookie) = RawCookie::parse(text) else { continue };
            if !is_sendable(&cookie) || !fits_its_prefix(&cookie, url) {
                continue;
            }
            let is_known = state.store.iter_any().any(|known| known.name() == cookie.name());
            if !is_known && state.store.iter_any().count() >= MOST {
                continue;
            }
            // Not `store_response_cookies`, which logs values.
            if state.store.insert_raw(&cookie, url).is_ok() {
                let value = cookie.value().to_owned();
                if !state.recent.contains(&value) {
                    state.recent.truncate(RECENT - 1);
                    state.recent.push_front(value);
                }
            }
        }
    }

    /// Adds the cookies for `url` to a request. Those that the caller set by `headers` take precedence.
    pub(crate) fn add_to(&self, url: &Url, headers: &mut HeaderMap) {
        let state = self.state();
        let mut pairs = Vec::new();
        let given: Vec<u8> = headers.get(COOKIE).map(|given| given.as_bytes().to_vec()).unwrap_or_default();
        let is_given = |name: &str| {
            given.split(|byte| *byte == b';').any(|pair| {
                let name_given = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
                name_given.trim_ascii() == name.as_bytes()
            })
        };
        let mut size = given.len();
        let mut matching = state.store.matches(url);
        // Those with longer paths first (RFC 6265, section 5.4), and always in the same order.
        matching.sort_by_key(|cookie| (Reverse(String::from(&cookie.path).len()), cookie.name().to_owned()));
        for (name, value) in matching.iter().map(|cookie| cookie.name_value()).filter(|(name, _)| !is_given(name)) {
            size += name.len() + value.len() + 3;
            if size > IN_A_REQUEST {
                break;
            }
            pairs.push(format!("{name}={value}").into_bytes());
        }
        if pairs.is_empty() {
            return;
        }
        if !given.is_empty() {
            pairs.insert(0, given);
        }
        if let Ok(mut value) = HeaderValue::from_bytes(&pairs.join(&b"; "[..])) {
            value.set_sensitive(true);
            headers.insert(COOKIE, value);
        }
    }

    /// The values of late, which no message may show.
    pub(crate) fn values(&self) -> Vec<String> {
        self.state().recent.iter().cloned().collect()
    }
}

fn read(header: &HeaderValue) -> Option<String> {
    (header.len() <= LONGEST).then(|| std::str::from_utf8(header.as_bytes()).ok().map(str::to_owned)).flatten()
}

/// Whether it can stand in a header: a single one that cannot must not keep the others from being sent.
fn is_sendable(cookie: &RawCookie<'_>) -> bool {
    let is_clean = |text: &str| !text.contains(|character: char| character.is_control() || character == ';');
    !cookie.name().is_empty() && is_clean(cookie.name()) && is_clean(cookie.value())
}

/// What the prefixes of a name promise (RFC 6265bis, section 4.1.3).
fn fits_its_prefix(cookie: &RawCookie<'_>, url: &Url) -> bool {
    let name = cookie.name().to_ascii_lowercase();
    let is_host = name.starts_with("__host-");
    if !is_host && !name.starts_with("__secure-") {
        return true;
    }
    let is_secure = cookie.secure() == Some(true) && (url.scheme() == "https" || is_loopback(url));
    is_secure && (!is_host || (cookie.domain().is_none() && cookie.path() == Some("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn set(cookies: &Cookies, at: &str, lines: &[&str]) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SET_COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        cookies.store(&url(at), &headers);
    }

    fn sent(cookies: &Cookies, to: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        cookies.add_to(&url(to), &mut headers);
        headers.get(COOKIE).map(|value| {
            assert!(value.is_sensitive());
            String::from_utf8(value.as_bytes().to_vec()).unwrap()
        })
    }

    #[test]
    fn what_is_kept_of_a_set_cookie() {
        let at = "https://api.example.com/mcp";
        for (line, expected) in [
            ("a=1", Some("a=1")),
            ("a=1; Path=/; HttpOnly; SameSite=None; Secure", Some("a=1")),
            ("a=1; Expires=Fri, 27 Nov 2037 08:00:00 GMT; Path=/", Some("a=1")),
            ("a=1; Expires=not a date; Path=/", Some("a=1")),
            ("a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Some("a=1")),
            ("a=1; Unknown=x; Partitioned; Priority=High", Some("a=1")),
            ("a=1;Path=/mcp", Some("a=1")),
            ("  a  =  1  ; path=/", Some("a=1")),
            ("a=b=c==", Some("a=b=c==")),
            ("a=\"quoted\"", Some("a=\"quoted\"")),
            ("a=ä", Some("a=ä")),
            ("a=", Some("a=")),
            ("a=1; Domain=example.com", Some("a=1")),
            ("a=1; Domain=.Example.com", Some("a=1")),
            ("a=1; Domain=api.example.com", Some("a=1")),
            ("__Secure-a=1; Secure", Some("__Secure-a=1")),
            ("__Host-a=1; Secure; Path=/", Some("__Host-a=1")),
            ("a=1; Path=/other", None),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("a=1; Max-Age=0", None),
            ("a=1; Max-Age=-1", None),
            ("a=1; Domain=other.example.com", None),
            ("a=1; Domain=evil.example", None),
            ("a=1; Domain=x.api.example.com", None),
            ("__Secure-a=1", None),
            ("__Host-a=1; Secure; Path=/mcp", None),
            ("__Host-a=1; Secure; Path=/; Domain=api.example.com", None),
            ("__host-a=1; Path=/", None),
            ("=1", None),
            ("", None),
            (";;;", None),
            ("no value", None),
        ] {
            let cookies = Cookies::default();
            set(&cookies, at, &[line]);
            assert_eq!(sent(&cookies, at).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn a_malformed_one_does_not_keep_the_others_out() {
        let cookies = Cookies::default();
        set(&cookies, "https://a.example/mcp", &["=", "a=1", "b=x; Domain=..", "c"]);
        let long = format!("d={}", "x".repeat(LONGEST));
        set(&cookies, "https://a.example/mcp", &[&long]);
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_bytes(b"e=\xff\xfe").unwrap());
        cookies.store(&url("https://a.example/mcp"), &headers);
        assert_eq!(sent(&cookies, "https://a.example/mcp").as_deref(), Some("a=1"));
    }

    #[test]
    fn they_are_sent_to_their_host_only_and_secure_ones_over_tls_or_loopback_only() {
        let cookies = Cookies::default();
        set(&cookies, "https://a.example/mcp", &["a=1; Path=/", "s=2; Path=/; Secure"]);
        assert_eq!(sent(&cookies, "https://a.example/").as_deref(), Some("a=1; s=2"));
        assert_eq!(sent(&cookies, "http://a.example/").as_deref(), Some("a=1"));
        assert_eq!(sent(&cookies, "https://b.example/"), None);
        assert_eq!(sent(&cookies, "https://x.a.example/"), None);
        for loopback in ["http://127.0.0.1:8000/mcp", "http://[::1]:8000/mcp", "http://localhost:8000/mcp"] {
            let cookies = Cookies::default();
            set(&cookies, loopback, &["s=2; Path=/; Secure"]);
            assert_eq!(sent(&cookies, loopback).as_deref(), Some("s=2"), "{loopback}");
        }
    }

    #[test]
    fn later_ones_replace_and_expire_earlier_ones() {
        let (cookies, at) = (Cookies::default(), "http://127.0.0.1:1/mcp");
        set(&cookies, at, &["a=1; Path=/"]);
        set(&cookies, at, &["a=2; Path=/"]);
        assert_eq!(sent(&cookies, at).as_deref(), Some("a=2"));
        set(&cookies, at, &["a=; Path=/; Max-Age=0"]);
        assert_eq!(sent(&cookies, at), None);
        assert!(cookies.values().contains(&"1".to_owned()));
    }

    #[test]
    fn they_are_bounded() {
        let (cookies, at) = (Cookies::default(), "https://a.example/mcp");
        for number in 0..200 {
            set(&cookies, at, &[&format!("c{number}={}", "x".repeat(1000))]);
        }
        assert_eq!(cookies.state().store.iter_any().count(), MOST);
        assert!(cookies.values().len() <= RECENT);
        assert!(sent(&cookies, at).unwrap().len() <= IN_A_REQUEST);
    }

    #[test]
    fn a_header_of_the_callers_own_takes_precedence() {
        let (cookies, at) = (Cookies::default(), url("https://a.example/mcp"));
        set(&cookies, at.as_str(), &["a=server", "b=2"]);
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=mine; c=3"));
        cookies.add_to(&at, &mut headers);
        assert_eq!(headers[COOKIE], "a=mine; c=3; b=2");
    }
}
