//! The client. The methods that return a [`Call`] run it by [`Client::raw`].

pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod era_methods;
pub(crate) mod items;
mod methods;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::client::builder::ClientBuilder;
pub use crate::client::call::{Call, Reply};
pub use crate::client::items::Items;
use crate::config::call_options::CallOptions;
use crate::config::client_options::ClientConfig;
use crate::config::endpoint::Route;
use crate::config::option_table::Address;
use crate::error::call_target::CallTarget;
use crate::error::{Code, Error, Result};
use crate::observe::counters::{Counters, Counts};
use crate::observe::log::LogLevel;
use crate::observe::state::State;
use crate::protocol::methods::{INITIALIZE, MethodKind, MethodSpec, TOOLS_CALL, method};
use crate::protocol::params;
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::serialize;
use crate::protocol::types::{Implementation, ServerCapabilities};
use crate::session::call::{LogicalCall, ProgressSink};
use crate::session::manager::SessionManager;
use crate::session::pagination::{self, ServerPages};
use crate::util::bounded_queue::{BoundedQueue, MessageListener};

/// A client of one MCP server. Cheap to clone: all clones share the session and its connections. Calls may run
/// concurrently.
#[derive(Debug, Clone)]
pub struct Client {
    manager: Arc<SessionManager>,
    /// The options of the calls of a view; `None` if this is no view.
    defaults: Option<Arc<CallOptions>>,
}

