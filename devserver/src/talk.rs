//! Requests to the client in the middle of a call, as the legacy era has them, and where a call's messages go.

use std::collections::HashMap;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::body::Step;
use crate::lines;
use crate::shared::{Shared, lock};
use crate::sse;
use crate::tools::Failed;

/// A tool that speaks with the client before it answers.
pub(crate) type Talk = Box<dyn FnOnce(Arc<Shared>, Outlet) -> Talking + Send>;

/// Such a tool while it runs.
pub(crate) type Talking = Pin<Box<dyn Future<Output = Result<Arc<str>, Failed>> + Send>>;

/// Where the messages of one call go before its answer.
pub(crate) enum Outlet {
    /// The event stream of its own POST.
    Post(UnboundedSender<Step>),
    /// The same where it can be resumed, by its number.
    Kept(u64),
    /// The stream of its session.
    Session(String),
    /// Standard output, which only the program has.
    #[cfg_attr(not(feature = "cli"), allow(dead_code))]
    Lines,
}

impl Outlet {
    /// Sends a message; false where nobody listens.
    pub(crate) fn say(&self, shared: &Shared, message: &str) -> bool {
        match self {
            Self::Post(stream) => stream.send(Step::Send(sse::event(None, message))).is_ok(),
            Self::Kept(number) => {
                shared.speaking.say(*number, message);
                true
            }
            Self::Session(session) => shared.held.say(Some(session), message) > 0,
            Self::Lines => {
                lines::print(message);
                true
            }
        }
    }

    /// Pending until the client leaves, where that can be seen.
    async fn left(&self) {
        match self {
            Self::Post(stream) => stream.closed().await,
            Self::Kept(_) | Self::Session(_) | Self::Lines => pending().await,
        }
    }
}

/// The requests that wait for their answers.
#[derive(Default)]
pub(crate) struct Asked {
    last: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<Value>>>,
}

impl Asked {
    /// Takes an answer; one that nobody waits for is dropped.
    pub(crate) fn answered(&self, message: &Value) {
        let id = message.get("id").and_then(Value::as_str);
        if let Some(waits) = id.and_then(|id| lock(&self.waiting).remove(id)) {
            // The call may be over.
            let _ = waits.send(message.clone());
        }
    }
}

/// The way that a request takes.
#[derive(Clone)]
pub(crate) enum Over {
    /// With the messages of the call.
    Call,
    /// The stream of GET of the session, or of a client without one.
    Get(Option<String>),
}

/// Asks the client, and gives its result or its error object.
pub(crate) async fn ask(shared: &Shared, outlet: &Outlet, over: &Over, request: &Value) -> Result<Value, Failed> {
    let id = format!("server-{}", shared.asked.last.fetch_add(1, Ordering::Relaxed) + 1);
    let (answer, answered) = oneshot::channel();
    lock(&shared.asked.waiting).insert(id.clone(), answer);
    let mut message = json!({"jsonrpc": "2.0", "id": id, "method": request["method"]});
    if let Some(params) = request.get("params") {
        message["params"] = params.clone();
    }
    let message = message.to_string();
    let heard = match over {
        // What is held open there is standard output itself.
        Over::Get(_) if matches!(outlet, Outlet::Lines) => outlet.say(shared, &message),
        Over::Call => outlet.say(shared, &message),
        Over::Get(session) => shared.held.say(session.as_deref(), &message) > 0,
    };
    let answer = match heard {
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
