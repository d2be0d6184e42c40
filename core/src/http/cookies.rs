//! Cookies of the configured server, by which load balancers route a session's requests to the replica that holds it.
//!
//! They belong to one client and its origin (RFC 6265): they are sent to no other origin, and never shown.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::{Cookie, CookieStore, RawCookie, StoreAction};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::config::urls::is_loopback;

/// The most cookies that are kept, over all names, domains and paths; RFC 6265 recommends 50 per domain.
const MOST: usize = 64;
/// The longest `Set-Cookie` that is read (RFC 6265, section 6.1).
const LONGEST: usize = 4096;
/// The most bytes of cookies in one request: servers refuse requests with larger headers.
const IN_A_REQUEST: usize = 8192;
/// How many values are remembered for redaction, as load balancers send another one with each response.
const RECENT: usize = 64;

#[derive(Default)]
pub(crate) struct Cookies(Mutex<JarState>);

#[derive(Default)]
struct JarState {
    store: CookieStore,
    /// The cookies in the store, the last one that was set first.
    order: VecDeque<CookieKey>,
    /// Values that were set recently, also those that are no longer in the store.
    recent: VecDeque<String>,
}

/// The identity of a cookie (RFC 6265, section 5.3).
#[derive(PartialEq, Eq)]
struct CookieKey {
    domain: String,
    path: String,
    name: String,
}

impl CookieKey {
    fn of(cookie: &Cookie<'_>) -> Self {
        Self { domain: String::from(&cookie.domain), path: String::from(&cookie.path), name: cookie.name().to_owned() }
    }
}

impl JarState {
    fn remove(&mut self, key: &CookieKey) {
        self.store.remove(&key.domain, &key.path, &key.name);
        self.order.retain(|known| known != key);
    }

    fn remove_expired(&mut self) {
        let expired: Vec<_> = self.store.iter_any().filter(|cookie| cookie.is_expired()).map(CookieKey::of).collect();
        expired.iter().for_each(|key| self.remove(key));
    }

    /// Keeps a cookie. Beyond the limit it replaces the oldest one.
    fn insert(&mut self, cookie: Cookie<'static>, url: &Url) {
        let key = CookieKey::of(&cookie);
        let value = cookie.value().to_owned();
        // Not `store_response_cookies`, which logs values.
        if !matches!(self.store.insert(cookie, url), Ok(StoreAction::Inserted | StoreAction::UpdatedExisting)) {
            return;
        }
        self.order.retain(|known| *known != key);
        self.order.push_front(key);
        while self.order.len() > MOST
            && let Some(oldest) = self.order.pop_back()
        {
            self.remove(&oldest);
        }
        self.recent.retain(|known| *known != value);
        self.recent.truncate(RECENT - 1);
        self.recent.push_front(value);
    }
}

impl Cookies {
    fn state(&self) -> MutexGuard<'_, JarState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the cookies of a response, except malformed, expired, foreign and too large ones.
    pub(crate) fn store(&self, url: &Url, headers: &HeaderMap) {
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        let mut state = self.state();
        state.remove_expired();
        for text in headers.get_all(SET_COOKIE).iter().take(MOST).filter_map(read) {
            let Ok(cookie) = RawCookie::parse(text) else { continue };
            if !is_sendable(&cookie) || !fits_its_prefix(&cookie, url) {
                continue;
            }
            if let Ok(cookie) = Cookie::try_from_raw_cookie(&cookie, url) {
                state.insert(cookie.into_owned(), url);
            }
        }
        state.remove_expired();
    }

    /// Adds the cookies for `url` to a request. Those in the option `headers` take precedence.
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
        let place = |cookie: &Cookie<'_>| state.order.iter().position(|key| *key == CookieKey::of(cookie));
        let mut matching = state.store.matches(url);
        // Beyond the limit, the cookies that were set last are sent.
        matching.sort_by_cached_key(|cookie| place(cookie));
        matching.retain(|cookie| {
            let more = cookie.name().len() + cookie.value().len() + 3;
            let is_sent = !is_given(cookie.name()) && size + more <= IN_A_REQUEST;
            size += if is_sent { more } else { 0 };
            is_sent
        });
        // Those with longer paths first (RFC 6265, section 5.4), and always in the same order.
        matching.sort_by_key(|cookie| (Reverse(String::from(&cookie.path).len()), cookie.name().to_owned()));
        for (name, value) in matching.iter().map(|cookie| cookie.name_value()) {
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

    /// The values that no message may show, as they were set and without quotes and escapes.
    pub(crate) fn values(&self) -> Vec<String> {
        let state = self.state();
        let stored = state.store.iter_any().map(|cookie| cookie.value().to_owned());
        let mut values: Vec<_> = stored.chain(state.recent.iter().cloned()).collect();
        let unquoted: Vec<_> = values.iter().map(|value| value.trim_matches('"')).flat_map(unescaped).collect();
        values.extend(unquoted);
        values.sort_unstable();
        values.dedup();
        values
    }
}

/// A text, also without its URL escapes.
fn unescaped(text: &str) -> impl Iterator<Item = String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    std::iter::once(text.to_owned()).chain(decoded)
}

