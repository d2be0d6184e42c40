//! Names of headers that the services read and send.

pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
pub(crate) const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";
pub(crate) const LAST_EVENT_ID: &str = "last-event-id";
pub(crate) const OMNI_REQUIRED_SCOPES: &str = "omni-required-scopes";
pub(crate) const OMNI_VERSION: &str = "omni-version";
pub(crate) const PROTOCOL_VERSION: &str = "mcp-protocol-version";
pub(crate) const RATE_LIMIT_BURST: &str = "x-ratelimit-limit-burst";
pub(crate) const RATE_LIMIT_MINUTE: &str = "x-ratelimit-limit-minute";
pub(crate) const REQUEST_ID: &str = "x-request-id";
pub(crate) const SESSION_ID: &str = "mcp-session-id";

pub(crate) const JSON: &str = "application/json";
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
