//! Accepted tool calls: running the tool, and building the response of the profile from the outcome.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::sync::mpsc::unbounded_channel;

use crate::answer::{Answer, Payload};
use crate::client_requests::{Outlet, Talk};
use crate::era::Caller;
use crate::fault_rules::Fate;
use crate::ledger::{Entry, ExecutionRecord};
use crate::omni::idempotency::Claim;
use crate::open_streams::Feed;
use crate::server_state::Shared;
use crate::tools::{Failed, Ready};
use crate::wire_faults;

/// An accepted tool call.
pub(crate) struct Call {
    pub(crate) id: Value,
    pub(crate) tool: String,
    pub(crate) ready: Ready,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) progress_token: Option<Value>,
    /// Messages of the tool, sent before the response.
    pub(crate) before: Vec<String>,
    pub(crate) caller: Caller,
    /// The index of the API key.
    pub(crate) key: Option<usize>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) claim: Option<Claim>,
    pub(crate) request_id: String,
    pub(crate) entry: Entry,
}

/// What remains of a call after its tool has run.
pub(crate) struct Done {
    pub(crate) id: Value,
    pub(crate) tool: String,
    pub(crate) progress_token: Option<Value>,
    pub(crate) before: Vec<String>,
    pub(crate) caller: Caller,
    pub(crate) claim: Option<Claim>,
    pub(crate) request_id: String,
    pub(crate) outcome: Result<Arc<str>, Failed>,
}

/// A profile's decision about a request.
pub(crate) enum Plan {
    Answer(Answer),
    Call(Call),
    /// Runs in another part of the server, or changes state.
    Work(Work),
}

/// Something that runs before there is a response.
pub(crate) type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The response in the end. A call that sends messages and has no stream becomes a stream.
pub(crate) async fn carry_out(shared: &Arc<Shared>, plan: Plan, fate: &Fate, outlet: Option<Outlet>) -> Answer {
    match plan {
        Plan::Call(call) => run(shared, call, fate, outlet).await,
        Plan::Work(given) => work(given, fate).await,
        Plan::Answer(answer) => {
            if !fate.before.is_zero() {
                tokio::time::sleep(fate.before).await;
            }
            answer
        }
    }
}

/// Runs to the end, also if the client has left.
async fn work(work: Work, fate: &Fate) -> Answer {
    let before = fate.before;
    let running = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        work.await
    });
    running.await.unwrap_or_else(|_| Answer::empty(500))
}

/// Runs a call to the end, also if the client has left.
pub(crate) async fn run(shared: &Arc<Shared>, call: Call, fate: &Fate, outlet: Option<Outlet>) -> Answer {
    let (before, lasts) = (fate.before, call.ready.lasts());
    // A handler sends only progress.
    let is_silent = matches!(call.ready, Ready::Own(_)) && call.progress_token.is_none();
    let (ready, rest) = call.split();
    if let Ready::Talk(talk) = ready {
        return match outlet {
            Some(outlet) => converse(shared, talk, rest, before, outlet).await,
            None if is_silent => finish_alone(shared, talk, rest, fate).await,
            None => stream(shared, talk, rest, fate),
        };
    }
    if before.is_zero() && lasts.is_zero() {
        shared.began();
        return conclude(shared, rest, ready.run());
    }
    let shared = Arc::clone(shared);
    let running = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        shared.began();
        tokio::time::sleep(lasts).await;
        conclude(&shared, rest, ready.run())
    });
    running.await.unwrap_or_else(|_| Answer::empty(500))
}

/// Runs a call that sends no messages to the end, also if the client has left.
async fn finish_alone(shared: &Arc<Shared>, talk: Talk, rest: Rest, fate: &Fate) -> Answer {
    let (shared, before) = (Arc::clone(shared), fate.before);
    let running = tokio::spawn(async move { converse(&shared, talk, rest, before, Outlet::Nowhere).await });
    running.await.unwrap_or_else(|_| Answer::empty(500))
}

async fn converse(shared: &Arc<Shared>, talk: Talk, rest: Rest, before: Duration, outlet: Outlet) -> Answer {
    tokio::time::sleep(before).await;
    shared.began();
    let outcome = talk(Arc::clone(shared), outlet).await;
    conclude(shared, rest, outcome)
}

/// The stream of a call that sends messages; it ends with the response.
fn stream(shared: &Arc<Shared>, talk: Talk, rest: Rest, fate: &Fate) -> Answer {
    let shared = Arc::clone(shared);
    let fate = Fate { before: fate.before, fault: fate.fault.clone(), ..Fate::default() };
    if let (Caller::Legacy { session }, true) = (&rest.caller, shared.gives_ids()) {
        let (number, first, receiver) = shared.resumable_streams.open(session.clone(), shared.options.sse_retry_ms);
        tokio::spawn(async move {
            let answer = converse(&shared, talk, rest, fate.before, Outlet::Kept(number)).await;
            for message in wire_faults::messages(answer, fate.fault.as_deref()) {
                shared.resumable_streams.send(number, &message);
            }
            shared.resumable_streams.end(number);
        });
        return Answer::new(200, Payload::Streamed(first, Feed::of_call(receiver)));
    }
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let outlet = Outlet::Post(sender.clone());
        let answer = converse(&shared, talk, rest, fate.before, outlet).await;
        let fault = fate.fault.as_deref().filter(|fault| fault.changes_the_answer());
        for step in wire_faults::on_stream(&shared, answer, fault) {
            // The client may have left.
            let _ = sender.send(step);
        }
    });
    Answer::new(200, Payload::Streamed(Bytes::new(), Feed::of_call(receiver)))
}

/// A call without its tool.
struct Rest {
    record: ExecutionRecord,
    id: Value,
    progress_token: Option<Value>,
    before: Vec<String>,
    caller: Caller,
    claim: Option<Claim>,
    request_id: String,
}

impl Call {
    fn split(self) -> (Ready, Rest) {
        let record = ExecutionRecord {
            seq: 0,
            tool: self.tool,
            arguments: Value::Object(self.arguments),
            idempotency_key: self.idempotency_key,
            api_key: self.key.map(|at| format!("key#{}", at + 1)),
            request_seq: self.entry.seq,
            ok: false,
        };
        let mut before = self.before;
        let ready = match self.ready {
            Ready::Own(call) => {
                before.extend(call.progress(self.progress_token.as_ref()));
                call.ready(self.progress_token.as_ref())
            }
            ready => ready,
        };
        let rest = Rest {
            record,
            id: self.id,
            progress_token: self.progress_token,
            before,
            caller: self.caller,
            claim: self.claim,
            request_id: self.request_id,
        };
        (ready, rest)
    }
}

fn conclude(shared: &Shared, rest: Rest, outcome: Result<Arc<str>, Failed>) -> Answer {
    let record = ExecutionRecord { ok: outcome.is_ok(), ..rest.record };
    let tool = record.tool.clone();
    let for_gateway = shared.gateway().map(|gateway| (gateway, record.clone()));
    shared.ledger.ended(|seq| ExecutionRecord { seq, ..record });
    if let Some((gateway, record)) = for_gateway {
        gateway.executed_upstream(&rest.request_id, record);
    }
    let done = Done {
        id: rest.id,
        tool,
        progress_token: rest.progress_token,
        before: rest.before,
        caller: rest.caller,
        claim: rest.claim,
        request_id: rest.request_id,
        outcome,
    };
    shared.service.finish(shared, done)
}
