//! A call: everything that is created once, before its first attempt.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use crate::config::call_options::{CallOptions, OF_ONE_CALL};
use crate::config::header_rules;
use crate::config::option_table::refuse_given;
use crate::config::settings::Settings;
use crate::error::attempt_error::AttemptError;
use crate::error::call_target::CallTarget;
use crate::error::{Code, Error, Result};
use crate::observe::waiting::{Deadline, Stage};
use crate::protocol::methods::{self, TOOLS_CALL};
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::protocol::trace_context::TraceContext;
use crate::protocol::{params, validate_params};
use crate::retry::attempt::in_time;
use crate::retry::call_log::{self, CallLog};
use crate::retry::call_state::CallState;
use crate::retry::idempotency;
use crate::retry::opening_limits::OpeningLimits;
use crate::retry::operation::OperationName;
use crate::retry::plan::Plan;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::util::bounded_queue::BoundedQueue;
use crate::util::sanitize::preview;
use crate::util::spelling::Spelling;

/// How long a process may take to respond to the probe of its era.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Receives the progress of a call.
#[derive(Clone)]
pub(crate) struct ProgressSink {
    /// Called with the params of each progress notification, as JSON text.
    pub(crate) listener: Arc<dyn Fn(&str) + Send + Sync>,
    /// The queue in front of the callback, if there is one.
    pub(crate) queue: Option<Arc<BoundedQueue>>,
}

/// One call over all its attempts.
pub(crate) struct LogicalCall {
    pub(super) method: String,
    /// Whether it is a notification, which has no response.
    pub(super) is_notification: bool,
    pub(super) plan: Plan,
    pub(super) params: Bytes,
    /// The params of the caller; a reused key must have the same.
    pub(super) payload: Bytes,
    /// Whether this call was the first with its key.
    pub(super) claimed: bool,
    pub(super) key: Option<(String, HeaderValue)>,
    pub(super) headers: HeaderMap,
    pub(super) raise_tool_errors: bool,
    pub(super) validate_output: bool,
    /// Whether a cached result is not used.
    pub(super) fresh: bool,
    pub(super) progress: ProgressTarget,
    pub(super) trace: TraceContext,
}

