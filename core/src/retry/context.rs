//! The state that all attempts of a client share: settings, connections, tokens, the retry budget and counters.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::watch;

use crate::auth::client_authentication::ClientAuthentication;
use crate::auth::token::TokenCache;
use crate::config::settings::Settings;
use crate::error::Result;
use crate::http::pool::Pools;
use crate::http::stale_connections::StaleConnections;
use crate::observe::counters::Counts;
use crate::observe::deviations::{Deviation, ReportedDeviations};
use crate::observe::log::{Log, log_event};
use crate::observe::waiting::Handshake;
use crate::observe::warnings::Warnings;
use crate::retry::budget::RetryBudget;
use crate::retry::idempotency::UsedKeys;
use crate::retry::issued_secrets::{IssuedSecrets, SessionSecrets};
use crate::transport::call_slots::Slots;

/// How many methods and tools with invalid responses are remembered.
const MOST_INVALID: usize = 256;

/// The progress of `close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ClosePhase {
    Open,
    /// No further attempts are made.
    Closing,
    /// Requests of the server are no longer answered.
    Abandoning,
}

pub(crate) struct Context {
    pub(crate) http: Arc<Pools>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) tokens: TokenCache,
    /// The authentication method that the token endpoint accepted.
    pub(crate) client_authentication: OnceLock<ClientAuthentication>,
    pub(crate) budget: RetryBudget,
    pub(crate) used_keys: UsedKeys,
    /// Warnings for the next caller: failed callbacks, and deviations of the server.
    pub(crate) warnings: Warnings,
    /// The classes of deviations that were reported already.
    pub(crate) reported: ReportedDeviations,
    pub(crate) stale_connections: StaleConnections,
    /// Limits the calls in flight.
    pub(crate) slots: Slots,
    /// The progress of the handshake that all calls wait for.
    pub(crate) handshake_now: Arc<Handshake>,
    pub(crate) counts: Counts,
    /// Session ids and tokens, which no text may show.
    pub(crate) issued_secrets: IssuedSecrets,
    /// The secrets of the open session.
    pub(crate) session_secrets: OnceLock<SessionSecrets>,
    /// The methods and tools that received the same invalid response twice.
    always_invalid: Mutex<HashSet<String>>,
    ids: AtomicU64,
    close_phase: watch::Sender<ClosePhase>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.settings)
    }
}

impl Context {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let settings = Arc::new(settings);
        let counts = Counts { dropped: settings.callbacks.dropped.clone(), ..Counts::default() };
        Ok(Self {
            http: Arc::new(Pools::new(&settings)?),
            tokens: TokenCache::default(),
            client_authentication: OnceLock::new(),
            budget: RetryBudget::new(settings.retry_budget),
            used_keys: UsedKeys::default(),
            warnings: Warnings::default(),
            reported: ReportedDeviations::default(),
            stale_connections: StaleConnections::default(),
            slots: Slots::new(settings.max_connections.filter(|_| settings.route.url().is_some())),
            handshake_now: Arc::new(Handshake::default()),
            counts,
            issued_secrets: IssuedSecrets::default(),
            session_secrets: OnceLock::new(),
            always_invalid: Mutex::default(),
            ids: AtomicU64::new(1),
            close_phase: watch::Sender::new(ClosePhase::Open),
            settings,
        })
    }

    pub(crate) fn log(&self) -> &Log {
        &self.settings.callbacks.log
    }

    /// Counts a dropped message. Logged at the first and at each power of two, to limit the number of log records.
    pub(crate) fn count_dropped(&self, what: &'static str) {
        self.log_dropped(self.counts.dropped.add(), what);
    }

    /// Logs that messages for a callback were dropped.
    pub(crate) fn log_dropped(&self, dropped: u64, what: &'static str) {
        if dropped.is_power_of_two() {
            log_event!(self.log(), WARN, "message dropped", what = what, dropped = dropped);
        }
    }

    /// Whether a deviation is accepted. If so, it is counted, and the first of its class is reported. `did` states what the server
    /// did, such as "the server sent …".
    pub(crate) fn accepts(&self, deviation: Deviation, did: impl FnOnce() -> String) -> bool {
        if self.settings.strict {
            return false;
        }
        self.counts.deviations.add();
        if self.reported.is_first(deviation) {
            log_event!(
                self.log(),
                WARN,
                "the server deviates from the specification",
                deviation = deviation.name(),
                handled = deviation.handled(),
                option = deviation.option(),
            );
            self.warnings.add(deviation.warning(&did()));
        }
        true
    }

    /// Whether the server sends the same invalid response to this method or tool each time.
    pub(crate) fn is_always_invalid(&self, name: &str) -> bool {
        self.always_invalid.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// A second attempt received the same invalid response as the first.
    pub(crate) fn note_invalid(&self, name: String) {
        let mut names = self.always_invalid.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() < MOST_INVALID {
            names.insert(name);
        }
    }

    /// An attempt received a valid response.
    pub(crate) fn note_valid(&self, name: impl FnOnce() -> String) {
        let mut names = self.always_invalid.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.is_empty() {
            names.remove(&name());
        }
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Enters a phase of `close`, unless it has reached a later one.
    pub(crate) fn enter_close_phase(&self, phase: ClosePhase) {
        self.close_phase.send_if_modified(|now| {
            let is_later = *now < phase;
            *now = (*now).max(phase);
            is_later
        });
    }

    /// Refuses further calls of a client that has no session.
    pub(crate) fn close(&self) {
        self.enter_close_phase(ClosePhase::Closing);
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.close_phase.borrow() >= ClosePhase::Closing
    }

    /// Returns when `close` has reached this phase.
    pub(crate) async fn close_phase(&self, phase: ClosePhase) {
        // The sender lives as long as the context.
        let _ = self.close_phase.subscribe().wait_for(|now| *now >= phase).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;

    fn context(strict: bool) -> Context {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1:9/mcp").strict(strict);
        Context::new(config.resolve(|_| None).unwrap()).unwrap()
    }

    #[test]
    fn each_class_is_reported_once_and_always_counted() {
        let context = context(false);
        for _ in 0..3 {
            assert!(context.accepts(Deviation::ContentType, || "the server sent no Content-Type".to_owned()));
        }
        assert!(context.accepts(Deviation::NotAMessage, || "the server sent a banner".to_owned()));
        assert_eq!(context.counts.now().deviations, 4);
        assert_eq!(
            context.warnings.take(),
            [
                "the server sent no Content-Type; the body was read as its content indicates (see the option strict)",
                "the server sent a banner; it was skipped (see the option strict)",
            ]
        );
    }

    #[test]
    fn strict_accepts_none_and_reports_none() {
        let context = context(true);
        assert!(!context.accepts(Deviation::ContentType, || unreachable!()));
        assert!(context.warnings.take().is_empty());
        assert_eq!(context.counts.now().deviations, 0);
    }
}
