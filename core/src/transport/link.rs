//! The connection of one session: an HTTP endpoint, an event stream or a child process.

use std::sync::Arc;

use url::Url;

use crate::error::attempt_error::AttemptError;
use crate::http::pool::Pools;
use crate::transport::deferred_response::DeferredResponses;
use crate::transport::http_sse::SseLink;
use crate::transport::message::{Listener, OutgoingMessage, ServerResponse};
use crate::transport::stdio::StdioLink;
use crate::transport::streamable_http;

/// How many times a task yields until an event at a socket has reached the task that reads the stream. The task of the connection
/// runs first, and other threads may run both.
const YIELDS_TO_READ: usize = 8;

pub(crate) enum Link {
    /// Streamable HTTP: each message is one HTTP request.
    StreamableHttp { http: Arc<Pools>, url: Url, deferred: Arc<DeferredResponses> },
    /// The transport of 2024-11-05.
    Sse(SseLink),
    /// A child process.
    Stdio(StdioLink),
}

impl Link {
    /// Sends a message and waits for its response.
    pub(crate) async fn exchange(
        &self,
        out: OutgoingMessage,
        listener: &dyn Listener,
    ) -> Result<ServerResponse, AttemptError> {
        match self {
            Self::StreamableHttp { http, url, deferred } => {
                let http = http.here();
                deferred.exchange(out, listener, |out| streamable_http::post(&http, url, out, listener)).await
            }
            Self::Sse(link) => link.exchange(out, listener).await,
            Self::Stdio(link) => link.exchange(out, listener).await,
        }
    }

    /// Whether nothing can be sent any more, so that another session must be opened.
    pub(crate) fn is_down(&self) -> bool {
        match self {
            Self::StreamableHttp { .. } => false,
            Self::Sse(link) => link.is_down(),
            Self::Stdio(link) => link.is_down(),
        }
    }

    /// Returns after the runtime has polled its sockets and run the tasks that read them, so that an end of the stream that has
    /// arrived is known.
    pub(crate) async fn catch_up(&self) {
        if matches!(self, Self::Sse(_)) {
            for _ in 0..YIELDS_TO_READ {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Whether the link itself is the session, without a session id.
    pub(crate) fn is_the_session(&self) -> bool {
        matches!(self, Self::Sse(_))
    }

    /// The URL that messages are sent to.
    pub(crate) fn url(&self) -> Option<&Url> {
        match self {
            Self::StreamableHttp { url, .. } => Some(url),
            Self::Sse(link) => Some(link.endpoint()),
            Self::Stdio(_) => None,
        }
    }

    /// Whether each message is one HTTP request with its own headers.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self, Self::StreamableHttp { .. })
    }

    /// Whether it is a child process.
    pub(crate) fn is_process(&self) -> bool {
        matches!(self, Self::Stdio(_))
    }

    /// The beginning of the last text on a stream for all requests that was not a message.
    pub(crate) fn skipped(&self) -> Option<String> {
        match self {
            Self::StreamableHttp { .. } => None,
            Self::Sse(link) => link.skipped(),
            Self::Stdio(link) => link.skipped(),
        }
    }

    /// Closes the stream or the process.
    pub(crate) async fn close(&self) {
        match self {
            Self::StreamableHttp { .. } => {}
            Self::Sse(link) => link.close().await,
            Self::Stdio(link) => link.close().await,
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::StreamableHttp { .. } => "streamable_http",
            Self::Sse(_) => "sse",
            Self::Stdio(_) => "stdio",
        })
    }
}
