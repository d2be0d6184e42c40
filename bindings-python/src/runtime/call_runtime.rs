//! The runtimes of sync clients: they run on the threads that wait for calls, and nowhere else.
//!
//! Each takes four file descriptors, so clients share them: all clients that one thread uses first have one runtime, and
//! there are no more than [`MOST`] in a process. A client with callbacks has a runtime of its own: a callback may block
//! the thread that drives the runtime, and wait for another client's call.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::thread::ThreadId;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::runtime::shared_runtime::yield_to_connections;

/// The most runtimes that clients share.
const MOST: usize = 4;

/// How many tasks run before the sockets are polled again. It covers all connections that ended while the runtime was
/// idle, so that no call is sent on one of them.
const TASKS_AT_ONCE: u32 = 4096;

/// The purpose of a runtime.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RuntimeUse {
    /// To wait for a call that runs on another runtime. It has no descriptors.
    Waiting,
    /// For the calls of one client.
    OneClient,
    /// For the calls of several clients.
    Shared,
}

/// As [`yield_to_connections`], also where another thread drives the runtime. The end of a response wakes its call before
/// the connection is back in the pool, and the next call would open another one.
pub(crate) async fn yield_to_all() {
    yield_to_connections().await;
    let _ = tokio::spawn(async {}).await;
}

pub(crate) struct CallRuntime(Option<Runtime>);

struct KnownRuntime {
    pid: u32,
    thread: ThreadId,
    runtime: Weak<CallRuntime>,
}

static SHARED: Mutex<Vec<KnownRuntime>> = Mutex::new(Vec::new());

impl CallRuntime {
    /// The runtime of a client that this thread is the first to use.
    pub(crate) fn new(purpose: RuntimeUse) -> io::Result<Arc<Self>> {
        match purpose {
            RuntimeUse::Waiting => Self::built(Builder::new_current_thread().enable_time()),
            RuntimeUse::OneClient => Self::built(Builder::new_current_thread().enable_all()),
            RuntimeUse::Shared => Self::shared(),
        }
    }

    fn built(builder: &mut Builder) -> io::Result<Arc<Self>> {
        builder.build().map(|runtime| Arc::new(Self(Some(runtime))))
    }

    fn shared() -> io::Result<Arc<Self>> {
        let build = || Self::built(Builder::new_current_thread().enable_all().event_interval(TASKS_AT_ONCE));
        // Without waiting: after a fork no thread would release the lock.
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
                    known.push(KnownRuntime { pid, thread, runtime: Arc::downgrade(&runtime) });
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

    /// Runs `close`, which closes connections of this runtime, and lets the connections end.
    pub(crate) fn close(&self, close: impl FnOnce()) {
        let Some(runtime) = &self.0 else { return };
        let is_driving = Handle::try_current().is_ok();
        let entered = runtime.enter();
        close();
        drop(entered);
        // During a call, that call drives the runtime.
        if !is_driving {
            // Never waits for a thread that drives the runtime meanwhile: that thread may wait for a lock of this one.
            runtime.block_on(async {
                yield_to_connections().await;
                yield_to_connections().await;
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
    purpose: RuntimeUse,
    runtime: OnceLock<Arc<CallRuntime>>,
}

impl ClientRuntime {
    pub(crate) fn new(purpose: RuntimeUse) -> Self {
        Self { purpose, runtime: OnceLock::new() }
    }

    /// # Errors
    /// Where the client has none yet and none can be made.
    pub(crate) fn get(&self) -> io::Result<&CallRuntime> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = CallRuntime::new(self.purpose)?;
        Ok(self.runtime.get_or_init(|| made))
    }

    /// For a client that makes no further call: a client without calls needs no descriptors to close.
    pub(crate) fn end(&self) -> io::Result<()> {
        if self.runtime.get().is_none() {
            let _ = self.runtime.set(CallRuntime::new(RuntimeUse::Waiting)?);
        }
        Ok(())
    }

    /// The runtime, if other clients use it, too.
    pub(crate) fn outlives(&self) -> Option<&CallRuntime> {
        self.runtime.get().filter(|runtime| Arc::strong_count(runtime) > 1).map(|runtime| &**runtime)
    }
}
