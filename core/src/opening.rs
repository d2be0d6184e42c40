//! The opening of a session: its link, and the handshake where there is one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::Instant;

use crate::asks;
use crate::attempts::{self, Name, Operation, Plan, Turn};
use crate::call::LogicalCall;
use crate::call_options::CallOptions;
use crate::classify::{self, Standing};
use crate::config::Settings;
use crate::core::{CLOSE_WITHIN, Core};
use crate::ears::Ears;
use crate::era::{self, Answered, Verdict};
use crate::error::{Code, Delivery, Error, ErrorKind};
use crate::failure::Failure;
use crate::headers;
use crate::in_flight::InFlight;
use crate::methods::{SET_LEVEL, SUBSCRIBE};
use crate::protocol::{handshake, modern};
use crate::reply::RawReply;
use crate::retry::{Happened, Safety};
use crate::route::Route;
use crate::session::Peer;
use crate::transport::http::set_content_headers;
use crate::transport::link::Link;
use crate::transport::sse::{Opened, SseLink};
use crate::transport::stdio::StdioLink;

/// The longest that a stream of the transport of 2024-11-05 is waited for where it is only looked for.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// A session that is about to be opened.
pub(crate) struct Opening {
    route: Route,
    headers: Mutex<HeaderMap>,
    /// What each request carries, while the server is taken for a modern one.
    modern: Mutex<Option<String>>,
    /// Made by the first attempt, and again by a later one if it has gone down meanwhile.
    line: tokio::sync::Mutex<Option<(Arc<Link>, Arc<Ears>)>>,
}

impl Opening {
    pub(crate) fn new(route: Route, headers: HeaderMap) -> Self {
        Self { route, headers: Mutex::new(headers), modern: Mutex::default(), line: tokio::sync::Mutex::default() }
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Headers of what follows the handshake.
    pub(crate) fn set_headers(&self, headers: HeaderMap) {
        *self.headers.lock().unwrap_or_else(PoisonError::into_inner) = headers;
    }

    pub(crate) fn modern(&self) -> Option<String> {
        self.modern.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the server for a modern one of this version, or for none.
    fn speak(&self, settings: &Settings, version: Option<&str>) {
        let capabilities = asks::capabilities(&settings.hooks, true);
        let members = version.map(|version| modern::members(version, &capabilities, &settings.client_info));
        *self.modern.lock().unwrap_or_else(PoisonError::into_inner) = members;
        let mut headers = self.headers();
        match version.and_then(|version| HeaderValue::from_str(version).ok()) {
            Some(version) => drop(headers.insert(headers::MCP_PROTOCOL_VERSION, version)),
            None => drop(headers.remove(headers::MCP_PROTOCOL_VERSION)),
        }
        self.set_headers(headers);
    }

    /// A failure that lies in what an answer says, with what is known of that answer.
    fn said_by(&self, reply: &RawReply, mut failure: Failure) -> Failure {
        if !matches!(self.route, Route::Stdio(_)) {
            failure = failure.answered(reply.status, &reply.headers);
        }
        let info = failure.error.info_mut();
        info.attempts = reply.attempts;
        if info.request_id.is_none() {
            info.request_id.clone_from(&reply.request_id);
        }
        failure
    }

    /// The link that is there, if one is.
    pub(crate) async fn line(&self) -> Option<(Arc<Link>, Arc<Ears>)> {
        self.line.lock().await.clone()
    }

    /// The link, opened if it is not.
    pub(crate) async fn link(&self, core: &Arc<Core>, turn: &Turn) -> Result<(Arc<Link>, Arc<Ears>), Failure> {
        let mut line = self.line.lock().await;
        if let Some((link, ears)) = line.as_ref().filter(|(link, _)| !link.is_down()) {
            return Ok((Arc::clone(link), Arc::clone(ears)));
        }
        let mut headers = self.headers();
        if let Some(token) = &turn.token {
            headers.insert(http::header::AUTHORIZATION, token.header.clone());
        }
        let ears = Ears::new(&Arc::downgrade(core), self.headers());
        let limits = core.settings.limits;
        let link = match &self.route {
            Route::StreamableHttp { url, .. } => Link::StreamableHttp { http: core.http.clone(), url: url.clone() },
            Route::Sse(url) => match SseLink::open(&core.http, url, headers, limits, ears.clone()).await? {
                Opened::Link(link) => {
                    link.secrets().for_each(|secret| core.keep_secret(secret.into()));
                    Link::Sse(link)
                }
                Opened::Refused(answer) => {
                    let profile = &core.settings.profile;
                    let mut failure = classify::refused(&Method::GET, answer, profile, Standing::default());
                    if failure.error.info().code == Code::UnknownAddress {
                        classify::name_address(&mut failure, url);
                    }
                    return Err(failure);
                }
            },
            Route::Stdio(program) => Link::Stdio(StdioLink::start(program, limits, ears.clone())?),
        };
        let link = Arc::new(link);
        ears.belongs_to(&link);
        core.opens(&link);
        *line = Some((Arc::clone(&link), Arc::clone(&ears)));
        Ok((link, ears))
    }
}

/// Opens the link alone, where there is no handshake.
pub(crate) struct LinkOnly<'a>(pub(crate) &'a Opening);

impl Operation for LinkOnly<'_> {
    type Ground = ();
    type Reply = ();
    const OPENS: bool = true;

