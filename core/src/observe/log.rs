//! Log records, emitted to `tracing` and to the `on_log` callback. They contain names of methods and tools, numbers, ids and
//! codes, and neither payloads nor secrets.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Level of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LogLevel {
    /// Each attempt and each call.
    Debug,
    /// Failed calls, retries, token renewals, changes of state.
    Info,
    /// Faults that no call reports: dropped messages, deviations.
    Warn,
    /// A bug in this library.
    Error,
}

/// Values of the option `log_level`.
pub(crate) const LEVELS: &[&str] = &["debug", "info", "warn", "error"];

/// Parses a level.
pub(crate) fn level(name: &str) -> Option<LogLevel> {
    Some(match name {
        "debug" => LogLevel::Debug,
        "info" => LogLevel::Info,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => return None,
    })
}

/// One log record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LogRecord {
    /// Level.
    pub level: LogLevel,
    /// Event, as a constant text.
    pub message: &'static str,
    /// Details: `server`, `client_name`, and others such as `method`, `tool`, `attempt`, `status`, `request_id` and `duration_ms`.
    pub fields: Map<String, Value>,
}

type LogListener = Arc<dyn Fn(LogRecord) + Send + Sync>;

/// Log callback with its minimum level.
#[derive(Clone)]
pub(crate) struct Log {
    listener: Option<LogListener>,
    /// Minimum level; above all levels if there is no callback.
    minimum: Arc<AtomicU8>,
    /// The server of the client, and its name, in each record.
    client: Option<Arc<LoggedClient>>,
}

/// What names a client in its log records.
struct LoggedClient {
    server: Arc<str>,
    name: String,
}

const DISABLED: u8 = LogLevel::Error as u8 + 1;

impl Default for Log {
    fn default() -> Self {
        Self { listener: None, minimum: Arc::new(AtomicU8::new(DISABLED)), client: None }
    }
}

impl Log {
    pub(crate) fn to(listener: LogListener) -> Self {
        Self { listener: Some(listener), minimum: Arc::new(AtomicU8::new(LogLevel::Info as u8)), client: None }
    }

    /// The log of a client: each record has its server and its name.
    pub(crate) fn of_client(self, server: &Arc<str>, name: &str) -> Self {
        let client = LoggedClient { server: Arc::clone(server), name: name.to_owned() };
        Self { client: Some(Arc::new(client)), ..self }
    }

    pub(crate) fn server(&self) -> Option<&str> {
        self.client.as_ref().map(|client| &*client.server)
    }

    pub(crate) fn client_name(&self) -> Option<&str> {
        self.client.as_ref().map(|client| client.name.as_str())
    }

    pub(crate) fn has_listener(&self) -> bool {
        self.listener.is_some()
    }

    /// Sets the minimum level; `None` disables the callback.
    pub(crate) fn set_level(&self, minimum: Option<LogLevel>) {
        if self.listener.is_none() {
            return;
        }
        self.minimum.store(minimum.map_or(DISABLED, |level| level as u8), Ordering::Relaxed);
    }

    pub(crate) fn is_enabled(&self, level: LogLevel) -> bool {
        level as u8 >= self.minimum.load(Ordering::Relaxed)
    }

    pub(crate) fn write<const N: usize>(
        &self,
        level: LogLevel,
        message: &'static str,
        fields: [(&'static str, Value); N],
    ) {
        let Some(listener) = &self.listener else { return };
        let client = [("server", self.server()), ("client_name", self.client_name())];
        let client = client.map(|(name, text)| (name, text.map_or(Value::Null, Value::from)));
        let known = client.into_iter().chain(fields).filter(|(_, value)| !value.is_null());
        let fields = known.map(|(name, value)| (name.to_owned(), value)).collect();
        // A panic of the callback is ignored.
        let _ = catch_unwind(AssertUnwindSafe(|| listener(LogRecord { level, message, fields })));
    }
}

/// Emits a log record: `log_event!(log, DEBUG, "event", field = value, …)`. Values are evaluated once for each consumer of the
/// level, and not at all without one; absent values are omitted.
macro_rules! log_event {
    ($log:expr, $level:ident, $message:literal $(, $field:ident = $value:expr)* $(,)?) => {{
        let log: &$crate::observe::log::Log = $log;
        let level = log_event!(@level $level);
        let is_traced = tracing::enabled!(target: "omni_mcp", tracing::Level::$level);
        if is_traced || log.is_enabled(level) {
            if is_traced {
                tracing::event!(
                    target: "omni_mcp",
                    tracing::Level::$level,
                    server = log.server(),
                    client_name = log.client_name(),
                    $($field = $value,)*
                    $message
                );
            }
            if log.is_enabled(level) {
                log.write(level, $message, [$((stringify!($field), serde_json::json!($value)),)*]);
            }
        }
    }};
    (@level DEBUG) => { $crate::observe::log::LogLevel::Debug };
    (@level INFO) => { $crate::observe::log::LogLevel::Info };
    (@level WARN) => { $crate::observe::log::LogLevel::Warn };
    (@level ERROR) => { $crate::observe::log::LogLevel::Error };
}
pub(crate) use log_event;

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn only_enabled_records_are_created_and_received() {
        let received: Arc<Mutex<Vec<LogRecord>>> = Arc::default();
        let log = Log::to({
            let received = Arc::clone(&received);
            Arc::new(move |record| received.lock().unwrap().push(record))
        });
        let log = log.of_client(&"https://a.example".into(), "reports");
        log_event!(&log, DEBUG, "too little", never = unreachable_value());
        log_event!(&log, WARN, "enough", status = Some(503_u16), absent = None::<u64>);
        log.set_level(None);
        log_event!(&log, ERROR, "not any more");
        let received = received.lock().unwrap();
        assert_eq!(
            serde_json::to_value(&*received).unwrap(),
            serde_json::json!([
                {"level": "warn", "message": "enough",
                    "fields": {"server": "https://a.example", "client_name": "reports", "status": 503}},
            ])
        );
    }

    fn unreachable_value() -> u64 {
        panic!("must not be evaluated")
    }

    #[test]
    fn a_panic_of_the_listener_is_ignored() {
        let log = Log::to(Arc::new(|_| panic!("no")));
        log_event!(&log, WARN, "still here");
    }
}
