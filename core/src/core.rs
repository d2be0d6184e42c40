//! What all calls of one client share, and the opening and closing of its session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::budget::RetryBudget;
use crate::call::{CallOptions, LogicalCall, RawReply, notify};
use crate::config::{SHORTEST_SECRET, Settings};
use crate::error::{Code, Error, Result};
use crate::failure::Failure;
use crate::headers;
use crate::idempotency::UsedKeys;
use crate::protocol::{handshake, jsonrpc};
use crate::session::{Peer, Session};
use crate::transport::http::{self as transport, Outgoing};

/// The most answers to the server's own requests that are on their way at once.
const ANSWERS_AT_ONCE: usize = 8;
/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";
/// The longest that close() waits for the server.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// The longest that an answer to the server's own request is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Core {
    pub(crate) http: reqwest::Client,
    pub(crate) settings: Settings,
    pub(crate) session: Session,
    pub(crate) budget: RetryBudget,
    pub(crate) used_keys: UsedKeys,
    ids: AtomicU64,
    closed: AtomicBool,
    /// Room for answers to the server's own requests.
    answers: Arc<Semaphore>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match (self.is_closed(), self.session.current()) {
            (true, _) => "closed",
            (false, Some(_)) => "connected",
            (false, None) => "not connected",
        };
        write!(f, "{:?}, {state}", self.settings)
    }
}

