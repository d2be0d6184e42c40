//! The client: every method is one short function over [`Client::raw`].

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::{LogicalCall, ProgressSink};
use crate::call_options::CallOptions;
use crate::config::ClientConfig;
use crate::core::Core;
use crate::error::{Code, Delivery, Error, Result};
use crate::hooks::{Notification, ProvidedToken};
use crate::methods::TOOLS_CALL;
use crate::pages;
use crate::protocol::arguments::Unsendable;
use crate::protocol::serialize;
use crate::protocol::types::{
    CallToolResult, Empty, Implementation, InitializeResult, ListToolsResult, Progress, ServerCapabilities,
};
use crate::reply::{Metadata, RawReply};
use crate::retry::Safety;
use crate::route::Route;

/// A client of one MCP server. Cheap to clone; all clones share the session and its connections, and any number of
/// calls may run at once.
#[derive(Debug, Clone)]
pub struct Client {
    core: Arc<Core>,
}

/// Builds a [`Client`]: the options are its setters.
pub type ClientBuilder = ClientConfig;

impl ClientConfig {
    /// Hears each notification that the server sends by itself.
    #[must_use]
    pub fn on_notification(mut self, hear: impl Fn(Notification) + Send + Sync + 'static) -> Self {
        self.hooks.notification = Some(Arc::new(move |method: &str, params: &str| {
            let params = serde_json::from_str(params).unwrap_or_default();
            hear(Notification { method: method.to_owned(), params });
        }));
        self
    }

    /// Gives the bearer token, or says why there is none. Asked once for all calls, and again when the token expires or
    /// is refused.
    #[must_use]
    pub fn token_provider<F, T, E>(mut self, provide: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<T, E>> + Send + 'static,
        T: Into<ProvidedToken>,
        E: std::fmt::Display,
    {
        self.hooks.token = Some(Arc::new(move || {
            let provided = provide();
            Box::pin(async move { provided.await.map(Into::into).map_err(|why| why.to_string()) })
        }));
        self
    }

    /// Checks the options and makes the client. Nothing is sent yet: the first call connects.
    ///
    /// # Errors
    /// A `config` error that names the option.
    pub fn build(self) -> Result<Client> {
        let settings = self.resolve(|name| std::env::var(name).ok())?;
        Ok(Client { core: Arc::new(Core::new(settings)?) })
    }
}

impl Client {
    /// Begins to build a client.
    pub fn builder() -> ClientBuilder {
        ClientConfig::default()
    }

    /// Connects, if not yet connected, in the way of the profile: with a handshake or without.
    ///
    /// # Errors
    /// As for a call.
    pub async fn connect(&self) -> Result<()> {
        let call = self.prepare(&What::Connect, Bytes::from_static(b"{}"), &CallOptions::default(), None)?;
        self.raw(&What::Connect, call).await.map(drop)
    }

    /// Who the server is; `None` until there was a handshake.
    pub fn server_info(&self) -> Option<Implementation> {
        self.welcome().map(|welcome| welcome.server_info)
    }

    /// What the server can do; `None` until there was a handshake.
    pub fn server_capabilities(&self) -> Option<ServerCapabilities> {
        self.welcome().map(|welcome| welcome.capabilities)
    }

    /// The protocol version of the session; `None` until there was a handshake.
    pub fn protocol_version(&self) -> Option<String> {
        self.welcome().map(|welcome| welcome.protocol_version)
    }

    /// How to use the server, for a model; `None` where the server says nothing of it.
    pub fn instructions(&self) -> Option<String> {
        self.welcome()?.instructions
    }

    fn welcome(&self) -> Option<InitializeResult> {
        serde_json::from_slice(&self.raw_welcome()?).ok()
    }

    pub(crate) fn works_between_calls(&self) -> bool {
        let settings = &self.core.settings;
        // A stream that is found by falling back is read while calls wait: enough for their answers.
        settings.listen || !matches!(settings.route, Route::StreamableHttp { .. })
    }

    pub(crate) fn raw_welcome(&self) -> Option<Bytes> {
        self.core.welcome()
    }

    /// Connects by a handshake, if there was none yet, and returns what the server said.
    pub fn initialize(&self) -> Call<'_, InitializeResult> {
        Call::new(self, What::Initialize, Ok(Bytes::from_static(b"{}")))
    }

