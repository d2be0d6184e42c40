//! Calls and their replies.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::client::{Client, MethodCall};
use crate::config::call_options::{CallOptions, call_options};
use crate::config::option_argument::OptionArgument;
use crate::error::{Code, Error, Result};
use crate::protocol::raw_result::{Metadata, RawReply};
use crate::protocol::types::Progress;
use crate::session::call::ProgressSink;
use crate::util::secret::Secret;

/// A call that is not sent yet. Set its options, then await it.
///
/// ```no_run
/// # use std::time::Duration;
/// # use serde_json::json;
/// # async fn run(client: omni_mcp::Client) -> omni_mcp::Result<()> {
/// let result = client
///     .call_tool("fred.search", json!({"q": "inflation"}))
///     .timeout(Duration::from_secs(5))
///     .total_timeout(Duration::from_secs(30))
///     .max_attempts(3)
///     .on_progress(|progress| println!("{}", progress.progress))
///     .await?;
/// println!("{:?}", result.structured_content);
/// # Ok(()) }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct Call<'a, T> {
    client: &'a Client,
    method: MethodCall,
    params: Result<Bytes>,
    options: CallOptions,
    progress: Option<ProgressSink>,
    result: PhantomData<fn() -> T>,
}

impl<'a, T> Call<'a, T> {
    pub(crate) fn new(client: &'a Client, method: MethodCall, params: Result<Bytes>) -> Self {
        Self { client, method, params, options: CallOptions::default(), progress: None, result: PhantomData }
    }

    /// Sets options of the call. Absent options keep their earlier value.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options.or(self.options);
        self
    }

    /// Called with each progress notification of the call, in order.
    pub fn on_progress(mut self, listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        let listener = move |params: &str| {
            if let Ok(progress) = serde_json::from_str(params) {
                // A panic of the callback is ignored.
                let _ = catch_unwind(AssertUnwindSafe(|| listener(progress)));
            }
        };
        // The callback runs in the task that reads the response.
        self.progress = Some(ProgressSink { listener: Arc::new(listener), queue: None });
        self
    }
}

macro_rules! setters {
    (
        $(#[$struct_doc:meta])* $struct:ident, $what:literal, $specs:ident, callbacks $callbacks:ident;
        $($(#[doc = $help:literal])+ $name:ident: $type:ty = $default:literal;)*
    ) => {
        /// The options of the call, as in [`CallOptions`].
        impl<T> Call<'_, T> {
            $($(#[doc = $help])+ #[doc = concat!("\n\nDefault: ", $default, ".")]
            pub fn $name(mut self, $name: impl OptionArgument<$type>) -> Self {
                self.options = self.options.$name($name);
                self
            })*
        }
    };
}
call_options!(setters);

impl<T> std::fmt::Debug for Call<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and keys are omitted: they may be sensitive.
        f.debug_struct("Call").field("method", &self.method).finish_non_exhaustive()
    }
}

impl<'a, T: DeserializeOwned + 'a> IntoFuture for Call<'a, T> {
    type Output = Result<Reply<T>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let params = self.params.map_err(|error| self.client.with_server(error))?;
            let call = self.client.prepare(&self.method, params, &self.options, self.progress)?;
            let raw = self.client.raw(&self.method, call).await?;
            let value = serde_json::from_slice(&raw.result).map_err(|_| unexpected(&raw))?;
            Ok(Reply { value, raw })
        })
    }
}

fn unexpected(raw: &RawReply) -> Error {
    let mut error = raw.unexpected(Code::InvalidAnswer, "the result does not have the type of the specification");
    error.info_mut().data = serde_json::from_slice(&raw.result).ok();
    error
}

/// A result with its metadata. Dereferences to the result.
///
/// ```no_run
/// # async fn run(client: omni_mcp::Client) -> omni_mcp::Result<()> {
/// let tools = client.list_tools().await?;
/// println!("{} tools after {} attempts", tools.tools.len(), tools.metadata().attempts);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The result.
    pub value: T,
    raw: RawReply,
}

impl<T> Reply<T> {
    /// The metadata.
    pub fn metadata(&self) -> Metadata {
        self.raw.metadata()
    }

    /// The result without metadata.
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