impl LogicalCall {
    /// Checks everything that can be checked before sending. `field` names the params in messages.
    pub(crate) fn prepare(
        manager: &SessionManager,
        method: &str,
        field: &str,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<Self> {
        Self::checked(manager, method, field, params.clone(), options, progress).map_err(|error| {
            let tool = (method == TOOLS_CALL).then(|| params::tool_name(&params)).flatten();
            target(manager, method, tool.as_deref()).add_to(error)
        })
    }

    fn checked(
        manager: &SessionManager,
        method: &str,
        field: &str,
        params: Bytes,
        options: &CallOptions,
        progress: Option<ProgressSink>,
    ) -> Result<Self> {
        let settings = &manager.context.settings;
        params::check(field, &params)?;
        validate_params::check(method, &params)?;
        let tool = check_tool(manager, method, &params)?;
        check_transport(settings, options)?;
        let honoured = options.honours_idempotency_keys.unwrap_or(settings.honours_idempotency_keys);
        let key = key_of(method, options, honoured)?;
        let payload = params.clone();
        let (params, progress) = with_progress(manager, params, progress, key.as_ref())?;
        let plan = Plan::of_call(&manager.context, methods::safety(method, key.is_some() && honoured), options)?;
        if let Some((key, _)) = &key {
            let _ = plan.state.idempotency_key.set(key.clone());
        }
        let _ = plan.state.target.set(target(manager, method, tool.as_deref()).into());
        let headers = header_rules::extra("headers", options.headers.iter().flatten())?;
        let trace = trace_of(options)?;
        // Last, because a call that is refused here has not used its key.
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

    /// Checks the options of a view: those that all of its calls can have.
    pub(crate) fn check_defaults(manager: &SessionManager, options: &CallOptions) -> Result<()> {
        let of_one_call = [options.idempotency_key.is_some(), options.request_id.is_some()];
        let of_one_call: Vec<_> = OF_ONE_CALL.iter().copied().zip(of_one_call).collect();
        refuse_given(&of_one_call, "belongs to one call; give it to the call itself")?;
        check_transport(&manager.context.settings, options)?;
        Plan::of_call(&manager.context, Safety::Safe, options)?;
        header_rules::extra("headers", options.headers.iter().flatten())?;
        trace_of(options).map(drop)
    }

    /// The notification, with the options of a view.
    pub(crate) fn with_defaults(self, manager: &SessionManager, options: &CallOptions) -> Result<Self> {
        let plan = Plan::of_call(&manager.context, self.plan.safety, options)?;
        Ok(Self {
            // A notification is never sent twice.
            plan: Plan { retry_unavailable: false, state: self.plan.state, ..plan },
            headers: header_rules::extra("headers", options.headers.iter().flatten())?,
            trace: trace_of(options)?,
            ..self
        })
    }

    /// A request that the client sends for itself.
    pub(crate) fn internal(manager: &SessionManager, method: &str, params: Bytes, safety: Safety) -> Self {
        let mut plan = Plan::internal(&manager.context, safety);
        plan.deadline = manager.context.settings.total_timeout.and_then(Deadline::after);
        let _ = plan.state.target.set(target(manager, method, None).into());
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

    /// With these limits.
    pub(crate) fn within_limits(self, limits: &OpeningLimits) -> Self {
        Self { plan: self.plan.within_limits(limits), ..self }
    }

    /// With one attempt, and a timeout of `within` at most.
    pub(crate) fn with_single_attempt(self, within: Duration) -> Self {
        Self { plan: self.plan.with_single_attempt(within), ..self }
    }

    /// The probe of the era: a process that does not respond in time does not know the method.
    pub(crate) fn probe(manager: &SessionManager, method: &str, limits: &OpeningLimits) -> Result<Self> {
        let params = Bytes::from_static(b"{}");
        let call = Self::prepare(manager, method, "params", params, &CallOptions::default(), None)?;
        let mut call = call.within_limits(limits);
        if manager.context.settings.route.url().is_none() {
            call = call.with_single_attempt(PROBE_TIMEOUT);
        }
        call.plan.fails_on_attempt_timeout = true;
        Ok(call)
    }

    /// The limits for a session that the call opens.
    pub(crate) fn opening_limits(&self) -> OpeningLimits {
        self.plan.opening_limits()
    }

    /// The open session; opens it first if there is none.
    pub(crate) async fn session(&self, manager: &Arc<SessionManager>) -> Result<Arc<Session>, AttemptError> {
        self.plan.state.waiting.enter(Stage::Session(&manager.context.handshake_now));
        manager.connected(&self.opening_limits()).await
    }

    /// The result of `initialize`.
    pub(crate) async fn handshake_result(&self, manager: &Arc<SessionManager>) -> Result<RawReply, AttemptError> {
        self.plan.state.waiting.enter(Stage::Session(&manager.context.handshake_now));
        manager.handshake_result(&self.opening_limits()).await
    }

    /// A notification; its safety decides whether it is retried.
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

    /// Bounds `work` by the total timeout of the call.
    pub(crate) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.plan.within(work).await
    }

    pub(crate) fn params(&self) -> &[u8] {
        &self.params
    }

    /// Ignores a cached result.
    pub(crate) fn bypass_cache(&mut self) {
        self.fresh = true;
    }

    /// Begins the log and the counters of the call.
    pub(crate) fn begin<'a>(&self, manager: &'a SessionManager) -> CallLog<'a> {
        CallLog::begin(&manager.context, self.state(), self.method.clone(), self.payload.clone())
    }

    pub(super) fn name(&self) -> OperationName {
        call_log::name(&self.method, &self.params)
    }

