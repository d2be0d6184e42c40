//! State that all connections of one server share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Answer;
use crate::balancer::Balancer;
use crate::calls::{Done, Plan};
use crate::client_requests::Asked;
use crate::everything::Everything;
use crate::exchange::Exchange;
use crate::fault_rules::Script;
use crate::faults::RetryAfter;
use crate::gaia::{self, Gaia};
use crate::generic::{self, Generic};
use crate::ledger::{ExecutionRecord, Ledger, LedgerSnapshot};
use crate::oauth::OAuth;
use crate::octomind::{self, Octomind};
use crate::odock::Odock;
use crate::omni::{self, Omni};
use crate::open_streams::OpenStreams;
use crate::options::{Options, Profile, Transport};
use crate::recording::{self, Recorder, Replay};
use crate::restarts::Restarts;
use crate::resumable_streams::ResumableStreams;
use crate::sema4::Sema4;
use crate::sessions::{self, Sessions};
use crate::sse::Streams;
use crate::tools::{self, Tool};

/// The simulated service.
pub(crate) enum Service {
    Omni(Omni),
    Generic(Generic),
    Octomind(Octomind),
    Odock(Odock),
    Gaia(Gaia),
    Sema4(Sema4),
    Recorder(Recorder),
    Replay(Replay),
}

/// The error of a fault rule.
pub(crate) struct Scripted<'a> {
    pub(crate) code: &'a str,
    pub(crate) status: Option<u16>,
    pub(crate) message: Option<&'a str>,
    pub(crate) retry_after: Option<&'a RetryAfter>,
}

impl Service {
    fn of_profile(options: &Options, upstream: Option<&Shared>) -> Self {
        match options.profile {
            Profile::Omni => Self::Omni(Omni::new(options)),
            Profile::Generic => Self::Generic(Generic::new(options)),
            Profile::Octomind => Self::Octomind(Octomind::new(options)),
            Profile::Odock => Self::Odock(Odock::new(options, upstream.map_or("", |upstream| &upstream.url))),
            Profile::Gaia => Self::Gaia(Gaia::new(options)),
            Profile::Sema4 => Self::Sema4(Sema4::new(options)),
        }
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        match self {
            Self::Omni(omni) => omni.prepare(shared, exchange),
            Self::Generic(generic) => generic.prepare(shared, exchange),
            Self::Octomind(octomind) => octomind.prepare(shared, exchange),
            Self::Odock(odock) => odock.prepare(shared, exchange),
            Self::Gaia(gaia) => gaia.prepare(shared, exchange),
            Self::Sema4(sema4) => sema4.prepare(shared, exchange),
            Self::Recorder(recorder) => recorder.prepare(exchange),
            Self::Replay(replay) => replay.prepare(shared, exchange),
        }
    }

    pub(crate) fn generic(&self) -> Option<&Generic> {
        match self {
            Self::Generic(generic) => Some(generic),
            _ => None,
        }
    }

    /// The burst and the calls per minute of the current rate limit.
    pub(crate) fn rate_figures(&self) -> Option<(u32, u32)> {
        match self {
            Self::Omni(omni) => omni.rate_figures(),
            _ => None,
        }
    }

    /// The response to a request of an unknown session.
    pub(crate) fn session_lost(&self, exchange: &Exchange) -> Answer {
        match self {
            Self::Omni(_) => omni::session_lost(exchange),
            Self::Octomind(_) => octomind::session_lost(exchange),
            _ => generic::session_lost(),
        }
    }

    /// The response to a request of a session on another replica.
    pub(crate) fn session_elsewhere(&self, exchange: &Exchange) -> Answer {
        match self {
            Self::Octomind(_) => octomind::session_elsewhere(exchange),
            _ => self.session_lost(exchange),
        }
    }