impl Core {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: crate::http::client(&settings)?,
            session: Session::default(),
            budget: RetryBudget::new(settings.retry_budget),
            used_keys: UsedKeys::default(),
            ids: AtomicU64::new(1),
            closed: AtomicBool::new(false),
            answers: Arc::new(Semaphore::new(ANSWERS_AT_ONCE)),
            settings,
        })
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn closed_error(&self) -> Error {
        Error::new(Code::ClientClosed, "the client is closed")
    }

    /// The open session; opens it first where there is none.
    pub(crate) async fn peer(self: &Arc<Self>) -> Result<Arc<Peer>, Failure> {
        if self.is_closed() {
            return Err(Failure::not_sent(self.closed_error()));
        }
        // Boxed, as the handshake is made of calls itself.
        self.session.ensure(|generation| Box::pin(self.open(generation))).await
    }

    /// The handshake (specification 2025-11-25, basic/lifecycle).
    async fn open(self: &Arc<Self>, generation: u64) -> Result<Peer, Failure> {
        let mut headers = self.settings.headers.clone();
        transport::set_content_headers(&mut headers);
        let params = Bytes::from(handshake::params(self.settings.protocol_version));
        let call = LogicalCall::prepare(self, "initialize", "params", params, &CallOptions::default(), None)
            .map_err(Failure::not_sent)?;
        let welcome = call.attempts(self, Some(&headers)).await?;

        let version = handshake::negotiated(&welcome.result, self.settings.profile.versions)
            .map_err(|failure| failure.answered(welcome.status, &welcome.headers))?;
        headers.insert(headers::MCP_PROTOCOL_VERSION, http::HeaderValue::from_static(version));
        let session_id = welcome.headers.get(&headers::MCP_SESSION_ID).cloned();
        if let Some(id) = &session_id {
            let mut id = id.clone();
            id.set_sensitive(true);
            headers.insert(headers::MCP_SESSION_ID, id);
        }
        self.say_initialized(&headers).await?;
        if self.is_closed() {
            // close() found no session to end: this one came too late for it.
            self.end_session(session_id.is_some(), headers).await;
            return Err(Failure::not_sent(self.closed_error()));
        }
        Ok(Peer { generation, session_id: session_id.clone(), headers, welcome: RawReply { session_id, ..welcome } })
    }

    /// Sent again by the rules of a safe call: a lost one would leave the session half open.
    async fn say_initialized(self: &Arc<Self>, headers: &HeaderMap) -> Result<(), Failure> {
        let mut attempts = 1;
        loop {
            let sent = notify(self, headers, handshake::INITIALIZED, b"", self.settings.timeout).await;
            let Err(mut failure) = sent else { return Ok(()) };
            failure.error.info_mut().attempts = attempts;
            let situation = crate::retry::Situation {
                happened: failure.happened,
                safety: crate::retry::Safety::Safe,
                attempts,
                max_attempts: self.settings.max_attempts,
                reopened: true,
                retry_unavailable: false,
                retry_after: failure.retry_after(),
                remaining: None,
            };
            match crate::retry::decide(&situation, &self.settings.backoff, fastrand::f64()) {
                crate::retry::Decision::RetryAfter(wait) if self.budget.take() => tokio::time::sleep(wait).await,
                _ => return Err(failure),
            }
            attempts += 1;
        }
    }

    /// Answers a request of the server's own: a ping as the specification says, anything else as unknown.
    pub(crate) fn answer_server(self: &Arc<Self>, headers: HeaderMap, id: &str, method: &str) {
        let error = (method != "ping").then_some((jsonrpc::METHOD_NOT_FOUND, "Method not found"));
        // A server that asks more at once than this is left without an answer, and not us without connections.
        let Ok(permit) = Arc::clone(&self.answers).try_acquire_owned() else { return };
        let body = jsonrpc::response(id, error);
        let core = Arc::clone(self);
        tokio::spawn(tokio::time::timeout(ANSWER_WITHIN, async move {
            let _permit = permit;
            let limit = core.settings.max_answer_bytes;
            let outgoing = Outgoing { url: &core.settings.endpoint, headers, body, id: None, limit };
            // The server waits for this answer or gives up by itself; there is nobody here to tell.
            drop(transport::post(&core.http, outgoing, &Deaf).await);
        }));
    }

    /// Refuses further calls and ends the session. Bounded, without failure, and done once.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let Some(peer) = self.session.take() else { return };
        self.end_session(peer.session_id.is_some(), peer.headers.clone()).await;
    }

    async fn end_session(&self, has_id: bool, mut headers: HeaderMap) {
        if has_id {
            headers.remove(http::header::CONTENT_TYPE);
            let end = transport::delete(&self.http, &self.settings.endpoint, headers);
            let _ = tokio::time::timeout(CLOSE_WITHIN, end).await;
        }
    }

    /// Takes the client's own secrets out of what a server has said.
    pub(crate) fn redacted(&self, mut error: Error) -> Error {
        let info = error.info_mut();
        for secret in &self.settings.secrets {
            let said = [Some(&mut info.message), info.service_code.as_mut(), info.request_id.as_mut()];
            for text in said.into_iter().flatten().chain(&mut info.required_scopes) {
                redact(text, secret);
            }
            let data = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok());
            if let Some(mut data) = data.filter(|data| holds(data, secret)) {
                redact_all(&mut data, secret);
                info.data = serde_json::value::to_raw_value(&data).ok();
            }
        }
        error
    }
}

/// Takes a secret out of a text, and what a preview's cut has left of it at the end.
fn redact(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
    let whole = text.trim_end_matches('…').len();
    let cut = (SHORTEST_SECRET..secret.len())
        .rev()
        .find(|length| secret.get(..*length).is_some_and(|beginning| text[..whole].ends_with(beginning)));
    if let Some(length) = cut {
        text.replace_range(whole - length..whole, REDACTED);
    }
}

/// Whether a secret stands in any text of a value, however it was escaped.
fn holds(value: &Value, secret: &str) -> bool {
    match value {
        Value::String(text) => text.contains(secret),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(members) => members.iter().any(|(name, member)| name.contains(secret) || holds(member, secret)),
        _ => false,
    }
}

fn redact_all(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) => redact(text, secret),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_all(item, secret)),
        Value::Object(members) => {
            *members = std::mem::take(members)
                .into_iter()
                .map(|(name, mut member)| {
                    redact_all(&mut member, secret);
                    (name.replace(secret, REDACTED), member)
                })
                .collect();
        }
        _ => {}
    }
}

struct Deaf;

impl transport::Listener for Deaf {
    fn notification(&self, _: &str, _: Option<&serde_json::value::RawValue>) {}
    fn request(&self, _: &str, _: &str) {}
}
