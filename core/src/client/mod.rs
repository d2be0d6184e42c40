//! The client. Every method calls [`Client::raw`].

pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod era_methods;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::unfold;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::Instrument;

pub use crate::client::builder::ClientBuilder;
pub use crate::client::call::{Call, Reply};
use crate::config::call_options::CallOptions;
use crate::config::client_options::ClientConfig;
use crate::config::endpoint::Route;
use crate::error::{Code, Error, Result};
use crate::observe::counters::{Counters, Counts};
use crate::observe::log::LogLevel;
use crate::observe::state::State;
use crate::protocol::methods::{self, DISCOVER, TOOLS_CALL};
use crate::protocol::params::{self, UnsendableValue};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::serialize;
use crate::protocol::types::{
    CallToolResult, CompleteResult, DiscoverResult, Empty, GetPromptResult, Implementation, InitializeResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Prompt, ReadResourceResult,
    Resource, ResourceTemplate, ServerCapabilities, Tool,
};
use crate::retry::prepared;
use crate::session::call::{LogicalCall, ProgressSink};
use crate::session::manager::SessionManager;
use crate::session::pagination::{self, ServerPages, read_items};
use crate::util::bounded_queue::{BoundedQueue, MessageListener};

/// A client of one MCP server. Cheap to clone: all clones share the session and its connections. Calls may run
/// concurrently.
#[derive(Debug, Clone)]
pub struct Client {
    core: Arc<SessionManager>,
}

impl Client {
    /// Creates a builder.
    pub fn builder() -> ClientBuilder {
        ClientConfig::default()
    }

    /// Connects to the server, unless already connected. The profile decides whether a handshake is performed.
    ///
    /// # Errors
    /// Any error of a call.
    pub async fn connect(&self) -> Result<()> {
        let call = self.prepare(&What::Connect, Bytes::from_static(b"{}"), &CallOptions::default(), None)?;
        self.raw(&What::Connect, call).await.map(drop)
    }

    /// Name, version and title of the server; `None` until connected.
    pub fn server_info(&self) -> Option<Implementation> {
        self.said("serverInfo")
    }

    /// Capabilities of the server; `None` until connected.
    pub fn server_capabilities(&self) -> Option<ServerCapabilities> {
        self.said("capabilities")
    }

    /// The protocol version of the session; `None` until connected.
    pub fn protocol_version(&self) -> Option<String> {
        self.said("protocolVersion")
    }

    /// The connection state.
    pub fn state(&self) -> State {
        self.core.state.now()
    }

    /// The activity of the client since its creation.
    pub fn counters(&self) -> Counters {
        self.core.context.counts.now()
    }

    /// Instructions of the server for a model, if any; `None` until connected.
    pub fn instructions(&self) -> Option<String> {
        self.said("instructions")
    }

    fn said<T: DeserializeOwned>(&self, member: &str) -> Option<T> {
        serde_json::from_str(&self.raw_said(member)?).ok()
    }

    /// Sets the minimum level of `on_log`; `None` disables it.
    pub(crate) fn hear_logs_from(&self, least: Option<LogLevel>) {
        self.core.context.log().hear_from(least);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.core.context.counts.clone()
    }

    /// Bounded queue in front of a progress callback.
    pub(crate) fn queue(&self, hear: MessageListener) -> (ProgressSink, Arc<BoundedQueue>) {
        let room = BoundedQueue::new(self.core.context.settings.limits.of_queue(), &self.core.context.counts.dropped);
        let filled = Arc::clone(&room);
        let hear = move |params: &str| {
            // Dropped messages are counted.
            let _ = filled.send(params.to_owned(), &hear);
        };
        (ProgressSink { hear: Arc::new(hear), room: Some(Arc::clone(&room)) }, room)
    }

    pub(crate) fn works_between_calls(&self) -> bool {
        let settings = &self.core.context.settings;
        // After a fallback to HTTP+SSE, the stream is read while calls wait, which suffices for their responses.
        settings.listen || settings.hears_requests || !matches!(settings.route, Route::StreamableHttp { .. })
    }

