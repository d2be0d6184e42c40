//! The one way back into JavaScript.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};
use napi_derive::napi;
use omni_mcp::bridge::{Letter, Place, Question};

type Args = FnArgs<(u32, u32, String, Option<String>)>;
/// Weak, so that an idle client does not keep the process alive, and without an error argument.
type Callback = ThreadsafeFunction<Event, (), Args, Status, false, true>;

/// What an event says of its call; `ts/native.ts` has the same numbers.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Result = 0,
    Error = 1,
    Progress = 2,
    /// The id is that of a client.
    Notification = 3,
    /// The id is that of a client; the text is the hook's name and its params, and the metadata the question's number.
    Question = 4,
    /// Of what a result leaves to be said.
    Warning = 5,
    /// The id is that of a client.
    Log = 6,
    /// The id is that of a client.
    State = 7,
}

struct Event {
    id: u32,
    kind: Kind,
    text: Text,
    metadata: Option<String>,
}

/// The text of an event; some of them take a place in a queue until they are heard.
enum Text {
    Free(String),
    Queued(Letter),
}

/// The places of progress that callbacks of JavaScript process, by call, in order.
type Processing = Arc<Mutex<HashMap<u32, VecDeque<Place>>>>;

/// How a call ended: the result and, where asked for, its metadata, or the error; all as JSON text.
pub(crate) type Outcome = std::result::Result<(String, Option<String>), String>;

/// Sends events from any thread to one thread of JavaScript.
pub(crate) struct Sink {
    /// Where it is awake.
    callback: Mutex<Option<Callback>>,
    /// What JavaScript has been asked and has not answered.
    questions: Mutex<HashMap<u32, Question>>,
    asked: AtomicU32,
}

impl Sink {
    /// Tells how a call ended. Where the thread of JavaScript is gone, nobody is left to be told.
    pub(crate) fn settle(&self, id: u32, outcome: Outcome) {
        let (kind, text, metadata) = match outcome {
            Ok((text, metadata)) => (Kind::Result, text, metadata),
            Err(text) => (Kind::Error, text, None),
        };
        let _ = self.send(Event { id, kind, text: Text::Free(text), metadata });
    }

    /// Warns of something about a call's result.
    pub(crate) fn warn(&self, id: u32, text: String) {
        self.tell(id, Kind::Warning, Text::Free(text));
    }

    /// Hands on the params of a progress notification.
    pub(crate) fn progress(&self, id: u32, params: Letter) {
        self.tell(id, Kind::Progress, Text::Queued(params));
    }

    /// Hands on a notification of a client's server.
    pub(crate) fn notification(&self, client: u32, notification: Letter) {
        self.tell(client, Kind::Notification, Text::Queued(notification));
    }

    /// Hands on what a client does.
    pub(crate) fn log(&self, client: u32, record: Letter) {
        self.tell(client, Kind::Log, Text::Queued(record));
    }

    /// Hands on a change of a client's state, of which there are few.
    pub(crate) fn state(&self, client: u32, change: String) {
        self.tell(client, Kind::State, Text::Free(change));
    }

    fn tell(&self, id: u32, kind: Kind, text: Text) {
        let _ = self.send(Event { id, kind, text, metadata: None });
    }

    /// Asks a client's own function. Where the thread of JavaScript is gone, the question is dropped: it counts as failed.
    pub(crate) fn ask(&self, client: u32, question: Question) {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        // A name of the table needs no escapes, and the params are JSON that the core has read.
        let text = format!("{{\"hook\":\"{}\",\"params\":{}}}", question.name, question.params);
        lock(&self.questions).insert(number, question);
        if self.send(Event {
            id: client,
            kind: Kind::Question,
            text: Text::Free(text),
            metadata: Some(number.to_string()),
        }) != Status::Ok
        {
            lock(&self.questions).remove(&number);
        }
    }

    fn send(&self, event: Event) -> Status {
        match &*lock(&self.callback) {
            Some(callback) => callback.call(event, ThreadsafeFunctionCallMode::NonBlocking),
            None => Status::Closing,
        }
    }
}

/// The channel of one thread of JavaScript. It begins at rest, and keeps the process alive only while it is held.
#[napi]
pub struct Channel {
    sink: Arc<Sink>,
    processing: Processing,
}

#[napi]
impl Channel {
    /// Makes the channel.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default, reason = "only JavaScript makes one")]
    pub fn new() -> Self {
        let (callback, questions, asked) = (Mutex::default(), Mutex::default(), AtomicU32::new(0));
        Self { sink: Arc::new(Sink { callback, questions, asked }), processing: Processing::default() }
    }

    /// Has `on_event` hear `(id, kind, text, metadata)` from now on.
    #[napi(catch_unwind)]
    pub fn wake(&self, on_event: Function<'_, Args, ()>) -> Result<()> {
        let begun = Arc::clone(&self.processing);
        let callback =
            on_event.build_threadsafe_function::<Event>().weak::<true>().callee_handled::<false>().build_callback(
                move |context| {
                    let Event { id, kind, text, metadata } = context.value;
                    let text = match (kind, text) {
                        (Kind::Progress, Text::Queued(letter)) => {
                            let (text, place) = letter.into_parts();
                            lock(&begun).entry(id).or_default().push_back(place);
                            text
                        }
                        (_, Text::Queued(letter)) => letter.open(),
                        (Kind::Result | Kind::Error, Text::Free(text)) => {
                            // What is still processed holds nothing up any more.
                            let over = lock(&begun).remove(&id);
                            drop(over);
                            text
                        }
                        (_, Text::Free(text)) => text,
                    };
                    Ok(FnArgs::from((id, kind as u32, text, metadata)))
                },
            )?;
        *lock(&self.sink.callback) = Some(callback);
        Ok(())
    }

    /// Lets go of the event loop. What has been sent is still heard, and what is sent from now on is not.
    #[napi(catch_unwind)]
    pub fn rest(&self) {
        let callback = lock(&self.sink.callback).take();
        // Dropped without the lock.
        drop(callback);
    }

    /// Says that a callback has processed one more of a call's progress notifications.
    #[napi(catch_unwind)]
    pub fn processed(&self, id: u32) {
        let place = lock(&self.processing).get_mut(&id).and_then(VecDeque::pop_front);
        // Dropped without the lock: it wakes who waits for the place.
        drop(place);
    }

    /// Answers a question: JSON text, or why there is no answer.
    #[napi(catch_unwind)]
    pub fn answer(&self, question: u32, ok: bool, text: String) {
        let asked = lock(&self.sink.questions).remove(&question);
        if let Some(asked) = asked {
            asked.answer(if ok { Ok(text) } else { Err(text) });
        }
    }

    /// Keeps the process alive: a call is in flight.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "the count that decides is kept in JavaScript")]
    pub fn hold(&self, env: Env) -> Result<()> {
        lock(&self.sink.callback).as_mut().map_or(Ok(()), |callback| callback.refer(&env))
    }

    /// Lets the process end: no call is in flight.
    #[napi(catch_unwind)]
    #[allow(deprecated, reason = "the count that decides is kept in JavaScript")]
    pub fn release(&self, env: Env) -> Result<()> {
        lock(&self.sink.callback).as_mut().map_or(Ok(()), |callback| callback.unref(&env))
    }
}

impl Drop for Channel {
    /// The thread of JavaScript has ended: nobody will answer any more, and whoever waits for it would keep its client.
    fn drop(&mut self) {
        let questions = std::mem::take(&mut *lock(&self.sink.questions));
        // Dropped without the lock: each has something to do at its end.
        drop(questions);
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
