//! Tools whose results a function returns.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::client_requests::Talk;
use crate::description::{Described, Form};
use crate::jsonrpc;
use crate::own_tools::{OwnCall, wrapped};
use crate::tools;

/// The result of a handler: as the field `result` of a tool, or the text of a result with `isError`.
type Returned = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

/// The function that handles the calls of a tool.
#[derive(Clone)]
pub struct ToolHandler(Arc<dyn Fn(ToolCall) -> Returned + Send + Sync>);

impl ToolHandler {
    /// A function, which runs on a thread for blocking work. An error is the text of a result with `isError`.
    pub fn new(handle: impl Fn(&ToolCall) -> Result<Value, String> + Send + Sync + 'static) -> Self {
        let handle = Arc::new(handle);
        Self::from_async(move |call| {
            let handle = Arc::clone(&handle);
            async move {
                let running = tokio::task::spawn_blocking(move || handle(&call));
                running.await.unwrap_or_else(|_| Err("the handler panicked".to_owned()))
            }
        })
    }

    /// An async function, which runs on the thread of the server and must not block it.
    pub fn from_async<F>(handle: impl Fn(ToolCall) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Value, String>> + Send + 'static,
    {
        Self(Arc::new(move |call| Box::pin(handle(call))))
    }
}

impl ToolHandler {
    /// A function that receives each call with its reply, which it may give later from any thread.
    pub fn with_reply(receive: impl Fn(ToolCall, ToolReply) + Send + Sync + 'static) -> Self {
        Self::from_async(move |call| {
            let (reply, replied) = oneshot::channel();
            receive(call, ToolReply(reply));
            async move {
                let text = replied.await.unwrap_or_else(|_| Err("the handler did not return".to_owned()))?;
                serde_json::from_str(&text).map_err(|_| "the handler did not return JSON".to_owned())
            }
        })
    }
}

/// The reply to one call. If it is dropped, the result has `isError`.
#[derive(Debug)]
pub struct ToolReply(oneshot::Sender<Result<String, String>>);

impl ToolReply {
    /// Gives the result as JSON text, or the text of a result with `isError`.
    pub fn give(self, returned: Result<String, String>) {
        // The server may be closed.
        let _ = self.0.send(returned);
    }
}

impl fmt::Debug for ToolHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolHandler")
    }
}

/// The same function.
impl PartialEq for ToolHandler {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Described for ToolHandler {
    fn form() -> Form {
        Form::Function
    }
}

/// JSON holds no function; its form allows null only.
pub(crate) fn none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<ToolHandler>, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| None)
}

/// A call that a handler receives.
pub struct ToolCall {
    /// The name of the tool.
    pub tool: String,
    /// The arguments.
    pub arguments: Map<String, Value>,
    reports: UnboundedSender<Value>,
}

impl ToolCall {
    /// The arguments as JSON text.
    pub fn arguments_json(&self) -> String {
        serde_json::to_string(&self.arguments).unwrap_or_default()
    }

    /// Sends a progress notification, if the call has a progress token and has not ended.
    pub fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        let mut params = json!({"progress": progress});
        if let Some(total) = total {
            params["total"] = total.into();
        }
        if let Some(message) = message {
            params["message"] = message.into();
        }
        // The call may have ended.
        let _ = self.reports.send(params);
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall").field("tool", &self.tool).field("arguments", &self.arguments).finish_non_exhaustive()
    }
}

/// A call that runs its handler, and sends the reported progress if there is a token.
pub(crate) fn talk(handler: ToolHandler, call: OwnCall, token: Option<Value>) -> Talk {
    Box::new(move |shared, outlet| {
        Box::pin(async move {
            tokio::time::sleep(call.lasts()).await;
            let (reports, mut reported) = unbounded_channel::<Value>();
            let send = |mut params: Value| {
                if let Some(token) = &token {
                    params["progressToken"] = token.clone();
                    outlet.send(&shared, &jsonrpc::notification("notifications/progress", &params));
                }
            };
            let (tool, arguments) = call.into_parts();
            let mut running = (handler.0)(ToolCall { tool, arguments, reports });
            let returned = loop {
                tokio::select! {
                    biased;
                    Some(params) = reported.recv() => send(params),
                    returned = &mut running => break returned,
                }
            };
            while let Ok(params) = reported.try_recv() {
                send(params);
            }
            Ok(match returned {
                Ok(result) => wrapped(&result),
                Err(text) => tools::failure(&text),
            })
        })
    })
}