    fn name(&self) -> Name {
        Name::of("connect")
    }

    async fn prepare(&self, _: &Arc<Core>) -> Result<(), Failure> {
        Ok(())
    }

    async fn attempt(&self, core: &Arc<Core>, (): &(), turn: &Turn) -> Result<(), Failure> {
        turn.in_time(self.0.link(core, turn)).await.map(drop)
    }
}

impl Core {
    /// Opens a session, in the way of the profile.
    pub(crate) async fn open(self: &Arc<Self>, generation: u64) -> Result<Peer, Failure> {
        let mut headers = self.settings.headers.clone();
        set_content_headers(&mut headers);
        let route = match &self.settings.route {
            Route::StreamableHttp { url, or_sse: true } if self.found_sse.load(Ordering::Relaxed) => {
                Route::Sse(url.clone())
            }
            route => route.clone(),
        };
        let opening = Opening::new(route, headers.clone());
        let peer = if let Some(peer) = self.open_modern(generation, &opening).await? {
            Ok(peer)
        } else if self.is_closed() {
            return Err(Failure::not_sent(self.closed_error()));
        } else if self.handshake.load(Ordering::Relaxed) {
            match self.open_by_handshake_twice(generation, &opening).await {
                Err(failure) if self.may_be_sse(&failure) => self.open_by_sse(generation, failure, headers).await,
                Err(failure) => {
                    // Perhaps it is another server by now.
                    self.forget_era();
                    Err(failure)
                }
                peer => peer,
            }
        } else {
            attempts::run(self, &Plan::of_its_own(self, Safety::Safe), &LinkOnly(&opening)).await?;
            self.peer_of(generation, &opening, None, None).await
        }?;
        if self.is_closed() {
            // close() found no session to end: this one came too late for it.
            self.end_session(&peer, Instant::now() + CLOSE_WITHIN).await;
            return Err(Failure::not_sent(self.closed_error()));
        }
        Ok(peer)
    }

    /// Finds out whether the server is a modern one, where the client may speak with such; then there is nothing to open.
    async fn open_modern(self: &Arc<Self>, generation: u64, opening: &Opening) -> Result<Option<Peer>, Failure> {
        if matches!(opening.route, Route::Sse(_)) {
            // That transport is older than this era.
            return Ok(None);
        }
        let ours = self.settings.versions();
        let Some(first) = ours.iter().copied().find(|version| era::is_modern(version)) else { return Ok(None) };
        let known = self.era.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known == Some(Verdict::Legacy) {
            return Ok(None);
        }
        opening.speak(&self.settings, Some(first));
        let (verdict, found) = self.probe(opening, &ours).await?;
        match verdict {
            Verdict::Legacy => {
                opening.speak(&self.settings, None);
                self.keep_era(Verdict::Legacy);
                Ok(None)
            }
            Verdict::NoVersion(named) => {
                let named = crate::text::preview(named.join(", ").as_bytes());
                let message = format!("the server speaks {named}; accepted are {}", ours.join(", "));
                let failure = Failure::new(Happened::Refused, Code::UnsupportedVersion, message);
                Err(match found {
                    Ok(found) => opening.said_by(&found, failure),
                    Err(mut refusal) => {
                        // All else of it is told as it came.
                        let info = refusal.error.info_mut();
                        (info.code, info.kind) = (Code::UnsupportedVersion, Code::UnsupportedVersion.kind());
                        info.message.clone_from(&failure.error.info().message);
                        refusal
                    }
                })
            }
            Verdict::Modern(version) => {
                opening.speak(&self.settings, Some(&version));
                self.keep_era(Verdict::Modern(version.clone()));
                let found = found.unwrap_or_default();
                let result = modern::welcome(&found.result, &version);
                *self.welcome.write().unwrap_or_else(PoisonError::into_inner) = Some(result.clone());
                self.peer_of(generation, opening, None, Some(RawReply { result, ..found })).await.map(Some)
            }
        }
    }

