//! Connection state of a client, and its observer.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Connection state of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Not connected: no call was made yet, or connecting failed. The next call connects.
    #[default]
    Idle,
    /// Connecting for the first time.
    Connecting,
    /// Connected.
    Ready,
    /// The session was lost; the next call opens a new one.
    Recovering,
    /// Closed permanently.
    Closed,
}

impl State {
    /// The name of the state.
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

/// Argument of `on_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateChange {
    /// The new state.
    pub state: State,
    /// The previous state.
    pub previous: State,
}

pub(crate) type Observe = Arc<dyn Fn(StateChange) + Send + Sync>;

/// The state, and the changes that the observer has not received yet.
#[derive(Default)]
pub(crate) struct StateCell {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: State,
    was_ready: bool,
    pending: VecDeque<StateChange>,
    is_notifying: bool,
}

impl StateCell {
    pub(crate) fn now(&self) -> State {
        self.locked().state
    }

    /// Enters `Connecting`, or `Recovering` after an earlier connection.
    pub(crate) fn opens(&self, notify: impl Fn(StateChange)) {
        let was_ready = self.locked().was_ready;
        self.enter(if was_ready { State::Recovering } else { State::Connecting }, notify);
    }

    /// Enters a state. The observer receives changes one at a time, in order, and without the lock: it may read or change
    /// the state.
    pub(crate) fn enter(&self, state: State, notify: impl Fn(StateChange)) {
        let mut inner = self.locked();
        let previous = inner.state;
        if previous == state || previous == State::Closed {
            return;
        }
        inner.state = state;
        inner.was_ready |= state == State::Ready;
        inner.pending.push_back(StateChange { state, previous });
        if inner.is_notifying {
            return;
        }
        inner.is_notifying = true;
        while let Some(change) = inner.pending.pop_front() {
            drop(inner);
            // A panic of the observer is ignored.
            let _ = catch_unwind(AssertUnwindSafe(|| notify(change)));
            inner = self.locked();
        }
        inner.is_notifying = false;
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_observed_once_and_in_order() {
        let (cell, observed) = (StateCell::default(), Mutex::new(Vec::new()));
        let notify = |change: StateChange| observed.lock().unwrap().push(change.state.as_str());
        cell.opens(notify);
        cell.opens(notify);
        cell.enter(State::Ready, notify);
        cell.opens(notify);
        cell.enter(State::Closed, notify);
        cell.enter(State::Ready, notify);
        assert_eq!(*observed.lock().unwrap(), ["connecting", "ready", "recovering", "closed"]);
        assert_eq!(cell.now(), State::Closed);
    }

    #[test]
    fn an_observer_may_change_the_state() {
        let (cell, observed) = (StateCell::default(), Mutex::new(Vec::new()));
        cell.enter(State::Ready, |change| {
            observed.lock().unwrap().push(change.state);
            cell.enter(State::Closed, |_| panic!("the first observer receives it"));
        });
        assert_eq!(*observed.lock().unwrap(), [State::Ready, State::Closed]);
    }
}
