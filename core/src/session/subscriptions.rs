//! Subscriptions to resources, and the stream of the modern era on which their notifications arrive (specification
//! 2026-07-28, basic/patterns/subscriptions).

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
use crate::session::open_session::{Listening, Session};
use crate::session::request::RequestTarget;
use crate::transport::classify::{ResponseContext, result_of};
use crate::transport::message::Listener;

const LISTEN: &str = "subscriptions/listen";
pub(crate) const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
/// How long the client waits for the acknowledgement of a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// The resources to subscribe to, and the state of the stream.
pub(crate) struct Subscriptions {
    state: Mutex<SubscriptionState>,
    changed: Notify,
    outcome: watch::Sender<Outcome>,
    /// The id of the stream that waits for its acknowledgement.
    expected: AtomicU64,
    /// The id of the stream that was acknowledged last, and its resources.
    acknowledged: watch::Sender<Option<(u64, BTreeSet<String>)>>,
    /// The id of the stream that the server cancelled last.
    cancelled: watch::Sender<Option<u64>>,
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
            cancelled: watch::Sender::new(None),
        }
    }
}

impl Subscriptions {
    /// Adds or removes a resource. Returns the revision in which the resource is so, and whether this call changed it.
    pub(crate) fn want(&self, uri: &str, wanted: bool) -> (u64, bool) {
        let mut state = self.locked();
        let is_new = if wanted { state.uris.insert(uri.to_owned()) } else { state.uris.remove(uri) };
        if is_new {
            state.revision += 1;
            self.changed.notify_one();
        }
        (state.revision, is_new)
    }

    /// Whether there are subscriptions.
    pub(crate) fn has_some(&self) -> bool {
        !self.locked().uris.is_empty()
    }

    /// The resources to subscribe to.
    pub(crate) fn uris(&self) -> Vec<String> {
        self.locked().uris.iter().cloned().collect()
    }

    /// The filter of the stream; `None` if there is nothing to receive.
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

    /// Waits for the outcome of a revision: whether the server acknowledged `uri`.
    pub(crate) async fn outcome_of(&self, revision: u64, uri: &str) -> Result<bool, AttemptError> {
        let mut outcome = self.outcome.subscribe();
        let known = outcome.wait_for(|outcome| outcome.revision >= revision && outcome.result.is_some()).await;
        let Ok(outcome) = known.map(|outcome| outcome.clone()) else { return Err(timed_out(None)) };
        outcome.result.unwrap_or_else(|| Err(timed_out(None))).map(|uris| uris.contains(uri))
    }

    fn set_outcome(&self, revision: u64, result: Result<BTreeSet<String>, AttemptError>) {
        self.outcome.send_replace(Outcome { revision, result: Some(result) });
    }

    /// Handles the acknowledgement of a stream.
    pub(crate) fn acknowledge(&self, params: Option<&RawValue>) {
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
        // Only the acknowledgement of the current request counts.
        if let Some(id) =
            jsonrpc::our_id(&meta.id.to_string()).filter(|id| *id == self.expected.load(Ordering::Acquire))
        {
            self.acknowledged.send_replace(Some((id, notifications.resource_subscriptions)));
        }
    }

    /// Handles the cancellation of a stream by the server (basic/patterns/cancellation).
    pub(crate) fn stream_cancelled(&self, params: Option<&RawValue>) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Cancelled {
            request_id: Value,
        }
        let read = params.and_then(|params| serde_json::from_str::<Cancelled>(params.get()).ok());
        if let Some(id) = read.and_then(|cancelled| jsonrpc::our_id(&cancelled.request_id.to_string())) {
            self.cancelled.send_replace(Some(id));
        }
    }

    /// Returns when the server has cancelled the stream `id`.
    async fn is_cancelled(&self, id: u64) {
        let _ = self.cancelled.subscribe().wait_for(|cancelled| *cancelled == Some(id)).await;
    }

    /// Waits for the acknowledgement of the stream `id`. Returns its resources.
    async fn acknowledged(&self, id: u64) -> BTreeSet<String> {
        let mut acknowledged = self.acknowledged.subscribe();
        let stream = acknowledged.wait_for(|stream| stream.as_ref().is_some_and(|(of, _)| *of == id)).await;
        stream.map(|stream| stream.clone()).ok().flatten().map(|(_, uris)| uris).unwrap_or_default()
    }

    /// Waits before the stream is opened again: for the backoff if there is one, and for a change.
    async fn wait_after_failure(
        &self,
        wait: Option<Duration>,
        previous: Option<&mut SubscriptionStream>,
        revision: u64,
    ) {
        match (wait, previous) {
            (Some(wait), _) => tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified() => {}
            },
            // The previous stream stays open until the next change.
            (None, Some(previous)) => previous.revision = revision,
            (None, None) => self.changed.notified().await,
        }
    }

    fn locked(&self) -> MutexGuard<'_, SubscriptionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a resource that the server does not acknowledge.
