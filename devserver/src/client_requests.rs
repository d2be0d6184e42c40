//! Requests to the client during a call of the legacy era, and the destination of a call's messages.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::body::Step;
use crate::server_state::{Shared, lock};
use crate::sse;
use crate::stdout;
use crate::tools::Failed;

/// A tool that sends requests to the client before its result.
pub(crate) type Talk = Box<dyn FnOnce(Arc<Shared>, Outlet) -> Talking + Send>;

/// Such a tool while it runs.
pub(crate) type Talking = Pin<Box<dyn Future<Output = Result<Arc<str>, Failed>> + Send>>;

/// Destination of the messages of one call before its response.
pub(crate) enum Outlet {
    /// The event stream of its POST.
    Post(UnboundedSender<Step>),
    /// The same with resumption, by its number.
    Kept(u64),
    /// The stream of its session.
    Session(String),
    /// No receiver.
    Nowhere,
    /// Standard output, in the program only.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    Lines,
}

impl Outlet {
    /// Sends a message; false if there is no receiver.
    pub(crate) fn send(&self, shared: &Shared, message: &str) -> bool {
        match self {
            Self::Post(stream) => stream.send(Step::Send(sse::event(None, message))).is_ok(),
            Self::Kept(number) => {
                shared.resumable_streams.send(*number, message);
                true
            }
            Self::Session(session) => shared.open_streams.send(Some(session), message) > 0,
            Self::Nowhere => false,
            Self::Lines => {
                stdout::print(message);
                true
            }
        }
    }

    /// Pending until the client leaves, if that can be detected.
    async fn left(&self) {
        match self {
            Self::Post(stream) => stream.closed().await,
            Self::Kept(_) | Self::Session(_) | Self::Nowhere | Self::Lines => pending().await,
        }
    }
}

/// Requests that wait for the client's response.
#[derive(Default)]
pub(crate) struct Asked {
    last: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<Value>>>,
}

impl Asked {
    /// Accepts a response; one that no request waits for is dropped.
    pub(crate) fn answered(&self, message: &Value) {
        let id = message.get("id").and_then(Value::as_str);
        if let Some(waits) = id.and_then(|id| lock(&self.waiting).remove(id)) {
            // The call may have ended.
            let _ = waits.send(message.clone());
        }
    }
}

/// The stream on which a request is sent.
#[derive(Clone)]
pub(crate) enum Over {
    /// That of the call.
    Call,
    /// The GET stream of the session, or of a client without one.
    Get(Option<String>),
}

/// Sends a request to the client, and returns its result or error object.
pub(crate) async fn ask(shared: &Shared, outlet: &Outlet, over: &Over, request: &Value) -> Result<Value, Failed> {
    let id = format!("server-{}", shared.asked.last.fetch_add(1, Ordering::Relaxed) + 1);
    let (answer, answered) = oneshot::channel();
    lock(&shared.asked.waiting).insert(id.clone(), answer);
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": request["method"]});
    if let Some(params) = request.get("params") {
        message["params"] = params.clone();
    }
    let message = message.to_string();
    let is_sent = match over {
        // On stdio, the open stream is standard output.
        Over::Get(_) if matches!(outlet, Outlet::Lines) => outlet.send(shared, &message),
        Over::Call => outlet.send(shared, &message),
        Over::Get(session) => shared.open_streams.send(session.as_deref(), &message) > 0,
    };
    let answer = match is_sent {
        false => Err("no stream is open for a request to the client"),
        true => tokio::select! {
            answer = answered => answer.map_err(|_| "the server closed"),
            () = outlet.left() => Err("the client left"),
        },
    };
    lock(&shared.asked.waiting).remove(&id);
    let answer = answer.map_err(|what| Failed(what.to_owned()))?;
    Ok(answer.get("result").or_else(|| answer.get("error")).cloned().unwrap_or(Value::Null))
}
