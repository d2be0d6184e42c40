//! What an operation waits for: what its error says when the total timeout passes.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::util::sanitize::seconds;

/// When the total timeout passes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) total: Duration,
}

impl Deadline {
    /// `None` where it lies beyond what the clock can tell.
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
    Answer,
    /// The time of the next attempt.
    NextAttempt,
}

const SLOT: u8 = 1;
const SESSION: u8 = 2;
const TOKEN: u8 = 3;
const ANSWER: u8 = 4;
const NEXT_ATTEMPT: u8 = 5;

/// The stage of one operation.
#[derive(Debug, Default)]
pub(crate) struct WaitState {
    stage: AtomicU8,
    handshake: OnceLock<Arc<Handshake>>,
}

impl WaitState {
    pub(crate) fn enters(&self, stage: Stage<'_>) {
        let stage = match stage {
            Stage::Slot => SLOT,
            Stage::Session(handshake) => {
                self.handshake.get_or_init(|| Arc::clone(handshake));
                SESSION
            }
            Stage::Token => TOKEN,
            Stage::Answer => ANSWER,
            Stage::NextAttempt => NEXT_ATTEMPT,
        };
        self.stage.store(stage, Ordering::Relaxed);
    }

    /// The handshake that is waited for.
    fn handshake(&self) -> Option<MutexGuard<'_, Tries>> {
        let waits = self.stage.load(Ordering::Relaxed) == SESSION;
        self.handshake.get().filter(|_| waits).map(|handshake| handshake.locked()).filter(|tries| tries.made > 0)
    }

    /// The attempts of the handshake that is waited for; 0 where none is.
    pub(crate) fn tries(&self) -> u32 {
        self.handshake().map_or(0, |tries| tries.made)
    }

    /// What an error says when the total timeout has passed.
    pub(crate) fn passed(&self, total: Duration) -> String {
        let stage = match self.stage.load(Ordering::Relaxed) {
            SLOT => " while the call waited for one of the client's connections (option max_connections)".to_owned(),
            SESSION => self.handshake().map_or_else(|| " before the session was open".to_owned(), |tries| tries.text()),
            TOKEN => " while the call waited for a token".to_owned(),
            ANSWER => " before the answer came".to_owned(),
            NEXT_ATTEMPT => " while the call waited for its next attempt".to_owned(),
            _ => String::new(),
        };
        format!("the total timeout of {} passed{stage} (option total_timeout)", seconds(total))
    }
}

/// How far the handshake of a client has come.
#[derive(Debug)]
pub(crate) struct Handshake(Mutex<Tries>);

#[derive(Debug)]
struct Tries {
    /// The server's origin, or the command.
    server: String,
    method: String,
    made: u32,
    /// What the last attempt that was answered failed for.
    failed: Option<String>,
}

impl Handshake {
    pub(crate) fn with(server: String) -> Self {
        Self(Mutex::new(Tries { server, method: String::new(), made: 0, failed: None }))
    }

    /// Another handshake begins.
    pub(crate) fn begins(&self) {
        let mut tries = self.locked();
        tries.made = 0;
        tries.failed = None;
    }

    /// An attempt of one of its requests begins.
    pub(crate) fn sends(&self, method: String) {
        let mut tries = self.locked();
        tries.method = method;
        tries.made += 1;
    }

    /// An attempt failed, for something else than silence.
    pub(crate) fn failed(&self, message: &str) {
        self.locked().failed = Some(message.to_owned());
    }

    fn locked(&self) -> MutexGuard<'_, Tries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tries {
    fn text(&self) -> String {
        let Self { server, method, made, failed } = self;
        let attempts = if *made == 1 { "attempt" } else { "attempts" };
        let failed = failed.as_ref().map(|failed| format!("; the last failed attempt: {failed}")).unwrap_or_default();
        format!(" in the handshake: no answer to {method} from {server}, after {made} {attempts}{failed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_what_was_waited_for() {
        let total = Duration::from_millis(1500);
        let handshake = Arc::new(Handshake::with("https://a.example".to_owned()));
        let waiting = WaitState::default();
        let said = |stage| {
            waiting.enters(stage);
            waiting.passed(total)
        };
        assert!(said(Stage::Slot).contains("(option max_connections) (option total_timeout)"));
        assert_eq!(
            said(Stage::Session(&handshake)),
            "the total timeout of 1.5 s passed before the session was open (option total_timeout)"
        );
        handshake.sends("server/discover".to_owned());
        assert_eq!(
            said(Stage::Session(&handshake)),
            "the total timeout of 1.5 s passed in the handshake: no answer to server/discover from https://a.example, after 1 attempt (option total_timeout)"
        );
        handshake.failed("HTTP 503");
        handshake.sends("initialize".to_owned());
        assert!(said(Stage::Session(&handshake)).contains(
            "no answer to initialize from https://a.example, after 2 attempts; the last failed attempt: HTTP 503 ("
        ));
        assert_eq!(waiting.tries(), 2);
        assert!(said(Stage::Answer).contains("before the answer came"));
        assert_eq!(waiting.tries(), 0);
        handshake.begins();
        assert!(said(Stage::Session(&handshake)).contains("before the session was open"));
        assert!(said(Stage::Token).contains("a token"));
        assert!(said(Stage::NextAttempt).contains("its next attempt"));
    }
}
