//! The record of every request, every execution, and the counters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::faults::Matcher;
use crate::options::LedgerMode;
use crate::proxy::ProxyRecord;
use crate::reading::Spelling;
use crate::wait::{Count, Wait, WaitError};

/// The headers of a request, as received, with lower-case names.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HeaderRecord(pub BTreeMap<String, String>);

impl HeaderRecord {
    pub(crate) fn new(headers: &http::HeaderMap) -> Self {
        let mut all = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            all.entry(name.as_str().to_owned())
                .and_modify(|values| {
                    values.push_str(", ");
                    values.push_str(&value);
                })
                .or_insert_with(|| value.into_owned());
        }
        Self(all)
    }

    /// The value of a header, by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl fmt::Debug for HeaderRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(name, value)| {
                let shown = match name.as_str() {
                    "authorization" | "proxy-authorization" | "x-api-key" | "cookie" => "[redacted]",
                    _ => value.as_str(),
                };
                (name, shown)
            }))
            .finish()
    }
}

/// One request, as received and as it ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestRecord {
    /// Its number, from 1.
    pub seq: u64,
    /// The number of its connection, from 1.
    pub connection: u64,
    /// The HTTP method.
    pub http_method: String,
    /// The path, without its query.
    pub path: String,
    /// The query, as it came.
    pub query: Option<String>,
    /// The headers; `authorization` as received, never shown by Debug.
    pub headers: HeaderRecord,
    /// The body: JSON, else a string, else null.
    pub body: Arc<Value>,
    /// The JSON-RPC method.
    pub rpc_method: Option<String>,
    /// The JSON-RPC id.
    pub rpc_id: Option<Value>,
    /// The name of the tool called.
    pub tool: Option<String>,
    /// The status of the response, once it has begun.
    pub status: Option<u16>,
    /// The kind of the fault that was applied.
    pub fault: Option<&'static str>,
    /// Whether the response was a stored one.
    pub replayed: bool,
    /// Whether the response was sent completely.
    pub complete: bool,
    /// Whether the peer closed the connection before.
    pub disconnected: bool,
}

/// One tool that ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutionRecord {
    /// Its number, from 1.
    pub seq: u64,
    /// The name of the tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// The idempotency key of the call.
    pub idempotency_key: Option<String>,
    /// The API key by its index in the options, as in `key#1`.
    pub api_key: Option<String>,
    /// The request that caused it.
    pub request_seq: u64,
    /// Whether it succeeded.
    pub ok: bool,
}

/// A snapshot of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LedgerSnapshot {
    /// The requests; empty when only counts are kept.
    pub requests: Vec<RequestRecord>,
    /// The executions; empty when only counts are kept.
    pub executions: Vec<ExecutionRecord>,
    /// Number of requests received.
    pub request_count: u64,
    /// Number of tools that ran.
    pub execution_count: u64,
    /// Number of stored responses.
    pub replay_count: u64,
    /// Number of responses sent completely.
    pub answers: u64,
    /// Number of accepted connections.
    pub connections: u64,
    /// Number of open connections.
    pub open_connections: u64,
    /// Requests whose peer closed the connection before the response was complete.
    pub disconnects: u64,
    /// Sessions opened.
    pub sessions_opened: u64,
    /// Sessions ended.
    pub sessions_closed: u64,
    /// Streams held open: those of GET, and those of the HTTP+SSE transport.
    pub streams: u64,
    /// Tools that are running.
    pub running: u64,
    /// Maximum number of tools that ran at once.
    pub max_concurrent_executions: u64,
    /// Units that the service would bill.
    pub billable_units: u64,
    /// Requests to the proxy.
    pub proxied: Vec<ProxyRecord>,
    /// The ledger of the server behind a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Box<LedgerSnapshot>>,
}

/// Properties of a request on arrival.
pub(crate) struct Arrival<'a> {
    pub(crate) connection: u64,
    pub(crate) http_method: &'a http::Method,
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: &'a http::HeaderMap,
    pub(crate) body: &'a Arc<Value>,
    pub(crate) rpc_method: Option<&'a str>,
    pub(crate) tool: Option<&'a str>,
}

/// Identifies one request of the ledger; invalid after a reset.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    epoch: u64,
}