pub(crate) fn not_subscribed() -> Error {
    Error::new(Code::NotSubscribed, "the server did not acknowledge the subscription to this resource")
}

/// An open stream. Closed on drop.
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

/// Opens the stream of subscriptions of a session, once, and keeps it open. A session that replaces another one subscribes to
/// the same resources again.
pub(crate) fn keep(manager: &Arc<SessionManager>, session: &Arc<Session>) {
    session.listening.get_or_init(|| Listening::without_wait(start(manager, session)));
}

/// Keeps the stream open until the session ends.
fn start(manager: &Arc<SessionManager>, session: &Arc<Session>) -> AbortHandle {
    let (manager, session) = (Arc::downgrade(manager), Arc::downgrade(session));
    tokio::spawn(async move {
        let mut open: Option<SubscriptionStream> = None;
        while update(&manager, &session, &mut open).await.is_some() {}
    })
    .abort_handle()
}

/// Handles one change of the subscriptions, or one end of the stream. `None` if the client was dropped.
async fn update(
    manager: &Weak<SessionManager>,
    session: &Weak<Session>,
    open: &mut Option<SubscriptionStream>,
) -> Option<()> {
    let subscriptions = {
        let (manager, session) = (manager.upgrade()?, session.upgrade()?);
        let subscriptions = Arc::clone(&manager.subscriptions);
        let (revision, filter) = subscriptions.filter(manager.context.settings.listen);
        match (filter, open.as_ref()) {
            (None, _) => {
                *open = None;
                subscriptions.set_outcome(revision, Ok(BTreeSet::new()));
            }
            (Some(_), Some(stream)) if stream.revision == revision => {}
            (Some(filter), _) => match begin(&manager, &session, revision, &filter).await {
                // The previous stream is closed only now, so that no notification is lost.
                Ok(stream) => *open = Some(stream),
                Err((failure, sent)) => {
                    subscriptions.set_outcome(revision, Err(failure.clone()));
                    let wait = after_failure(&manager, &session, &failure, sent.as_deref());
                    drop((manager, session));
                    subscriptions.wait_after_failure(wait, open.as_mut(), revision).await;
                    return Some(());
                }
            },
        }
        subscriptions
    };
    let begun = open.as_ref().map_or_else(Instant::now, |stream| stream.begun);
    // Neither the client nor the session is referenced while waiting.
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
                stream.unanswered.response_received();
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

/// Opens a stream and waits for its acknowledgement.
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
        let listener = SubscriptionListener(&inbound);
        let ended = tokio::select! {
            ended = link.exchange(outgoing, &listener) => ended,
            () = subscriptions.is_cancelled(id) => Err(ended_by_server()),
        };
        let context = ResponseContext { in_session: false, has_envelope_codes };
        match ended.and_then(|response| result_of(&Method::POST, response, &profile, context)) {
            // The server ended the stream properly; it may be opened again.
            Ok(_) => ended_by_server(),
            Err(failure) => failure,
        }
    });
    let mut stream = SubscriptionStream { task, revision, begun: Instant::now(), unanswered };
    let acknowledged = tokio::time::timeout(OPEN_TIMEOUT, async {
        tokio::select! {
            uris = manager.subscriptions.acknowledged(id) => Ok(uris),
            failed = &mut stream.task => {
                stream.unanswered.response_received();
                Err(failed.unwrap_or_else(|_| timed_out(None)))
            }
        }
    });
    match acknowledged.await.unwrap_or_else(|_| Err(timed_out(None))) {
        Ok(uris) => {
            manager.subscriptions.set_outcome(revision, Ok(uris));
            Ok(stream)
        }
        Err(failure) => Err((failure, token)),
    }
}

fn ended_by_server() -> AttemptError {
    AttemptError::new(FailureClass::Lost, Code::AnswerCut, "the server ended the subscription")
}

/// Passes messages on this stream to the handler of the session.
struct SubscriptionListener<'a>(&'a InboundHandler);

impl Listener for SubscriptionListener<'_> {
    fn notification(&self, method: &str, params: Option<&RawValue>) {
        self.0.notification(method, params);
    }

    fn request(&self, id: &str, method: &str, params: Option<&RawValue>) {
        self.0.request(id, method, params);
    }
}
