//! The counters and log records of one logical call.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;
use tracing::field::Empty;

use crate::error::{Error, Result};
use crate::observe::log::log_event;
use crate::observe::span::{millis, record};
use crate::protocol::methods::TOOLS_CALL;
use crate::protocol::params;
use crate::protocol::raw_result::RawReply;
use crate::retry::call_state::CallState;
use crate::retry::context::Context;
use crate::retry::operation::OperationName;
use crate::util::sanitize::preview;

/// A running call. If it is dropped before its end, it was cancelled.
pub(crate) struct CallLog<'a> {
    context: &'a Context,
    state: Arc<CallState>,
    method: String,
    params: Bytes,
    begun: Instant,
    span: tracing::Span,
    has_ended: bool,
}

/// The name of a call in logs, sanitized to one line.
pub(crate) fn name(method: &str, params: &[u8]) -> OperationName {
    let tool = (method == TOOLS_CALL).then(|| params::check_tool_call(params).ok()).flatten();
    OperationName { method: preview(method.as_bytes()), tool: tool.map(|tool| preview(tool.as_bytes())) }
}

fn span(context: &Context, method: &str, params: &[u8]) -> tracing::Span {
    if !tracing::enabled!(target: "omni_mcp", tracing::Level::INFO) {
        return tracing::Span::none();
    }
    let OperationName { method, tool } = name(method, params);
    tracing::info_span!(
        target: "omni_mcp",
        "call",
        server = context.log().server(),
        client_name = context.log().client_name(),
        method,
        tool,
        attempts = Empty,
        status = Empty,
        code = Empty,
        duration_ms = Empty
    )
}

impl<'a> CallLog<'a> {
    pub(crate) fn begin(context: &'a Context, state: Arc<CallState>, method: String, params: Bytes) -> Self {
        context.counts.calls.add();
        let span = span(context, &method, &params);
        Self { context, state, method, params, begun: Instant::now(), span, has_ended: false }
    }

    /// Runs the call in its span; counts and logs its end.
    pub(crate) fn run(self, call: impl Future<Output = Result<RawReply>>) -> impl Future<Output = Result<RawReply>> {
        let state = Arc::clone(&self.state);
        // `map` and `inspect` store the call once; an async function would store it twice.
        call.instrument(self.span.clone())
            .map(move |outcome| state.finish(outcome))
            .inspect(move |ended| self.end(ended))
    }

    fn end(mut self, ended: &Result<RawReply>) {
        self.has_ended = true;
        let _in_span = self.span.clone().entered();
        self.count_attempts();
        match ended {
            Ok(reply) => {
                record(&self.span, Some(reply.status.as_u16()), None, self.begun);
                self.succeeded(reply);
            }
            Err(error) => {
                record(&self.span, error.info().status, Some(error.code()), self.begun);
                self.failed(error);
            }
        }
    }

    /// Built only for records that are written.
    fn name(&self) -> OperationName {
        name(&self.method, &self.params)
    }

    fn succeeded(&self, reply: &RawReply) {
        let replayed = reply.is_replayed();
        if replayed {
            self.context.counts.replays.add();
        }
        if reply.cached {
            self.context.counts.cached.add();
        }
        log_event!(
            self.context.log(),
            DEBUG,
            "call succeeded",
            method = self.name().method,
            tool = self.name().tool,
            attempts = reply.attempts,
            status = reply.status.as_u16(),
            request_id = reply.request_id.as_deref(),
            idempotency_key = reply.idempotency_key.as_deref(),
            replayed = replayed,
            cached = reply.cached,
            duration_ms = millis(self.begun),
        );
    }

    /// Logs the failure, without its message, which may contain text of the server. At level INFO, as the caller receives the
    /// error.
    fn failed(&self, error: &Error) {
        self.context.counts.failures.add();
        let info = error.info();
        log_event!(
            self.context.log(),
            INFO,
            "call failed",
            method = self.name().method,
            tool = self.name().tool,
            kind = error.kind().to_string(),
            code = error.code(),
            delivery = error.delivery().as_str(),
            retryable = info.retryable,
            attempts = info.attempts,
            status = info.status,
            rpc_code = info.rpc_code,
            request_id = info.request_id.as_deref(),
            idempotency_key = info.idempotency_key.as_deref(),
            duration_ms = millis(self.begun),
        );
    }

    fn count_attempts(&self) {
        let (attempts, retries) = self.state.attempts_and_retries();
        self.span.record("attempts", attempts);
        self.context.counts.attempts.add_all(attempts.into());
        self.context.counts.retries.add_all(retries.into());
    }
}

impl Drop for CallLog<'_> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let _in_span = self.span.clone().entered();
        self.count_attempts();
        self.context.counts.cancelled.add();
        log_event!(
            self.context.log(),
            DEBUG,
            "call cancelled",
            method = self.name().method,
            tool = self.name().tool,
            delivery = self.state.delivery().as_str(),
            attempts = self.state.attempts_and_retries().0,
            duration_ms = millis(self.begun),
        );
    }
}