#[derive(Default)]
struct State {
    now: LedgerSnapshot,
    accepted: u64,
    epoch: u64,
    closed: bool,
}

/// The ledger, shared by the thread of the server and that of its owner.
pub(crate) struct Ledger {
    full: bool,
    state: Mutex<State>,
    changed: Condvar,
    waiters: AtomicUsize,
}

impl Ledger {
    pub(crate) fn new(mode: LedgerMode) -> Self {
        Self {
            full: mode == LedgerMode::Full,
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            waiters: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.lock());
        if self.waiters.load(Ordering::SeqCst) > 0 {
            self.changed.notify_all();
        }
        done
    }

    /// Records a request to the proxy.
    pub(crate) fn proxied(&self, record: ProxyRecord) {
        if self.full {
            self.change(|state| state.now.proxied.push(record));
        }
    }

    fn change_request(&self, entry: Entry, change: impl FnOnce(&mut RequestRecord)) {
        if self.full {
            self.change(|state| {
                if let Some(record) = find(state, entry) {
                    change(record);
                }
            });
        }
    }

    /// The number of the newest connection.
    pub(crate) fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    /// Counts a connection and returns its number.
    pub(crate) fn connection_opened(&self) -> u64 {
        self.change(|state| {
            state.now.connections += 1;
            state.now.open_connections += 1;
            state.accepted += 1;
            state.accepted
        })
    }

    pub(crate) fn connection_closed(&self) {
        self.change(|state| state.now.open_connections -= 1);
    }

    pub(crate) fn open_connections(&self) -> u64 {
        self.lock().now.open_connections
    }

    pub(crate) fn arrived(&self, arrival: &Arrival<'_>) -> Entry {
        let record = self.full.then(|| arrival.record());
        self.change(|state| {
            state.now.request_count += 1;
            let seq = state.now.request_count;
            if let Some(mut record) = record {
                record.seq = seq;
                state.now.requests.push(record);
            }
            Entry { seq, epoch: state.epoch }
        })
    }

    pub(crate) fn met_fault(&self, entry: Entry, kind: &'static str) {
        self.change_request(entry, |record| record.fault = Some(kind));
    }

    pub(crate) fn answering(&self, entry: Entry, status: u16) {
        self.change_request(entry, |record| record.status = Some(status));
    }

    pub(crate) fn replayed(&self, entry: Entry) {
        self.change(|state| {
            if state.epoch == entry.epoch {
                state.now.replay_count += 1;
            }
            if let Some(record) = find(state, entry) {
                record.replayed = true;
            }
        });
    }

    pub(crate) fn completed(&self, entry: Entry) {
        self.change(|state| {
            if state.epoch == entry.epoch {
                state.now.answers += 1;
            }
            if let Some(record) = find(state, entry) {
                record.complete = true;
            }
        });
    }

    pub(crate) fn disconnected(&self, entry: Entry) {
        self.change(|state| {
            if state.epoch == entry.epoch {
                state.now.disconnects += 1;
            }
            if let Some(record) = find(state, entry) {
                record.disconnected = true;
            }
        });
    }

    pub(crate) fn streams(&self, open: u64) {
        self.change(|state| state.now.streams = open);
    }

    /// Records that a tool begins; [`ended`](Self::ended) records its end.
    pub(crate) fn began(&self) {
        self.change(|state| {
            state.now.running += 1;
            state.now.max_concurrent_executions = state.now.max_concurrent_executions.max(state.now.running);
        });
    }

    /// Records that a tool has ended.
    pub(crate) fn ended(&self, record: impl FnOnce(u64) -> ExecutionRecord) {
        self.change(|state| {
            state.now.running -= 1;
            self.count_execution(state, record);
        });
    }

    /// Records an effect that had no beginning.
    pub(crate) fn executed(&self, record: impl FnOnce(u64) -> ExecutionRecord) {
        self.change(|state| self.count_execution(state, record));
    }

    fn count_execution(&self, state: &mut State, record: impl FnOnce(u64) -> ExecutionRecord) {
        state.now.execution_count += 1;
        if self.full {
            let record = record(state.now.execution_count);
            state.now.executions.push(record);
        }
    }