    /// The error of a fault rule, in the envelope of the service.
    pub(crate) fn scripted(&self, exchange: &Exchange, scripted: &Scripted<'_>) -> Answer {
        match self {
            Self::Odock(odock) => odock.scripted(scripted),
            Self::Gaia(_) => gaia::scripted(scripted),
            Self::Sema4(sema4) => sema4.scripted(scripted),
            Self::Omni(_) => omni::scripted(
                exchange,
                scripted.code,
                scripted.status,
                scripted.retry_after.map(RetryAfter::text),
                self.rate_figures(),
            ),
            Self::Generic(_) | Self::Octomind(_) | Self::Recorder(_) | Self::Replay(_) => {
                generic::scripted(exchange, scripted)
            }
        }
    }

    pub(crate) fn finish(&self, shared: &Shared, done: Done) -> Answer {
        match self {
            Self::Omni(omni) => omni.finish(shared, done),
            Self::Octomind(_) => octomind::finish(shared, done),
            _ => Generic::finish(shared, done),
        }
    }
}

/// State that all connections of one server share.
pub(crate) struct Shared {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) open_streams: Arc<OpenStreams>,
    pub(crate) service: Service,
    pub(crate) tools: Vec<Tool>,
    pub(crate) oauth: Option<OAuth>,
    /// Requests to clients.
    pub(crate) asked: Asked,
    pub(crate) everything: Everything,
    pub(crate) restarts: Restarts,
    pub(crate) balancer: Balancer,
    /// Streams of calls that send messages and can be resumed.
    pub(crate) resumable_streams: ResumableStreams,
    /// The server behind this gateway.
    pub(crate) upstream: Option<Arc<Shared>>,
    /// The gateway in front of this server, which records executions here as its own.
    gateway: OnceLock<Weak<Shared>>,
    url: String,
    pub(crate) options: Options,
    script: Mutex<Script>,
    sessions: Arc<Mutex<Sessions>>,
    streams: Mutex<Streams>,
    closing: AtomicBool,
    /// The only worker, with the option `one_worker`.
    worker: Option<Arc<Semaphore>>,
    stalled_up_to: Arc<AtomicU64>,
}

