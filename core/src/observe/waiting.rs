//! The stage of an operation, for the error message of the total timeout.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::util::sanitize::seconds;

/// The end of the total timeout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) total: Duration,
}

impl Deadline {
    /// `None` if it is beyond the range of the clock.
    pub(crate) fn after(total: Duration) -> Option<Self> {
        Instant::now().checked_add(total).map(|at| Self { at, total })
    }
}

/// What an operation waits for.
pub(crate) enum Stage<'a> {
    /// One of the client's connections.
    Slot,
    /// The session, which all calls open together.
    Session(&'a Arc<Handshake>),
    Token,
    Response,
    /// The time of the next attempt.
    NextAttempt,
}

const SLOT: u8 = 1;
const SESSION: u8 = 2;
const TOKEN: u8 = 3;
const RESPONSE: u8 = 4;
const NEXT_ATTEMPT: u8 = 5;

/// The stage of one operation.
#[derive(Debug, Default)]
pub(crate) struct WaitState {
    stage: AtomicU8,
    handshake: OnceLock<Arc<Handshake>>,
}

impl WaitState {
    pub(crate) fn enter(&self, stage: Stage<'_>) {
        let stage = match stage {
            Stage::Slot => SLOT,
            Stage::Session(handshake) => {
                self.handshake.get_or_init(|| Arc::clone(handshake));
                SESSION
            }
            Stage::Token => TOKEN,
            Stage::Response => RESPONSE,
            Stage::NextAttempt => NEXT_ATTEMPT,
        };
        self.stage.store(stage, Ordering::Relaxed);
    }

    /// The handshake, if the operation waits for one that has begun.
    fn handshake(&self) -> Option<MutexGuard<'_, HandshakeAttempts>> {
        let is_waiting = self.stage.load(Ordering::Relaxed) == SESSION;
        self.handshake
            .get()
            .filter(|_| is_waiting)
            .map(|handshake| handshake.locked())
            .filter(|attempts| attempts.count > 0)
    }

    /// Attempts of the handshake that the operation waits for, and the request id of the last one; 0 if it waits for none.
    pub(crate) fn handshake_attempts(&self) -> (u32, Option<String>) {
        self.handshake().map_or((0, None), |attempts| (attempts.count, Some(attempts.request_id.clone())))
    }

    /// Error message of the total timeout.
    pub(crate) fn timeout_message(&self, total: Duration) -> String {
        let stage = match self.stage.load(Ordering::Relaxed) {
            SLOT => " while the call waited for one of the client's connections (option max_connections)".to_owned(),
            SESSION => self.handshake().map_or_else(
                || " before the session was open".to_owned(),
                |attempts| format!(" while connecting: {}", attempts.state()),
            ),
            TOKEN => " while the call waited for a token".to_owned(),
            RESPONSE => " before the response arrived".to_owned(),
            NEXT_ATTEMPT => " while the call waited for its next attempt".to_owned(),
            _ => String::new(),
        };
        format!("the total timeout of {} passed{stage} (option total_timeout)", seconds(total))
    }
}

/// Progress of the handshake of a client.
#[derive(Debug, Default)]
pub(crate) struct Handshake(Mutex<HandshakeAttempts>);

#[derive(Debug, Default)]
struct HandshakeAttempts {
    method: String,
    /// The request id of the last attempt.
    request_id: String,
    count: u32,
    /// Message of the last failure other than a timeout.
    failed: Option<String>,
    /// Whether an attempt timed out.
    timed_out: bool,
    /// The limit of the call that ended the last request which failed.
    ended_by: Option<CallLimit>,
    /// When the server last responded to one of its requests.
    responded: Option<Instant>,
}

/// A limit of a call without which a request of its handshake would have been sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallLimit {
    MaxAttempts,
    TotalTimeout,
}

impl Handshake {
    /// Called when a handshake begins.
    pub(crate) fn begin(&self) {
        *self.locked() = HandshakeAttempts::default();
    }

