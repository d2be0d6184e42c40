//! The connections of one client, one pool per runtime. Only the runtime that opened a connection drives it: a client that is used on
//! several runtimes would otherwise wait for responses that are never read.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use crate::config::settings::Settings;
use crate::error::Result;
use crate::http::client::{Http, Memory};

/// The most runtimes that keep connections of one client. Beyond it, those of the first one are closed.
const MOST: usize = 8;

pub(crate) struct Pools {
    settings: Arc<Settings>,
    memory: Arc<Memory>,
    /// The first pool has no runtime before its first use.
    made: Mutex<Vec<(Option<Id>, Http)>>,
}

impl Pools {
    /// # Errors
    /// A `config` error if the settings cannot be used.
    pub(crate) fn new(settings: &Arc<Settings>) -> Result<Self> {
        let memory = Arc::new(Memory::new(settings));
        let first = Http::new(settings, Arc::clone(&memory))?;
        Ok(Self { settings: Arc::clone(settings), memory, made: Mutex::new(vec![(None, first)]) })
    }

    /// Opens new connections for further requests on this runtime, if those of the pool are as old as that of a request that was sent at
    /// `begun` and received no response.
    pub(crate) fn renew(&self, begun: Instant) {
        self.here().renew(begun);
    }

    /// The pool of the present runtime.
    pub(crate) fn here(&self) -> Http {
        let here = Handle::try_current().ok().map(|runtime| runtime.id());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, pool)) = made.iter_mut().find(|(of, _)| of.is_none() || *of == here) {
            *of = here;
            return pool.clone();
        }
        let Ok(pool) = Http::new(&self.settings, Arc::clone(&self.memory)) else {
            // The first pool has the same settings and reports why they cannot be used any more.
            return made[0].1.clone();
        };
        if made.len() >= MOST {
            made.remove(0);
        }
        made.push((here, pool.clone()));
        pool
    }

    /// Closes the unused connections of this runtime, which may not be driven for a long time.
    pub(crate) fn close_unused(&self) {
        let here = Handle::try_current().ok().map(|runtime| runtime.id());
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().filter(|(of, _)| of.is_some() && *of == here).for_each(|(_, pool)| pool.close_unused());
    }

    /// Texts that no message may show.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.memory.secrets()
    }
}
