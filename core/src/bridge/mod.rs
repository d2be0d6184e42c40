//! What crosses to Python and Node: JSON text in, JSON text or an error as data out. Not for use from Rust.
//!
//! A binding holds a [`Bridge`], calls its few functions and turns its own language's values into text and back.
//! Names, defaults, rules and messages are all on this side, so that the languages cannot differ.

pub(crate) mod callbacks;
pub(crate) mod errors;
pub(crate) mod tables;
#[cfg(debug_assertions)]
pub(crate) mod test_panic;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::bridge::callbacks::{Hooks, Question};
pub use crate::bridge::errors::{
    bad_hook, closed, forked, no_event_loop, no_runtime, not_callable, panicked, undecodable, unsendable_argument,
};
pub use crate::bridge::tables::tables;
use crate::client::{Client, MethodCall};
use crate::config::call_options::CallOptions;
use crate::config::client_options::ClientConfig;
use crate::config::option_table::Spelling;
use crate::error::{Code, Error, Result};
use crate::observe::counters::Counts;
use crate::observe::log::{self};
use crate::observe::state::State;
use crate::protocol::methods::{MethodKind, MethodSpec, PROPERTIES, method};
use crate::protocol::raw_result::RawReply;
use crate::registry::methods::AnyRegistry;
use crate::registry::pager::Pager;
use crate::registry::{RegistryConfig, client_of};
use crate::retry::call_state::CallState;
use crate::retry::prepared::{self, PreparedRequest};
use crate::session::pagination::ServerPages;
use crate::util::bounded_queue::{BoundedQueue, WaitLimit};
pub use crate::util::bounded_queue::{MessageListener, Permit, QueuedMessage};
pub use crate::util::environment::{Environment, of_process};

/// A client, of a server or of a registry, as a binding holds it.
#[derive(Debug)]
pub struct Bridge {
    to: To,
    spelling: Spelling,
}

#[derive(Debug)]
enum To {
    Server(Client),
    Registry(AnyRegistry),
}

/// The properties that remain when a client is closed.
#[derive(Debug, Clone)]
pub struct ClosedClient(Option<Counts>);

impl ClosedClient {
    /// A property of the table of properties as JSON text; `None` for what only an open client knows.
    pub fn property(&self, name: &str) -> Option<String> {
        let counts = self.0.as_ref()?;
        match name {
            "state" => serde_json::to_string(&State::Closed).ok(),
            "counters" => serde_json::to_string(&counts.now()).ok(),
            _ => None,
        }
    }
}

/// The result of a call, for the binding.
#[derive(Debug)]
pub struct CallOutput {
    /// The result as JSON text.
    pub result: Bytes,
    /// Its metadata as JSON text, where the call asked for it.
    pub metadata: Option<String>,
    /// Warnings for the caller, which the binding issues as its language does.
    pub warnings: Vec<String>,
    reply: RawReply,
}

impl CallOutput {
    fn of(mut reply: RawReply, with_metadata: bool) -> Self {
        let metadata = with_metadata.then(|| serde_json::to_string(&reply.metadata()).unwrap_or_default());
        let warnings = std::mem::take(&mut reply.warnings);
        Self { result: reply.result.clone(), metadata, warnings, reply }
    }

    /// The error for a result that is JSON and yet more than the language can hold.
    pub fn undecodable(&self) -> Error {
        self.reply.unexpected(Code::InvalidAnswer, UNDECODABLE)
    }
}

/// Follows the count in the warning.
const PROGRESS_DROPPED: &str = "progress notifications were dropped: on_progress takes them too slowly for timeout, \
    total_timeout or max_queued_notifications";

pub(crate) const UNDECODABLE: &str = "the result nests too deeply, or holds a number that is too long";

/// A call that is ready to run: everything that can be refused before sending has been.
#[derive(Debug)]
pub struct Prepared {
    kind: RequestKind,
    with_metadata: bool,
    state: Arc<CallState>,
    /// Of progress that waits for the caller's function, and how long it may wait when the call is over.
    room: Option<(Arc<BoundedQueue>, WaitLimit)>,
}

