//! One request to a registry, with retries.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::auth::token::Token;
use crate::config::call_options::{CALL_OPTIONS, CallOptions};
use crate::config::header_rules;
use crate::config::option_table::{OptionSpec, row};
use crate::error::attempt_error::AttemptError;
use crate::error::call_target::CallTarget;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error, Result};
use crate::http::plain::{self, PlainAnswer};
use crate::oauth::access_token;
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::registry::record;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::executor;
use crate::retry::operation::{Operation, OperationName};
use crate::retry::plan::Plan;
use crate::transport::classify;
use crate::util::headers;

/// The options that calls of a registry take; the other [`CallOptions`] are refused.
pub const REGISTRY_CALL_OPTIONS: &[OptionSpec] = &[
    row(CALL_OPTIONS, "timeout"),
    row(CALL_OPTIONS, "total_timeout"),
    row(CALL_OPTIONS, "request_id"),
    row(CALL_OPTIONS, "headers"),
    row(CALL_OPTIONS, "max_attempts"),
    row(CALL_OPTIONS, "retry_unavailable"),
];

/// A request that is ready to be sent.
pub(crate) struct RestCall {
    pub(crate) plan: Plan,
    method: Method,
    url: Url,
    body: Option<Bytes>,
    headers: http::HeaderMap,
    /// Secrets in the body, for redaction.
    secrets: Vec<String>,
}

impl RestCall {
    /// Validates the call options. `name` is the method of the registry, `safety` the safety of repeating the request.
    pub(crate) fn new(
        context: &Context,
        name: &str,
        (method, url): (Method, Url),
        body: Option<&Value>,
        safety: Safety,
        options: &CallOptions,
    ) -> Result<Self> {
        let is_taken = |name| REGISTRY_CALL_OPTIONS.iter().any(|spec| spec.name == name);
        if let Some(spec) = CALL_OPTIONS.iter().find(|spec| options.given(spec.name) && !is_taken(spec.name)) {
            return Err(Error::config(Code::InvalidOption, spec.name, "does not belong to a call of a registry"));
        }
        let plan = Plan::of_call(context, safety, options)?;
        let _ = plan.state.target.set(target(context, name).into());
        let mut secrets = body.and_then(Value::as_object).map(record::secrets).unwrap_or_default();
        let body = body.map(|body| Bytes::from(body.to_string()));
        let headers = header_rules::extra("headers", options.headers.iter().flatten())?;
        secrets.extend(header_rules::texts(&headers));
        Ok(Self { plan, method, url, body, headers, secrets })
    }

    /// Sends the request, with retries. Returns the body as JSON text, `null` if it is empty.
    pub(crate) async fn run(&self, context: &Arc<Context>) -> Result<RawReply> {
        self.run_unredacted(context).await.map_err(|failure| self.redacted(context, &failure))
    }

    /// The error of a failure, without the body's secrets.
    pub(crate) fn redacted(&self, context: &Context, failure: &AttemptError) -> Error {
        context.redacted_of(failure.error.clone(), &self.secrets)
    }

    pub(crate) async fn run_unredacted(&self, context: &Arc<Context>) -> Result<RawReply, AttemptError> {
        let ended = self.plan.within(executor::run_counted(context, &self.plan, self)).await?;
        Ok(ended.into_reply())
    }

    async fn send(&self, context: &Context, attempt: &Attempt) -> Result<PlainAnswer, AttemptError> {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        let headers = request.headers_mut();
        headers.clone_from(&context.settings.headers);
        headers.extend(self.headers.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &attempt.token {
            headers.insert(AUTHORIZATION, token.header.clone());
        }
        if let Ok(id) = HeaderValue::from_str(&attempt.request_id) {
            headers.insert(headers::X_REQUEST_ID, id);
        }
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        attempt
            .in_time(plain::request(&context.http.here(), request, self.body.clone(), &context.settings.limits))
            .await
    }
}

impl Operation for RestCall {
    type Prepared = ();
    type Reply = RawReply;
    const TAKES_SLOT: bool = true;

    fn name(&self) -> OperationName {
        OperationName { method: format!("{} {}", self.method, self.url.path()), tool: None }
    }

    fn status(reply: &RawReply) -> Option<u16> {
        Some(reply.status.as_u16())
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<(), AttemptError> {
        Ok(())
    }

    async fn token(&self, context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
        access_token::current(context).await
    }

    async fn send(&self, context: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<RawReply, AttemptError> {
        let PlainAnswer { status, headers, body } = self.send(context, attempt).await?;
        if !status.is_success() {
            return Err(classify::refused_rest(&self.method, status, &headers, &body, &context.settings.profile));
        }
        let result = if body.is_empty() { Bytes::from_static(b"null") } else { body };
        let value: Value = serde_json::from_slice(&result).map_err(|_| {
            let preview = crate::util::sanitize::preview_of(&result, 200);
            AttemptError::bad_answer(Code::InvalidAnswer, format!("the answer is not JSON: {preview}"))
                .with_response_head(status, &headers)
        })?;
        if value["success"] == Value::Bool(false) {
            let mut failure = classify::refused_rest(
                &self.method,
                StatusCode::BAD_REQUEST,
                &headers,
                &result,
                &context.settings.profile,
            );
            failure.error.info_mut().status = Some(status.as_u16());
            return Err(failure);
        }
        Ok(RawReply { result, status, headers, ..RawReply::default() })
    }
}

/// The target of a call of the registry, for its errors.
pub(super) fn target(context: &Context, name: &str) -> CallTarget {
    CallTarget::of_call(&context.settings.server, name.to_owned(), None)
}

/// An ambiguous failure: no response, or one that does not prove whether the request was executed.
pub(crate) fn is_answer_lost(failure: &AttemptError) -> bool {
    let lost = matches!(failure.class, FailureClass::Lost | FailureClass::BadAnswer | FailureClass::Unreadable)
        || (failure.class == FailureClass::ServerFault && failure.error.info().data.is_none());
    lost && failure.error.delivery() == crate::error::Delivery::MaybeExecuted
}
