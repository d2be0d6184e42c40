//! A failed attempt: its failure class, and the error to return if it is the last.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error};
use crate::util::headers;

#[derive(Debug, Clone)]
pub(crate) struct AttemptError {
    pub(crate) class: FailureClass,
    pub(crate) error: Error,
    /// Whether the response refers to the call.
    pub(crate) refers_to_call: RefersToCall,
    /// The text of the server that the message repeats, for rules that depend on it.
    pub(crate) server_text: Option<ServerText>,
    /// The session that the response opened, although it is a failure.
    pub(crate) session_id: Option<Box<HeaderValue>>,
    /// Whether the response is a complete event stream without events.
    pub(crate) is_empty_stream: bool,
    /// The server to which a proxy refused to connect.
    pub(crate) refused_by_proxy: Option<Box<Url>>,
}

/// The beginning of a text that a server sent in the place of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerText {
    /// As messages show it.
    pub(crate) preview: String,
    /// Whether the body or event was not truncated.
    pub(crate) is_whole: bool,
}

/// Whether a response refers to its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RefersToCall {
    /// No, there is only a status: middleware or a proxy may have sent the response.
    #[default]
    No,
    /// By the id of the request; its code has no specific meaning.
    ById,
    /// By a code or challenge that refers to this call or its credentials.
    ByCode,
}

impl AttemptError {
    pub(crate) fn new(class: FailureClass, code: Code, message: impl Into<String>) -> Self {
        Self::of(class, Error::new(code, message).with_delivery(class.delivery()))
    }

    pub(crate) fn of(class: FailureClass, error: Error) -> Self {
        Self {
            class,
            error,
            refers_to_call: RefersToCall::default(),
            server_text: None,
            session_id: None,
            is_empty_stream: false,
            refused_by_proxy: None,
        }
    }

    /// An unusable response caused by a transient fault: the call may have run, and another attempt may receive a good one.
    pub(crate) fn bad_answer(code: Code, message: impl Into<String>) -> Self {
        Self::new(FailureClass::BadAnswer, code, message)
    }

    /// The response to the request, whose content cannot be used: the call ran.
    pub(crate) fn unusable(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Unusable, Code::InvalidAnswer, message)
    }

    /// The failure of a call that must not be repeated, from its error.
    pub(crate) fn not_retried(error: Error) -> Self {
        Self::of(FailureClass::Refused, error)
    }

    /// Adds the text of the server that the message repeats. `is_whole`: its body or event was not truncated.
    pub(crate) fn with_server_text(self, preview: impl Into<String>, is_whole: bool) -> Self {
        Self { server_text: Some(ServerText { preview: preview.into(), is_whole }), ..self }
    }

    /// The text of the server; empty if it sent none.
    pub(crate) fn server_text(&self) -> &str {
        self.server_text.as_ref().map_or("", |text| &text.preview)
    }

    /// Adds status and headers of the response.
    pub(crate) fn with_response_head(mut self, status: http::StatusCode, headers: &HeaderMap) -> Self {
        let info = self.error.info_mut();
        info.status = Some(status.as_u16());
        if let Some(id) = headers::text(headers, &headers::X_REQUEST_ID) {
            info.request_id = Some(crate::util::sanitize::identifier(id.as_bytes()));
        }
        self.session_id = headers.get(&headers::MCP_SESSION_ID).cloned().map(|mut id| {
            id.set_sensitive(true);
            Box::new(id)
        });
        self
    }

    /// Whether the attempt timed out, or the connection broke within the response: other connections of the same age may be dead
    /// too.
    pub(crate) fn is_timeout_or_truncation(&self) -> bool {
        matches!(self.error.info().code, Code::AttemptTimeout | Code::AnswerCut)
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.error.retry_after()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_id_of_a_failure_is_not_shown() {
        let headers = HeaderMap::from_iter([(headers::MCP_SESSION_ID, HeaderValue::from_static("session-0000001"))]);
        let failure = AttemptError::unusable("x").with_response_head(http::StatusCode::BAD_GATEWAY, &headers);
        assert_eq!(*failure.session_id.clone().unwrap(), "session-0000001");
        assert!(!format!("{failure:?}").contains("session-0000001"));
    }
}
