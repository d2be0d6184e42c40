//! The arguments of `on_request` and `on_response`: one HTTP request of an attempt, and its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde::Serialize;
use url::Url;

/// Argument of `on_request`: an HTTP request of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequestInfo {
    /// The method of the protocol, such as `tools/call`.
    pub method: String,
    /// The tool that is called.
    pub tool: Option<String>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The request id of the attempt.
    pub request_id: String,
    /// The address, without query.
    pub url: String,
    /// The headers, by lower-case name. Values that may be secret are `[redacted]`.
    pub headers: BTreeMap<String, String>,
}

/// Argument of `on_response`: the end of an HTTP request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResponseInfo {
    /// The method of the protocol, such as `tools/call`.
    pub method: String,
    /// The tool that is called.
    pub tool: Option<String>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The request id of the attempt.
    pub request_id: String,
    /// The address, without query.
    pub url: String,
    /// The HTTP status; `None` if no response arrived.
    pub status: Option<u16>,
    /// The code of the failure if no response arrived. `None` also if the attempt was ended before: by a timeout, or because the
    /// call was cancelled.
    pub code: Option<&'static str>,
    /// The time until the head of the response arrived, or until the failure.
    pub duration_ms: f64,
    /// The headers of the response, by lower-case name. Values that may be secret are `[redacted]`.
    pub headers: BTreeMap<String, String>,
}

/// How an HTTP request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HttpOutcome<'a> {
    /// The head of a response arrived.
    Response(StatusCode, &'a HeaderMap),
    /// No response arrived; the code of the failure.
    Failure(&'static str),
    /// The attempt was ended before.
    Dropped,
}

/// Observes the HTTP requests of one attempt.
pub(crate) trait HttpObserver: Send + Sync {
    /// A request is about to be sent.
    fn request(&self, url: &Url, headers: &HeaderMap);

    /// The request ended.
    fn response(&self, url: &Url, outcome: HttpOutcome<'_>, duration: Duration);
}

/// The observer of an attempt, if there are callbacks.
pub(crate) type Observer = Option<Arc<dyn HttpObserver>>;

/// A request that is being sent. Its end is reported in any case.
pub(crate) struct ObservedRequest<'a> {
    observer: &'a dyn HttpObserver,
    url: Url,
    begun: tokio::time::Instant,
    has_ended: bool,
}

impl<'a> ObservedRequest<'a> {
    pub(crate) fn begin(observer: &'a dyn HttpObserver, url: &Url, headers: &HeaderMap) -> Self {
        observer.request(url, headers);
        Self { observer, url: url.clone(), begun: tokio::time::Instant::now(), has_ended: false }
    }

    pub(crate) fn end(mut self, outcome: HttpOutcome<'_>) {
        self.report(outcome);
    }

    fn report(&mut self, outcome: HttpOutcome<'_>) {
        self.has_ended = true;
        self.observer.response(&self.url, outcome, self.begun.elapsed());
    }
}

impl Drop for ObservedRequest<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.report(HttpOutcome::Dropped);
        }
    }
}