    /// Lists one page at a time.
    pub(crate) fn pages(&self, method: &'static str, member: &'static str, options: CallOptions) -> ServerPages {
        ServerPages::new(&self.core, method, member, options)
    }

    /// Holds `notifications/cancelled` back, to be sent on another runtime.
    pub(crate) fn hold_notices(&self) {
        self.core.hold_notices();
    }

    /// Sends the held notifications; `None` if there are none.
    pub(crate) fn held_notices(&self) -> Option<BoxFuture<'static, ()>> {
        self.core.take_held_cancellations()
    }

    /// Closes the idle connections of the current runtime.
    pub(crate) fn let_go(&self) {
        self.core.context.http.let_go();
    }

    /// A member of the `initialize` or `server/discover` result, as JSON text.
    pub(crate) fn raw_said(&self, member: &str) -> Option<String> {
        self.core.said(member)
    }

    /// Connects to the server, unless already connected, and returns its versions, capabilities and instructions. Before
    /// 2026-07-28 always performs the handshake.
    pub fn initialize(&self) -> Call<'_, InitializeResult> {
        Call::new(self, What::Initialize, Ok(Bytes::from_static(b"{}")))
    }

    /// Requests the versions, capabilities and instructions of the server (specification 2026-07-28, server/discover). For
    /// older servers, returns the result of the handshake.
    pub fn discover(&self) -> Call<'_, DiscoverResult> {
        Call::new(self, What::ByEra(DISCOVER), Ok(Bytes::from_static(b"{}")))
    }

    /// Checks that the server responds.
    pub fn ping(&self) -> Call<'_, Empty> {
        Call::new(self, What::ByEra(methods::PING), Ok(Bytes::from_static(b"{}")))
    }

    /// Lists all tools, over all pages.
    pub fn list_tools(&self) -> Call<'_, ListToolsResult> {
        Call::new(self, What::AllPages("tools/list", "tools"), Ok(Bytes::from_static(b"{}")))
    }

    /// Lists one page of tools: the first, or the page of a cursor.
    pub fn list_tools_page(&self, cursor: Option<&str>) -> Call<'_, ListToolsResult> {
        Call::new(self, What::Rpc("tools/list".into(), "params"), page(cursor))
    }

    /// Calls a tool. `arguments` is anything that serializes to a JSON object.
    pub fn call_tool(&self, name: &str, arguments: impl Serialize) -> Call<'_, CallToolResult> {
        Call::new(self, What::Rpc("tools/call".into(), "arguments"), serialize::tool_call(name, &arguments))
    }

    /// Streams all tools; pages are fetched on demand. The stream ends after the first error.
    pub fn iter_tools(&self) -> impl Stream<Item = Result<Tool>> + Send + '_ {
        self.items("tools/list", "tools")
    }

    /// Lists all resources, over all pages.
    pub fn list_resources(&self) -> Call<'_, ListResourcesResult> {
        Call::new(self, What::AllPages("resources/list", "resources"), Ok(Bytes::from_static(b"{}")))
    }

    /// Lists one page of resources: the first, or the page of a cursor.
    pub fn list_resources_page(&self, cursor: Option<&str>) -> Call<'_, ListResourcesResult> {
        Call::new(self, What::Rpc("resources/list".into(), "params"), page(cursor))
    }

    /// Streams all resources; pages are fetched on demand. The stream ends after the first error.
    pub fn iter_resources(&self) -> impl Stream<Item = Result<Resource>> + Send + '_ {
        self.items("resources/list", "resources")
    }

    /// Lists all resource templates, over all pages.
    pub fn list_resource_templates(&self) -> Call<'_, ListResourceTemplatesResult> {
        Call::new(self, What::AllPages("resources/templates/list", "resourceTemplates"), Ok(Bytes::from_static(b"{}")))
    }

    /// Lists one page of resource templates: the first, or the page of a cursor.
    pub fn list_resource_templates_page(&self, cursor: Option<&str>) -> Call<'_, ListResourceTemplatesResult> {
        Call::new(self, What::Rpc("resources/templates/list".into(), "params"), page(cursor))
    }

    /// Streams all resource templates; pages are fetched on demand. The stream ends after the first error.
    pub fn iter_resource_templates(&self) -> impl Stream<Item = Result<ResourceTemplate>> + Send + '_ {
        self.items("resources/templates/list", "resourceTemplates")
    }

    /// Reads a resource.
    pub fn read_resource(&self, uri: &str) -> Call<'_, ReadResourceResult> {
        Call::new(self, What::Rpc("resources/read".into(), "params"), serialize::params("uri", &json!({ "uri": uri })))
    }

    /// Subscribes to changes of a resource (`notifications/resources/updated`). The subscription is restored in new sessions.
    pub fn subscribe_resource(&self, uri: &str) -> Call<'_, Empty> {
        Call::new(self, What::ByEra(methods::SUBSCRIBE), serialize::params("uri", &json!({ "uri": uri })))
    }

    /// Unsubscribes from changes of a resource.
    pub fn unsubscribe_resource(&self, uri: &str) -> Call<'_, Empty> {
        Call::new(self, What::ByEra(methods::UNSUBSCRIBE), serialize::params("uri", &json!({ "uri": uri })))
    }

    /// Lists all prompts, over all pages.
    pub fn list_prompts(&self) -> Call<'_, ListPromptsResult> {
        Call::new(self, What::AllPages("prompts/list", "prompts"), Ok(Bytes::from_static(b"{}")))
    }

    /// Lists one page of prompts: the first, or the page of a cursor.
    pub fn list_prompts_page(&self, cursor: Option<&str>) -> Call<'_, ListPromptsResult> {
        Call::new(self, What::Rpc("prompts/list".into(), "params"), page(cursor))
    }

    /// Streams all prompts; pages are fetched on demand. The stream ends after the first error.
    pub fn iter_prompts(&self) -> impl Stream<Item = Result<Prompt>> + Send + '_ {
        self.items("prompts/list", "prompts")
    }

    /// Gets a prompt. `arguments` is anything that serializes to a JSON object of strings.
    pub fn get_prompt(&self, name: &str, arguments: impl Serialize) -> Call<'_, GetPromptResult> {
        Call::new(self, What::Rpc("prompts/get".into(), "arguments"), serialize::tool_call(name, &arguments))
    }

    /// Suggests values for an argument. `reference` is a prompt or a resource template, `argument` the name and current value,
    /// `context` the arguments that already have a value.
    pub fn complete(
        &self,
        reference: impl Serialize,
        argument: impl Serialize,
        context: impl Serialize,
    ) -> Call<'_, CompleteResult> {
        #[derive(Serialize)]
        struct Params<R, A, C> {
            r#ref: R,
            argument: A,
            context: C,
        }
        let params = serialize::params("params", &Params { r#ref: reference, argument, context });
        let params = params.map(|params| params::without_null(&params, "context"));
        Call::new(self, What::Rpc("completion/complete".into(), "params"), params)
    }

    /// Sets the minimum level of log messages from the server: `debug`, `info`, `notice`, `warning`, `error`, `critical`,
    /// `alert` or `emergency`. They arrive as notifications; the level is restored in new sessions.
    pub fn set_logging_level(&self, level: &str) -> Call<'_, Empty> {
        Call::new(self, What::ByEra(methods::SET_LEVEL), serialize::params("level", &json!({ "level": level })))
    }

    fn items<T: DeserializeOwned + Send + 'static>(
        &self,
        method: &'static str,
        member: &'static str,
    ) -> impl Stream<Item = Result<T>> + Send + '_ {
        let pages = self.pages(method, member, CallOptions::default());
        unfold((pages, VecDeque::new()), move |(pages, mut items)| async move {
            loop {
                if let Some(item) = items.pop_front() {
                    return Some((Ok(item), (pages, items)));
                }
                let work = match pages.next() {
                    Ok(None) => return None,
                    Ok(Some(work)) => work,
                    Err(error) => return Some((Err(error), (pages.ended(), items))),
                };
                let read = prepared::run(work).await.and_then(|reply| read_items(&reply, member));
                match read {
                    Ok(read) => items = read,
                    Err(error) => return Some((Err(error), (pages.ended(), items))),
                }
            }
        })
    }

    /// Sends a request of any method. `params` is anything that serializes to a JSON object.
    pub fn request(&self, method: &str, params: impl Serialize) -> Call<'_, Value> {
        Call::new(self, What::Rpc(method.to_owned(), "params"), serialize::params("params", &params))
    }

    /// Sends a notification of any method. Returns when the server has accepted it.
    ///
    /// # Errors
    /// Any error of a call. A notification is never sent twice.
    pub async fn notify(&self, method: &str, params: impl Serialize) -> Result<()> {
        self.raw_notify(method, &serialize::params("params", &params)?).await
    }

    /// Ends the session and refuses further calls. Takes at most 5 s, never fails, and may be called repeatedly.
    pub async fn close(&self) {
        self.core.close().await;
    }

    pub(crate) async fn raw_notify(&self, method: &str, params: &[u8]) -> Result<()> {
        if method == TOOLS_CALL {
            return Err(Error::config(Code::InvalidArgument, "method", "must not be tools/call: it is a request"));
        }
        crate::protocol::params::check("params", params)?;
        let params = Bytes::copy_from_slice(params);
        let call = LogicalCall::notification(&self.core, check_method(method)?, params, Safety::Plain);
        call.run(&self.core).await.map(drop)
    }

    pub(crate) fn prepare(
        &self,
        what: &What,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<LogicalCall> {
        let (method, field) = match what {
            What::Initialize | What::Connect => ("initialize", "params"),
            What::ByEra(method) => (*method, "params"),
            What::Rpc(method, field) => (check_method(method)?, *field),
            What::AllPages(method, _) => (*method, "params"),
        };
        LogicalCall::prepare(&self.core, method, field, params, options, progress)
    }

    /// Common code of all methods.
    pub(crate) async fn raw(&self, what: &What, call: LogicalCall) -> Result<RawReply> {
        let ongoing = call.begin(&self.core);
        let ended = self.run(what, call).instrument(ongoing.span()).await;
        ongoing.end(&ended);
        ended
    }

    async fn run(&self, what: &What, call: LogicalCall) -> Result<RawReply> {
        match what {
            What::Initialize => {
                let opened = call.within(self.core.handshake_result()).await;
                opened.map_err(|failure| self.core.context.redacted(failure.error))
            }
            What::ByEra(method) => era_methods::run(&self.core, method, call).await,
            What::Connect => {
                let opened = call.within(self.core.connected()).await;
                let null = || RawReply { result: Bytes::from_static(b"null"), ..RawReply::default() };
                // Only the handshake was sent; the call itself was not.
                opened.map(|_| null()).map_err(|failure| self.core.context.redacted(failure.error).not_sent())
            }
            What::Rpc(..) => call.run(&self.core).await,
            What::AllPages(_, member) => pagination::all(&self.core, call, member).await,
        }
    }
}

/// Kind of a method.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Initialize,
    Connect,
    /// A method whose execution depends on the era of the server.
    ByEra(&'static str),
    /// One request, and the name of its params in messages.
    Rpc(String, &'static str),
    /// A list over all pages, and the member of the result that contains it.
    AllPages(&'static str, &'static str),
}

/// The params of one page.
fn page(cursor: Option<&str>) -> Result<Bytes> {
    match cursor {
        Some(cursor) => serialize::params("cursor", &json!({ "cursor": cursor })),
        None => Ok(Bytes::from_static(b"{}")),
    }
}

fn check_method(method: &str) -> Result<&str> {
    if method.is_empty() || method.starts_with("rpc.") || method.chars().any(char::is_control) {
        return Err(Error::config(Code::InvalidArgument, "method", "must be the name of a method"));
    }
    if method == "initialize" {
        return Err(Error::config(
            Code::InvalidArgument,
            "method",
            "must not be initialize; the client sends it itself",
        ));
    }
    Ok(method)
}

/// The `config` error for arguments that a binding could not turn into JSON.
pub(crate) fn unsendable(field: &str, word: &str) -> Error {
    UnsendableValue::from_word(word).unwrap_or(UnsendableValue::NotJson).error(field)
}