fn read(header: &HeaderValue) -> Option<String> {
    (header.len() <= LONGEST).then(|| std::str::from_utf8(header.as_bytes()).ok().map(str::to_owned)).flatten()
}

/// Whether a cookie can be sent in a header; one that cannot must not prevent the others.
fn is_sendable(cookie: &RawCookie<'_>) -> bool {
    let is_clean = |text: &str| !text.contains(|character: char| character.is_control() || character == ';');
    !cookie.name().is_empty() && is_clean(cookie.name()) && is_clean(cookie.value())
}

/// Whether a cookie has the attributes that the prefix of its name requires (RFC 6265bis, section 4.1.3).
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
    fn which_cookies_of_a_response_are_kept() {
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
    fn a_malformed_cookie_does_not_affect_others() {
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
    fn cookies_are_sent_to_their_host_only_and_secure_ones_over_tls_or_loopback() {
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
    fn later_cookies_replace_and_expire_earlier_ones() {
        let (cookies, at) = (Cookies::default(), "http://127.0.0.1:1/mcp");
        set(&cookies, at, &["a=1; Path=/"]);
        set(&cookies, at, &["a=2; Path=/"]);
        assert_eq!(sent(&cookies, at).as_deref(), Some("a=2"));
        set(&cookies, at, &["a=; Path=/; Max-Age=0"]);
        assert_eq!(sent(&cookies, at), None);
        assert!(cookies.values().contains(&"1".to_owned()));
    }

    #[test]
    fn the_number_of_cookies_is_limited_and_the_last_are_kept() {
        let (cookies, at) = (Cookies::default(), "https://a.example/mcp");
        for number in 0..200 {
            set(&cookies, at, &[&format!("c{number}={number}-{}", "x".repeat(1000))]);
            set(&cookies, at, &[&format!("a={number}; Path=/p{number}")]);
        }
        set(&cookies, at, &["route=replica-1; Path=/"]);
        assert_eq!(cookies.state().store.iter_any().count(), MOST);
        assert_eq!(cookies.state().order.len(), MOST);
        assert!(cookies.values().len() <= 2 * (MOST + RECENT));
        let sent = sent(&cookies, at).unwrap();
        assert!(sent.len() <= IN_A_REQUEST);
        assert!(sent.contains("route=replica-1") && sent.contains("c199=") && !sent.contains("c150="), "{sent}");
    }

    #[test]
    fn expired_cookies_do_not_count() {
        let (cookies, at) = (Cookies::default(), "https://a.example/mcp");
        for number in 0..MOST {
            set(&cookies, at, &[&format!("c{number}=1; Path=/")]);
        }
        for number in 0..MOST {
            set(&cookies, at, &[&format!("c{number}=1; Path=/; Max-Age=0")]);
        }
        assert_eq!(cookies.state().store.iter_any().count(), 0);
        set(&cookies, at, &["route=1"]);
        assert_eq!(cookies.state().order.len(), 1);
        assert_eq!(sent(&cookies, at).as_deref(), Some("route=1"));
    }

    #[test]
    fn a_value_in_the_store_is_not_shown_however_many_others_came() {
        let (cookies, at) = (Cookies::default(), "https://a.example/mcp");
        set(&cookies, at, &["sid=static-value; Path=/", "q=\"quoted-value\"", "e=abc%2Fdef%3D"]);
        for number in 0..500 {
            set(&cookies, at, &[&format!("lb=value-{number}; Path=/")]);
        }
        let values = cookies.values();
        for expected in ["static-value", "\"quoted-value\"", "quoted-value", "abc%2Fdef%3D", "abc/def=", "value-499"] {
            assert!(values.iter().any(|value| value == expected), "{expected}");
        }
        assert!(!values.contains(&"value-3".to_owned()));
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
