//! A call: what is made once, before its first attempt.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::config::call_options::CallOptions;
use crate::config::header_rules;
use crate::config::option_table::refuse_given;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Error, Result};
use crate::observe::waiting::Deadline;
use crate::protocol::methods::{self, TOOLS_CALL};
use crate::protocol::safety::Safety;
use crate::protocol::trace_context::TraceContext;
use crate::protocol::{params, validate_params};
use crate::retry::attempt::in_time;
use crate::retry::call_log::{self, CallLog};
use crate::retry::call_state::CallState;
use crate::retry::idempotency;
use crate::retry::operation::OperationName;
use crate::retry::plan::Plan;
use crate::session::manager::SessionManager;
use crate::util::bounded_queue::{BoundedQueue, WaitLimit};
use crate::util::sanitize::preview;

/// How long a process is given to answer the question for its era.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the progress of a call goes.
#[derive(Clone)]
pub(crate) struct ProgressSink {
    /// Is called with the params of each progress notification, as JSON text.
    pub(crate) listener: Arc<dyn Fn(&str) + Send + Sync>,
    /// The queue that `listener` fills, if any.
    pub(crate) queue: Option<Arc<BoundedQueue>>,
}

/// How long a callback that takes nothing is waited for where attempts have no timeout.
const DEFAULT_CALLBACK_WAIT: Duration = Duration::from_secs(20);

/// What is made once, before the first attempt.
pub(crate) struct LogicalCall {
    pub(super) method: String,
    /// Whether nothing is answered to it.
    pub(super) is_notification: bool,
    pub(super) plan: Plan,
    pub(super) params: Bytes,
    /// The params as the caller gave them, by which a reused key is judged.
    pub(super) payload: Bytes,
    /// Whether this call was the first to use its key.
    pub(super) claimed: bool,
    pub(super) key: Option<(String, HeaderValue)>,
    pub(super) headers: HeaderMap,
    pub(super) raise_tool_errors: bool,
    pub(super) validate_output: bool,
    /// Whether the server is asked even where its last answer still holds.
    pub(super) fresh: bool,
    pub(super) progress: Option<(String, ProgressSink)>,
    pub(super) trace: TraceContext,
}