    pub(crate) fn billed(&self) {
        self.change(|state| state.now.billable_units += 1);
    }

    pub(crate) fn session_opened(&self) {
        self.change(|state| state.now.sessions_opened += 1);
    }

    pub(crate) fn sessions_closed(&self, how_many: u64) {
        self.change(|state| state.now.sessions_closed += how_many);
    }

    pub(crate) fn snapshot(&self) -> LedgerSnapshot {
        self.lock().now.clone()
    }

    /// Clears the records. Open connections and streams and running tools remain counted.
    pub(crate) fn reset(&self) {
        self.change(|state| {
            state.epoch += 1;
            state.now = LedgerSnapshot {
                open_connections: state.now.open_connections,
                streams: state.now.streams,
                running: state.now.running,
                max_concurrent_executions: state.now.running,
                ..LedgerSnapshot::default()
            };
        });
    }

    /// Ends every wait, now and in the future.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Blocks until the condition holds (true), or the timeout expires or the server stops (false).
    pub(crate) fn wait(&self, wait: &Wait, spelling: Spelling) -> Result<bool, WaitError> {
        wait.check(spelling)?;
        if wait.is_filtered() && !self.full {
            return Err(WaitError("a filter needs the full ledger".to_owned()));
        }
        let until = Instant::now().checked_add(Duration::from_millis(wait.timeout_ms));
        self.waiters.fetch_add(1, Ordering::SeqCst);
        let holds = self.wait_until(wait, until);
        self.waiters.fetch_sub(1, Ordering::SeqCst);
        Ok(holds)
    }

    fn wait_until(&self, wait: &Wait, until: Option<Instant>) -> bool {
        let mut state = self.lock();
        loop {
            if wait.holds(count(&state.now, wait)) {
                return true;
            }
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if state.closed || left.is_zero() {
                return false;
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn find(state: &mut State, entry: Entry) -> Option<&mut RequestRecord> {
    if state.epoch != entry.epoch {
        return None;
    }
    let at = usize::try_from(entry.seq).ok()?.checked_sub(1)?;
    state.now.requests.get_mut(at)
}

impl Arrival<'_> {
    fn record(&self) -> RequestRecord {
        RequestRecord {
            seq: 0,
            connection: self.connection,
            http_method: self.http_method.as_str().to_owned(),
            path: self.path.to_owned(),
            query: self.query.map(str::to_owned),
            headers: HeaderRecord::new(self.headers),
            body: Arc::clone(self.body),
            rpc_method: self.rpc_method.map(str::to_owned),
            rpc_id: self.body.get("id").cloned(),
            tool: self.tool.map(str::to_owned),
            status: None,
            fault: None,
            replayed: false,
            complete: false,
            disconnected: false,
        }
    }
}

fn count(now: &LedgerSnapshot, wait: &Wait) -> u64 {
    if wait.is_filtered() {
        return count_records(now, wait);
    }
    match wait.count {
        Count::Requests => now.request_count,
        Count::Answers => now.answers,
        Count::Executions => now.execution_count,
        Count::Disconnects => now.disconnects,
        Count::Connections => now.connections,
        Count::OpenConnections => now.open_connections,
        Count::SessionsOpened => now.sessions_opened,
        Count::SessionsClosed => now.sessions_closed,
        Count::Streams => now.streams,
        Count::Running => now.running,
    }
}

fn count_records(now: &LedgerSnapshot, wait: &Wait) -> u64 {
    if wait.count == Count::Executions {
        let of_tool = |e: &&ExecutionRecord| wait.tool.as_ref() == Some(&e.tool);
        return now.executions.iter().filter(of_tool).count() as u64;
    }
    let on = Matcher {
        method: wait.method.clone(),
        tool: wait.tool.clone(),
        http_method: wait.http_method.clone(),
        path: None,
    };
    let counts = |record: &&RequestRecord| {
        let state = match wait.count {
            Count::Answers => record.complete,
            Count::Disconnects => record.disconnected,
            _ => true,
        };
        state && on.matches(record.rpc_method.as_deref(), record.tool.as_deref(), &record.http_method, &record.path)
    };
    now.requests.iter().filter(counts).count() as u64
}