enum RequestKind {
    Call(Client, MethodCall, Box<crate::session::call::LogicalCall>),
    Notify(Client, String, Bytes),
    Prepared(PreparedRequest),
}

impl std::fmt::Debug for RequestKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Call(..) => "Call",
            Self::Notify(..) => "Notify",
            Self::Prepared(..) => "Work",
        })
    }
}

impl Bridge {
    /// Makes a client from options as JSON text, spelled as the binding's language does. `variables` looks up the environment
    /// of the calling thread.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn open(options: &str, hooks: Hooks, spelling: Spelling, variables: Environment<'_>) -> Result<Self> {
        guarded(|| {
            let mut config = ClientConfig::from_json(options, spelling)?;
            config.hooks = hooks.into_core(&config, spelling)?;
            config.reads_node_variables = spelling == Spelling::Camel;
            Ok(Self { to: To::Server(config.build_in(variables)?), spelling })
        })
    }

    /// Makes the client of a record, which is JSON text. `options` go before what it says.
    ///
    /// # Errors
    /// A `config` error that names the record's member, or the option.
    pub fn open_record(
        record: &str,
        options: &str,
        hooks: Hooks,
        spelling: Spelling,
        variables: Environment<'_>,
    ) -> Result<Self> {
        guarded(|| {
            let mut config = ClientConfig::from_json(options, spelling)?;
            config.hooks = hooks.into_core(&config, spelling)?;
            config.reads_node_variables = spelling == Spelling::Camel;
            let record = crate::config::option_table::parse(record, "record")?;
            Ok(Self { to: To::Server(client_of(&record, config, variables)?), spelling })
        })
    }

    /// Makes a client of the registry `kind`, which is `gaia` or `sema4`.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn open_registry(kind: &str, options: &str, spelling: Spelling, variables: Environment<'_>) -> Result<Self> {
        guarded(|| {
            let mut config = RegistryConfig::from_json(options, spelling)?;
            config.reads_node_variables = spelling == Spelling::Camel;
            Ok(Self { to: To::Registry(AnyRegistry::open(kind, &config, variables)?), spelling })
        })
    }

    /// Whether the client does something while no call waits, so that its runtime must be driven all the time: a process
    /// or a stream of the server's own to be read.
    pub fn works_between_calls(&self) -> bool {
        matches!(&self.to, To::Server(client) if client.works_between_calls())
    }

    /// A property of the table of properties as JSON text; `None` while it is not known.
    pub fn property(&self, name: &str) -> Option<String> {
        let spec = PROPERTIES.iter().find(|spec| spec.name == name)?;
        let To::Server(client) = &self.to else { return None };
        match (spec.member, name) {
            (Some(member), _) => client.raw_said(member),
            (None, "state") => serde_json::to_string(&client.state()).ok(),
            (None, _) => serde_json::to_string(&client.counters()).ok(),
        }
    }

    /// Whether the client has connected and was not closed, so that there may be something to end at the server.
    pub fn is_connected(&self) -> bool {
        matches!(&self.to, To::Server(client) if !matches!(client.state(), State::Idle | State::Closed))
    }

    /// Closes the connections of the runtime that this runs on that are not in use. Their sockets are closed when that
    /// runtime next runs.
    pub fn let_go(&self) {
        match &self.to {
            To::Server(client) => client.let_go(),
            To::Registry(registry) => registry.let_go(),
        }
    }

    /// The properties that remain when the client is closed and dropped.
    pub fn closed(&self) -> ClosedClient {
        match &self.to {
            To::Server(client) => ClosedClient(Some(client.counts())),
            To::Registry(_) => ClosedClient(None),
        }
    }

    /// Has `on_log` hear what is at least of this level, one of the option `log_level`; any other word is for nothing.
    pub fn hear_logs_from(&self, level: &str) {
        if let To::Server(client) = &self.to {
            client.hear_logs_from(log::level(level));
        }
    }

    /// Prepares a call of the method `name` of the table of methods. `params` and `options` are JSON text, or empty.
    /// `with_metadata` says whether the result comes with its metadata.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn prepare(
        &self,
        name: &str,
        params: Bytes,
        options: &str,
        progress: Option<MessageListener>,
        with_metadata: bool,
    ) -> Result<Prepared> {
        guarded(|| self.prepare_unguarded(name, params, options, progress, with_metadata))
    }

    fn prepare_unguarded(
        &self,
        name: &str,
        params: Bytes,
        options: &str,
        progress: Option<MessageListener>,
        with_metadata: bool,
    ) -> Result<Prepared> {
        #[cfg(debug_assertions)]
        if name == crate::bridge::test_panic::METHOD {
            let work = crate::bridge::test_panic::panics(&params);
            let state = Arc::clone(&work.state);
            return Ok(Prepared { state, kind: RequestKind::Prepared(work), with_metadata: false, room: None });
        }
        let options = CallOptions::from_json(options, self.spelling)?;
        let client = match &self.to {
            To::Server(client) => client,
            To::Registry(registry) => {
                let work = registry.prepare(name, &params, &options)?;
                return Ok(Prepared {
                    state: Arc::clone(&work.state),
                    kind: RequestKind::Prepared(work),
                    with_metadata,
                    room: None,
                });
            }
        };
        let spec =
            method(name).ok_or_else(|| Error::new(Code::Panicked, format!("the table of methods has no {name}")))?;
        let params = if params.is_empty() { Bytes::from_static(b"{}") } else { params };
        let (method, params) = match addressed(spec, params)? {
            Addressed::Call(method, params) => (method, params),
            Addressed::Notify(method, params) => {
                let kind = RequestKind::Notify(client.clone(), method, params);
                return Ok(Prepared { kind, with_metadata: false, state: Arc::default(), room: None });
            }
        };
        let (progress, room) = progress.map(|hear| client.queue(hear)).unzip();
        let call = client.prepare(&method, params, &options, progress)?;
        let state = call.state();
        let room = room.map(|room| (room, call.final_progress_wait()));
        Ok(Prepared { kind: RequestKind::Call(client.clone(), method, Box::new(call)), with_metadata, state, room })
    }

    /// The pages of a list: of the method `name` of a client, or of a registry's one list.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn pages(&self, name: &str, params: &[u8], options: &str) -> Result<Pages> {
        guarded(|| self.pages_unguarded(name, params, options))
    }

    fn pages_unguarded(&self, name: &str, params: &[u8], options: &str) -> Result<Pages> {
        let options = CallOptions::from_json(options, self.spelling)?;
        let of = match &self.to {
            To::Registry(registry) => PagesOf::Registry(registry.pager(params, &options)?),
            To::Server(client) => {
                let spec = method(name).filter(|spec| spec.iterates).ok_or_else(panicked)?;
                PagesOf::Server(client.pages(spec, options))
            }
        };
        Ok(Pages { of })
    }

    /// Keeps notices of calls that are given up, for a runtime that goes on between calls.
    pub fn hold_notices(&self) {
        if let To::Server(client) = &self.to {
            client.hold_notices();
        }
    }

    /// Sends the notices that are held; `None` where there are none. Bounded, and without failure.
    pub fn held_notices(&self) -> Option<BoxFuture<'static, ()>> {
        match &self.to {
            To::Server(client) => client.held_notices(),
            To::Registry(_) => None,
        }
    }

    /// Ends the session and refuses further calls.
    pub async fn close(&self) {
        let closing = async {
            match &self.to {
                To::Server(client) => client.close().await,
                To::Registry(registry) => registry.close().await,
            }
        };
        let _ = AssertUnwindSafe(closing).catch_unwind().await;
    }
}

