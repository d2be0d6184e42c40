//! The state of a client, and who is told when it changes.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// How a client stands with its server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Not connected: nothing was called yet, or connecting failed. The next call connects.
    #[default]
    Idle,
    /// Connecting for the first time.
    Connecting,
    /// Connected.
    Ready,
    /// The session was lost, and another is opened by the calls that need it.
    Recovering,
    /// Closed for good.
    Closed,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Ready => "ready",
            Self::Recovering => "recovering",
            Self::Closed => "closed",
        }
    }
}

/// What `on_state` hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    /// The state from now on.
    pub state: State,
    /// The state before.
    pub previous: State,
}

pub(crate) type Observe = Arc<dyn Fn(StateChange) + Send + Sync>;

/// The state, and the changes that are still to be told.
#[derive(Default)]
pub(crate) struct StateCell {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: State,
    was_ready: bool,
    untold: VecDeque<StateChange>,
    is_telling: bool,
}

impl StateCell {
    pub(crate) fn now(&self) -> State {
        self.locked().state
    }

    /// Begins to connect: for the first time, or again.
    pub(crate) fn opens(&self, tell: impl Fn(StateChange)) {
        let was_ready = self.locked().was_ready;
        self.enter(if was_ready { State::Recovering } else { State::Connecting }, tell);
    }

    /// Enters a state. Changes are told in their order, by one at a time, and none while the lock is held: whoever is told
    /// may look at the state, or change it.
    pub(crate) fn enter(&self, state: State, tell: impl Fn(StateChange)) {
        let mut inner = self.locked();
        let previous = inner.state;
        if previous == state || previous == State::Closed {
            return;
        }
        inner.state = state;
        inner.was_ready |= state == State::Ready;
        inner.untold.push_back(StateChange { state, previous });
        if inner.is_telling {
            return;
        }
        inner.is_telling = true;
        while let Some(change) = inner.untold.pop_front() {
            drop(inner);
            // What an observer does is its own.
            let _ = catch_unwind(AssertUnwindSafe(|| tell(change)));
            inner = self.locked();
        }
        inner.is_telling = false;
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_once_and_in_order() {
        let (board, told) = (StateCell::default(), Mutex::new(Vec::new()));
        let tell = |change: StateChange| told.lock().unwrap().push(change.state.as_str());
        board.opens(tell);
        board.opens(tell);
        board.enter(State::Ready, tell);
        board.opens(tell);
        board.enter(State::Closed, tell);
        board.enter(State::Ready, tell);
        assert_eq!(*told.lock().unwrap(), ["connecting", "ready", "recovering", "closed"]);
        assert_eq!(board.now(), State::Closed);
    }

    #[test]
    fn an_observer_may_change_the_state() {
        let (board, told) = (StateCell::default(), Mutex::new(Vec::new()));
        board.enter(State::Ready, |change| {
            told.lock().unwrap().push(change.state);
            board.enter(State::Closed, |_| panic!("told by the first"));
        });
        assert_eq!(*told.lock().unwrap(), [State::Ready, State::Closed]);
    }
}