impl LogicalCall {
    /// Checks everything that can be checked before anything is sent. `field` names the params in messages.
    pub(crate) fn prepare(
        manager: &SessionManager,
        method: &str,
        field: &str,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<Self> {
        params::check(field, &params)?;
        validate_params::check(method, &params)?;
        let settings = &manager.context.settings;
        if method == TOOLS_CALL {
            let tool = params::check_tool_call(&params)?;
            if !settings.tools.allow(&tool) {
                return Err(blocked(manager, &tool));
            }
        }
        if settings.route.url().is_none() {
            refuse_given(
                &[
                    ("idempotency_key", options.idempotency_key.is_some()),
                    ("honours_idempotency_keys", options.honours_idempotency_keys == Some(true)),
                    ("headers", options.headers.as_ref().is_some_and(|headers| !headers.is_empty())),
                ],
                "does not belong to the transport stdio",
            )?;
        }
        let honoured = options.honours_idempotency_keys.unwrap_or(settings.honours_idempotency_keys);
        let key = match &options.idempotency_key {
            Some(key) => {
                let header = idempotency::header(key)?;
                Some((key.clone(), header))
            }
            None if method == TOOLS_CALL && honoured => {
                let key = idempotency::mint();
                let header = idempotency::header(&key)?;
                Some((key, header))
            }
            None => None,
        };
        let payload = params.clone();
        let (params, progress) = match progress {
            None => (params, None),
            Some(sink) => {
                // The key where there is one, so that the same call made again by the caller is the same to the byte.
                let token = key
                    .as_ref()
                    .map_or_else(|| format!("progress-{}", manager.context.next_id()), |(key, _)| key.clone());
                (params::with_progress_token(&params, &token)?.into(), Some((token, sink)))
            }
        };
        let plan = Plan::of_call(&manager.context, methods::safety(method, key.is_some() && honoured), options)?;
        if let Some((key, _)) = &key {
            let _ = plan.state.idempotency_key.set(key.clone());
        }
        let headers = header_rules::extra("headers", options.headers.iter().flatten())?;
        let [traceparent, tracestate, baggage] =
            [&options.traceparent, &options.tracestate, &options.baggage].map(Option::as_deref);
        let trace = TraceContext::of(traceparent, tracestate, baggage)?;
        // Last: what is refused has not used its key.
        let claimed = match &options.idempotency_key {
            Some(key) => manager.context.used_keys.claim(key, method, &payload)?,
            None => false,
        };
        Ok(Self {
            claimed,
            method: method.to_owned(),
            is_notification: false,
            plan,
            params,
            payload,
            key,
            headers,
            raise_tool_errors: options.raise_tool_errors.unwrap_or(settings.raise_tool_errors),
            validate_output: options.validate_output.unwrap_or(settings.validate_output),
            fresh: options.fresh.unwrap_or(!settings.cache),
            progress,
            trace,
        })
    }

    /// A request of the client's own.
    pub(crate) fn internal(manager: &SessionManager, method: &str, params: Bytes, safety: Safety) -> Self {
        let mut plan = Plan::internal(&manager.context, safety);
        plan.deadline = manager.context.settings.total_timeout.and_then(Deadline::after);
        Self {
            claimed: false,
            method: method.to_owned(),
            is_notification: false,
            plan,
            payload: params.clone(),
            params,
            key: None,
            headers: HeaderMap::new(),
            raise_tool_errors: false,
            validate_output: false,
            fresh: true,
            progress: None,
            trace: TraceContext::default(),
        }
    }

    /// A request of the client's own that is sent once, and not waited for long.
    pub(crate) fn single_attempt(manager: &SessionManager, method: &str, params: Bytes, within: Duration) -> Self {
        let plan = Plan::single_attempt(&manager.context, within);
        Self { plan, ..Self::internal(manager, method, params, Safety::Safe) }
    }

    /// A question by which a server's era is found out: where it is not answered soon, it knows nothing of it.
    pub(crate) fn probe(manager: &SessionManager, method: &str) -> Result<Self> {
        let params = Bytes::from_static(b"{}");
        let mut call = Self::prepare(manager, method, "params", params, &CallOptions::default(), None)?;
        if manager.context.settings.route.url().is_none() {
            call.plan = Plan::single_attempt(&manager.context, PROBE_TIMEOUT);
        }
        call.plan.ends_with_silence = true;
        Ok(call)
    }

    /// A notification, which is sent again only where its safety says so.
    pub(crate) fn notification(manager: &SessionManager, method: &str, params: Bytes, safety: Safety) -> Self {
        Self { is_notification: true, ..Self::internal(manager, method, params, safety) }
    }

    pub(crate) fn state(&self) -> Arc<CallState> {
        Arc::clone(&self.plan.state)
    }

    /// The params of the next page.
    pub(crate) fn set_params(&mut self, params: Bytes) {
        self.params = params;
    }

    /// Waits for `work` no longer than the call's total timeout.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.plan.within(work).await
    }

    pub(crate) fn params(&self) -> &[u8] {
        &self.params
    }

    /// Has the server asked whatever is kept.
    pub(crate) fn bypass_cache(&mut self) {
        self.fresh = true;
    }

    /// How long progress waits for its callback while the answer is read. The last quarter of the total timeout is left for
    /// the answer, which must not be lost with the progress.
    pub(super) fn progress_wait(&self) -> WaitLimit {
        let Plan { timeout, deadline, .. } = &self.plan;
        let until = deadline.as_ref().and_then(|deadline| deadline.at.checked_sub(deadline.total / 4));
        WaitLimit { idle: timeout.unwrap_or(DEFAULT_CALLBACK_WAIT), until }
    }

    /// How long the callback may take for the rest of the progress when the answer is there.
    pub(crate) fn final_progress_wait(&self) -> WaitLimit {
        WaitLimit { until: self.plan.deadline.as_ref().map(|deadline| deadline.at), ..self.progress_wait() }
    }

    /// The call as counters and logs see it.
    pub(crate) fn begin<'a>(&self, manager: &'a SessionManager) -> CallLog<'a> {
        CallLog::begin(&manager.context, self.state(), self.method.clone(), self.payload.clone())
    }

    pub(super) fn name(&self) -> OperationName {
        call_log::name(&self.method, &self.params)
    }

    /// Turns it into a request of another method, which takes the same params.
    pub(crate) fn set_method(&mut self, method: &str) {
        method.clone_into(&mut self.method);
    }

    /// Waits for `work` no longer than the attempt's and the total timeout.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.within(in_time(self.plan.timeout, work)).await
    }
}

fn blocked(manager: &SessionManager, tool: &str) -> Error {
    let shown = preview(tool.as_bytes());
    let mut error = Error::new(
        Code::ToolBlocked,
        format!("the tool {shown} is not one that allowed_tools and blocked_tools let through"),
    );
    error.info_mut().service_code = manager.context.settings.profile.word_for(Code::ToolBlocked).map(str::to_owned);
    error
}
