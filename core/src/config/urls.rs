//! Validation of URLs in options.

use url::{Host, Url};

use crate::error::{Code, Error, Result};

/// Whether requests to `url` stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // With schemes such as socks5, an IP address is parsed as a name.
            let is_address = name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
            name == "localhost" || name.ends_with(".localhost") || is_address
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a text is meant as an http or https URL.
pub(crate) fn is_web_url(text: &str) -> bool {
    let scheme = text.trim_start().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Whether a text that should be a key is rather an address.
pub(crate) fn looks_like_url(text: &str) -> bool {
    let text = text.trim_start();
    text.contains("://") || ["localhost:", "localhost/", "127.0.0.1:"].iter().any(|host| text.starts_with(host))
}

pub(crate) fn web_url(field: &'static str, text: &str) -> Result<Url> {
    let refuse = |allowed: &str| Err(Error::config(Code::InvalidOption, field, allowed));
    // The parser removes line ends and replaces \ by /, so that the URL would differ from the given one.
    let is_whole = !text.trim().contains(|character: char| character.is_control() || character == '\\');
    let Some(url) = Some(text.trim()).filter(|_| is_whole).and_then(|text| Url::parse(text).ok()) else {
        return refuse("must be an absolute URL, such as https://host/path");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("must be an http or https URL");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not contain credentials; give them as options");
    }
    if url.fragment().is_some() {
        return refuse("must not have a fragment");
    }
    Ok(url)
}

/// Plain http would expose credentials and calls on the network.
///
/// # Errors
/// A `config` error if `url` is neither https nor loopback, and plain http is not allowed.
pub(crate) fn refuse_plain_http(field: &str, url: &Url, is_allowed: bool) -> Result<()> {
    if url.scheme() == "https" || is_allowed || is_loopback(url) {
        return Ok(());
    }
    let allowed = "must be https, unless the host is loopback or allow_http is set";
    Err(Error::config(Code::InvalidOption, field, allowed))
}
