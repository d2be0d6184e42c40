//! Why a proxy did not connect to the server. The types of these errors are private in the HTTP library, so only their texts can be
//! compared.

use std::error::Error as StdError;

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::http::error::{ConnectionFacts, causes};

/// A failure between the client and its proxy.
pub(super) struct Tunnel {
    /// The text of the library, which quotes nothing from the proxy.
    what: String,
}

/// The beginnings of the library's errors about a tunnel.
const TUNNELS: &[&str] = &["tunnel error: ", "SOCKS error: "];
/// Their texts if other credentials are needed.
const CREDENTIALS: &[&str] = &[
    "proxy authorization required",
    "credentials not accepted",
    "server does not support user/pass authentication",
    "server implements authentication incorrectly",
];
/// Their text if the proxy itself could not be reached.
const UNREACHED: &str = "failed to create underlying connection";
/// Their text if the proxy responded to CONNECT with another status than 200 and 407.
const REFUSED: &str = "unsuccessful";

/// The failure of a proxy in a connect error, if it is one.
pub(super) fn of(error: &reqwest::Error) -> Option<Tunnel> {
    let text_of = |cause: &(dyn StdError + 'static)| {
        let text = cause.to_string();
        TUNNELS.iter().find_map(|beginning| text.strip_prefix(beginning).map(str::to_owned))
    };
    causes(error).find_map(text_of).map(|what| Tunnel { what })
}

impl Tunnel {
    /// The failure of the attempt. `reason` is that of the operating system, if there is one.
    pub(super) fn failure(&self, error: &reqwest::Error, reason: &str, facts: ConnectionFacts<'_>) -> AttemptError {
        let proxy = facts.proxy.unwrap_or("the proxy");
        if CREDENTIALS.contains(&&*self.what) {
            let message = format!("{proxy} does not accept the credentials, or requires some");
            return AttemptError::new(FailureClass::ProxyRefused, Code::ProxyUnauthorized, message);
        }
        let message = match &*self.what {
            UNREACHED => format!("{proxy} could not be reached{reason}"),
            REFUSED => format!("{proxy} refused to connect to the server"),
            what => format!("{proxy} could not connect to the server: {what}{reason}"),
        };
        let refused_by_proxy = error.url().filter(|_| self.what == REFUSED).map(|server| Box::new(server.clone()));
        let failure = AttemptError::new(FailureClass::NotConnected, Code::ProxyFailed, message);
        AttemptError { refused_by_proxy, ..failure }
    }
}

/// The message for a proxy that refused to connect to the server with this status.
pub(super) fn refused_with(proxy: &str, status: u16) -> String {
    format!("{proxy} responded to CONNECT with HTTP {status}")
}
