//! The interface for Python and Node: JSON text in, JSON text or an error as data out. Not for use from Rust.
//!
//! A binding owns a [`Bridge`], calls its functions, and converts values of its language from and to JSON text. Names, defaults,
//! rules and messages are in the core, so that the languages cannot differ.

pub(crate) mod callbacks;
pub(crate) mod closed_client;
pub(crate) mod errors;
pub(crate) mod tables;
#[cfg(debug_assertions)]
pub(crate) mod test_panic;
pub(crate) mod views;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::bridge::callbacks::{Hooks, Question};
pub use crate::bridge::closed_client::ClosedClient;
use crate::bridge::closed_client::DESCRIPTION;
pub use crate::bridge::errors::{
    PathStep, bad_hook, closed, forked, no_event_loop, no_runtime, not_callable, panicked, undecodable,
    unsendable_argument, unsendable_value,
};
pub use crate::bridge::tables::tables;
pub use crate::bridge::views::CallDefaults;
use crate::client::{Client, MethodCall};
use crate::config::call_options::CallOptions;
use crate::config::client_options::ClientConfig;
use crate::error::call_target::CallTarget;
use crate::error::{Code, Error, Result};
use crate::observe::log::{self};
use crate::observe::state::State;
use crate::protocol::methods::{MethodKind, MethodSpec, PROPERTIES, TOOLS_CALL, method};
use crate::protocol::params;
use crate::protocol::raw_result::RawReply;
use crate::registry::methods::AnyRegistry;
use crate::registry::pager::Pager;
use crate::registry::{RegistryConfig, client_of};
use crate::retry::call_state::CallState;
use crate::retry::prepared::{self, PreparedRequest};
use crate::session::call::LogicalCall;
use crate::session::pagination::ServerPages;
use crate::util::bounded_queue::{BoundedQueue, WaitLimit};
pub use crate::util::bounded_queue::{MessageListener, Permit, QueuedMessage};
pub use crate::util::environment::{Environment, of_process};
use crate::util::sanitize::preview;
use crate::util::spelling::Spelling;

/// A client of a server or of a registry, for a binding.
#[derive(Debug, Clone)]
pub struct Bridge {
    backend: Backend,
    spelling: Spelling,
}

#[derive(Debug, Clone)]
enum Backend {
    Server(Client),
    Registry(AnyRegistry),
}

/// The result of a call, for the binding.
#[derive(Debug)]
pub struct CallOutput {
    /// The result as JSON text.
    pub result: Bytes,
    /// Its metadata as JSON text, if requested.
    pub metadata: Option<String>,
    /// Warnings, to be issued by the means of the language.
    pub warnings: Vec<String>,
    reply: RawReply,
}

impl CallOutput {
    fn of(mut reply: RawReply, with_metadata: bool) -> Self {
        let metadata = with_metadata.then(|| serde_json::to_string(&reply.metadata()).unwrap_or_default());
        let warnings = std::mem::take(&mut reply.warnings);
        Self { result: reply.result.clone(), metadata, warnings, reply }
    }

    /// The error for a result that is valid JSON but has no value in the language.
    pub fn undecodable(&self) -> Error {
        self.reply.unexpected(Code::InvalidAnswer, UNDECODABLE)
    }
}

/// End of the warning about dropped progress, after the count.
const PROGRESS_DROPPED: &str = "progress notifications were dropped: on_progress processes them too slowly for timeout, \
    total_timeout or max_queued_notifications";

pub(crate) const UNDECODABLE: &str = "the result nests too deeply, or contains a number that is too long";

/// A validated call.
#[derive(Debug)]
pub struct Prepared {
    kind: RequestKind,
    with_metadata: bool,
    state: Arc<CallState>,
    /// The queue in front of the progress callback, and how long to wait for it when the call has ended.
    queue: Option<(Arc<BoundedQueue>, WaitLimit)>,
}

enum RequestKind {
    Call(Client, MethodCall, Box<LogicalCall>),
    Notify(Client, Box<LogicalCall>),
    Prepared(PreparedRequest),
}

