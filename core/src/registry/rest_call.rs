//! One request to a registry, made again by the retry table.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::config::call_options::CallOptions;
use crate::config::headers;
use crate::config::option_table::refuse_given;
use crate::error::attempt_error::Failure;
use crate::error::failure_class::Happened;
use crate::error::{Code, Error, Result};
use crate::http::plain::{self, PlainAnswer};
use crate::protocol::raw_result::RawReply;
use crate::registry::record;
use crate::retry::executor::{self, Name, Operation, Plan, Turn};
use crate::retry::policy::Safety;
use crate::session::manager::Core;
use crate::transport::classify;

/// A request that is ready to be sent.
pub(crate) struct RestCall {
    pub(crate) plan: Plan,
    method: Method,
    url: Url,
    body: Option<Bytes>,
    headers: http::HeaderMap,
    /// Texts of the body that no message may show.
    secrets: Vec<String>,
}

impl RestCall {
    /// Checks the options of the call. `safety` says how much harm a second execution could do.
    pub(crate) fn new(
        core: &Core,
        method: Method,
        url: Url,
        body: Option<&Value>,
        safety: Safety,
        options: &CallOptions,
    ) -> Result<Self> {
        refuse_given(
            &[
                ("idempotency_key", options.idempotency_key.is_some()),
                ("honours_idempotency_keys", options.honours_idempotency_keys.is_some()),
                ("raise_tool_errors", options.raise_tool_errors.is_some()),
                ("validate_output", options.validate_output.is_some()),
                ("fresh", options.fresh.is_some()),
            ],
            "does not belong to a call of a registry",
        )?;
        let plan = Plan::of_call(core, safety, options)?;
        let mut secrets = body.and_then(Value::as_object).map(record::secrets).unwrap_or_default();
        let body = body.map(|body| Bytes::from(body.to_string()));
        let headers = headers::extra("headers", options.headers.iter().flatten())?;
        secrets.extend(headers::texts(&headers));
        Ok(Self { plan, method, url, body, headers, secrets })
    }

    /// Sends until there is an answer: its body as JSON text, `null` where it has none.
    pub(crate) async fn run(&self, core: &Arc<Core>) -> Result<RawReply> {
        self.run_unredacted(core).await.map_err(|failure| self.redacted(core, &failure))
    }

    /// The error of a failure, without the body's secrets.
    pub(crate) fn redacted(&self, core: &Core, failure: &Failure) -> Error {
        core.redacted_of(failure.error.clone(), &self.secrets)
    }

    pub(crate) async fn run_unredacted(&self, core: &Arc<Core>) -> Result<RawReply, Failure> {
        let ended = self.plan.within(executor::run_counted(core, &self.plan, self)).await?;
        Ok(ended.into_reply())
    }

    async fn send(&self, core: &Core, turn: &Turn) -> Result<PlainAnswer, Failure> {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        let headers = request.headers_mut();
        headers.clone_from(&core.settings.headers);
        headers.extend(self.headers.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &turn.token {
            headers.insert(AUTHORIZATION, token.header.clone());
        }
        if let Ok(id) = HeaderValue::from_str(&turn.request_id) {
            headers.insert(headers::X_REQUEST_ID, id);
        }
        if self.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        turn.in_time(plain::request(&core.http.here(), request, self.body.clone(), &core.settings.limits)).await
    }
}

impl Operation for RestCall {
    type Ground = ();
    type Reply = RawReply;
    const TAKES_SLOT: bool = true;

    fn name(&self) -> Name {
        Name { method: format!("{} {}", self.method, self.url.path()), tool: None }
    }

    fn status(reply: &RawReply) -> Option<u16> {
        Some(reply.status.as_u16())
    }

    async fn prepare(&self, _: &Arc<Core>) -> Result<(), Failure> {
        Ok(())
    }

    async fn attempt(&self, core: &Arc<Core>, (): &(), turn: &Turn) -> Result<RawReply, Failure> {
        let PlainAnswer { status, headers, body } = self.send(core, turn).await?;
        if !status.is_success() {
            return Err(classify::refused_rest(&self.method, status, &headers, &body, &core.settings.profile));
        }
        let result = if body.is_empty() { Bytes::from_static(b"null") } else { body };
        let value: Value = serde_json::from_slice(&result).map_err(|_| {
            let preview = crate::util::sanitize::preview_of(&result, 200);
            Failure::bad_answer(Code::InvalidAnswer, format!("the answer is not JSON: {preview}"))
                .answered(status, &headers)
        })?;
        if value["success"] == Value::Bool(false) {
            let mut failure = classify::refused_rest(
                &self.method,
                StatusCode::BAD_REQUEST,
                &headers,
                &result,
                &core.settings.profile,
            );
            failure.error.info_mut().status = Some(status.as_u16());
            return Err(failure);
        }
        Ok(RawReply { result, status, headers, ..RawReply::default() })
    }
}

/// A failure after which nothing is known of a request: its answer, or a gateway's, told nothing of it.
pub(crate) fn is_answer_lost(failure: &Failure) -> bool {
    let lost = matches!(failure.happened, Happened::Lost | Happened::BadAnswer | Happened::Unreadable)
        || (failure.happened == Happened::ServerFault && failure.error.info().data.is_none());
    lost && failure.error.delivery() == crate::error::Delivery::MaybeExecuted
}
