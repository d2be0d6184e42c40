//! The Content-Type of a response, and the failures of a body that is of another type.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::error::Code;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::util::headers;
use crate::util::sanitize;

/// The most of a body that a message shows.
const SHOWN: usize = 200;

/// The type that the headers of a response state.
pub(super) enum MediaType {
    Json,
    EventStream,
    /// Another type, or none, as messages show it.
    Other(String),
}

impl MediaType {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = headers::text(headers, &CONTENT_TYPE).unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Self::Json
        } else if essence.eq_ignore_ascii_case("text/event-stream") {
            Self::EventStream
        } else if essence.is_empty() {
            Self::Other("(none)".to_owned())
        } else {
            Self::Other(sanitize::preview(essence.as_bytes()))
        }
    }

    fn shown(&self) -> &str {
        match self {
            Self::Json => "application/json",
            Self::EventStream => "text/event-stream",
            Self::Other(shown) => shown,
        }
    }

    /// The deviation of a server whose body is of another type than the headers state.
    pub(super) fn deviation(&self) -> String {
        format!("the server sent its response with the type {}", self.shown())
    }

    /// The failure of a response that is neither JSON nor an event stream. `is_whole`: its body was not truncated.
    pub(super) fn unexpected(&self, body: &[u8], is_whole: bool, class: FailureClass) -> AttemptError {
        let preview = sanitize::preview_of(body, SHOWN);
        let message =
            format!("the response is of type {} and neither JSON nor an event stream: {preview}", self.shown());
        AttemptError::new(class, Code::UnexpectedContentType, message).with_server_text(preview, is_whole)
    }
}

/// The charset that the headers state, if it is not UTF-8.
pub(super) fn other_charset(headers: &HeaderMap) -> Option<String> {
    let text = headers::text(headers, &CONTENT_TYPE)?;
    let charset = text.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    let is_utf8 = ["utf-8", "utf8", "us-ascii", ""].iter().any(|name| charset.eq_ignore_ascii_case(name));
    (!is_utf8).then(|| sanitize::identifier(charset.as_bytes()))
}
