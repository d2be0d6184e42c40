//! Secrets that a client received while it ran. No text may show them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::retry::context::Context;
use crate::util::secret::{SHORTEST_SECRET, Secret};

/// How many secrets of each kind are kept.
const KEPT: usize = 32;

/// Tokens and session ids, the latest first. Each kind has its own limit, so that renewals of a token do not remove the id of a
/// session in use.
#[derive(Default)]
pub(crate) struct IssuedSecrets(Mutex<Kinds>);

#[derive(Default)]
struct Kinds {
    tokens: VecDeque<Secret>,
    sessions: VecDeque<Secret>,
}

impl Kinds {
    fn keep(kind: &mut VecDeque<Secret>, secret: Secret) {
        kind.retain(|known| *known != secret);
        kind.truncate(KEPT - 1);
        kind.push_front(secret);
    }
}

/// Returns the secrets of the open session.
pub(crate) type SessionSecrets = Box<dyn Fn() -> Vec<String> + Send + Sync>;

impl Context {
    /// Redacts a secret of a session from now on.
    pub(crate) fn keep_secret(&self, secret: Secret) {
        let mut kinds = self.issued_secrets.0.lock().unwrap_or_else(PoisonError::into_inner);
        Kinds::keep(&mut kinds.sessions, secret);
    }

    /// Redacts a token from now on.
    pub(crate) fn keep_token(&self, token: Secret) {
        let mut kinds = self.issued_secrets.0.lock().unwrap_or_else(PoisonError::into_inner);
        Kinds::keep(&mut kinds.tokens, token);
    }

    /// The secrets received last, and those in use whenever they were received.
    pub(crate) fn issued_secrets(&self) -> Vec<String> {
        let mut secrets: Vec<_> = {
            let kinds = self.issued_secrets.0.lock().unwrap_or_else(PoisonError::into_inner);
            kinds.tokens.iter().chain(&kinds.sessions).map(|secret| secret.expose().to_owned()).collect()
        };
        secrets.extend(self.tokens.current().map(|token| token.secret.expose().to_owned()));
        secrets.extend(self.session_secrets.get().map(|secrets| secrets()).unwrap_or_default());
        secrets.retain(|secret| secret.len() >= SHORTEST_SECRET);
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;

    #[test]
    fn neither_kind_removes_the_other_and_a_repeated_secret_is_kept_once() {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1:9/mcp");
        let context = Context::new(config.resolve(|_| None).unwrap()).unwrap();
        context.keep_secret("session-0000001".into());
        for number in 0..100 {
            context.keep_token(format!("token-{number:07}").into());
            context.keep_secret("session-0000002".into());
        }
        let mut text = "in session-0000001 by token-0000099, not token-0000001".to_owned();
        context.redact_text(&mut text);
        assert_eq!(text, "in [redacted] by [redacted], not token-0000001");
        context.warnings.add("the server named session-0000002".to_owned());
        assert_eq!(context.take_warnings(), ["the server named [redacted]"]);
    }
}