    /// Replaces the method by another with the same params.
    pub(crate) fn set_method(&mut self, method: &str) {
        method.clone_into(&mut self.method);
    }

    /// Bounds `work` by the timeout of an attempt and by the total timeout.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, AttemptError>>,
    ) -> Result<T, AttemptError> {
        self.within(in_time(self.plan.timeout, work)).await
    }
}

/// Checks the params of a tool call, and whether the options allow the tool. Returns its name.
fn check_tool(manager: &SessionManager, method: &str, params: &[u8]) -> Result<Option<String>> {
    if method != TOOLS_CALL {
        return Ok(None);
    }
    let spelling = manager.context.settings.spelling;
    let tool = params::check_tool_call(params).map_err(|error| with_form(error, params, spelling))?;
    if manager.context.settings.tools.allow(&tool) { Ok(Some(tool.into_owned())) } else { Err(blocked(manager)) }
}

/// The target of a call, for its errors.
fn target(manager: &SessionManager, method: &str, tool: Option<&str>) -> CallTarget {
    let shown = |text: &str| preview(text.as_bytes());
    CallTarget::of_call(&manager.context.settings.server, shown(method), tool.map(shown))
}

/// Names the form of a tool call to a caller who gave all params in one object, as with the official client.
fn with_form(error: Error, params: &[u8], spelling: Spelling) -> Error {
    if !params::has_object_as_name(params) {
        return error;
    }
    let form = match spelling {
        Spelling::Snake => "call_tool(name, arguments)",
        Spelling::Camel => "callTool(name, args, options)",
    };
    Error::config(Code::InvalidArgument, "name", format_args!("must be a string that is not empty; the form is {form}"))
}

/// Refuses options of HTTP if the server is a process.
fn check_transport(settings: &Settings, options: &CallOptions) -> Result<()> {
    if settings.route.url().is_some() {
        return Ok(());
    }
    refuse_given(
        &[
            ("idempotency_key", options.idempotency_key.is_some()),
            ("honours_idempotency_keys", options.honours_idempotency_keys == Some(true)),
            ("headers", options.headers.as_ref().is_some_and(|headers| !headers.is_empty())),
        ],
        "does not belong to the transport stdio",
    )
}

fn trace_of(options: &CallOptions) -> Result<TraceContext> {
    let [traceparent, tracestate, baggage] =
        [&options.traceparent, &options.tracestate, &options.baggage].map(Option::as_deref);
    TraceContext::of(traceparent, tracestate, baggage)
}

/// The key of the caller; a tool call without one has a random key if the server honours keys.
fn key_of(method: &str, options: &CallOptions, honoured: bool) -> Result<Option<(String, HeaderValue)>> {
    let key = match &options.idempotency_key {
        Some(key) => key.clone(),
        None if method == TOOLS_CALL && honoured => idempotency::mint(),
        None => return Ok(None),
    };
    let header = idempotency::header(&key)?;
    Ok(Some((key, header)))
}

type ProgressTarget = Option<(String, ProgressSink)>;

/// Adds a progress token to the params if the caller receives progress.
fn with_progress(
    manager: &SessionManager,
    params: Bytes,
    progress: Option<ProgressSink>,
    key: Option<&(String, HeaderValue)>,
) -> Result<(Bytes, ProgressTarget)> {
    let Some(sink) = progress else { return Ok((params, None)) };
    // The idempotency key if there is one, so that a repeated call has the same bytes.
    let token = key.map_or_else(|| format!("progress-{}", manager.context.next_id()), |(key, _)| key.clone());
    Ok((params::with_progress_token(&params, &token)?.into(), Some((token, sink))))
}

fn blocked(manager: &SessionManager) -> Error {
    let mut error = Error::new(Code::ToolBlocked, "the tool is not allowed by allowed_tools and blocked_tools");
    error.info_mut().service_code =
        manager.context.settings.profile.service_code_for(Code::ToolBlocked).map(str::to_owned);
    error
}
