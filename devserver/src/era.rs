//! The era of a request, and the client that sent it.

use crate::exchange::Exchange;
use crate::headers;
use crate::methods::Versions;
use crate::modern::meta::{self, Meta};
use crate::options::{Era, Options};

/// The first revision without a handshake. Revisions are dates, so later ones are greater.
const FIRST_MODERN: &str = "2026-07-28";

/// The client that sent a request, as far as a tool may know it.
pub(crate) enum Caller {
    /// The client of a session, or a client without one.
    Legacy {
        session: Option<String>,
    },
    Modern(Meta),
}

/// The modern versions among those of the options; if there are none, the only one that exists.
pub(crate) fn modern_versions(options: &Options) -> Vec<String> {
    let named = options.supported_versions.iter().flatten();
    let modern: Vec<String> = named.filter(|version| version.as_str() >= FIRST_MODERN).cloned().collect();
    match modern.is_empty() {
        true => vec![FIRST_MODERN.to_owned()],
        false => modern,
    }
}

/// Whether a message is served as the modern revisions specify.
pub(crate) fn is_modern(era: Era, legacy: &Versions, modern: &[String], exchange: &Exchange) -> bool {
    match era {
        Era::Legacy => false,
        Era::Modern => true,
        Era::Dual => {
            let method = exchange.rpc_method();
            if meta::is_of_a_request(&exchange.body) || method == Some("server/discover") {
                return true;
            }
            match exchange.header(headers::PROTOCOL_VERSION) {
                None => false,
                Some(version) if modern.iter().any(|known| known == version) => true,
                // An unknown version is legacy only if the client has opened a session, or is about to.
                Some(version) => {
                    let has_session = exchange.header(headers::SESSION_ID).is_some();
                    !legacy.knows(version) && !has_session && method != Some("initialize")
                }
            }
        }
    }
}
