//! Why a proxy made no way to the server. The HTTP library has no types for it that can be had, only texts.

use std::error::Error as StdError;

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::error::causes;

/// What went wrong between the client and its proxy.
pub(super) struct Tunnel {
    /// In the library's words, which are its own and none of the proxy's.
    what: String,
}

/// How the library's errors of a tunnel begin.
const TUNNELS: &[&str] = &["tunnel error: ", "SOCKS error: "];
/// What they say where other credentials are needed.
const CREDENTIALS: &[&str] = &[
    "proxy authorization required",
    "credentials not accepted",
    "server does not support user/pass authentication",
    "server implements authentication incorrectly",
];
/// What they say where the proxy itself was not reached.
const UNREACHED: &str = "failed to create underlying connection";

/// What a failure to connect says of a proxy, if anything.
pub(super) fn of(error: &reqwest::Error) -> Option<Tunnel> {
    let said = |cause: &(dyn StdError + 'static)| {
        let text = cause.to_string();
        TUNNELS.iter().find_map(|beginning| text.strip_prefix(beginning).map(str::to_owned))
    };
    causes(error).find_map(said).map(|what| Tunnel { what })
}

impl Tunnel {
    /// `reason` is the operating system's, if there is one.
    pub(super) fn failure(&self, reason: &str) -> AttemptError {
        if CREDENTIALS.contains(&&*self.what) {
            let message = "the proxy does not accept the credentials for it, or wants some";
            return AttemptError::new(FailureClass::ProxyRefused, Code::ProxyUnauthorized, message);
        }
        let message = match &*self.what {
            UNREACHED => format!("the proxy could not be reached{reason}"),
            what => format!("the proxy made no way to the server: {what}{reason}"),
        };
        AttemptError::new(FailureClass::NotConnected, Code::ProxyFailed, message)
    }
}
