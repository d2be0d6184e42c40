//! The state that all calls of a client share: its session, and what was learned about the server.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::config::settings::Settings;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error, Result};
use crate::observe::deviations::Deviation;
use crate::observe::log::log_event;
use crate::observe::state::{State, StateCell, StateChange};
use crate::protocol::era::{Era, EraDecision, ServerStream};
use crate::protocol::param_headers::ParamHeader;
use crate::protocol::raw_result::RawReply;
use crate::retry::context::Context;
use crate::retry::opening_limits::OpeningLimits;
use crate::session::cancellation::HeldNotices;
use crate::session::close::CLOSE_TIMEOUT;
use crate::session::get_stream;
use crate::session::inbound::uri_of;
use crate::session::loss::{LossSign, SignMeaning, Suspicions};
use crate::session::open_session::{Session, SessionCache};
use crate::session::opening::OPEN_LINK;
use crate::session::opening_failure::OpeningFailure;
use crate::session::output_schemas::OutputSchemas;
use crate::session::result_cache::Cache;
use crate::session::server_requests;
use crate::session::subscriptions::{self, Subscriptions};
use crate::transport::link::Link;
use crate::util::bounded_queue::BoundedQueue;
use crate::util::headers;
use crate::util::wait_group::WaitGroup;

/// The most responses to requests of the server that are sent at the same time.
const MAX_CONCURRENT_RESPONSES: usize = 8;
/// The most cancellation notifications that are sent at the same time. Each takes a connection.
const MAX_CONCURRENT_CANCELLATIONS: usize = 8;
pub(crate) struct SessionManager {
    pub(crate) context: Arc<Context>,
    pub(crate) session: Arc<SessionCache>,
    /// Serializes tool calls in the order in which they were made, if `force_serial_tool_calls` is set.
    pub(crate) serial: tokio::sync::Mutex<()>,
    /// Limits the requests of the server that wait for a callback.
    pub(crate) request_queue: Arc<BoundedQueue>,
    /// Limits the responses to them that are sent at the same time.
    pub(crate) response_permits: Semaphore,
    /// Requests of the server that wait for a callback.
    pub(crate) open_requests: Arc<WaitGroup>,
    /// Those of them that arrived outside of the stream of a call.
    pub(crate) requests_outside_calls: Arc<WaitGroup>,
    /// Cancellation notifications, and ends of unfinished sessions, that another runtime sends.
    pub(crate) held_notices: HeldNotices,
    /// Limits the cancellation notifications that are sent at the same time.
    pub(crate) cancellation_permits: Semaphore,
    pub(crate) subscriptions: Arc<Subscriptions>,
    pub(crate) cache: Cache,
    pub(crate) state: StateCell,
    pub(crate) output_schemas: OutputSchemas,
    /// The minimum level of log messages that the user has set.
    pub(crate) log_level: RwLock<Option<String>>,
    /// How sessions with the server are opened, once detected.
    pub(crate) era: Mutex<Option<EraDecision>>,
    /// What was learned about refusals that may mean a lost session.
    pub(crate) suspicions: Suspicions,
    /// Refusals that do not contradict the era, each with the era and its JSON-RPC code.
    era_confirmed: Mutex<HashSet<(Era, Option<i64>)>>,
    /// The last session that was replaced because of a refusal. It is ended at the server when another one is open.
    pub(super) suspected: Mutex<Option<Arc<Session>>>,
    /// Whether the session is opened again for a call that has already renewed the token.
    pub(crate) token_is_new: AtomicBool,
    /// Failures of the server's stream in a row.
    pub(crate) listening_failures: AtomicU32,
    /// Whether a session begins with a handshake.
    pub(crate) handshake: AtomicBool,
    /// Whether the server speaks the transport of 2024-11-05, HTTP+SSE.
    pub(crate) uses_sse: AtomicBool,
    /// The last result of `initialize`, or of `server/discover` in the same form.
    pub(crate) initialize_result: RwLock<Option<Bytes>>,
    /// The arguments that are also sent in headers, by tool.
    pub(crate) argument_headers: RwLock<HashMap<String, Arc<[ParamHeader]>>>,
    /// The limits of the call that opens a session, or opened the last one.
    pub(super) opener: Mutex<Option<OpeningLimits>>,
    /// The link of a session that is being opened.
    pub(super) opening_link: Mutex<Weak<Link>>,
    /// Whether `close` has ended the session.
    pub(super) session_was_ended: AtomicBool,
}

impl std::fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match (self.context.is_closed(), self.session.current()) {
            (true, _) => "closed",
            (false, Some(_)) => "connected",
            (false, None) => "not connected",
        };
        write!(f, "{:?}, {state}", self.context.settings)
    }
}

