//! Proxies from environment variables, with the rules of curl and undici.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;
use url::{Host, Url};

use crate::config::urls::is_loopback;
use crate::util::sanitize::preview;

/// Proxy variables in lower case, with their scheme. Upper case is equivalent.
const HTTP: &str = "http_proxy";
const HTTPS: &str = "https_proxy";
const ALL: &str = "all_proxy";
const NONE: &str = "no_proxy";

/// Proxies from environment variables.
#[derive(Clone, Default)]
pub(crate) struct EnvironmentProxies {
    http: Option<ProxyVariable>,
    https: Option<ProxyVariable>,
    except: String,
}

/// A variable that names a proxy.
#[derive(Clone)]
struct ProxyVariable {
    name: String,
    value: String,
}

/// The proxy of a request.
#[derive(Clone)]
pub(crate) struct UsedProxy {
    pub(crate) url: Url,
    /// Headers for the proxy.
    pub(crate) headers: HeaderMap,
    /// `option proxy`, or the variable that names it.
    pub(crate) source: String,
}

impl UsedProxy {
    /// The address without credentials, and the source, for messages.
    pub(crate) fn shown(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let address = format!("{}://{}{port}", self.url.scheme(), self.url.host_str().unwrap_or_default());
        format!("the proxy {} ({})", preview(address.as_bytes()), self.source)
    }
}

impl EnvironmentProxies {
    pub(crate) fn read(environment: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: String| environment(&name).map(|value| (name, value));
        let read = |name: &str| {
            let (name, value) = variable(name.to_owned()).or_else(|| variable(name.to_ascii_uppercase()))?;
            let value = value.trim().to_owned();
            (!value.is_empty()).then_some(ProxyVariable { name, value })
        };
        // In a CGI program, HTTP_PROXY is a header of its request.
        let is_cgi = environment("REQUEST_METHOD").is_some();
        let all = read(ALL);
        let http = read(HTTP).filter(|proxy| !is_cgi || proxy.name == HTTP);
        let except = read(NONE).map(|list| list.value).unwrap_or_default();
        Self { http: http.or_else(|| all.clone()), https: read(HTTPS).or(all), except }
    }

    /// The proxy for requests to `url`: none for loopback. Unknown kinds of proxies are ignored.
    pub(crate) fn of(&self, url: &Url) -> Option<UsedProxy> {
        if is_loopback(url) {
            return None;
        }
        let variable = if url.scheme() == "https" { &self.https } else { &self.http };
        let variable = variable.as_ref().filter(|_| !is_excepted(&self.except, url))?;
        let source = format!("variable {}", variable.name);
        parse(&variable.value).map(|url| UsedProxy { url, headers: HeaderMap::new(), source })
    }
}

impl std::fmt::Debug for UsedProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Its URL and its headers may hold credentials.
        f.write_str(&self.shown())
    }
}

/// Parses a proxy URL. The default scheme is http.
fn parse(written: &str) -> Option<Url> {
    let url = match written.contains("://") {
        true => Url::parse(written),
        false => Url::parse(&format!("http://{written}")),
    };
    let is_known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h");
    url.ok().filter(|url| url.host().is_some() && is_known(url))
}

/// Whether `NO_PROXY` lists the server. Entries, separated by commas or blanks: a host with optional port and optional `.` or
/// `*.` prefix, which includes its subdomains; an IP address; a CIDR block; or `*`.
fn is_excepted(list: &str, url: &Url) -> bool {
    let Some(host) = url.host() else { return false };
    list.split(|character: char| character == ',' || character.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry == "*" || is_meant(entry, &host, url.port_or_known_default()))
}

fn is_meant(entry: &str, host: &Host<&str>, port: Option<u16>) -> bool {
    let (name, only) = with_port(entry);
    if only.is_some() && only != port {
        return false;
    }
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let address = match host {
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => address.to_canonical(),
        Host::Domain(host) => return is_domain(name, host),
    };
    let is_block = || name.parse::<IpNet>().is_ok_and(|block| block.contains(&address));
    name.parse::<IpAddr>().is_ok_and(|meant| meant.to_canonical() == address) || is_block()
}

/// Host and port of an entry. Several colons outside of brackets mean an IPv6 address.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    let split = entry.rsplit_once(':').filter(|(name, _)| name.ends_with(']') || !name.contains(':'));
    match split.and_then(|(name, port)| Some((name, port.parse().ok()?))) {
        Some((name, port)) => (name, Some(port)),
        None => (entry, None),
    }
}