    /// Called when an attempt of one of its requests begins.
    pub(crate) fn attempt(&self, method: String, request_id: &str) {
        let mut attempts = self.locked();
        attempts.method = method;
        request_id.clone_into(&mut attempts.request_id);
        attempts.count += 1;
    }

    /// Called when an attempt succeeded.
    pub(crate) fn succeeded(&self) {
        self.locked().responded = Some(Instant::now());
    }

    /// The method of the last attempt; empty if there was none.
    pub(crate) fn method(&self) -> String {
        self.locked().method.clone()
    }

    /// Called when an attempt failed, other than by a timeout.
    pub(crate) fn failed(&self, message: &str) {
        self.locked().failed = Some(message.to_owned());
    }

    /// Called when an attempt timed out.
    pub(crate) fn timed_out(&self) {
        self.locked().timed_out = true;
    }

    /// Called when one of its requests is not sent again after a failure.
    pub(crate) fn ended_by(&self, limit: Option<CallLimit>) {
        self.locked().ended_by = limit;
    }

    /// Whether an attempt of the handshake timed out, and the limit that ended its last failed request.
    pub(crate) fn end(&self) -> (bool, Option<CallLimit>) {
        let attempts = self.locked();
        (attempts.timed_out, attempts.ended_by)
    }

    /// The number of attempts, and the request id of the last one.
    pub(crate) fn attempts(&self) -> (u32, Option<String>) {
        let attempts = self.locked();
        (attempts.count, (attempts.count > 0).then(|| attempts.request_id.clone()))
    }

    /// When the server last responded to one of its requests.
    pub(crate) fn responded(&self) -> Option<Instant> {
        self.locked().responded
    }

    /// What a call waits for: the method that has no response, the server and the attempts.
    pub(crate) fn state(&self) -> String {
        let attempts = self.locked();
        if attempts.count == 0 { "nothing was sent yet".to_owned() } else { attempts.state() }
    }

    fn locked(&self) -> MutexGuard<'_, HandshakeAttempts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HandshakeAttempts {
    fn state(&self) -> String {
        let Self { method, count, failed, .. } = self;
        let attempts = if *count == 1 { "attempt" } else { "attempts" };
        let failed = failed.as_ref().map(|failed| format!("; the last failed attempt: {failed}")).unwrap_or_default();
        format!("no response to {method} after {count} {attempts}{failed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_stage() {
        let total = Duration::from_millis(1500);
        let handshake = Arc::new(Handshake::default());
        let waiting = WaitState::default();
        let message = |stage| {
            waiting.enter(stage);
            waiting.timeout_message(total)
        };
        assert!(message(Stage::Slot).contains("(option max_connections) (option total_timeout)"));
        assert_eq!(
            message(Stage::Session(&handshake)),
            "the total timeout of 1.5 s passed before the session was open (option total_timeout)"
        );
        handshake.attempt("server/discover".to_owned(), "req_1");
        assert_eq!(
            message(Stage::Session(&handshake)),
            "the total timeout of 1.5 s passed while connecting: no response to server/discover after 1 attempt (option total_timeout)"
        );
        handshake.failed("HTTP 503");
        handshake.attempt("initialize".to_owned(), "req_2");
        assert!(
            message(Stage::Session(&handshake))
                .contains("no response to initialize after 2 attempts; the last failed attempt: HTTP 503 (")
        );
        assert_eq!(waiting.handshake_attempts(), (2, Some("req_2".to_owned())));
        assert!(message(Stage::Response).contains("before the response arrived"));
        assert_eq!(waiting.handshake_attempts(), (0, None));
        handshake.begin();
        assert!(message(Stage::Session(&handshake)).contains("before the session was open"));
        assert!(message(Stage::Token).contains("a token"));
        assert!(message(Stage::NextAttempt).contains("its next attempt"));
    }
}