impl Client {
    /// Creates a builder.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn run() -> omni_mcp::Result<()> {
    /// let client = omni_mcp::Client::builder()
    ///     .profile("generic")
    ///     .endpoint("https://mcp.example.com/mcp")
    ///     .timeout(Duration::from_secs(10))
    ///     .max_attempts(2)
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientConfig::default()
    }

    /// Creates a client of the MCP server at a URL, with the profile `generic` and the default options, and connects it. For
    /// other options: `Client::builder().profile("generic").endpoint(url)`.
    ///
    /// # Errors
    /// A `config` error if the URL is not valid, or any error of a call.
    pub async fn connect_to(url: impl Into<Address>) -> Result<Self> {
        let client = Self::builder().profile("generic").endpoint(url).build()?;
        client.connect().await?;
        Ok(client)
    }

    /// A view of the client whose calls have these options as defaults. It shares the session, the connections and the callbacks.
    /// The options of a call take precedence over those of its view, and those over the options of the client; headers are
    /// joined. A view of a view has the options of both. Closing a view does nothing: close the client.
    ///
    /// ```
    /// # fn main() -> omni_mcp::Result<()> {
    /// use std::time::Duration;
    ///
    /// use omni_mcp::{CallOptions, Client};
    ///
    /// let client = Client::builder().api_key("omni_live_...").build()?;
    /// let patient = client.with_options(CallOptions::default().timeout(Duration::from_secs(120)))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A `config` error that names the option. `idempotency_key` and `request_id` belong to a single call.
    pub fn with_options(&self, options: CallOptions) -> Result<Self> {
        let options = self.over_defaults(options);
        LogicalCall::check_defaults(&self.manager, &options).map_err(|error| self.with_server(error))?;
        Ok(self.with_defaults(&Arc::new(options)))
    }

    /// A view with options that are checked.
    pub(crate) fn with_defaults(&self, defaults: &Arc<CallOptions>) -> Self {
        Self { manager: Arc::clone(&self.manager), defaults: Some(Arc::clone(defaults)) }
    }

    /// The options of the view, if this is one.
    pub(crate) fn defaults(&self) -> Option<&Arc<CallOptions>> {
        self.defaults.as_ref()
    }

    fn over_defaults(&self, options: CallOptions) -> CallOptions {
        match &self.defaults {
            Some(defaults) => options.over(defaults),
            None => options,
        }
    }

    /// Connects to the server, unless already connected. The profile decides whether a handshake is performed.
    pub fn connect(&self) -> Call<'_, ()> {
        Call::new(self, MethodCall::of("connect"), Ok(Bytes::from_static(b"{}")))
    }

    /// Name, version and title of the server; `None` until connected.
    pub fn server_info(&self) -> Option<Implementation> {
        self.server_member("serverInfo")
    }

    /// Capabilities of the server; `None` until connected.
    pub fn server_capabilities(&self) -> Option<ServerCapabilities> {
        self.server_member("capabilities")
    }

    /// The protocol version of the session; `None` until connected.
    pub fn protocol_version(&self) -> Option<String> {
        self.server_member("protocolVersion")
    }

    /// The connection state.
    pub fn state(&self) -> State {
        self.manager.state.now()
    }

    /// The activity of the client since its creation.
    pub fn counters(&self) -> Counters {
        self.manager.context.counts.now()
    }

    /// Instructions of the server for a model, if any; `None` until connected.
    pub fn instructions(&self) -> Option<String> {
        self.server_member("instructions")
    }

    fn server_member<T: DeserializeOwned>(&self, member: &str) -> Option<T> {
        serde_json::from_str(&self.raw_server_member(member)?).ok()
    }

    /// Sets the minimum level of `on_log`; `None` disables it.
    pub(crate) fn set_log_level(&self, minimum: Option<LogLevel>) {
        self.manager.context.log().set_level(minimum);
    }

    /// The profile and the address, without secrets.
    pub(crate) fn address(&self) -> String {
        format!("{:?}", self.manager.context)
    }

    /// The profile, the address without secrets, and the state.
    pub(crate) fn description(&self) -> String {
        format!("{:?}", self.manager)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.manager.context.counts.clone()
    }

    /// Bounded queue in front of a progress callback.
    pub(crate) fn progress_queue(&self, listener: MessageListener) -> (ProgressSink, Arc<BoundedQueue>) {
        let queue =
            BoundedQueue::new(self.manager.context.settings.limits.of_queue(), &self.manager.context.counts.dropped);
        let sender = Arc::clone(&queue);
        let listener = move |params: &str| {
            // Dropped messages are counted.
            let _ = sender.send(params.to_owned(), &listener);
        };
        (ProgressSink { listener: Arc::new(listener), queue: Some(Arc::clone(&queue)) }, queue)
    }

    pub(crate) fn works_between_calls(&self) -> bool {
        let settings = &self.manager.context.settings;
        // After a fallback to HTTP+SSE, the stream is read while calls wait, which suffices for their responses.
        settings.listen || settings.has_request_callbacks || !matches!(settings.route, Route::StreamableHttp { .. })
    }

    /// Lists one page at a time.
    pub(crate) fn pages(&self, spec: &'static MethodSpec, options: CallOptions) -> ServerPages {
        let options = self.over_defaults(options);
        ServerPages::new(&self.manager, spec.protocol_name(), spec.pages.unwrap_or_default(), options)
    }

    /// Holds notices about cancelled calls and handshakes back, to be sent on another runtime.
    pub(crate) fn hold_notices(&self) {
        self.manager.hold_notices();
    }

    /// Sends the held notices; `None` if there are none.
    pub(crate) fn held_notices(&self) -> Option<BoxFuture<'static, ()>> {
        self.manager.take_held_notices()
    }

    /// Closes the idle connections of the current runtime.
    pub(crate) fn close_idle_connections(&self) {
        self.manager.context.http.close_unused();
    }

    /// A member of the `initialize` or `server/discover` result, as JSON text.
    pub(crate) fn raw_server_member(&self, member: &str) -> Option<String> {
        self.manager.server_member(member)
    }

    /// Sends a request of any method. `params` is anything that serializes to a JSON object.
    pub fn request(&self, method: &str, params: impl Serialize) -> Call<'_, Value> {
        Call::new(self, MethodCall::of_any(method), serialize::params("params", &params))
    }

    /// Sends a notification of any method. Returns when the server has accepted it.
    ///
    /// # Errors
    /// Any error of a call. A notification is never sent twice.
    pub async fn notify(&self, method: &str, params: impl Serialize) -> Result<()> {
        let call = self.prepare_notification(method, serialize::params("params", &params)?)?;
        self.send_notification(call).await
    }

    /// Ends the session and refuses further calls. Takes at most 5 s, never fails, and may be called repeatedly. Does nothing on
    /// a view.
    pub async fn close(&self) {
        if self.defaults.is_none() {
            self.manager.close().await;
        }
    }

    pub(crate) fn prepare_notification(&self, method: &str, params: Bytes) -> Result<LogicalCall> {
        let prepare = || {
            if method == TOOLS_CALL {
                return Err(Error::config(Code::InvalidArgument, "method", "must not be tools/call: it is a request"));
            }
            params::check("params", &params)?;
            let call = LogicalCall::notification(&self.manager, check_method(method)?, params.clone(), Safety::Plain);
            match &self.defaults {
                Some(defaults) => call.with_defaults(&self.manager, defaults),
                None => Ok(call),
            }
        };
        prepare().map_err(|error| self.with_server(error))
    }

    /// Adds the server to an error that has none.
    pub(crate) fn with_server(&self, error: Error) -> Error {
        CallTarget::of_server(self.server()).add_to(error)
    }

    /// The server in messages.
    pub(crate) fn server(&self) -> &Arc<str> {
        &self.manager.context.settings.server
    }

    pub(crate) async fn send_notification(&self, call: LogicalCall) -> Result<()> {
        let state = call.state();
        state.finish(call.run(&self.manager).await).map(drop)
    }

    pub(crate) fn prepare(
        &self,
        method: &MethodCall,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<LogicalCall> {
        let merged = self.defaults.as_ref().map(|defaults| options.clone().over(defaults));
        let options = merged.as_ref().unwrap_or(options);
        let name = method.protocol_name().map_err(|error| self.with_server(error))?;
        LogicalCall::prepare(&self.manager, name, method.spec.field(), params, options, progress)
    }

    /// Common code of all methods.
    pub(crate) async fn raw(&self, method: &MethodCall, call: LogicalCall) -> Result<RawReply> {
        call.begin(&self.manager).run(self.run(method.spec, call)).await
    }

    async fn run(&self, spec: &MethodSpec, call: LogicalCall) -> Result<RawReply> {
        match spec.kind {
            MethodKind::Initialize => {
                let opened = call.within(call.handshake_result(&self.manager)).await;
                opened.map_err(|failure| self.manager.context.redacted(failure.error))
            }
            MethodKind::ByEra => era_methods::run(&self.manager, spec.protocol_name(), call).await,
            MethodKind::Connect => {
                let opened = call.within(call.session(&self.manager)).await;
                let null = || RawReply { result: Bytes::from_static(b"null"), ..RawReply::default() };
                // Only the handshake was sent; the call itself was not.
                opened.map(|_| null()).map_err(|failure| self.manager.context.redacted(failure.error).not_sent())
            }
            MethodKind::AllPages => pagination::all(&self.manager, call, spec.pages.unwrap_or_default()).await,
            _ => call.run(&self.manager).await,
        }
    }
}