impl SessionManager {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let context = Arc::new(Context::new(settings)?);
        let settings = &context.settings;
        let session = Arc::new(SessionCache::default());
        let current = Arc::downgrade(&session);
        let secrets = move || {
            let session = current.upgrade().and_then(|session| session.current());
            session.map_or_else(Vec::new, |session| session.secrets())
        };
        let _ = context.session_secrets.set(Box::new(secrets));
        Ok(Self {
            session,
            serial: tokio::sync::Mutex::default(),
            request_queue: server_requests::queue(&context),
            response_permits: Semaphore::new(MAX_CONCURRENT_RESPONSES),
            open_requests: Arc::default(),
            requests_outside_calls: Arc::default(),
            held_notices: HeldNotices::default(),
            cancellation_permits: Semaphore::new(MAX_CONCURRENT_CANCELLATIONS),
            subscriptions: Arc::default(),
            cache: Cache::default(),
            state: StateCell::default(),
            output_schemas: OutputSchemas::default(),
            log_level: RwLock::default(),
            era: Mutex::default(),
            suspicions: Suspicions::default(),
            era_confirmed: Mutex::default(),
            suspected: Mutex::default(),
            token_is_new: AtomicBool::new(false),
            listening_failures: AtomicU32::new(0),
            handshake: AtomicBool::new(settings.handshake),
            uses_sse: AtomicBool::new(false),
            initialize_result: RwLock::default(),
            argument_headers: RwLock::default(),
            opener: Mutex::default(),
            opening_link: Mutex::default(),
            session_was_ended: AtomicBool::new(false),
            context,
        })
    }

    /// Enters a state and reports it to the callback.
    pub(crate) fn enter(&self, state: State) {
        self.state.enter(state, |change| self.report_state(change));
    }

    fn report_state(&self, change: StateChange) {
        log_event!(
            self.context.log(),
            INFO,
            "the client's state changed",
            state = change.state.as_str(),
            previous = change.previous.as_str(),
        );
        if let Some(observe) = &self.context.settings.callbacks.state {
            observe(change);
        }
    }

    /// Forgets a session that the server or its process has lost, unless a newer one is open.
    pub(crate) fn lose_session(&self, generation: u64) {
        if self.session.lose(generation) {
            self.enter(State::Recovering);
        }
    }

    /// Takes the id that a later response gave to a session that began without one, as other clients do.
    pub(crate) fn take_late_session_id(&self, session: &Session, headers: &HeaderMap) {
        if !headers.contains_key(&headers::MCP_SESSION_ID) {
            return;
        }
        let may_begin_late = session.era().has_sessions()
            && session.link.is_http()
            && session.session_id().is_none()
            && session.initialize_reply.is_some();
        if may_begin_late
            && self.accepts_late_session_id()
            && let Some(id) = self.session_id_of(headers)
        {
            session.inbound.set_late_session_id(id);
        }
    }

    /// Whether a session may have an id that came after the response to `initialize`.
    pub(super) fn accepts_late_session_id(&self) -> bool {
        self.context.accepts(Deviation::LateSessionId, || {
            "the server gave a session id with a later response than that to initialize".to_owned()
        })
    }

    /// The session id in the headers of a response. No text may show it, as it is sufficient to use the session.
    pub(super) fn session_id_of(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut id = headers.get(&headers::MCP_SESSION_ID)?.clone();
        id.set_sensitive(true);
        self.context.keep_secret(String::from_utf8_lossy(id.as_bytes()).into());
        Some(id)
    }

    /// Whether a refusal in this session is taken for its loss.
    pub(crate) fn suspects(self: &Arc<Self>, sign: &LossSign, session: &Arc<Session>) -> bool {
        match self.suspicions.assess(sign, session.generation) {
            SignMeaning::Unrelated => false,
            SignMeaning::Refuted => {
                self.end_suspected();
                false
            }
            SignMeaning::Suspected if !self.context.accepts(Deviation::SessionLossByOther, || sign.deviation()) => {
                false
            }
            SignMeaning::Suspected => {
                self.set_aside(session);
                true
            }
        }
    }

    /// Keeps a session that is replaced because of a refusal, to end it at the server when another one is open.
    pub(crate) fn set_aside(self: &Arc<Self>, session: &Arc<Session>) {
        if !self.is_deleted(session) {
            return;
        }
        end_listening_after_calls(session);
        let before = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(session));
        if let Some(before) = before.filter(|before| !Arc::ptr_eq(before, session)) {
            self.end_after_its_calls(before);
        }
    }

    /// Whether such a refusal is known not to contradict the era.
    pub(crate) fn is_era_confirmed(&self, era: Era, rpc_code: Option<i64>) -> bool {
        self.era_confirmed.lock().unwrap_or_else(PoisonError::into_inner).contains(&(era, rpc_code))
    }

    /// Records that such a refusal did not mean another era. There are few such codes.
    pub(crate) fn record_era_confirmed(self: &Arc<Self>, era: Era, rpc_code: Option<i64>) {
        self.era_confirmed.lock().unwrap_or_else(PoisonError::into_inner).insert((era, rpc_code));
        self.end_suspected();
    }

    /// Ends the session that was replaced, after the calls in flight in it.
    fn end_suspected(self: &Arc<Self>) {
        let session = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(session) = session {
            self.end_after_its_calls(session);
        }
    }

    /// A member of the last result of `initialize`, as JSON text. `None` if it has the wrong type.
    pub(crate) fn server_member(&self, member: &str) -> Option<String> {
        let result = self.initialize_result.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let result: HashMap<String, &RawValue> = serde_json::from_slice(&result).ok()?;
        let begins = if matches!(member, "serverInfo" | "capabilities") { '{' } else { '"' };
        result.get(member).map(|value| value.get()).filter(|value| value.starts_with(begins)).map(str::to_owned)
    }

    /// Records the link of a session that is being opened, so that `close` can end it.
    pub(crate) fn set_opening_link(&self, link: &Arc<Link>) {
        *self.opening_link.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(link);
    }

    /// The open session; opens it first if there is none.
    pub(crate) async fn connected(self: &Arc<Self>, limits: &OpeningLimits) -> Result<Arc<Session>, AttemptError> {
        if self.context.is_closed() {
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        // Boxed because the handshake consists of calls itself.
        let shares = |failed: &OpeningFailure| failed.is_shared_by(limits);
        let open = |generation| Box::pin(self.open_observed(generation, *limits));
        let session =
            self.session.get_if_shared(shares, self.give_up(limits), open).await.map_err(|end| end.failure)?;
        if self.context.is_closed() {
            // Opened while the client was closed. If `close` has not seen it, it is ended here.
            if self.session_was_ended.load(Ordering::SeqCst)
                && let Some(session) = self.session.take()
            {
                self.end_session(&session, Instant::now() + CLOSE_TIMEOUT).await;
            }
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        let settings = &self.context.settings;
        match session.era().server_stream() {
            ServerStream::Subscriptions if settings.listen || self.subscriptions.has_some() => {
                subscriptions::keep(self, &session);
            }
            ServerStream::Get if (settings.listen || settings.has_request_callbacks) && session.link.is_http() => {
                let listening = session.listening.get_or_init(|| get_stream::start(self, &session));
                if settings.has_request_callbacks {
                    // A request of the server for this call would be lost before the stream is open.
                    listening.responded().await;
                }
            }
            _ => {}
        }
        Ok(session)
    }

    /// Opens a session and reports the states of the client.
    async fn open_observed(
        self: &Arc<Self>,
        generation: u64,
        limits: OpeningLimits,
    ) -> Result<Session, OpeningFailure> {
        self.state.opens(|change| self.report_state(change));
        self.context.handshake_now.begin();
        *self.opener.lock().unwrap_or_else(PoisonError::into_inner) = Some(limits);
        let on_cancel = OnDrop(|| self.enter(State::Idle));
        let session = self.open(generation, &limits).await.map_err(|failure| {
            let (timed_out, ended_by) = self.context.handshake_now.end();
            OpeningFailure::new(self.while_connecting(failure), limits, timed_out, ended_by)
        })?;
        std::mem::forget(on_cancel);
        self.context.counts.sessions.add();
        self.enter(State::Ready);
        Ok(session)
    }

    /// Marks a failure as one of opening the session.
    fn while_connecting(&self, mut failure: AttemptError) -> AttemptError {
        let info = failure.error.info_mut();
        if info.code != Code::ClientClosed {
            let request = self.context.handshake_now.method();
            info.handshake_request = Some(if request == OPEN_LINK { String::new() } else { request });
        }
        failure
    }

    /// Invalidates cached data that a notification refers to.
    pub(crate) fn invalidate(&self, method: &str, params: Option<&RawValue>) {
        self.cache.invalidate(method, || uri_of(params));
        if method == "notifications/tools/list_changed" {
            self.output_schemas.forget();
        }
    }

    /// The minimum level of log messages that the user has set.
    pub(crate) fn log_level(&self) -> Option<String> {
        self.log_level.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets the era of the server.
    pub(crate) fn forget_era(&self) {
        *self.era.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The result of `initialize`, also under a profile whose sessions have no handshake.
    pub(crate) async fn handshake_result(self: &Arc<Self>, limits: &OpeningLimits) -> Result<RawReply, AttemptError> {
        self.handshake.store(true, Ordering::Relaxed);
        loop {
            let session = self.connected(limits).await?;
            match &session.initialize_reply {
                Some(reply) => {
                    let mut reply = reply.clone();
                    self.context.redact_headers(&mut reply.headers);
                    return Ok(reply);
                }
                None => drop(self.session.lose(session.generation)),
            }
        }
    }
}

/// Ends the server's stream after the calls in flight: their responses may arrive on it.
fn end_listening_after_calls(session: &Arc<Session>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let session = Arc::clone(session);
    runtime.spawn(async move {
        session.in_flight.over().await;
        if let Some(listening) = session.listening.get() {
            listening.end();
        }
    });
}

/// Runs a function on drop, unless it is forgotten: a cancelled future does not reach code after an await.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