/// A lock that ignores poisoning.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The worker for one request, as soon as it is free.
    pub(crate) async fn worker(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.worker.as_ref()?).acquire_owned().await.ok()
    }

    /// Stalls all open connections.
    pub(crate) fn stall_all(&self) {
        self.stalled_up_to.store(self.ledger.accepted(), Ordering::Relaxed);
    }

    pub(crate) fn stalled_up_to(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.stalled_up_to)
    }

    /// The options must have been checked.
    pub(crate) fn new(options: Options, url: &str, upstream: Option<Arc<Self>>) -> Result<Self, String> {
        let ledger = Arc::new(Ledger::new(options.ledger));
        let worker = options.one_worker.then(|| Arc::new(Semaphore::new(1)));
        let sessions = Arc::<Mutex<Sessions>>::default();
        let service = match recording::service(&options)? {
            Some(service) => service,
            None => Service::of_profile(&options, upstream.as_deref()),
        };
        let over = (options.transport == Transport::Sse).then(|| Arc::clone(&sessions));
        Ok(Self {
            open_streams: match &upstream {
                // A gateway holds no streams open.
                Some(upstream) => Arc::clone(&upstream.open_streams),
                None => Arc::new(OpenStreams::new(Arc::clone(&ledger), over)),
            },
            ledger,
            service,
            tools: tools::offered(&options, url),
            asked: Asked::default(),
            everything: Everything::default(),
            restarts: Restarts::default(),
            balancer: Balancer::default(),
            resumable_streams: ResumableStreams::default(),
            upstream,
            gateway: OnceLock::new(),
            url: url.to_owned(),
            oauth: options.oauth.clone().map(|oauth| OAuth::new(oauth, url)),
            script: Mutex::new(Script::new(options.seed)),
            sessions,
            streams: Mutex::default(),
            closing: AtomicBool::new(false),
            worker,
            stalled_up_to: Arc::default(),
            options,
        })
    }

    /// Makes this server the gateway in front of its upstream.
    pub(crate) fn take_its_place(self: &Arc<Self>) {
        if let Some(upstream) = &self.upstream {
            // Nothing else refers to the upstream yet, so the cell is empty.
            let _ = upstream.gateway.set(Arc::downgrade(self));
        }
    }

    pub(crate) fn gateway(&self) -> Option<Arc<Self>> {
        self.gateway.get()?.upgrade()
    }

    /// Records that a tool begins, here and at the gateway in front of this server.
    pub(crate) fn began(&self) {
        self.ledger.began();
        if let Some(gateway) = self.gateway() {
            gateway.ledger.began();
        }
    }

    /// Records executions behind this gateway for one of its requests.
    pub(crate) fn executed_upstream(&self, request_id: &str, mut record: ExecutionRecord) {
        if let Service::Odock(odock) = &self.service {
            let caller = odock.caller_of(request_id);
            record.request_seq = caller.map_or(0, |(seq, _)| seq);
            record.api_key = caller.map(|(_, key)| format!("key#{}", key + 1));
            self.ledger.ended(|seq| ExecutionRecord { seq, ..record });
        }
    }

    /// The ledger, and that of the upstream in it.
    pub(crate) fn snapshot(&self) -> LedgerSnapshot {
        LedgerSnapshot {
            upstream: self.upstream.as_ref().map(|upstream| Box::new(upstream.snapshot())),
            ..self.ledger.snapshot()
        }
    }

    /// Clears the ledger, also that of the upstream.
    pub(crate) fn reset(&self) {
        self.ledger.reset();
        if let Some(upstream) = &self.upstream {
            upstream.reset();
        }
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }

    pub(crate) fn streams(&self) -> MutexGuard<'_, Streams> {
        lock(&self.streams)
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    pub(crate) fn open_session(&self) -> String {
        let id = match self.options.profile {
            Profile::Octomind => sessions::uuid(),
            _ if self.options.transport == Transport::Sse => sessions::uuid(),
            _ => format!("sess_{:032x}", fastrand::u128(..)),
        };
        self.ledger.session_opened();
        self.sessions().open(id.clone());
        id
    }

    /// Whether events have ids; the HTTP+SSE transport has no resumption.
    pub(crate) fn gives_ids(&self) -> bool {
        self.options.sse_event_ids && self.options.transport != Transport::Sse
    }

    /// Ends a session; false if there was none.
    pub(crate) fn end_session(&self, id: &str) -> bool {
        if let Some(upstream) = &self.upstream {
            return upstream.end_session(id);
        }
        let ended = self.sessions().end(id);
        if ended {
            self.ledger.sessions_closed(1);
        }
        ended
    }

    pub(crate) fn end_all_sessions(&self) {
        if let Some(upstream) = &self.upstream {
            upstream.end_all_sessions();
        }
        let ended = self.sessions().end_all();
        self.ledger.sessions_closed(ended);
    }

    /// Moves an open session to another replica.
    pub(crate) fn move_session(&self, id: &str) {
        match &self.upstream {
            Some(upstream) => upstream.move_session(id),
            None => self.sessions().move_away(id),
        }
    }

    pub(crate) fn move_all_sessions(&self) {
        match &self.upstream {
            Some(upstream) => upstream.move_all_sessions(),
            None => self.sessions().move_all_away(),
        }
    }

    pub(crate) fn revoke_tokens(&self) {
        if let Some(upstream) = &self.upstream {
            upstream.revoke_tokens();
        }
        if let Some(oauth) = &self.oauth {
            oauth.revoke_all();
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.ledger.close();
    }

    /// Writes the file of a recorder.
    pub(crate) fn save(&self) {
        if let Service::Recorder(recorder) = &self.service {
            recorder.save();
        }
    }
}
