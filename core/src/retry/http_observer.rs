//! Calls `on_request` and `on_response`, without secrets.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::config::callbacks::{ON_REQUEST, ON_RESPONSE};
use crate::observe::http_exchange::{HttpObserver, HttpOutcome, Observer, RequestInfo, ResponseInfo};
use crate::observe::log::log_event;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::operation::OperationName;
use crate::retry::redact::REDACTED;
use crate::util::sanitize::preview;

/// Headers whose values are not shown. So are those of `headers` in the options, which are marked as sensitive.
const HIDDEN: &[&str] = &[
    "authorization",
    "baggage",
    "cookie",
    "location",
    "mcp-session-id",
    "proxy-authorization",
    "set-cookie",
    "www-authenticate",
    "x-session-id",
];
/// The beginning of names of headers that contain an argument of the tool.
const ARGUMENTS: &str = "mcp-param-";

/// Observes the HTTP requests of one attempt.
struct AttemptObserver {
    context: Arc<Context>,
    name: OperationName,
    attempt: u32,
    request_id: String,
}

/// The observer of an attempt; `None` without callbacks.
pub(crate) fn of_attempt(context: &Arc<Context>, name: impl FnOnce() -> OperationName, attempt: &Attempt) -> Observer {
    let callbacks = &context.settings.callbacks;
    if callbacks.request.is_none() && callbacks.response.is_none() {
        return None;
    }
    let (context, request_id) = (Arc::clone(context), attempt.request_id.clone());
    Some(Arc::new(AttemptObserver { context, name: name(), attempt: attempt.number, request_id }))
}

impl HttpObserver for AttemptObserver {
    fn request(&self, url: &Url, headers: &HeaderMap) {
        let Some(callback) = &self.context.settings.callbacks.request else { return };
        let info = RequestInfo {
            method: self.name.method.clone(),
            tool: self.name.tool.clone(),
            attempt: self.attempt,
            request_id: self.request_id.clone(),
            url: self.shown_url(url),
            headers: self.shown_headers(headers),
        };
        self.run(ON_REQUEST, || callback(info));
    }

    fn response(&self, url: &Url, outcome: HttpOutcome<'_>, duration: Duration) {
        let Some(callback) = &self.context.settings.callbacks.response else { return };
        let (status, code, headers) = match outcome {
            HttpOutcome::Response(status, headers) => (Some(status.as_u16()), None, self.shown_headers(headers)),
            HttpOutcome::Failure(code) => (None, Some(code), BTreeMap::new()),
            HttpOutcome::Dropped => (None, None, BTreeMap::new()),
        };
        let info = ResponseInfo {
            method: self.name.method.clone(),
            tool: self.name.tool.clone(),
            attempt: self.attempt,
            request_id: self.request_id.clone(),
            url: self.shown_url(url),
            status,
            code,
            duration_ms: duration.as_secs_f64() * 1000.0,
            headers,
        };
        self.run(ON_RESPONSE, || callback(info));
    }
}

impl AttemptObserver {
    /// A callback that panics does not affect the call.
    fn run(&self, callback: &'static str, call: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(call)).is_err() {
            log_event!(self.context.log(), WARN, "a callback failed", callback = callback);
        }
    }

    fn shown_url(&self, url: &Url) -> String {
        let mut shown = format!("{}{}", url.origin().ascii_serialization(), url.path());
        self.context.redact_text(&mut shown);
        shown
    }

    fn shown_headers(&self, headers: &HeaderMap) -> BTreeMap<String, String> {
        let mut shown = BTreeMap::<String, String>::new();
        for (name, value) in headers {
            let text = self.shown_value(name, value);
            shown
                .entry(name.as_str().to_owned())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(&text);
                })
                .or_insert(text);
        }
        shown
    }

    fn shown_value(&self, name: &HeaderName, value: &HeaderValue) -> String {
        let is_hidden = HIDDEN.contains(&name.as_str()) || name.as_str().starts_with(ARGUMENTS);
        if is_hidden || value.is_sensitive() {
            return REDACTED.to_owned();
        }
        let mut text = preview(value.as_bytes());
        self.context.redact_text(&mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;

    #[test]
    fn neither_query_nor_secrets_are_shown() {
        let config =
            ClientConfig::default().api_key("key_secret_1").headers([("x-a".to_owned(), "header_secret_1".into())]);
        let context = Context::new(config.resolve(|_| None).unwrap()).unwrap();
        let name = OperationName::of("ping");
        let observer = AttemptObserver { context: Arc::new(context), name, attempt: 1, request_id: "req_1".to_owned() };
        let url = Url::parse("https://user:pass@a.example/key_secret_1/mcp?token=t#f").unwrap();
        assert_eq!(observer.shown_url(&url), "https://a.example/[redacted]/mcp");
        let headers = [
            ("authorization", "Bearer other"),
            ("date", "header_secret_1"),
            ("mcp-param-city", "Bern"),
            ("vary", "a"),
            ("vary", "b"),
        ];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let shown = observer.shown_headers(&headers.into_iter().collect());
        let expected =
            [("authorization", REDACTED), ("date", REDACTED), ("mcp-param-city", REDACTED), ("vary", "a, b")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
}
