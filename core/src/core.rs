//! What all calls of one client share, and the opening and closing of its session.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::attempts::{self, Plan};
use crate::auth::client_credentials;
use crate::auth::token::{Issued, Token, TokenCache};
use crate::auth::{Credentials, Secret};
use crate::budget::RetryBudget;
use crate::call::LogicalCall;
use crate::call_options::CallOptions;
use crate::config::{SHORTEST_SECRET, Settings};
use crate::error::{Code, Error, Result};
use crate::failure::Failure;
use crate::headers;
use crate::idempotency::UsedKeys;
use crate::listen;
use crate::opening::{LinkOnly, Opening};
use crate::protocol::handshake;
use crate::reply::RawReply;
use crate::retry::Safety;
use crate::route::Route;
use crate::session::{Peer, Session};
use crate::transport::http as transport;
use crate::transport::link::Link;

/// The most answers to the server's own requests that are on their way at once.
const ANSWERS_AT_ONCE: usize = 8;
/// How many tokens are kept out of messages, the one in use included.
const TOKENS_OF_LATE: usize = 16;
/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";
/// The longest that a stream of the transport of 2024-11-05 is waited for where it is only looked for.
const LOOK_WITHIN: Duration = Duration::from_secs(5);
/// The longest that close() waits for the server.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

pub(crate) struct Core {
    pub(crate) http: reqwest::Client,
    pub(crate) settings: Settings,
    pub(crate) session: Session,
    pub(crate) tokens: TokenCache,
    pub(crate) budget: RetryBudget,
    pub(crate) used_keys: UsedKeys,
    /// Held by the one tool call that may be on its way, where the record asks for it. Gives turns in order.
    pub(crate) serial: tokio::sync::Mutex<()>,
    /// Room for answers to the server's own requests.
    pub(crate) answers: Arc<Semaphore>,
    /// Streams of the server's own that were lost in a row.
    pub(crate) listening_failures: AtomicU32,
    ids: AtomicU64,
    closed: AtomicBool,
    /// Whether a session begins with a handshake.
    handshake: AtomicBool,
    /// Whether the server was found to speak the transport of 2024-11-05.
    found_sse: AtomicBool,
    /// The last answer to `initialize`.
    welcome: RwLock<Option<Bytes>>,
    /// Tokens of late, which a server may still speak of.
    tokens_of_late: Mutex<VecDeque<Secret>>,
    /// The link of a session that is being opened.
    opening: Mutex<Weak<Link>>,
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
            tokens: TokenCache::default(),
            budget: RetryBudget::new(settings.retry_budget),
            used_keys: UsedKeys::default(),
            serial: tokio::sync::Mutex::default(),
            answers: Arc::new(Semaphore::new(ANSWERS_AT_ONCE)),
            listening_failures: AtomicU32::new(0),
            ids: AtomicU64::new(1),
            closed: AtomicBool::new(false),
            handshake: AtomicBool::new(settings.handshake),
            found_sse: AtomicBool::new(false),
            welcome: RwLock::default(),
            tokens_of_late: Mutex::default(),
            opening: Mutex::default(),
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

