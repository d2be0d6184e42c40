//! What the client wants to be told of, and the stream of the modern era on which it is (specification 2026-07-28,
//! basic/patterns/subscriptions).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::http::idle_timeout::timed_out;
use crate::oauth::access_token;
use crate::protocol::jsonrpc;
use crate::protocol::safety::Safety;
use crate::retry::attempt::Attempt;
use crate::session::call::LogicalCall;
use crate::session::cancellation::CancelOnDrop;
use crate::session::get_stream::{STABLE_AFTER, after_failure, backoff};
use crate::session::inbound::InboundHandler;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::request::RequestTarget;
use crate::transport::classify::{ResponseContext, judge};
use crate::transport::message::Listener;

const LISTEN: &str = "subscriptions/listen";
pub(crate) const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// How long the acknowledgement of a stream is waited for.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// What is wanted, and what came of it.
pub(crate) struct Subscriptions {
    state: Mutex<SubscriptionState>,
    changed: Notify,
    outcome: watch::Sender<Outcome>,
    /// The stream that is to be acknowledged.
    expected: AtomicU64,
    /// The stream that was acknowledged last, and the resources that the server tells of on it.
    acknowledged: watch::Sender<Option<(u64, BTreeSet<String>)>>,
    /// The stream that the server tore down last.
    torn_down: watch::Sender<Option<u64>>,
}

#[derive(Default)]
struct SubscriptionState {
    uris: BTreeSet<String>,
    revision: u64,
}

#[derive(Clone, Default)]
struct Outcome {
    revision: u64,
    result: Option<Result<BTreeSet<String>, AttemptError>>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            changed: Notify::new(),
            outcome: watch::Sender::new(Outcome::default()),
            expected: AtomicU64::new(0),
            acknowledged: watch::Sender::new(None),
            torn_down: watch::Sender::new(None),
        }
    }
}

impl Subscriptions {
    /// Adds or removes a resource. Returns the number of the change by which it is so, and whether it is this one.
    pub(crate) fn want(&self, uri: &str, wanted: bool) -> (u64, bool) {
        let mut state = self.locked();
        let is_new = if wanted { state.uris.insert(uri.to_owned()) } else { state.uris.remove(uri) };
        if is_new {
            state.revision += 1;
            self.changed.notify_one();
        }
        (state.revision, is_new)
    }

    /// Whether any resource is wanted.
    pub(crate) fn has_some(&self) -> bool {
        !self.locked().uris.is_empty()
    }

    /// The resources that are wanted.
    pub(crate) fn uris(&self) -> Vec<String> {
        self.locked().uris.iter().cloned().collect()
    }

    /// The filter of the stream; `None` where nothing is wanted.
    fn filter(&self, listens: bool) -> (u64, Option<Value>) {
        let state = self.locked();
        let mut filter = serde_json::Map::new();
        if listens {
            for name in ["toolsListChanged", "promptsListChanged", "resourcesListChanged"] {
                filter.insert(name.to_owned(), Value::Bool(true));
            }
        }
        if !state.uris.is_empty() {
            filter.insert("resourceSubscriptions".to_owned(), json!(state.uris));
        }
        (state.revision, (!filter.is_empty()).then_some(Value::Object(filter)))
    }

    /// Waits for what came of a change: whether the server tells of `uri` now.
    pub(crate) async fn outcome_of(&self, revision: u64, uri: &str) -> Result<bool, AttemptError> {
        let mut outcome = self.outcome.subscribe();
        let settled = outcome.wait_for(|outcome| outcome.revision >= revision && outcome.result.is_some()).await;
        let Ok(outcome) = settled.map(|outcome| outcome.clone()) else { return Err(timed_out(None)) };
        outcome.result.unwrap_or_else(|| Err(timed_out(None))).map(|told_of| told_of.contains(uri))
    }

    fn settle(&self, revision: u64, result: Result<BTreeSet<String>, AttemptError>) {
        self.outcome.send_replace(Outcome { revision, result: Some(result) });
    }