impl std::fmt::Debug for RequestKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Call(..) => "Call",
            Self::Notify(..) => "Notify",
            Self::Prepared(..) => "Prepared",
        })
    }
}

impl Bridge {
    /// Creates a client from options as JSON text, with the spelling of the language. `first` is the first argument of the
    /// constructor: the URL of a server, or an API key. `variables` returns environment variables.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn open(
        first: Option<&str>,
        options: &str,
        hooks: Hooks,
        spelling: Spelling,
        variables: Environment<'_>,
    ) -> Result<Self> {
        guarded(|| {
            let mut config = client_config(options, hooks, spelling)?;
            if let Some(first) = first {
                config = config.with_first_argument(first)?;
            }
            Ok(Self { backend: Backend::Server(config.build_in(variables)?), spelling })
        })
    }

    /// Creates the client of a record, which is JSON text. `options` take precedence over the record.
    ///
    /// # Errors
    /// A `config` error that names the member of the record, or the option.
    pub fn open_record(
        record: &str,
        options: &str,
        hooks: Hooks,
        spelling: Spelling,
        variables: Environment<'_>,
    ) -> Result<Self> {
        guarded(|| {
            let config = client_config(options, hooks, spelling)?;
            let record = crate::config::option_table::parse(record, "record")?;
            Ok(Self { backend: Backend::Server(client_of(&record, config, variables)?), spelling })
        })
    }

    /// Creates a client of the registry `kind`: `gaia` or `sema4`.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn open_registry(kind: &str, options: &str, spelling: Spelling, variables: Environment<'_>) -> Result<Self> {
        guarded(|| {
            let mut config = RegistryConfig::from_json(options, spelling)?;
            config.spelling = spelling;
            Ok(Self { backend: Backend::Registry(AnyRegistry::open(kind, &config, variables)?), spelling })
        })
    }

    /// Whether the client works between calls, so that its runtime must always run: it reads from a process or a stream of the
    /// server.
    pub fn works_between_calls(&self) -> bool {
        matches!(&self.backend, Backend::Server(client) if client.works_between_calls())
    }

    /// A property of the table of properties, or the description, as JSON text; `None` if it is not known yet.
    pub fn property(&self, name: &str) -> Option<String> {
        if name == DESCRIPTION {
            return serde_json::to_string(&self.description()).ok();
        }
        let spec = PROPERTIES.iter().find(|spec| spec.name == name)?;
        let Backend::Server(client) = &self.backend else { return None };
        match (spec.member, name) {
            (Some(member), _) => client.raw_server_member(member),
            (None, "state") => serde_json::to_string(&client.state()).ok(),
            (None, _) => serde_json::to_string(&client.counters()).ok(),
        }
    }

    fn description(&self) -> String {
        match &self.backend {
            Backend::Server(client) => client.description(),
            Backend::Registry(registry) => registry.description(),
        }
    }

    fn server(&self) -> &Arc<str> {
        match &self.backend {
            Backend::Server(client) => client.server(),
            Backend::Registry(registry) => registry.server(),
        }
    }

    /// Adds the target to the error of a call of the method `name` that was not prepared.
    fn with_target(&self, error: Error, name: &str, params: &[u8]) -> Error {
        let method = match &self.backend {
            Backend::Server(_) => method(name).and_then(|spec| spec.protocol).map(|protocol| protocol.name),
            Backend::Registry(_) => Some(name),
        };
        let Some(method) = method else { return CallTarget::of_server(self.server()).add_to(error) };
        let tool = (method == TOOLS_CALL).then(|| params::tool_name(params)).flatten();
        let tool = tool.map(|tool| preview(tool.as_bytes()));
        CallTarget::of_call(self.server(), method.to_owned(), tool).add_to(error)
    }

    /// Whether the client is connected, so that the server may have a session.
    pub fn is_connected(&self) -> bool {
        matches!(&self.backend, Backend::Server(client) if !matches!(client.state(), State::Idle | State::Closed))
    }

    /// Closes the idle connections of the current runtime. Their sockets are closed when that runtime next runs.
    pub fn close_idle_connections(&self) {
        match &self.backend {
            Backend::Server(client) => client.close_idle_connections(),
            Backend::Registry(registry) => registry.close_idle_connections(),
        }
    }

    /// The properties that remain when the client is closed and dropped.
    pub fn closed(&self) -> ClosedClient {
        let (counts, shown) = match &self.backend {
            Backend::Server(client) => (Some(client.counts()), client.address()),
            Backend::Registry(registry) => (None, registry.description()),
        };
        let server = Arc::clone(self.server());
        ClosedClient { server, counts, description: format!("{shown}, closed") }
    }

    /// Sets the minimum level of `on_log`, as in the option `log_level`. Any other text disables it.
    pub fn set_log_level(&self, level: &str) {
        if let Backend::Server(client) = &self.backend {
            client.set_log_level(log::level(level));
        }
    }

    /// Prepares a call of the method `name` of the table of methods. `params` and `options` are JSON text, or empty.
    /// `with_metadata`: return the metadata of the result, too.
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
        let given = params.clone();
        guarded(|| self.prepare_unguarded(name, params, options, progress, with_metadata))
            .map_err(|error| self.with_target(error, name, &given))
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
            return Ok(Prepared::of(crate::bridge::test_panic::panics(&params), false));
        }
        let options = CallOptions::from_json(options, self.spelling)?;
        let client = match &self.backend {
            Backend::Server(client) => client,
            Backend::Registry(registry) => {
                return Ok(Prepared::of(registry.prepare(name, &params, &options)?, with_metadata));
            }
        };
        let spec =
            method(name).ok_or_else(|| Error::new(Code::Panicked, format!("the table of methods has no {name}")))?;
        let params = if params.is_empty() { Bytes::from_static(b"{}") } else { params };
        let (method, params) = match addressed(spec, params)? {
            Addressed::Call(method, params) => (method, params),
            Addressed::Notify(method, params) => {
                let call = client.prepare_notification(&method, params)?;
                let state = call.state();
                let kind = RequestKind::Notify(client.clone(), Box::new(call));
                return Ok(Prepared { kind, with_metadata: false, state, queue: None });
            }
        };
        let (progress, queue) = progress.map(|listener| client.progress_queue(listener)).unzip();
        let call = client.prepare(&method, params, &options, progress)?;
        let state = call.state();
        let queue = queue.map(|queue| (queue, call.final_progress_wait()));
        Ok(Prepared { kind: RequestKind::Call(client.clone(), method, Box::new(call)), with_metadata, state, queue })
    }

    /// The pages of a list: of the method `name` of a client, or of the list of a registry.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn pages(&self, name: &str, params: &[u8], options: &str) -> Result<Pages> {
        guarded(|| self.pages_unguarded(name, params, options)).map_err(|error| self.with_target(error, name, &[]))
    }

    fn pages_unguarded(&self, name: &str, params: &[u8], options: &str) -> Result<Pages> {
        let options = CallOptions::from_json(options, self.spelling)?;
        let of = match &self.backend {
            Backend::Registry(registry) => PagesOf::Registry(registry.pager(params, &options)?),
            Backend::Server(client) => {
                let spec = method(name).filter(|spec| spec.iterates).ok_or_else(panicked)?;
                PagesOf::Server(client.pages(spec, options))
            }
        };
        Ok(Pages { of })
    }

    /// Holds notices about cancelled calls and handshakes back, for a runtime that runs between calls.
    pub fn hold_notices(&self) {
        if let Backend::Server(client) = &self.backend {
            client.hold_notices();
        }
    }

    /// Sends the held notices; `None` if there are none. Takes a bounded time and never fails.
    pub fn held_notices(&self) -> Option<BoxFuture<'static, ()>> {
        match &self.backend {
            Backend::Server(client) => client.held_notices(),
            Backend::Registry(_) => None,
        }
    }

    /// Ends the session and refuses further calls.
    pub async fn close(&self) {
        let closing = async {
            match &self.backend {
                Backend::Server(client) => client.close().await,
                Backend::Registry(registry) => registry.close().await,
            }
        };
        let _ = AssertUnwindSafe(closing).catch_unwind().await;
    }
}