    /// The last answer to `initialize`, as JSON text.
    pub(crate) fn welcome(&self) -> Option<Bytes> {
        self.welcome.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The token to send, where the credentials are one that is renewed.
    pub(crate) async fn token(self: &Arc<Self>) -> Result<Option<Arc<Token>>, Failure> {
        let token = match &self.settings.credentials {
            Credentials::None | Credentials::Fixed(..) => return Ok(None),
            Credentials::Provided => {
                self.tokens
                    .get(|number| async move { self.new_token(number, self.settings.hooks.token().await?) })
                    .await
            }
            Credentials::OAuth2(client) => {
                let ask = client_credentials::ask(self, client);
                self.tokens.get(|number| async move { self.new_token(number, ask.await?) }).await
            }
        };
        token.map(Some)
    }

    fn new_token(&self, number: u64, issued: Issued) -> Result<Token, Failure> {
        let token = Token::new(number, issued)?;
        let mut of_late = self.tokens_of_late.lock().unwrap_or_else(PoisonError::into_inner);
        of_late.truncate(TOKENS_OF_LATE - 1);
        of_late.push_front(token.secret.clone());
        Ok(token)
    }

    /// Adds the token to headers, and gives it back.
    pub(crate) async fn with_token(
        self: &Arc<Self>,
        mut headers: HeaderMap,
    ) -> Result<(HeaderMap, Option<Arc<Token>>), Failure> {
        let token = self.token().await?;
        if let Some(token) = &token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        Ok((headers, token))
    }

    /// Remembers the link of a session that is being opened, to end it where the client is closed meanwhile.
    pub(crate) fn opens(&self, link: &Arc<Link>) {
        *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(link);
    }

    /// The open session; opens it first where there is none.
    pub(crate) async fn peer(self: &Arc<Self>) -> Result<Arc<Peer>, Failure> {
        if self.is_closed() {
            return Err(Failure::not_sent(self.closed_error()));
        }
        // Boxed, as the handshake is made of calls itself.
        let peer = self.session.get(|generation| Box::pin(self.open(generation))).await?;
        if self.settings.listen && matches!(*peer.link, Link::StreamableHttp { .. }) {
            peer.listening.get_or_init(|| listen::start(self, &peer));
        }
        Ok(peer)
    }

    /// The answer to `initialize`, also under a profile whose sessions begin without.
    pub(crate) async fn shake_hands(self: &Arc<Self>) -> Result<RawReply, Failure> {
        self.handshake.store(true, Ordering::Relaxed);
        loop {
            let peer = self.peer().await?;
            match &peer.welcome {
                Some(welcome) => return Ok(welcome.clone()),
                None => self.session.lose(peer.generation),
            }
        }
    }

    async fn open(self: &Arc<Self>, generation: u64) -> Result<Peer, Failure> {
        let mut headers = self.settings.headers.clone();
        transport::set_content_headers(&mut headers);
        let route = match &self.settings.route {
            Route::StreamableHttp { url, or_sse: true } if self.found_sse.load(Ordering::Relaxed) => {
                Route::Sse(url.clone())
            }
            route => route.clone(),
        };
        let opening = Opening::new(route, headers.clone());
        let peer = if self.handshake.load(Ordering::Relaxed) {
            match self.open_by_handshake(generation, &opening).await {
                Err(failure) if self.may_be_sse(&failure) => self.open_by_sse(generation, failure, headers).await,
                peer => peer,
            }
        } else {
            attempts::run(self, &Plan::of_its_own(self, Safety::Safe), &LinkOnly(&opening)).await?;
            self.peer_of(generation, &opening, None, None).await
        }?;
        if self.is_closed() {
            // close() found no session to end: this one came too late for it.
            self.end_session(&peer).await;
            return Err(Failure::not_sent(self.closed_error()));
        }
        Ok(peer)
    }

    /// The handshake (specification 2025-11-25, basic/lifecycle).
    async fn open_by_handshake(self: &Arc<Self>, generation: u64, opening: &Opening) -> Result<Peer, Failure> {
        let params = Bytes::from(handshake::params(&self.settings.protocol_version));
        let call = LogicalCall::prepare(self, "initialize", "params", params, &CallOptions::default(), None)
            .map_err(Failure::not_sent)?;
        let welcome = call.run_opening(self, opening).await?;
        let version = handshake::negotiated(&welcome.result, &self.settings.profile.versions)
            .map_err(|failure| failure.answered(welcome.status, &welcome.headers))?;
        let mut headers = opening.headers();
        if let Ok(version) = HeaderValue::from_str(&version) {
            headers.insert(headers::MCP_PROTOCOL_VERSION, version);
        }
        let session_id = welcome.headers.get(&headers::MCP_SESSION_ID).cloned().map(|mut id| {
            id.set_sensitive(true);
            id
        });
        if let Some(id) = &session_id {
            headers.insert(headers::MCP_SESSION_ID, id.clone());
        }
        opening.set_headers(headers);
        // Sent again by the rules of a safe call: a lost one would leave the session half open.
        let initialized = LogicalCall::notification(self, handshake::INITIALIZED, Bytes::new(), Safety::Safe);
        initialized.run_opening(self, opening).await?;
        *self.welcome.write().unwrap_or_else(PoisonError::into_inner) = Some(welcome.result.clone());
        let welcome = RawReply { session_id: session_id.clone(), ..welcome };
        self.peer_of(generation, opening, session_id, Some(welcome)).await
    }

    async fn peer_of(
        &self,
        generation: u64,
        opening: &Opening,
        session_id: Option<HeaderValue>,
        welcome: Option<RawReply>,
    ) -> Result<Peer, Failure> {
        let Some((link, ears)) = opening.line().await else {
            return Err(Failure::not_sent(Error::new(Code::Panicked, "a session was opened without a link")));
        };
        let headers = opening.headers();
        ears.session_is_open(headers.clone());
        Ok(Peer { generation, link, ears, session_id, headers, welcome, listening: OnceLock::new() })
    }

    /// Whether a server refused the handshake as one of the transport of 2024-11-05 would (specification 2025-11-25,
    /// basic/transports, Backwards Compatibility).
    fn may_be_sse(&self, failure: &Failure) -> bool {
        let info = failure.error.info();
        let may = matches!(self.settings.route, Route::StreamableHttp { or_sse: true, .. });
        may && matches!(info.status, Some(400 | 404 | 405)) && info.rpc_code.is_none()
    }

    async fn open_by_sse(
        self: &Arc<Self>,
        generation: u64,
        refusal: Failure,
        headers: HeaderMap,
    ) -> Result<Peer, Failure> {
        let Some(url) = self.settings.route.url() else { return Err(refusal) };
        let opening = Opening::new(Route::Sse(url.clone()), headers);
        // One short look: a server that has such a stream begins it at once.
        let look = Plan::look(self, LOOK_WITHIN);
        if let Err(failure) = attempts::run(self, &look, &LinkOnly(&opening)).await {
            let is_sse = failure.error.info().code == Code::InvalidEndpoint;
            return Err(if is_sse { failure } else { refusal });
        }
        match self.open_by_handshake(generation, &opening).await {
            Ok(peer) => {
                self.found_sse.store(true, Ordering::Relaxed);
                Ok(peer)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Refuses further calls and ends the session. Bounded, without failure, and done once.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        match (self.session.take(), opening) {
            (Some(peer), _) => self.end_session(&peer).await,
            // Whoever opens it sees the end of the link, or of the client, and stops.
            (None, Some(link)) => drop(tokio::time::timeout(CLOSE_WITHIN, link.close()).await),
            (None, None) => {}
        }
    }

    async fn end_session(&self, peer: &Peer) {
        if let Some(listening) = peer.listening.get() {
            listening.abort();
        }
        let end = async {
            if let (Link::StreamableHttp { http, url }, Some(_)) = (&*peer.link, &peer.session_id)
                && self.settings.profile.deletes_sessions
            {
                let mut headers = peer.headers.clone();
                headers.remove(http::header::CONTENT_TYPE);
                if let Some(token) = self.tokens.current() {
                    headers.insert(http::header::AUTHORIZATION, token.header.clone());
                }
                transport::delete(http, url, headers).await;
            }
            peer.link.close().await;
        };
        let _ = tokio::time::timeout(CLOSE_WITHIN, end).await;
    }

    /// Takes the client's own secrets out of what a server has said.
    pub(crate) fn redacted(&self, error: Error) -> Error {
        self.redacted_of(error, &[])
    }

    /// As [`redacted`](Self::redacted), with further secrets.
    pub(crate) fn redacted_of(&self, mut error: Error, further: &[String]) -> Error {
        let info = error.info_mut();
        let tokens: Vec<_> = {
            let of_late = self.tokens_of_late.lock().unwrap_or_else(PoisonError::into_inner);
            of_late
                .iter()
                .map(|token| token.expose().to_owned())
                .filter(|token| token.len() >= SHORTEST_SECRET)
                .collect()
        };
        for secret in self.settings.secrets.iter().chain(further).chain(&tokens) {
            let said = [Some(&mut info.message), info.service_code.as_mut(), info.request_id.as_mut()];
            for text in said.into_iter().flatten().chain(&mut info.required_scopes).chain(&mut info.stderr) {
                redact(text, secret);
            }
            let data = info.data.as_ref().and_then(|data| serde_json::from_str(data.get()).ok());
            if let Some(mut data) = data.filter(|data| holds(data, secret)) {
                redact_all(&mut data, secret);
                info.data = serde_json::value::to_raw_value(&data).ok();
            }
        }
        if let Some(last) = info.stderr.last() {
            info.message = format!("{}; its last words: {last}", info.message);
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
