//! What waits for the caller's functions until a thread, or an event loop, takes it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A queue that is filled by the runtime and emptied by threads of Python's. The core bounds what comes into it.
pub(crate) struct Post<T> {
    state: Mutex<State<T>>,
    came: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

impl<T> Default for Post<T> {
    fn default() -> Self {
        let state = State { waiting: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), came: Condvar::new() }
    }
}

impl<T> Post<T> {
    /// Never waits, so that it can be called wherever a notification arrives.
    pub(crate) fn add(&self, item: T) {
        let mut state = self.state();
        if state.is_closed {
            return;
        }
        state.waiting.push_back(item);
        drop(state);
        self.came.notify_one();
    }

    /// The next item, if one waits.
    pub(crate) fn take(&self) -> Option<T> {
        self.state().waiting.pop_front()
    }

    /// Waits for the next item; nothing once the post is closed and empty.
    pub(crate) fn wait(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.is_closed {
                return None;
            }
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Forgets what waits.
    pub(crate) fn clear(&self) {
        // Dropped without the lock: an item may have something to do at its end.
        let waiting = std::mem::take(&mut self.state().waiting);
        drop(waiting);
    }

    /// Takes nothing more in. What waits is still handed out.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.came.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
