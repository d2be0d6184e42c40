//! The environment variables that the client reads. They are read when a client is created, through a function of the
//! binding, because a language can have an environment that native code does not see: each worker thread of Node has one.

use std::ffi::OsString;

/// Returns a variable by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Returns a variable of this process.
pub fn of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Variables with proxy URLs. Their passwords are redacted.
pub(crate) const PROXIES: &[&str] =
    &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Certificates that Node trusts in addition to those of the system.
pub(crate) const NODE_EXTRA_CA_CERTS: &str = "NODE_EXTRA_CA_CERTS";
/// Variables that name trusted certificates.
pub(crate) const CERTIFICATES: &[&str] = &[
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    NODE_EXTRA_CA_CERTS,
    "AWS_CA_BUNDLE",
    "DENO_CERT",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
];
