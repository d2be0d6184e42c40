//! Open and ended sessions.

use std::collections::{HashMap, HashSet};

/// The state of a session id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Live,
    Ended,
    /// Open, but on another replica of the service.
    Elsewhere,
    NeverSeen,
}

/// The sessions of one server.
#[derive(Default)]
pub(crate) struct Sessions {
    live: HashSet<String>,
    ended: HashSet<String>,
    elsewhere: HashSet<String>,
    versions: HashMap<String, String>,
}

/// A UUID of version 4.
pub(crate) fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let text = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

impl Sessions {
    /// Opens a session under an id.
    pub(crate) fn open(&mut self, id: String) {
        self.live.insert(id);
    }

    /// Records the negotiated version of a session.
    pub(crate) fn agreed(&mut self, id: &str, version: &str) {
        self.versions.insert(id.to_owned(), version.to_owned());
    }

    pub(crate) fn version(&self, id: &str) -> Option<&str> {
        self.versions.get(id).map(String::as_str)
    }

    pub(crate) fn live(&self) -> usize {
        self.live.len()
    }

    /// Moves an open session to another replica.
    pub(crate) fn move_away(&mut self, id: &str) {
        self.elsewhere.extend(self.live.take(id));
    }

    pub(crate) fn move_all_away(&mut self) {
        self.elsewhere.extend(self.live.drain());
    }

    pub(crate) fn standing(&self, id: &str) -> Standing {
        if self.live.contains(id) {
            Standing::Live
        } else if self.ended.contains(id) {
            Standing::Ended
        } else if self.elsewhere.contains(id) {
            Standing::Elsewhere
        } else {
            Standing::NeverSeen
        }
    }

    /// Ends a session; false if there was none.
    pub(crate) fn end(&mut self, id: &str) -> bool {
        match self.live.take(id) {
            Some(id) => self.ended.insert(id),
            None => false,
        }
    }

    /// Ends all sessions and returns their number.
    pub(crate) fn end_all(&mut self) -> u64 {
        let ended = self.live.len() as u64;
        self.ended.extend(self.live.drain());
        ended
    }
}
