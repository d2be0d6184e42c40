//! The options of one call: one table for all languages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::option_table::options;
use crate::util::secret::Secret;

/// Callbacks of one call.
const CALL_CALLBACKS: &[&str] = &["on_progress"];

/// The table, as the input of a macro.
macro_rules! call_options {
    ($macro:ident) => {
        $macro! {
            /// Options of one call. Absent options have the value of the client.
            CallOptions, "call options", CALL_OPTIONS, callbacks CALL_CALLBACKS;
            /// Idle timeout of one attempt. Progress notifications, and any bytes on the event stream of the call, restart it. None: no limit.
            timeout: Option<Duration> = "the value of the client";
            /// Total timeout of the call, including all attempts and waits. None: no limit.
            total_timeout: Option<Duration> = "the value of the client";
            /// Idempotency key, 1 to 255 visible ASCII characters. The server runs calls with the same key once.
            idempotency_key: String = "a generated key if the server honours keys";
            /// Request id, as it appears in the logs of the service. Further attempts append -2, -3 and so on.
            request_id: String = "a generated id for each attempt";
            /// Additional HTTP headers. Headers that the client sets itself are refused.
            headers: BTreeMap<String, Secret> = "none";
            /// Maximum number of attempts, including the first. 1: no retries.
            max_attempts: u32 = "the value of the client";
            /// Declare that the server runs requests with the same `Idempotency-Key` once.
            honours_idempotency_keys: bool = "the value of the client";
            /// Retry a call without an honoured idempotency key after a 503 with Retry-After.
            retry_unavailable: bool = "the value of the client";
            /// Report a tool result with `isError` as an error of kind `tool`.
            raise_tool_errors: bool = "the value of the client";
            /// Validate the structured tool result against the output schema.
            validate_output: bool = "the value of the client";
            /// Bypass the result cache.
            fresh: bool = "false";
            /// W3C `traceparent`, sent as a header, and in `_meta` since 2026-07-28 and over stdio.
            traceparent: String = "none";
            /// W3C `tracestate`, sent with `traceparent`.
            tracestate: String = "none";
            /// W3C `baggage`, sent like `traceparent`.
            baggage: String = "none";
        }
    };
}
pub(crate) use call_options;

call_options!(options);

/// The options that only a single call can have, so that they have no default for several calls.
pub(crate) const OF_ONE_CALL: &[&str] = &["idempotency_key", "request_id"];

impl CallOptions {
    /// These options, with those of `defaults` where they are absent. Headers are joined by their names.
    pub(crate) fn over(self, defaults: &Self) -> Self {
        let mut options = self.or(defaults.clone());
        if let (Some(headers), Some(of_defaults)) = (&mut options.headers, &defaults.headers) {
            for (name, value) in of_defaults {
                if !headers.keys().any(|given| given.eq_ignore_ascii_case(name)) {
                    headers.insert(name.clone(), value.clone());
                }
            }
        }
        options
    }
}