/// A method of the table, and the protocol method if the caller names it.
#[derive(Debug, Clone)]
pub(crate) struct MethodCall {
    pub(crate) spec: &'static MethodSpec,
    given: Option<String>,
}

impl MethodCall {
    pub(crate) fn new(spec: &'static MethodSpec) -> Self {
        Self { spec, given: None }
    }

    /// A method of the table by its name.
    pub(crate) fn of(name: &'static str) -> Self {
        #[allow(clippy::expect_used, reason = "the names come from the table itself")]
        Self::new(method(name).expect("a method of the table"))
    }

    /// A request of any protocol method.
    pub(crate) fn of_any(method: &str) -> Self {
        Self { given: Some(method.to_owned()), ..Self::of("request") }
    }

    fn protocol_name(&self) -> Result<&str> {
        match (&self.given, self.spec.protocol) {
            (None, Some(protocol)) => Ok(protocol.name),
            (given, _) => check_method(given.as_deref().unwrap_or_default()),
        }
    }
}

fn check_method(method: &str) -> Result<&str> {
    if method.is_empty() || method.starts_with("rpc.") || method.chars().any(char::is_control) {
        return Err(Error::config(Code::InvalidArgument, "method", "must be the name of a method"));
    }
    if method == INITIALIZE {
        return Err(Error::config(
            Code::InvalidArgument,
            "method",
            "must not be initialize; the client sends it itself",
        ));
    }
    Ok(method)
}
