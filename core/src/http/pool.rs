//! The connections of one client, by the runtime that they were made on: no other one drives them. A client that is kept
//! over the runtimes of many tests, or used on two at once, would else wait for an answer that nobody reads.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::config::settings::Settings;
use crate::error::Result;
use crate::http::client::{Http, Memory};

/// The most runtimes that keep connections of one client; beyond, those of the one that came first are let go.
const MOST: usize = 8;

pub(crate) struct Pools {
    settings: Arc<Settings>,
    memory: Arc<Memory>,
    /// None is the runtime of the first use.
    made: Mutex<Vec<(Option<Id>, Http)>>,
}

impl Pools {
    /// # Errors
    /// A `config` error where what the settings say cannot be used.
    pub(crate) fn new(settings: &Arc<Settings>) -> Result<Self> {
        let memory = Arc::new(Memory::new(settings));
        let first = Http::new(settings, Arc::clone(&memory))?;
        Ok(Self { settings: Arc::clone(settings), memory, made: Mutex::new(vec![(None, first)]) })
    }

    /// Has this runtime's next requests make connections of their own, where those of the pool are as old as the one of a
    /// request that was sent at `begun` and got no answer.
    pub(crate) fn renew(&self, begun: Instant) {
        self.here().renew(begun);
    }

    /// The pool of the runtime that this runs on.
    pub(crate) fn here(&self) -> Http {
        let here = Handle::try_current().ok().map(|runtime| runtime.id());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, pool)) = made.iter_mut().find(|(of, _)| of.is_none() || *of == here) {
            *of = here;
            return pool.clone();
        }
        let Ok(pool) = Http::new(&self.settings, Arc::clone(&self.memory)) else {
            // It could be made before; whatever is wrong by now, the first one says.
            return made[0].1.clone();
        };
        if made.len() >= MOST {
            made.remove(0);
        }
        made.push((here, pool.clone()));
        pool
    }

    /// Closes the connections of this runtime that are not in use: nobody may drive it for a long time.
    pub(crate) fn let_go(&self) {
        let here = Handle::try_current().ok().map(|runtime| runtime.id());
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().filter(|(of, _)| of.is_some() && *of == here).for_each(|(_, pool)| pool.let_go());
    }

    /// Texts that no message may show.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.memory.secrets()
    }
}
