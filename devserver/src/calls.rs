//! A tool call that was let through: running it, and what its profile makes of the outcome.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::ledger::{Entry, ExecutionRecord};
use crate::omni::idempotency::Claim;
use crate::script::Fate;
use crate::shared::Shared;
use crate::tools::{Failed, Ready};

/// A tool call that was let through.
pub(crate) struct Call {
    pub(crate) id: Value,
    pub(crate) tool: String,
    pub(crate) ready: Ready,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) progress_token: Option<Value>,
    /// The API key, by its place.
    pub(crate) key: Option<usize>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) claim: Option<Claim>,
    pub(crate) request_id: String,
    pub(crate) entry: Entry,
}

/// What is left of a call once its tool has run.
pub(crate) struct Done {
    pub(crate) id: Value,
    pub(crate) tool: String,
    pub(crate) progress_token: Option<Value>,
    pub(crate) claim: Option<Claim>,
    pub(crate) request_id: String,
    pub(crate) outcome: Result<Arc<str>, Failed>,
}

/// What a profile decides about a request.
pub(crate) enum Plan {
    Answer(Answer),
    Call(Call),
    /// What happens elsewhere, or changes something that is kept.
    Work(Work),
}

/// Something that is done before there is an answer.
pub(crate) type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What a request is answered in the end.
pub(crate) async fn carry_out(shared: &Arc<Shared>, plan: Plan, fate: &Fate) -> Answer {
    match plan {
        Plan::Call(call) => run(shared, call, fate).await,
        Plan::Work(given) => work(given, fate).await,
        Plan::Answer(answer) => {
            if !fate.before.is_zero() {
                tokio::time::sleep(fate.before).await;
            }
            answer
        }
    }
}

/// Does it to its end, even if nobody waits for it any more.
async fn work(work: Work, fate: &Fate) -> Answer {
    let before = fate.before;
    let running = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        work.await
    });
    running.await.unwrap_or_else(|_| Answer::empty(500))
}

/// Runs a call to its end, even if nobody waits for it any more.
pub(crate) async fn run(shared: &Arc<Shared>, call: Call, fate: &Fate) -> Answer {
    let (before, lasts) = (fate.before, call.ready.lasts());
    if before.is_zero() && lasts.is_zero() {
        shared.began();
        return execute(shared, call);
    }
    let shared = Arc::clone(shared);
    let running = tokio::spawn(async move {
        tokio::time::sleep(before).await;
        shared.began();
        tokio::time::sleep(lasts).await;
        execute(&shared, call)
    });
    running.await.unwrap_or_else(|_| Answer::empty(500))
}

fn execute(shared: &Shared, call: Call) -> Answer {
    let outcome = call.ready.run();
    let ok = outcome.is_ok();
    let record = ExecutionRecord {
        seq: 0,
        tool: call.tool.clone(),
        arguments: Value::Object(call.arguments),
        idempotency_key: call.idempotency_key,
        api_key: call.key.map(|at| format!("key#{}", at + 1)),
        request_seq: call.entry.seq,
        ok,
    };
    let for_gateway = shared.gateway().map(|gateway| (gateway, record.clone()));
    shared.ledger.ended(|seq| ExecutionRecord { seq, ..record });
    if let Some((gateway, record)) = for_gateway {
        gateway.executed_upstream(&call.request_id, record);
    }
    let done = Done {
        id: call.id,
        tool: call.tool,
        progress_token: call.progress_token,
        claim: call.claim,
        request_id: call.request_id,
        outcome,
    };
    shared.service.finish(shared, done)
}