    /// Hears a stream being acknowledged.
    pub(crate) fn hear(&self, params: Option<&RawValue>) {
        #[derive(Deserialize)]
        struct Acknowledged {
            #[serde(rename = "_meta")]
            meta: Meta,
            #[serde(default)]
            notifications: Filter,
        }
        #[derive(Deserialize)]
        struct Meta {
            #[serde(rename = "io.modelcontextprotocol/subscriptionId")]
            id: Value,
        }
        #[derive(Deserialize, Default)]
        #[serde(default, rename_all = "camelCase")]
        struct Filter {
            resource_subscriptions: BTreeSet<String>,
        }
        let read = params.and_then(|params| serde_json::from_str::<Acknowledged>(params.get()).ok());
        let Some(Acknowledged { meta, notifications }) = read else { return };
        // What was never asked for, or is asked for no more, says nothing.
        if let Some(id) =
            jsonrpc::our_id(&meta.id.to_string()).filter(|id| *id == self.expected.load(Ordering::Acquire))
        {
            self.acknowledged.send_replace(Some((id, notifications.resource_subscriptions)));
        }
    }

    /// Hears that the server tears a stream down (basic/patterns/cancellation).
    pub(crate) fn stream_cancelled(&self, params: Option<&RawValue>) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cancelled {
            request_id: Value,
        }
        let read = params.and_then(|params| serde_json::from_str::<Cancelled>(params.get()).ok());
        if let Some(id) = read.and_then(|cancelled| jsonrpc::our_id(&cancelled.request_id.to_string())) {
            self.torn_down.send_replace(Some(id));
        }
    }

    /// Returns when the server has torn the stream `id` down.
    async fn is_torn_down(&self, id: u64) {
        let _ = self.torn_down.subscribe().wait_for(|torn_down| *torn_down == Some(id)).await;
    }

    /// The resources that the stream `id` tells of, once it is acknowledged.
    async fn acknowledged(&self, id: u64) -> BTreeSet<String> {
        let mut acknowledged = self.acknowledged.subscribe();
        let told = acknowledged.wait_for(|told| told.as_ref().is_some_and(|(of, _)| *of == id)).await;
        told.map(|told| told.clone()).ok().flatten().map(|(_, uris)| uris).unwrap_or_default()
    }

    fn locked(&self) -> MutexGuard<'_, SubscriptionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error for a resource that the server does not tell of.
pub(crate) fn not_subscribed() -> Error {
    Error::new(Code::NotSubscribed, "the server does not tell of this resource")
}

/// One stream that is open. Given up where it is dropped.
struct SubscriptionStream {
    task: JoinHandle<AttemptError>,
    revision: u64,
    begun: Instant,
    unanswered: CancelOnDrop,
}

impl Drop for SubscriptionStream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keeps a stream open that tells of what is wanted, until the session ends.
pub(crate) fn start(manager: &Arc<SessionManager>, session: &Arc<Session>) -> AbortHandle {
    let (manager, session) = (Arc::downgrade(manager), Arc::downgrade(session));
    tokio::spawn(async move {
        let mut open: Option<SubscriptionStream> = None;
        while keep(&manager, &session, &mut open).await.is_some() {}
    })
    .abort_handle()
}