fn is_domain(entry: &str, host: &str) -> bool {
    let entry = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
    let entry = entry.trim_matches('.');
    // In the form of URLs: lower case and ASCII.
    let Ok(Host::Domain(entry)) = Host::parse(entry) else { return false };
    let host = host.trim_end_matches('.');
    host.strip_suffix(entry.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excepted(list: &str, url: &str) -> bool {
        is_excepted(list, &Url::parse(url).unwrap())
    }

    #[test]
    fn no_proxy_is_read_as_curl_and_undici_read_it() {
        let mcp = "https://mcp.example.com/mcp";
        for (list, url, expected) in [
            ("mcp.example.com", mcp, true),
            ("MCP.Example.COM", mcp, true),
            ("example.com", mcp, true),
            (".example.com", mcp, true),
            ("*.example.com", mcp, true),
            (".mcp.example.com", mcp, true),
            ("mcp.example.com.", mcp, true),
            ("com", mcp, true),
            ("*", mcp, true),
            ("other.example, *", mcp, true),
            ("mcp.example.com:443", mcp, true),
            ("mcp.example.com:443", "https://mcp.example.com:443/mcp", true),
            ("*.example.com:443", mcp, true),
            ("example.com:8443", "https://mcp.example.com:8443/mcp", true),
            ("a.example, mcp.example.com", mcp, true),
            ("a.example mcp.example.com", mcp, true),
            ("a.example,,\tmcp.example.com ", mcp, true),
            (" mcp.example.com\n", mcp, true),
            ("b\u{fc}cher.example", "https://b\u{fc}cher.example/", true),
            ("mcp.example.com", "https://mcp.example.com./mcp", true),
            ("10.0.0.1", "https://10.0.0.1/", true),
            ("10.0.0.1:8000", "http://10.0.0.1:8000/", true),
            ("10.0.0.0/8", "https://10.1.2.3/", true),
            ("192.168.0.0/16,10.0.0.0/8", "https://10.1.2.3/", true),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]/", true),
            ("2001:DB8:0::1", "https://[2001:db8::1]/", true),
            ("2001:db8::/32", "https://[2001:db8::1]/", true),
            ("", mcp, false),
            (",", mcp, false),
            ("ample.com", mcp, false),
            ("a.mcp.example.com", mcp, false),
            ("mcp.example.com.evil.example", mcp, false),
            ("mcp.example.com:80", mcp, false),
            ("mcp.example.com:8443", mcp, false),
            ("*.other.example", mcp, false),
            ("mcp*", mcp, false),
            ("https://mcp.example.com", mcp, false),
            ("10.0.0.1", "https://10.0.0.10/", false),
            ("10.0.0.0/16", "https://10.1.2.3/", false),
            ("10.0.0.0/99", "https://10.0.0.1/", false),
            ("10.0.0.1:80", "https://10.0.0.1/", false),
            ("[2001:db8::1]:80", "https://[2001:db8::1]/", false),
            ("2001:db8::2", "https://[2001:db8::1]/", false),
            ("0.0.1", "https://10.0.0.1/", false),
        ] {
            assert_eq!(excepted(list, url), expected, "{list:?} {url}");
        }
    }

    fn proxy(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let look_up =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        EnvironmentProxies::read(look_up)
            .of(&Url::parse(url).unwrap())
            .map(|proxy| proxy.url.as_str().trim_end_matches('/').to_owned())
    }

    #[test]
    fn variables_count_in_both_cases_the_lower_one_first() {
        let (https, http) = ("https://a.example/", "http://a.example/");
        for (variables, url, expected) in [
            (&[("HTTPS_PROXY", "http://p:1")][..], https, Some("http://p:1")),
            (&[("https_proxy", "http://p:1")], https, Some("http://p:1")),
            (&[("https_proxy", "http://p:1"), ("HTTPS_PROXY", "http://p:2")], https, Some("http://p:1")),
            (&[("HTTP_PROXY", "http://p:1")], https, None),
            (&[("HTTP_PROXY", "http://p:1")], http, Some("http://p:1")),
            (&[("HTTPS_PROXY", "http://p:1")], http, None),
            (&[("ALL_PROXY", "socks5://p:1")], https, Some("socks5://p:1")),
            (&[("all_proxy", "p:1"), ("http_proxy", "p:2")], http, Some("http://p:2")),
            (&[("HTTPS_PROXY", "  ")], https, None),
            (&[("HTTPS_PROXY", "ftp://p:1")], https, None),
            (&[("HTTPS_PROXY", "http://")], https, None),
            (&[("HTTPS_PROXY", "user:pass@p:1")], https, Some("http://user:pass@p:1")),
            (&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", "a.example")], https, None),
            (&[("HTTPS_PROXY", "p:1"), ("no_proxy", "a.example")], https, None),
            (
                &[("HTTPS_PROXY", "p:1"), ("no_proxy", "b.example"), ("NO_PROXY", "a.example")],
                https,
                Some("http://p:1"),
            ),
            (&[("HTTP_PROXY", "p:1"), ("REQUEST_METHOD", "GET")], http, None),
            (&[("http_proxy", "p:1"), ("REQUEST_METHOD", "GET")], http, Some("http://p:1")),
        ] {
            assert_eq!(proxy(variables, url).as_deref(), expected, "{variables:?} {url}");
        }
    }

    #[test]
    fn a_proxy_is_shown_with_its_source_and_without_credentials() {
        let shown = |variables: &[(&str, &str)], url: &str| {
            let look_up =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            EnvironmentProxies::read(look_up).of(&Url::parse(url).unwrap()).unwrap().shown()
        };
        for (variables, expected) in [
            (&[("HTTPS_PROXY", "http://user:pass@p:1")][..], "the proxy http://p:1 (variable HTTPS_PROXY)"),
            (&[("https_proxy", "p"), ("HTTPS_PROXY", "http://q")], "the proxy http://p (variable https_proxy)"),
            (&[("ALL_PROXY", "socks5h://user:pass@[::1]:9")], "the proxy socks5h://[::1]:9 (variable ALL_PROXY)"),
        ] {
            assert_eq!(shown(variables, "https://a.example/"), expected);
        }
    }
}
