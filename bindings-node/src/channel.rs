//! The event channel to JavaScript: one per JavaScript thread.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Result, Status};
use napi_derive::napi;
use omni_mcp::bridge::{Permit, Question, QueuedMessage};
use omni_mcp_devserver::{ToolCall, ToolReply};

type Args = FnArgs<(u32, u32, String, Option<String>)>;
/// Weak, so that an idle client does not keep the process alive, and without an error argument.
type EventHandler = ThreadsafeFunction<Event, (), Args, Status, false, true>;

/// The kind of an event; `ts/native.ts` has the same numbers.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Result = 0,
    Error = 1,
    Progress = 2,
    /// The id is that of a client.
    Notification = 3,
    /// The id is that of a client; the text holds the callback's name and its params, and the metadata the question's id.
    Question = 4,
    /// A warning about a call's result.
    Warning = 5,
    /// The id is that of a client.
    Log = 6,
    /// The id is that of a client.
    State = 7,
    /// The id is that of a dev server; the text holds the tool and its arguments, and the metadata the call's id.
    ToolCall = 8,
    /// The id is that of a client.
    Request = 9,
    /// The id is that of a client.
    Response = 10,
}

struct Event {
    id: u32,
    kind: Kind,
    text: Text,
    metadata: Option<String>,
}

/// The text of an event. A queued one holds a permit of a bounded queue until it is delivered.
enum Text {
    Free(String),
    Queued(QueuedMessage),
}

/// The permits of progress notifications that JavaScript callbacks are processing, by call, in order.
type PendingProgress = Arc<Mutex<HashMap<u32, VecDeque<Permit>>>>;

/// How a call ended: its result and, if requested, the metadata, or its error; all as JSON text.
pub(crate) type Outcome = std::result::Result<(String, Option<String>), String>;

/// Sends events from any thread to one JavaScript thread.
pub(crate) struct Sink {
    /// `None` while the channel is closed.
    handler: Mutex<Option<EventHandler>>,
    /// The questions that JavaScript has not answered.
    questions: Mutex<HashMap<u32, Question>>,
    /// The calls of tools of dev servers that JavaScript has not answered.
    tool_calls: Mutex<HashMap<u32, (ToolCall, ToolReply)>>,
    next_question: AtomicU32,
}

impl Sink {
    /// Reports how a call ended. Discarded if the JavaScript thread has ended.
    pub(crate) fn settle(&self, id: u32, outcome: Outcome) {
        let (kind, text, metadata) = match outcome {
            Ok((text, metadata)) => (Kind::Result, text, metadata),
            Err(text) => (Kind::Error, text, None),
        };
        let _ = self.send(Event { id, kind, text: Text::Free(text), metadata });
    }

    /// Reports a warning about a call's result.
    pub(crate) fn warn(&self, id: u32, text: String) {
        self.emit(id, Kind::Warning, Text::Free(text));
    }

    /// Delivers the params of a progress notification.
    pub(crate) fn progress(&self, id: u32, params: QueuedMessage) {
        self.emit(id, Kind::Progress, Text::Queued(params));
    }

    /// Delivers a notification of a client's server.
    pub(crate) fn notification(&self, client: u32, notification: QueuedMessage) {
        self.emit(client, Kind::Notification, Text::Queued(notification));
    }

    /// Delivers a log record of a client.
    pub(crate) fn log(&self, client: u32, record: QueuedMessage) {
        self.emit(client, Kind::Log, Text::Queued(record));
    }

    /// Delivers a change of a client's state. There are few, so they are not queued.
    pub(crate) fn state(&self, client: u32, change: String) {
        self.emit(client, Kind::State, Text::Free(change));
    }

    /// Delivers an HTTP request of a client. There are few for each call, so they are not queued.
    pub(crate) fn request(&self, client: u32, info: String) {
        self.emit(client, Kind::Request, Text::Free(info));
    }

    /// Delivers the end of an HTTP request of a client.
    pub(crate) fn response(&self, client: u32, info: String) {
        self.emit(client, Kind::Response, Text::Free(info));
    }

    fn emit(&self, id: u32, kind: Kind, text: Text) {
        let _ = self.send(Event { id, kind, text, metadata: None });
    }

    /// Passes a question to a client's callback. If the JavaScript thread has ended, the question is dropped, which counts
    /// as a failure.
    pub(crate) fn ask(&self, client: u32, question: Question) {
        let id = self.next_question.fetch_add(1, Ordering::Relaxed);
        // A name of the table needs no escapes, and the params are JSON that the core has read.
        let text = format!("{{\"callback\":\"{}\",\"params\":{}}}", question.name, question.params);
        lock(&self.questions).insert(id, question);
        let event = Event { id: client, kind: Kind::Question, text: Text::Free(text), metadata: Some(id.to_string()) };
        if self.send(event) != Status::Ok {
            lock(&self.questions).remove(&id);
        }
    }

    /// Passes a call of a tool to a dev server's function. If the JavaScript thread has ended, the call fails.
    pub(crate) fn call_tool(&self, server: u32, tool: usize, call: ToolCall, reply: ToolReply) {
        let id = self.next_question.fetch_add(1, Ordering::Relaxed);
        let text = format!("{{\"index\":{tool},\"arguments\":{}}}", call.arguments_json());
        lock(&self.tool_calls).insert(id, (call, reply));
        let event = Event { id: server, kind: Kind::ToolCall, text: Text::Free(text), metadata: Some(id.to_string()) };
        if self.send(event) != Status::Ok {
            self.take_tool_call(id);
        }
    }

