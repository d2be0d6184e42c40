//! The state that a client returns between the rounds of a request, sealed against changes.

use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// The state of a request of several rounds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// The latest round, from 1.
    pub(super) round: i64,
    /// The responses that are still needed.
    pub(super) kept: Map<String, Value>,
}

/// The key of this server: that of the hasher is random.
#[derive(Default)]
pub(super) struct Seal(RandomState);

impl Seal {
    /// The `requestState` of a tool or prompt.
    pub(super) fn close(&self, name: &str, standing: &Standing) -> String {
        let state = json!({"name": name, "round": standing.round, "kept": standing.kept}).to_string();
        format!("{}.{:016x}", URL_SAFE_NO_PAD.encode(&state), self.0.hash_one(&state))
    }

    /// The content of a `requestState`; `None` if it is not ours, or of another tool.
    pub(super) fn open(&self, name: &str, sealed: &str) -> Option<Standing> {
        let (coded, mark) = sealed.split_once('.')?;
        let state = String::from_utf8(URL_SAFE_NO_PAD.decode(coded).ok()?).ok()?;
        if format!("{:016x}", self.0.hash_one(&state)) != mark {
            return None;
        }
        let state: Value = serde_json::from_str(&state).ok()?;
        let standing = Standing { round: state["round"].as_i64()?, kept: state["kept"].as_object()?.clone() };
        (state["name"] == name).then_some(standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_here_opens() {
        let seal = Seal::default();
        let standing = Standing { round: 2, kept: Map::from_iter([("a".to_owned(), json!(1))]) };
        let sealed = seal.close("ask", &standing);
        assert_eq!(seal.open("ask", &sealed), Some(standing.clone()));
        assert_eq!(seal.open("other", &sealed), None);
        assert_eq!(seal.open("ask", &format!("{sealed}0")), None);
        assert_eq!(Seal::default().open("ask", &sealed), None);
    }
}
