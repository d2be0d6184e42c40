//! The runtimes of sync clients: they run on the threads that wait for calls, and nowhere else.
//!
//! Each takes four file descriptors, so clients share them: all that are first used by one thread have one runtime, and
//! there are no more than [`MOST`] in a process. A client that calls functions of the caller's has a runtime of its own:
//! such a function may block the thread that drives the runtime, and wait for another client's call.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread::ThreadId;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::runtime::turn;

/// The most runtimes that clients share.
const MOST: usize = 4;

/// How many tasks run before the sockets are looked at again. Within it, all connections that ended while nobody looked
/// must have run, so that no call is sent into one of them.
const TASKS_AT_ONCE: u32 = 4096;

/// What a runtime is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Use {
    /// To wait for a call that runs elsewhere. It has no descriptors.
    Waiting,
    /// For the calls of one client.
    OneClient,
    /// For the calls of several clients.
    Shared,
}

/// As [`turn`], also where another thread drives the runtime: what was ready before has run. The end of an answer wakes a
/// call before its connection is back in the pool, and the next call would open another one.
pub(crate) async fn turn_anywhere() {
    turn().await;
    let _ = tokio::spawn(async {}).await;
}

pub(crate) struct CallRuntime(Option<Runtime>);

struct Known {
    pid: u32,
    thread: ThreadId,
    runtime: Weak<CallRuntime>,
}

static SHARED: Mutex<Vec<Known>> = Mutex::new(Vec::new());

impl CallRuntime {
    /// The runtime of a client that this thread is the first to use.
    pub(crate) fn of(what: Use) -> io::Result<Arc<Self>> {
        match what {
            Use::Waiting => Self::built(Builder::new_current_thread().enable_time()),
            Use::OneClient => Self::built(Builder::new_current_thread().enable_all()),
            Use::Shared => Self::shared(),
        }
    }

    fn built(builder: &mut Builder) -> io::Result<Arc<Self>> {
        builder.build().map(|runtime| Arc::new(Self(Some(runtime))))
    }

    fn shared() -> io::Result<Arc<Self>> {
        let build = || Self::built(Builder::new_current_thread().enable_all().event_interval(TASKS_AT_ONCE));
        // Never waited for: in a process that was forked meanwhile nobody would release the lock.
        let Ok(mut known) = SHARED.try_lock() else { return build() };
        let (pid, thread) = (std::process::id(), std::thread::current().id());
        known.retain(|known| known.pid == pid && known.runtime.strong_count() > 0);
        let of_thread = known.iter().find(|known| known.thread == thread).and_then(|known| known.runtime.upgrade());
        if let Some(runtime) = of_thread {
            return Ok(runtime);
        }
        let least_used = known.iter().min_by_key(|known| known.runtime.strong_count());
        let other = least_used.and_then(|known| known.runtime.upgrade());
        match other {
            Some(runtime) if known.len() >= MOST => Ok(runtime),
            other => match (build(), other) {
                (Ok(runtime), _) => {
                    known.push(Known { pid, thread, runtime: Arc::downgrade(&runtime) });
                    Ok(runtime)
                }
                // There may be no descriptors left.
                (Err(_), Some(runtime)) => Ok(runtime),
                (Err(error), None) => Err(error),
            },
        }
    }

    /// Runs `work` on this thread to its end.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.as_ref().map(|runtime| runtime.block_on(work))
    }

    /// Has `close` close connections of this runtime, and lets them end.
    pub(crate) fn close(&self, close: impl FnOnce()) {
        let Some(runtime) = &self.0 else { return };
        let is_driving = Handle::try_current().is_ok();
        let entered = runtime.enter();
        close();
        drop(entered);
        // In the midst of a call the runtime runs on by itself.
        if !is_driving {
            // Never waits for a thread that drives the runtime meanwhile: it may wait for what this one holds.
            runtime.block_on(async {
                turn().await;
                turn().await;
            });
        }
    }
}

impl Drop for CallRuntime {
    fn drop(&mut self) {
        // An ordinary drop would wait for a name lookup that may still be going on.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The runtime of one client, from its first call on.
pub(crate) struct ClientRuntime {
    what: Use,
    runtime: OnceLock<Arc<CallRuntime>>,
}

impl ClientRuntime {
    pub(crate) fn new(what: Use) -> Self {
        Self { what, runtime: OnceLock::new() }
    }

    /// # Errors
    /// Where the client has none yet and none can be made.
    pub(crate) fn get(&self) -> io::Result<&CallRuntime> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = CallRuntime::of(self.what)?;
        Ok(self.runtime.get_or_init(|| made))
    }

    /// For a client that makes no call any more: one that made none needs no descriptors to be closed.
    pub(crate) fn end(&self) -> io::Result<()> {
        if self.runtime.get().is_none() {
            let _ = self.runtime.set(CallRuntime::of(Use::Waiting)?);
        }
        Ok(())
    }

    /// The runtime, where it goes on when this client does not.
    pub(crate) fn outlives(&self) -> Option<&CallRuntime> {
        self.runtime.get().filter(|runtime| Arc::strong_count(runtime) > 1).map(|runtime| &**runtime)
    }
}