    /// Kept for as long as the client lives, or until the server proves it wrong: an endpoint has one era, a program too
    /// (basic/versioning, Backward Compatibility).
    fn keep_era(&self, verdict: Verdict) {
        *self.era.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict);
    }

    /// The verdict, and the answer by which it came.
    async fn probe(
        self: &Arc<Self>,
        opening: &Opening,
        ours: &[&str],
    ) -> Result<(Verdict, Result<RawReply, Failure>), Failure> {
        let probe = LogicalCall::probe(self, modern::DISCOVER).map_err(Failure::not_sent)?;
        let failure = match probe.run_opening(self, opening).await {
            Ok(found) => {
                return Ok((era::verdict(found.status, &Answered::Result(&found.result), ours), Ok(found)));
            }
            // It never came there: without a connection, or without the token that it needs.
            Err(failure) if failure.error.delivery() == Delivery::NotSent => return Err(failure),
            Err(failure) => failure,
        };
        let info = failure.error.info();
        let status = info.status.and_then(|status| http::StatusCode::from_u16(status).ok()).unwrap_or_default();
        let answered = match info.rpc_code {
            Some(code) => Answered::Error(code, info.data.as_ref().map(|data| data.get())),
            None => Answered::Other,
        };
        let verdict = era::verdict(status, &answered, ours);
        if verdict == Verdict::Legacy && !ours.iter().any(|version| !era::is_modern(version)) {
            return Err(not_spoken(failure, ours));
        }
        Ok((verdict, Err(failure)))
    }

    /// The handshake, and once more where the session that it gave was lost before it was done.
    async fn open_by_handshake_twice(self: &Arc<Self>, generation: u64, opening: &Opening) -> Result<Peer, Failure> {
        match self.open_by_handshake(generation, opening).await {
            Err(failure) if failure.happened == Happened::SessionLost => {
                let mut headers = opening.headers();
                headers.remove(headers::MCP_SESSION_ID);
                headers.remove(headers::MCP_PROTOCOL_VERSION);
                opening.set_headers(headers);
                self.open_by_handshake(generation, opening).await
            }
            opened => opened,
        }
    }

    /// The handshake (specification 2025-11-25, basic/lifecycle).
    async fn open_by_handshake(self: &Arc<Self>, generation: u64, opening: &Opening) -> Result<Peer, Failure> {
        let settings = &self.settings;
        let capabilities = asks::capabilities(&settings.hooks, false);
        let params = Bytes::from(handshake::params(settings.handshake_version(), &capabilities, &settings.client_info));
        let call = LogicalCall::prepare(self, "initialize", "params", params, &CallOptions::default(), None)
            .map_err(Failure::not_sent)?;
        let welcome = call.run_opening(self, opening).await?;
        let version = handshake::negotiated(&welcome.result, &self.settings.profile.versions)
            .map_err(|failure| opening.said_by(&welcome, failure))?;
        let mut headers = opening.headers();
        if let Ok(version) = HeaderValue::from_str(&version) {
            headers.insert(headers::MCP_PROTOCOL_VERSION, version);
        }
        let session_id = welcome.headers.get(&headers::MCP_SESSION_ID).cloned().map(|mut id| {
            id.set_sensitive(true);
            id
        });
        if let Some(id) = &session_id {
            // Whoever has it can speak in this session.
            self.keep_secret(String::from_utf8_lossy(id.as_bytes()).into());
            headers.insert(headers::MCP_SESSION_ID, id.clone());
        }
        opening.set_headers(headers);
        // Sent again by the rules of a safe call: a lost one would leave the session half open.
        let initialized = LogicalCall::notification(self, handshake::INITIALIZED, Bytes::new(), Safety::Safe);
        initialized.run_opening(self, opening).await?;
        self.restore(opening).await;
        *self.welcome.write().unwrap_or_else(PoisonError::into_inner) = Some(welcome.result.clone());
        let welcome = RawReply { session_id: session_id.clone(), ..welcome };
        self.peer_of(generation, opening, session_id, Some(welcome)).await
    }

    /// Tells a new session what the one before was told: the level of log messages, the resources to tell of. A server
    /// that refuses is left as it is.
    async fn restore(self: &Arc<Self>, opening: &Opening) {
        let level = self.log_level().map(|level| (SET_LEVEL, serde_json::json!({ "level": level })));
        let uris = self.subscriptions.uris().into_iter().map(|uri| (SUBSCRIBE, serde_json::json!({ "uri": uri })));
        for (method, params) in level.into_iter().chain(uris) {
            let call = LogicalCall::look(self, method, Bytes::from(params.to_string()), LOOK_WITHIN);
            if call.run_opening(self, opening).await.is_err() {
                return;
            }
        }
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
        let modern = opening.modern();
        ears.session_is_open(headers.clone(), modern.is_some());
        let (requests, listening) = (AtomicU32::new(0), OnceLock::new());
        Ok(Peer {
            generation,
            link,
            ears,
            session_id,
            headers,
            modern,
            welcome,
            requests,
            in_flight: InFlight::default(),
            listening,
        })
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
}

/// The failure of a server that knows nothing of the only versions asked for. One that broke down, or did not let the client
/// in, has said nothing of versions.
fn not_spoken(mut failure: Failure, ours: &[&str]) -> Failure {
    let info = failure.error.info_mut();
    if failure.happened == Happened::Refused && info.kind != ErrorKind::Permission {
        info.message =
            format!("the server does not speak {}, the only version asked for: {}", ours.join(", "), info.message);
        info.code = Code::UnsupportedVersion;
        info.kind = info.code.kind();
    }
    failure
}