/// A list that is read a page at a time.
#[derive(Debug)]
pub struct Pages {
    of: PagesOf,
}

#[derive(Debug)]
enum PagesOf {
    Registry(Pager),
    Server(ServerPages),
}

impl Pages {
    /// The request of the next page; `None` behind the last.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn next(&self) -> Result<Option<Prepared>> {
        let work = guarded(|| match &self.of {
            PagesOf::Registry(pager) => pager.next(),
            PagesOf::Server(pages) => pages.next(),
        })?;
        Ok(work.map(|work| Prepared {
            state: Arc::clone(&work.state),
            kind: RequestKind::Prepared(work),
            with_metadata: false,
            room: None,
        }))
    }
}

/// The message that a method of the table sends.
enum Addressed {
    Call(MethodCall, Bytes),
    Notify(String, Bytes),
}

fn addressed(spec: &'static MethodSpec, params: Bytes) -> Result<Addressed> {
    if !matches!(spec.kind, MethodKind::AnyRequest | MethodKind::Notify) {
        return Ok(Addressed::Call(MethodCall::new(spec), params));
    }
    let given: AnyMethod<'_> = serde_json::from_slice(&params)
        .map_err(|_| Error::config(Code::InvalidArgument, "method", "must be a string"))?;
    let inner =
        given.params.map_or_else(|| Bytes::from_static(b"{}"), |inner| params.slice_ref(inner.get().as_bytes()));
    if spec.kind == MethodKind::AnyRequest {
        return Ok(Addressed::Call(MethodCall::of_any(&given.method), inner));
    }
    crate::protocol::params::check("params", &inner)?;
    Ok(Addressed::Notify(given.method, inner))
}

