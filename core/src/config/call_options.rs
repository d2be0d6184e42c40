//! The options of one call: one table for all languages.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::option_table::options;
use crate::util::secret::Secret;

options! {
    /// The options of one call; what is not given holds as for the client.
    CallOptions, "call options", CALL_OPTIONS;
    /// How long one attempt may stay without an answer.
    timeout: Option<Duration> = "the client's";
    /// How long the call may take over all attempts and waits.
    total_timeout: Option<Duration> = "the client's";
    /// The key by which the server runs the call once, 1 to 255 visible ASCII characters.
    idempotency_key: String = "a fresh one where the server honours keys";
    /// The id that the service's logs will show; further attempts append -2, -3 and so on.
    request_id: String = "a fresh one for each attempt";
    /// Further headers; the names that the client itself sets are refused.
    headers: BTreeMap<String, Secret> = "none";
    /// How often the call is sent at most.
    max_attempts: u32 = "the client's";
    /// Declares that the server runs a repeated `Idempotency-Key` once.
    honours_idempotency_keys: bool = "the client's";
    /// Lets a call without an honoured key be sent again after a 503 with Retry-After.
    retry_unavailable: bool = "the client's";
    /// Makes a result with `isError` an error of kind `tool`.
    raise_tool_errors: bool = "the client's";
    /// Checks the structured result of a tool by its output schema.
    validate_output: bool = "the client's";
    /// Asks the server even where its last answer still holds.
    fresh: bool = "false";
    /// The W3C traceparent of the trace that the call belongs to: sent as a header, and in `_meta` to servers of the newer era and processes.
    traceparent: String = "none";
    /// The W3C tracestate that goes with it.
    tracestate: String = "none";
    /// W3C baggage, sent in the same way.
    baggage: String = "none";
}