    fn take_tool_call(&self, id: u32) -> Option<ToolReply> {
        lock(&self.tool_calls).remove(&id).map(|(_, reply)| reply)
    }

    fn send(&self, event: Event) -> Status {
        match &*lock(&self.handler) {
            Some(handler) => handler.call(event, ThreadsafeFunctionCallMode::NonBlocking),
            None => Status::Closing,
        }
    }
}

/// The channel of one JavaScript thread. It keeps the process alive only between `ref` and `unref`.
#[napi]
pub struct Channel {
    sink: Arc<Sink>,
    pending: PendingProgress,
}

#[napi]
impl Channel {
    /// Makes a closed channel.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default, reason = "only JavaScript makes one")]
    pub fn new() -> Self {
        let (handler, questions, next_question) = (Mutex::default(), Mutex::default(), AtomicU32::new(0));
        let sink = Sink { handler, questions, tool_calls: Mutex::default(), next_question };
        Self { sink: Arc::new(sink), pending: PendingProgress::default() }
    }

    /// Opens the channel: `on_event` is called with `(id, kind, text, metadata)` for each event.
    #[napi(catch_unwind)]
    pub fn open(&self, on_event: Function<'_, Args, ()>) -> Result<()> {
        let pending = Arc::clone(&self.pending);
        let handler =
            on_event.build_threadsafe_function::<Event>().weak::<true>().callee_handled::<false>().build_callback(
                move |context| {
                    let Event { id, kind, text, metadata } = context.value;
                    let text = match (kind, text) {
                        (Kind::Progress, Text::Queued(queued)) => {
                            let (text, permit) = queued.into_parts();
                            lock(&pending).entry(id).or_default().push_back(permit);
                            text
                        }
                        (_, Text::Queued(queued)) => queued.open(),
                        (Kind::Result | Kind::Error, Text::Free(text)) => {
                            // Progress that is still being processed holds no permit after its call.
                            let permits = lock(&pending).remove(&id);
                            drop(permits);
                            text
                        }
                        (_, Text::Free(text)) => text,
                    };
                    Ok(FnArgs::from((id, kind as u32, text, metadata)))
                },
            )?;
        *lock(&self.sink.handler) = Some(handler);
        Ok(())
    }

    /// Closes the channel and its handle in the event loop. Events already sent are delivered; later ones are discarded.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        let handler = lock(&self.sink.handler).take();
        // Dropped without the lock.
        drop(handler);
    }

    /// Reports that a callback has processed the oldest pending progress notification of a call.
    #[napi(catch_unwind)]
    pub fn progress_processed(&self, id: u32) {
        let permit = lock(&self.pending).get_mut(&id).and_then(VecDeque::pop_front);
        // Dropped without the lock: dropping it wakes the task that waits for a permit.
        drop(permit);
    }

    /// Answers a question with JSON text.
    #[napi(catch_unwind)]
    pub fn answer(&self, question: u32, text: String) {
        let asked = lock(&self.sink.questions).remove(&question);
        if let Some(asked) = asked {
            asked.answer(Ok(text));
        }
    }

    /// Answers a question that its callback failed. The error of the call has the question's id as its `cause_id`.
    #[napi(catch_unwind)]
    pub fn fail(&self, question: u32, reason: String) {
        let asked = lock(&self.sink.questions).remove(&question);
        if let Some(asked) = asked {
            asked.fail(reason, question);
        }
    }

    /// Gives the result of a tool's function as JSON text, or the text of its exception.
    #[napi(catch_unwind)]
    pub fn finish_tool(&self, call: u32, text: String, failed: bool) {
        if let Some(reply) = self.sink.take_tool_call(call) {
            reply.give(if failed { Err(text) } else { Ok(text) });
        }
    }

    /// Sends a progress notification of a tool's function.
    #[napi(catch_unwind)]
    pub fn tool_progress(&self, call: u32, progress: f64, total: Option<f64>, message: Option<String>) {
        if let Some((call, _)) = lock(&self.sink.tool_calls).get(&call) {
            call.progress(progress, total, message.as_deref());
        }
    }

    /// Keeps the process alive while calls are in flight.
    #[napi(js_name = "ref", catch_unwind)]
    #[allow(deprecated, reason = "the count of calls is kept in JavaScript")]
    pub fn ref_loop(&self, env: Env) -> Result<()> {
        lock(&self.sink.handler).as_mut().map_or(Ok(()), |handler| handler.refer(&env))
    }

    /// Lets the process end while no call is in flight.
    #[napi(js_name = "unref", catch_unwind)]
    #[allow(deprecated, reason = "the count of calls is kept in JavaScript")]
    pub fn unref_loop(&self, env: Env) -> Result<()> {
        lock(&self.sink.handler).as_mut().map_or(Ok(()), |handler| handler.unref(&env))
    }
}

impl Drop for Channel {
    /// The JavaScript thread has ended: open questions fail, because a pending one would keep its client.
    fn drop(&mut self) {
        let questions = std::mem::take(&mut *lock(&self.sink.questions));
        let tool_calls = std::mem::take(&mut *lock(&self.sink.tool_calls));
        // Dropped without the lock: dropping a question or a call completes it.
        drop((questions, tool_calls));
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
