//! Retries: the decision table, the loop over attempts, backoff, budget and idempotency keys.

pub(crate) mod attempt;
pub(crate) mod budget;
pub(crate) mod call_log;
pub(crate) mod call_state;
pub(crate) mod context;
pub(crate) mod executor;
pub(crate) mod http_observer;
pub(crate) mod idempotency;
pub(crate) mod issued_secrets;
pub(crate) mod opening_limits;
pub(crate) mod operation;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod prepared;
pub(crate) mod redact;