/// A registry's record without its secrets, as it is shown: JSON text in and out.
pub fn shown_record(record: &str) -> String {
    let record: serde_json::Map<_, _> = serde_json::from_str(record).unwrap_or_default();
    serde_json::Value::Object(crate::registry::shown(record)).to_string()
}

/// Whether a tool's result, as JSON text, reads like a failure although it does not say that it is one.
pub fn looks_like_error(result: &[u8]) -> bool {
    crate::protocol::raw_result::looks_like_error(result)
}

/// The params of `request` and `notify`: a method and its params.
#[derive(Deserialize)]
struct AnyMethod<'a> {
    method: String,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl Prepared {
    /// Runs the call to its end. Dropping the future cancels it; a panic comes out as an `internal` error.
    ///
    /// # Errors
    /// Any kind of the table.
    pub async fn run(self) -> Result<CallOutput> {
        AssertUnwindSafe(self.run_unguarded(false)).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
    }

    /// Runs the call to its end, and waits until the progress that was handed over before is processed: until no place of
    /// a [`QueuedMessage`] is taken. What the caller's function does not take in time is dropped, and must be discarded.
    ///
    /// # Errors
    /// Any kind of the table.
    pub async fn run_and_deliver(self) -> Result<CallOutput> {
        AssertUnwindSafe(self.run_unguarded(true)).catch_unwind().await.unwrap_or_else(|_| Err(panicked()))
    }

    async fn run_unguarded(self, delivers: bool) -> Result<CallOutput> {
        let ended = match self.kind {
            RequestKind::Notify(client, method, params) => {
                client.raw_notify(&method, &params).await?;
                let result = Bytes::from_static(b"null");
                return Ok(CallOutput::of(RawReply { result, ..RawReply::default() }, false));
            }
            RequestKind::Call(client, method, call) => client.raw(&method, *call).await,
            RequestKind::Prepared(work) => prepared::run(work).await,
        };
        if let Some((room, limit)) = self.room.as_ref().filter(|_| delivers) {
            room.drain(*limit).await;
        }
        let mut reply = ended?;
        if let Some(dropped) = self.room.map(|(room, _)| room.dropped()).filter(|dropped| *dropped > 0) {
            reply.warnings.push(format!("{dropped} {PROGRESS_DROPPED}"));
        }
        Ok(CallOutput::of(reply, self.with_metadata))
    }

    /// A handle that tells how far the call had come when it was cancelled.
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.state))
    }
}

/// See [`Prepared::watch`].
#[derive(Debug, Clone)]
pub struct Watch(Arc<CallState>);

impl Watch {
    /// The error of a call that the caller has cancelled.
    pub fn cancelled(&self) -> Error {
        self.0.ended(Code::Cancelled, "the call was cancelled")
    }
}

/// Does what is done on the thread of the caller; a panic comes out as an `internal` error.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What is guarded comes before anything is sent.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked().not_sent()))
}
