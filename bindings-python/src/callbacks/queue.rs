//! The queue between the runtime, which fills it, and the threads or the event loop that run callbacks.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::runtime::lock;

/// An unbounded queue; the core bounds what is added.
pub(crate) struct Queue<T> {
    state: Mutex<QueueState<T>>,
    added: Condvar,
}

struct QueueState<T> {
    items: VecDeque<T>,
    is_closed: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let state = QueueState { items: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), added: Condvar::new() }
    }
}

impl<T> Queue<T> {
    /// Adds an item, unless the queue is closed. Never waits, so that any thread may call it.
    pub(crate) fn add(&self, item: T) {
        let mut state = self.state();
        if state.is_closed {
            return;
        }
        state.items.push_back(item);
        drop(state);
        self.added.notify_one();
    }

    /// The next item, if there is one.
    pub(crate) fn take(&self) -> Option<T> {
        self.state().items.pop_front()
    }

    /// Waits for the next item; `None` once the queue is closed and empty.
    pub(crate) fn wait(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.is_closed {
                return None;
            }
            state = self.added.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Drops all items.
    pub(crate) fn clear(&self) {
        // Dropped without the lock, as dropping an item may run code.
        let items = std::mem::take(&mut self.state().items);
        drop(items);
    }

    /// Accepts no further items. Those in the queue can still be taken.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.added.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, QueueState<T>> {
        lock(&self.state)
    }
}