    /// Checks that the server answers.
    pub fn ping(&self) -> Call<'_, Empty> {
        Call::new(self, What::Rpc("ping".into(), "params"), Ok(Bytes::from_static(b"{}")))
    }

    /// All tools, over all pages.
    pub fn list_tools(&self) -> Call<'_, ListToolsResult> {
        Call::new(self, What::AllPages("tools/list", "tools"), Ok(Bytes::from_static(b"{}")))
    }

    /// One page of tools: the first, or the one of a cursor.
    pub fn list_tools_page(&self, cursor: Option<&str>) -> Call<'_, ListToolsResult> {
        let params = match cursor {
            Some(cursor) => serialize::params("cursor", &serde_json::json!({ "cursor": cursor })),
            None => Ok(Bytes::from_static(b"{}")),
        };
        Call::new(self, What::Rpc("tools/list".into(), "params"), params)
    }

    /// Calls a tool. `arguments` is anything that serializes to a JSON object.
    pub fn call_tool(&self, name: &str, arguments: impl Serialize) -> Call<'_, CallToolResult> {
        Call::new(self, What::Rpc("tools/call".into(), "arguments"), serialize::tool_call(name, &arguments))
    }

    /// Sends any request. `params` is anything that serializes to a JSON object.
    pub fn request(&self, method: &str, params: impl Serialize) -> Call<'_, Value> {
        Call::new(self, What::Rpc(method.to_owned(), "params"), serialize::params("params", &params))
    }

    /// Sends any notification. Returns when the server has accepted it.
    ///
    /// # Errors
    /// As for a call; a notification is never sent twice.
    pub async fn notify(&self, method: &str, params: impl Serialize) -> Result<()> {
        self.raw_notify(method, &serialize::params("params", &params)?).await
    }

    /// Ends the session and refuses further calls. Takes 5 s at most, never fails, and may be called again.
    pub async fn close(&self) {
        self.core.close().await;
    }

    pub(crate) async fn raw_notify(&self, method: &str, params: &[u8]) -> Result<()> {
        if method == TOOLS_CALL {
            return Err(Error::config(Code::InvalidArgument, "method", "must not be tools/call: it is a request"));
        }
        crate::protocol::arguments::check("params", params)?;
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
            What::Rpc(method, field) => (check_method(method)?, *field),
            What::AllPages(method, _) => (*method, "params"),
        };
        LogicalCall::prepare(&self.core, method, field, params, options, progress)
    }

    /// The one path of every method.
    pub(crate) async fn raw(&self, what: &What, call: LogicalCall) -> Result<RawReply> {
        match what {
            What::Initialize => {
                let opened = call.within(self.core.shake_hands()).await;
                opened.map_err(|failure| self.core.redacted(failure.error))
            }
            What::Connect => {
                let opened = call.within(self.core.peer()).await;
                let null = || RawReply { result: Bytes::from_static(b"null"), ..RawReply::default() };
                // No call of the caller's has left: whatever became of the handshake, none ran.
                opened
                    .map(|_| null())
                    .map_err(|failure| self.core.redacted(failure.error).with_delivery(Delivery::NotSent))
            }
            What::Rpc(..) => call.run(&self.core).await,
            What::AllPages(_, member) => pages::all(&self.core, call, member).await,
        }
    }
}

/// Which path a method takes.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Initialize,
    Connect,
    /// One request; the second word names its params in messages.
    Rpc(String, &'static str),
    /// A list over all of its pages, and the member of the result that holds it.
    AllPages(&'static str, &'static str),
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

/// A call that is about to be made: set what differs from the client's options, then await it.
#[must_use = "a call is made when it is awaited"]
pub struct Call<'a, T> {
    client: &'a Client,
    what: What,
    params: Result<Bytes>,
    options: CallOptions,
    progress: Option<ProgressSink>,
    result: PhantomData<fn() -> T>,
}

impl<'a, T> Call<'a, T> {
    fn new(client: &'a Client, what: What, params: Result<Bytes>) -> Self {
        Self { client, what, params, options: CallOptions::default(), progress: None, result: PhantomData }
    }

    /// Sets all options of the call.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// The key by which the server runs the call once.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.options.idempotency_key = Some(key.into());
        self
    }

    /// How long one attempt may stay without an answer.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.options.timeout = Some(timeout.into());
        self
    }

    /// Hears each progress notification of the call, in order.
    pub fn on_progress(mut self, hear: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(move |params: &str| {
            if let Ok(progress) = serde_json::from_str(params) {
                hear(progress);
            }
        }));
        self
    }
}

impl<T> std::fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and keys stay out: they are the caller's own.
        f.debug_struct("Call").field("what", &self.what).finish_non_exhaustive()
    }
}

impl<'a, T: DeserializeOwned + 'a> IntoFuture for Call<'a, T> {
    type Output = Result<Reply<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let call = self.client.prepare(&self.what, self.params?, &self.options, self.progress)?;
            let raw = self.client.raw(&self.what, call).await?;
            let value = serde_json::from_slice(&raw.result).map_err(|_| unexpected(&raw))?;
            Ok(Reply { value, raw })
        })
    }
}

fn unexpected(raw: &RawReply) -> Error {
    let mut error =
        raw.unexpected(Code::InvalidAnswer, "the result is not of the type that the specification gives it");
    error.info_mut().data = serde_json::from_slice(&raw.result).ok();
    error
}

/// A result with its metadata; reads like the result itself.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The result.
    pub value: T,
    raw: RawReply,
}

impl<T> Reply<T> {
    /// What is known besides the result.
    pub fn metadata(&self) -> Metadata {
        self.raw.metadata()
    }

    /// The result alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The `config` error for arguments that a face could not turn into JSON.
pub(crate) fn unsendable(field: &str, word: &str) -> Error {
    Unsendable::from_word(word).unwrap_or(Unsendable::NotJson).error(field)
}
