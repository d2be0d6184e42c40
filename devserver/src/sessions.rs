//! Sessions: those that live, and those that did.

use std::collections::HashSet;

/// What is known of a session id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Live,
    Ended,
    NeverSeen,
}

/// The sessions of one server.
#[derive(Default)]
pub(crate) struct Sessions {
    live: HashSet<String>,
    ended: HashSet<String>,
}

impl Sessions {
    /// Opens a session and gives its id.
    pub(crate) fn open(&mut self) -> String {
        let id = format!("sess_{:032x}", fastrand::u128(..));
        self.live.insert(id.clone());
        id
    }

    pub(crate) fn standing(&self, id: &str) -> Standing {
        if self.live.contains(id) {
            Standing::Live
        } else if self.ended.contains(id) {
            Standing::Ended
        } else {
            Standing::NeverSeen
        }
    }

    /// Ends a session; false where there was none.
    pub(crate) fn end(&mut self, id: &str) -> bool {
        match self.live.take(id) {
            Some(id) => self.ended.insert(id),
            None => false,
        }
    }

    /// Ends all sessions and says how many there were.
    pub(crate) fn end_all(&mut self) -> u64 {
        let ended = self.live.len() as u64;
        self.ended.extend(self.live.drain());
        ended
    }
}
