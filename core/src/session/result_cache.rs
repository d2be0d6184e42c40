//! Caches results for as long as the server allows (specification 2026-07-28, server/utilities/caching).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::protocol::methods::{RESOURCES_READ, protocol_method, protocol_methods};
use crate::protocol::raw_result::RawReply;

/// The limits of the cache: results, and bytes.
const MAX_RESULTS: usize = 256;
const MAX_BYTES: usize = 16 << 20;
/// The longest time that a result is cached.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The key of a result: the method, the params, and the token, because another token may see other results.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    method: &'static str,
    params: Bytes,
    token: Option<u64>,
}

impl CacheKey {
    /// `None` if results of the method are not cached.
    pub(crate) fn of(method: &str, params: &Bytes, token: Option<u64>) -> Option<Self> {
        let method = protocol_method(method).filter(|known| known.is_cacheable)?.name;
        let is_of_a_round = |name: &[u8]| params.windows(name.len()).any(|window| window == name);
        if is_of_a_round(b"\"inputResponses\"") || is_of_a_round(b"\"requestState\"") {
            return None;
        }
        Some(Self { method, params: params.clone(), token })
    }

    fn is_of(&self, uri: &str) -> bool {
        let params: Value = serde_json::from_slice(&self.params).unwrap_or_default();
        params["uri"].as_str() == Some(uri)
    }
}

/// The number of invalidations when a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(u64);

#[derive(Default)]
pub(crate) struct Cache {
    state: Mutex<CacheState>,
}

#[derive(Default)]
struct CacheState {
    cached: HashMap<CacheKey, CachedResult>,
    bytes: usize,
    invalidations: u64,
}

struct CachedResult {
    reply: RawReply,
    until: Instant,
}

impl Cache {
    /// The cached result, unless it has expired.
    pub(crate) fn get(&self, key: &CacheKey) -> Option<RawReply> {
        let mut state = self.locked();
        let cached = state.cached.get(key)?;
        if cached.until <= Instant::now() {
            state.forget(|other, _| other == key);
            return None;
        }
        // Its warnings were returned already.
        Some(RawReply { attempts: 0, cached: true, warnings: Vec::new(), ..cached.reply.clone() })
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(self.locked().invalidations)
    }

    /// Caches a result, unless something was invalidated since its request was sent.
    pub(crate) fn keep(&self, key: CacheKey, reply: &RawReply, moment: Moment) {
        let Some(lifetime) = time_to_live(&reply.result) else { return };
        let Some(until) = Instant::now().checked_add(lifetime) else { return };
        let size = reply.result.len() + key.params.len();
        let mut state = self.locked();
        if Moment(state.invalidations) != moment || size > MAX_BYTES / 4 {
            return;
        }
        let now = Instant::now();
        state.forget(|other, cached| *other == key || cached.until <= now);
        while state.cached.len() >= MAX_RESULTS || state.bytes + size > MAX_BYTES {
            // The result that expires first.
            let Some(soonest) = state.cached.iter().min_by_key(|(_, cached)| cached.until).map(|(key, _)| key.clone())
            else {
                return;
            };
            state.forget(|other, _| *other == soonest);
        }
        state.bytes += size;
        state.cached.insert(key, CachedResult { reply: reply.clone(), until });
    }

    /// Invalidates the results that a notification refers to.
    pub(crate) fn invalidate(&self, method: &str, uri: impl FnOnce() -> Option<String>) {
        let stale: Vec<_> = protocol_methods().filter(|known| known.invalidated_by == Some(method)).collect();
        if stale.is_empty() {
            return;
        }
        let uri = uri();
        let mut state = self.locked();
        state.invalidations += 1;
        state.forget(|key, _| {
            let is_the_one = uri.as_deref().is_none_or(|uri| key.method != RESOURCES_READ || key.is_of(uri));
            stale.iter().any(|known| known.name == key.method) && is_the_one
        });
    }

    fn locked(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    fn forget(&mut self, is_it: impl Fn(&CacheKey, &CachedResult) -> bool) {
        let mut freed = 0;
        self.cached.retain(|key, cached| {
            let is_removed = is_it(key, cached);
            freed += if is_removed { cached.reply.result.len() + key.params.len() } else { 0 };
            !is_removed
        });
        self.bytes -= freed;
    }
}

/// How long a result may be cached; `None` if not at all.
fn time_to_live(result: &[u8]) -> Option<Duration> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Hint {
        ttl_ms: f64,
    }
    let hint: Hint = serde_json::from_slice(result).ok()?;
    let lifetime = Duration::try_from_secs_f64(hint.ttl_ms / 1000.0).ok()?.min(MAX_AGE);
    (!lifetime.is_zero()).then_some(lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(ttl: &str) -> RawReply {
        RawReply { result: format!("{{\"tools\":[],\"ttlMs\":{ttl}}}").into(), ..RawReply::default() }
    }

    fn key(method: &str, params: &'static str) -> CacheKey {
        CacheKey::of(method, &Bytes::from(params), None).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn results_are_cached_for_their_lifetime() {
        let cache = Cache::default();
        let (first, second) = (key("tools/list", "{}"), key("tools/list", r#"{"cursor":"a"}"#));
        cache.keep(first.clone(), &reply("1000"), cache.now());
        assert!(cache.get(&first).is_some_and(|cached| cached.cached));
        assert!(cache.get(&second).is_none());
        tokio::time::advance(Duration::from_millis(1000)).await;
        assert!(cache.get(&first).is_none());
        for ttl in ["0", "-5", "\"x\"", "null"] {
            cache.keep(first.clone(), &reply(ttl), cache.now());
            assert!(cache.get(&first).is_none(), "{ttl}");
        }
        assert!(CacheKey::of("tools/call", &Bytes::new(), None).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_notification_invalidates_the_results_that_it_refers_to() {
        let cache = Cache::default();
        let (tools, a, b) =
            (key("tools/list", "{}"), key("resources/read", r#"{"uri":"a"}"#), key("resources/read", r#"{"uri":"b"}"#));
        let moment = cache.now();
        for key in [&tools, &a, &b] {
            cache.keep(key.clone(), &reply("1000"), moment);
        }
        cache.invalidate("notifications/resources/updated", || Some("a".into()));
        assert!(cache.get(&a).is_none() && cache.get(&b).is_some() && cache.get(&tools).is_some());
        cache.invalidate("notifications/tools/list_changed", || None);
        assert!(cache.get(&tools).is_none());
        cache.keep(tools.clone(), &reply("1000"), moment);
        assert!(cache.get(&tools).is_none(), "the request was sent before the invalidation");
    }

    #[tokio::test(start_paused = true)]
    async fn the_cache_is_bounded() {
        let cache = Cache::default();
        for number in 0..1000 {
            let params = Bytes::from(format!("{{\"uri\":\"{number}\"}}"));
            cache.keep(CacheKey::of("resources/read", &params, None).unwrap(), &reply("1000"), cache.now());
        }
        assert_eq!(cache.locked().cached.len(), MAX_RESULTS);
    }
}
