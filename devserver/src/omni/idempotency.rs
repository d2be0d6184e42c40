//! The idempotency store: what is in flight under a key, and the answers that are given again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::shared::lock;

/// How long an answer is kept.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest key.
const LONGEST: usize = 255;

enum Entry {
    InFlight,
    Done { fingerprint: u64, result: Arc<str>, since: Instant },
}

/// The right to run a call under a key.
pub(crate) struct Claim {
    scope: (usize, String),
    fingerprint: u64,
}

/// What the store says to a key.
pub(crate) enum Verdict {
    Run(Claim),
    Replay(Arc<str>),
    InFlight,
    OtherPayload,
}

/// The store; a key counts within its API key.
#[derive(Default)]
pub(crate) struct Store(Mutex<HashMap<(usize, String), Entry>>);

/// Whether a key has the form that is accepted.
pub(crate) fn is_acceptable(key: &str) -> bool {
    key.len() <= LONGEST && key.bytes().all(|b| b.is_ascii_graphic())
}

/// What makes two payloads the same: the method and its params, without the JSON-RPC id.
pub(crate) fn fingerprint(method: &str, params: Option<&Map<String, Value>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    method.hash(&mut hasher);
    params.hash(&mut hasher);
    hasher.finish()
}

impl Store {
    pub(crate) fn claim(&self, api_key: usize, key: &str, fingerprint: u64) -> Verdict {
        let scope = (api_key, key.to_owned());
        let mut entries = lock(&self.0);
        match entries.get(&scope) {
            Some(Entry::InFlight) => return Verdict::InFlight,
            Some(Entry::Done { fingerprint: stored, result, since }) if since.elapsed() < WINDOW => {
                return match *stored == fingerprint {
                    true => Verdict::Replay(Arc::clone(result)),
                    false => Verdict::OtherPayload,
                };
            }
            _ => {}
        }
        entries.insert(scope.clone(), Entry::InFlight);
        Verdict::Run(Claim { scope, fingerprint })
    }

    /// Keeps the answer of a call that succeeded.
    pub(crate) fn complete(&self, claim: Claim, result: Arc<str>) {
        let entry = Entry::Done { fingerprint: claim.fingerprint, result, since: Instant::now() };
        lock(&self.0).insert(claim.scope, entry);
    }

    /// Forgets a call that failed: its key may be tried again.
    pub(crate) fn release(&self, claim: &Claim) {
        lock(&self.0).remove(&claim.scope);
    }
}