/// A list that is read page by page.
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
    /// The request of the next page; `None` after the last.
    ///
    /// # Errors
    /// A `config` error that names the argument.
    pub fn next(&self) -> Result<Option<Prepared>> {
        let work = guarded(|| match &self.of {
            PagesOf::Registry(pager) => pager.next(),
            PagesOf::Server(pages) => pages.next(),
        })?;
        Ok(work.map(|work| Prepared::of(work, false)))
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
    Ok(Addressed::Notify(given.method, inner))
}

/// A record without its secrets, for `repr` and `inspect`: JSON text in and out.
pub fn shown_record(record: &str) -> String {
    let record: serde_json::Map<_, _> = serde_json::from_str(record).unwrap_or_default();
    serde_json::Value::Object(crate::registry::shown(record)).to_string()
}

/// Whether a tool result without `isError`, as JSON text, looks like a failure.
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
    fn of(work: PreparedRequest, with_metadata: bool) -> Self {
        Self { state: Arc::clone(&work.state), kind: RequestKind::Prepared(work), with_metadata, queue: None }
    }

    /// Runs the call. Dropping the future cancels it. A panic becomes an `internal` error.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn run(self) -> Result<CallOutput> {
        self.run_guarded(false).await
    }

    /// Runs the call and waits until its progress is processed, that is until all permits of [`QueuedMessage`]s are dropped.
    /// Progress that is not processed in time counts as dropped; the binding must discard it.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn run_and_deliver(self) -> Result<CallOutput> {
        self.run_guarded(true).await
    }

    fn run_guarded(self, delivers: bool) -> impl Future<Output = Result<CallOutput>> {
        let state = Arc::clone(&self.state);
        let outcome = AssertUnwindSafe(self.run_unguarded(delivers)).catch_unwind();
        outcome.map(move |outcome| outcome.unwrap_or_else(|_| Err(state.with_target(panicked()))))
    }

    async fn run_unguarded(self, delivers: bool) -> Result<CallOutput> {
        let ended = match self.kind {
            RequestKind::Notify(client, call) => {
                let null = || RawReply { result: Bytes::from_static(b"null"), ..RawReply::default() };
                client.send_notification(*call).await.map(|()| null())
            }
            RequestKind::Call(client, method, call) => client.raw(&method, *call).await,
            RequestKind::Prepared(work) => prepared::run(work).await,
        };
        if let Some((queue, limit)) = self.queue.as_ref().filter(|_| delivers) {
            queue.drain(*limit).await;
        }
        let mut reply = ended?;
        if let Some(dropped) = self.queue.map(|(queue, _)| queue.dropped()).filter(|dropped| *dropped > 0) {
            reply.warnings.push(format!("{dropped} {PROGRESS_DROPPED}"));
        }
        Ok(CallOutput::of(reply, self.with_metadata))
    }

    /// A handle for the error of a cancelled call.
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.state))
    }
}

/// See [`Prepared::watch`].
#[derive(Debug, Clone)]
pub struct Watch(Arc<CallState>);

impl Watch {
    /// The error of a cancelled call.
    pub fn cancelled(&self) -> Error {
        self.0.ended(Code::Cancelled, "the call was cancelled")
    }
}

fn client_config(options: &str, hooks: Hooks, spelling: Spelling) -> Result<ClientConfig> {
    let mut config = ClientConfig::from_json(options, spelling)?;
    config.callbacks = hooks.into_core(&config, spelling)?;
    config.spelling = spelling;
    Ok(config)
}

/// Runs work on the thread of the caller. A panic becomes an `internal` error.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing was sent yet.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked().not_sent()))
}
