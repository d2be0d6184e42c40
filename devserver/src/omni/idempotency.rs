//! The idempotency store: keys in flight, and stored responses.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::server_state::lock;

/// Time for which a response is stored.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum length of a key.
const LONGEST: usize = 255;

enum Entry {
    InFlight,
    Done { fingerprint: u64, result: Arc<str>, since: Instant },
}

/// The permission to run a call with a key.
pub(crate) struct Claim {
    scope: (usize, String),
    fingerprint: u64,
}

/// The state of a key.
pub(crate) enum Verdict {
    Run(Claim),
    Replay(Arc<str>),
    InFlight,
    OtherPayload,
}

/// The store; a key belongs to its API key.
#[derive(Default)]
pub(crate) struct Store(Mutex<HashMap<(usize, String), Entry>>);

/// Whether a key is valid.
pub(crate) fn is_acceptable(key: &str) -> bool {
    key.len() <= LONGEST && key.bytes().all(|b| b.is_ascii_graphic())
}

/// Identity of a payload: the method and its params, without the JSON-RPC id.
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

    /// Stores the response of a successful call.
    pub(crate) fn complete(&self, claim: Claim, result: Arc<str>) {
        let entry = Entry::Done { fingerprint: claim.fingerprint, result, since: Instant::now() };
        lock(&self.0).insert(claim.scope, entry);
    }

    /// Removes a failed call: its key can be used again.
    pub(crate) fn release(&self, claim: &Claim) {
        lock(&self.0).remove(&claim.scope);
    }
}