/// One change of what is wanted, or one end of the stream. `None` where the client is gone.
async fn keep(
    manager: &Weak<SessionManager>,
    session: &Weak<Session>,
    open: &mut Option<SubscriptionStream>,
) -> Option<()> {
    let subscriptions = {
        let (manager, session) = (manager.upgrade()?, session.upgrade()?);
        let (revision, filter) = manager.subscriptions.filter(manager.context.settings.listen);
        match (filter, open.as_ref()) {
            (None, _) => {
                *open = None;
                manager.subscriptions.settle(revision, Ok(BTreeSet::new()));
            }
            (Some(_), Some(stream)) if stream.revision == revision => {}
            (Some(filter), _) => match begin(&manager, &session, revision, &filter).await {
                // The one before is closed only now, so that nothing is missed between the two.
                Ok(stream) => *open = Some(stream),
                Err((failure, sent)) => {
                    manager.subscriptions.settle(revision, Err(failure.clone()));
                    let wait = after_failure(&manager, &session, &failure, sent.as_deref());
                    let subscriptions = Arc::clone(&manager.subscriptions);
                    drop((manager, session));
                    match (wait, open.as_mut()) {
                        (Some(wait), _) => tokio::select! {
                            () = tokio::time::sleep(wait) => {}
                            () = subscriptions.changed.notified() => {}
                        },
                        // The one before goes on, until something else is wanted.
                        (None, Some(before)) => before.revision = revision,
                        (None, None) => subscriptions.changed.notified().await,
                    }
                    return Some(());
                }
            },
        }
        Arc::clone(&manager.subscriptions)
    };
    let begun = open.as_ref().map_or_else(Instant::now, |stream| stream.begun);
    // Neither the client nor its session is held while nothing comes.
    let ended = async {
        match open.as_mut() {
            Some(stream) => drop((&mut stream.task).await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = subscriptions.changed.notified() => {}
        () = ended => {
            if let Some(stream) = open.take() {
                stream.unanswered.settled();
            }
            let manager = manager.upgrade()?;
            if begun.elapsed() >= STABLE_AFTER {
                manager.listening_failures.store(0, Ordering::Relaxed);
            }
            let (_, wait) = backoff(&manager);
            drop(manager);
            tokio::time::sleep(wait).await;
        }
    }
    Some(())
}

type NotOpened = (AttemptError, Option<Arc<crate::auth::token::Token>>);

/// Opens a stream, and waits until the server has acknowledged it.
async fn begin(
    manager: &Arc<SessionManager>,
    session: &Arc<Session>,
    revision: u64,
    filter: &Value,
) -> Result<SubscriptionStream, NotOpened> {
    let token = access_token::current(&manager.context).await.map_err(|failure| (failure, None))?;
    let params = Bytes::from(json!({ "notifications": filter }).to_string());
    let call = LogicalCall::internal(manager, LISTEN, params, Safety::Safe);
    let attempt = Attempt::alone(token.clone());
    let id = manager.context.next_id();
    let outgoing = call
        .outgoing(manager, &RequestTarget::of(session), &attempt, Some(id))
        .map_err(|failure| (failure, token.clone()))?;
    let (link, inbound, profile) =
        (Arc::clone(&session.link), Arc::clone(&session.inbound), Arc::clone(&manager.context.settings.profile));
    let has_envelope_codes = session.era().has_envelope_codes(LISTEN);
    let unanswered = CancelOnDrop::new(manager);
    unanswered.sent(session, id);
    let subscriptions = Arc::clone(&manager.subscriptions);
    subscriptions.expected.store(id, Ordering::Release);
    let task = tokio::spawn(async move {
        let heard = Heard(&inbound);
        let ended = tokio::select! {
            ended = link.exchange(outgoing, &heard) => ended,
            () = subscriptions.is_torn_down(id) => Err(torn_down()),
        };
        let context = ResponseContext { in_session: false, has_envelope_codes };
        match ended.and_then(|answer| judge(&Method::POST, answer, &profile, context)) {
            // Ended by the server in good order; it may begin again.
            Ok(_) => torn_down(),
            Err(failure) => failure,
        }
    });
    let mut stream = SubscriptionStream { task, revision, begun: Instant::now(), unanswered };
    let acknowledged = tokio::time::timeout(OPEN_TIMEOUT, async {
        tokio::select! {
            uris = manager.subscriptions.acknowledged(id) => Ok(uris),
            failed = &mut stream.task => {
                stream.unanswered.settled();
                Err(failed.unwrap_or_else(|_| timed_out(None)))
            }
        }
    });
    match acknowledged.await.unwrap_or_else(|_| Err(timed_out(None))) {
        Ok(uris) => {
            manager.subscriptions.settle(revision, Ok(uris));
            Ok(stream)
        }
        Err(failure) => Err((failure, token)),
    }
}

fn torn_down() -> AttemptError {
    AttemptError::new(FailureClass::Lost, Code::AnswerCut, "the server ended the subscription")
}

/// What comes on such a stream goes where all that the server says by itself goes.
struct Heard<'a>(&'a InboundHandler);

impl Listener for Heard<'_> {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        self.0.notification(method, params);
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.0.request(id, method, params);
    }
}
