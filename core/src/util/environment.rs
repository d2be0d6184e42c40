//! The environment variables that are read, and the one way to read them: when a client is made, through a function that
//! the binding gives. A language may have an environment of its own that native code does not see, as each worker thread of
//! Node has.

use std::ffi::OsString;

/// Looks a variable up by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Looks a variable of this process up.
pub fn of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Where proxies are named, whose passwords a proxy may speak of.
pub(crate) const PROXIES: &[&str] =
    &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The certificates that Node trusts besides the system's.
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

/// What a process of ours gets of the environment; the other variables may be secrets that the process does not need.
#[cfg(unix)]
pub(crate) const INHERITED: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR"];
#[cfg(windows)]
pub(crate) const INHERITED: &[&str] = &[
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];
