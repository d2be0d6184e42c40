//! Which era a server speaks (specification 2026-07-28, basic/versioning, and Backward Compatibility of either transport):
//! a pure table over what it answered to `server/discover`.

use http::StatusCode;
use serde::Deserialize;

/// JSON-RPC codes of the modern era.
pub(crate) const HEADER_MISMATCH: i64 = -32020;
pub(crate) const MISSING_CLIENT_CAPABILITY: i64 = -32021;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;

/// The first revision without a handshake.
pub(crate) const FIRST_MODERN: &str = "2026-07-28";

/// Whether a revision has no handshake. Revisions are dates, and compare as texts.
pub(crate) fn is_modern(version: &str) -> bool {
    version >= FIRST_MODERN
}

/// What a server answered to the probe.
pub(crate) enum Answered<'a> {
    /// A result.
    Result(&'a [u8]),
    /// A JSON-RPC error: its code, and its data.
    Error(i64, Option<&'a str>),
    /// Anything else: no JSON-RPC, or no answer at all.
    Other,
}

/// What follows for the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EraDecision {
    /// The server is modern, in this version.
    Modern(String),
    /// The handshake is to be tried.
    Legacy,
    /// The server is modern, and has no version in common; those that it named.
    NoVersion(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Discovered {
    supported_versions: Vec<String>,
}

#[derive(Deserialize)]
struct Supported {
    supported: Vec<String>,
}

/// Decides. `ours` are the versions that we accept, the one to ask for first. Only positive signs make a server modern:
/// everything else is one that knows nothing of the probe.
pub(crate) fn verdict(status: StatusCode, answered: &Answered<'_>, ours: &[&str]) -> EraDecision {
    match answered {
        Answered::Result(result) if status.is_success() => match serde_json::from_slice::<Discovered>(result) {
            Ok(discovered) => of_list(discovered.supported_versions, ours),
            Err(_) => EraDecision::Legacy,
        },
        Answered::Error(UNSUPPORTED_VERSION, data) => {
            match data.and_then(|data| serde_json::from_str::<Supported>(data).ok()) {
                Some(named) => of_list(named.supported, ours),
                None => EraDecision::Legacy,
            }
        }
        // The server understood what was sent in the modern way, and wants more of it.
        Answered::Error(HEADER_MISMATCH | MISSING_CLIENT_CAPABILITY, _) => {
            let modern = ours.iter().find(|version| is_modern(version));
            modern.map_or(EraDecision::Legacy, |version| EraDecision::Modern((*version).to_owned()))
        }
        _ => EraDecision::Legacy,
    }
}

fn of_list(named: Vec<String>, ours: &[&str]) -> EraDecision {
    let common =
        |modern: bool| ours.iter().find(|ours| is_modern(ours) == modern && named.iter().any(|named| named == *ours));
    match (common(true), common(false)) {
        (Some(version), _) => EraDecision::Modern((*version).to_owned()),
        // A server of both eras, of which only the older one is in common.
        (None, Some(_)) => EraDecision::Legacy,
        (None, None) => EraDecision::NoVersion(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[&str] = &["2026-07-28", "2025-11-25", "2025-06-18"];

    fn of(status: u16, answered: &Answered<'_>) -> EraDecision {
        verdict(StatusCode::from_u16(status).unwrap(), answered, OURS)
    }

    #[test]
    fn the_table() {
        let modern = || EraDecision::Modern("2026-07-28".to_owned());
        let result = |text: &'static str| Answered::Result(text.as_bytes());
        let supported = |text: &'static str| Answered::Error(UNSUPPORTED_VERSION, Some(text));
        for (status, answered, expected) in [
            (200, result(r#"{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25"]}"#), modern()),
            (200, result(r#"{"supportedVersions":["2025-11-25"]}"#), EraDecision::Legacy),
            (
                200,
                result(r#"{"supportedVersions":["2099-01-01"]}"#),
                EraDecision::NoVersion(vec!["2099-01-01".to_owned()]),
            ),
            // Servers that answer anything to anything.
            (200, result("{}"), EraDecision::Legacy),
            (400, supported(r#"{"supported":["2026-07-28"],"requested":"2026-07-28"}"#), modern()),
            (400, supported(r#"{"supported":["2025-11-25"]}"#), EraDecision::Legacy),
            (400, supported(r#"{"supported":["2099-01-01"]}"#), EraDecision::NoVersion(vec!["2099-01-01".to_owned()])),
            (400, Answered::Error(UNSUPPORTED_VERSION, None), EraDecision::Legacy),
            (400, Answered::Error(HEADER_MISMATCH, None), modern()),
            (400, Answered::Error(MISSING_CLIENT_CAPABILITY, None), modern()),
            // How servers answer that know only the handshake.
            (400, Answered::Error(-32000, None), EraDecision::Legacy),
            (400, Answered::Error(-32600, None), EraDecision::Legacy),
            (404, Answered::Error(-32601, None), EraDecision::Legacy),
            (200, Answered::Error(-32601, None), EraDecision::Legacy),
            (200, Answered::Error(-32602, None), EraDecision::Legacy),
            (400, Answered::Other, EraDecision::Legacy),
            (401, Answered::Other, EraDecision::Legacy),
            (404, Answered::Other, EraDecision::Legacy),
            (405, Answered::Other, EraDecision::Legacy),
        ] {
            assert_eq!(of(status, &answered), expected);
        }
    }
}
