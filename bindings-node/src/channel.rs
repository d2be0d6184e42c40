//! The one way back into JavaScript.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};
use napi_derive::napi;

/// Progress that JavaScript has not heard yet is kept up to this many notifications; beyond, it is left out.
const MOST_PROGRESS: usize = 4096;

type Args = FnArgs<(u32, u32, String, Option<String>)>;
/// Weak, so that an idle client does not keep the process alive, and without an error argument.
type Callback = ThreadsafeFunction<Event, (), Args, Status, false, true>;

/// What an event says of its call; `ts/native.ts` has the same numbers.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Result = 0,
    Error = 1,
    Progress = 2,
}

struct Event {
    id: u32,
    kind: Kind,
    text: String,
    metadata: Option<String>,
}

/// How a call ended: the result and, where asked for, its metadata, or the error; all as JSON text.
pub(crate) type Outcome = std::result::Result<(String, Option<String>), String>;

/// Sends events from any thread to one thread of JavaScript.
pub(crate) struct Sink {
    callback: Mutex<Callback>,
    unheard_progress: Arc<AtomicUsize>,
}

impl Sink {
    /// Tells how a call ended. Where the thread of JavaScript is gone, nobody is left to be told.
    pub(crate) fn settle(&self, id: u32, outcome: Outcome) {
        let (kind, text, metadata) = match outcome {
            Ok((text, metadata)) => (Kind::Result, text, metadata),
            Err(text) => (Kind::Error, text, None),
        };
        self.send(Event { id, kind, text, metadata });
    }

    /// Hands on the params of a progress notification.
    pub(crate) fn progress(&self, id: u32, params: &str) {
        if self.unheard_progress.fetch_add(1, Ordering::Relaxed) >= MOST_PROGRESS {
            self.unheard_progress.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        self.send(Event { id, kind: Kind::Progress, text: params.to_owned(), metadata: None });
    }

    fn send(&self, event: Event) {
        let _ = lock(&self.callback).call(event, ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// The channel of one thread of JavaScript. It keeps the process alive only while it is held.
#[napi]
pub struct Channel {
    sink: Arc<Sink>,
}

#[napi]
impl Channel {
    /// Makes the channel; `on_event` hears `(id, kind, text, metadata)`.
    #[napi(constructor, catch_unwind)]
    pub fn new(on_event: Function<'_, Args, ()>) -> Result<Self> {
        let unheard_progress = Arc::new(AtomicUsize::new(0));
        let unheard = Arc::clone(&unheard_progress);
        let callback =
            on_event.build_threadsafe_function::<Event>().weak::<true>().callee_handled::<false>().build_callback(
                move |context| {
                    let Event { id, kind, text, metadata } = context.value;
                    if matches!(kind, Kind::Progress) {
                        unheard.fetch_sub(1, Ordering::Relaxed);
                    }
                    Ok(FnArgs::from((id, kind as u32, text, metadata)))
                },
            )?;
        Ok(Self { sink: Arc::new(Sink { callback: Mutex::new(callback), unheard_progress }) })
    }

    /// Keeps the process alive: a call is in flight.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "the count that decides is kept in JavaScript")]
    pub fn hold(&self, env: Env) -> Result<()> {
        lock(&self.sink.callback).refer(&env)
    }

    /// Lets the process end: no call is in flight.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "the count that decides is kept in JavaScript")]
    pub fn release(&self, env: Env) -> Result<()> {
        lock(&self.sink.callback).unref(&env)
    }
}

impl Channel {
    pub(crate) fn sink(&self) -> Arc<Sink> {
        Arc::clone(&self.sink)
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
