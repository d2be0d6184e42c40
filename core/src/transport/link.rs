//! What carries the messages of one session.

use std::sync::Arc;

use url::Url;

use crate::error::attempt_error::AttemptError;
use crate::http::pool::Pools;
use crate::transport::deferred_response::Elsewhere;
use crate::transport::http_sse::SseLink;
use crate::transport::message::{Answer, Listener, OutgoingMessage};
use crate::transport::stdio::StdioLink;
use crate::transport::streamable_http;

/// How many turns of the runtime it takes from an event at a socket to the task that reads the stream: that of the connection
/// comes first, and either may be run by another thread.
const TURNS_TO_READ: usize = 8;

pub(crate) enum Link {
    /// Streamable HTTP: each message is a request of its own.
    StreamableHttp { http: Arc<Pools>, url: Url, elsewhere: Arc<Elsewhere> },
    /// The transport of 2024-11-05.
    Sse(SseLink),
    /// A process of ours.
    Stdio(StdioLink),
}

impl Link {
    /// Sends a message and waits for its answer.
    pub(crate) async fn exchange(&self, out: OutgoingMessage, listener: &dyn Listener) -> Result<Answer, AttemptError> {
        match self {
            Self::StreamableHttp { http, url, elsewhere } => {
                let http = http.here();
                elsewhere.exchange(out, listener, |out| streamable_http::post(&http, url, out, listener)).await
            }
            Self::Sse(link) => link.exchange(out, listener).await,
            Self::Stdio(link) => link.exchange(out, listener).await,
        }
    }

    /// Whether nothing can be sent any more, so that the session must be opened anew.
    pub(crate) fn is_down(&self) -> bool {
        match self {
            Self::StreamableHttp { .. } => false,
            Self::Sse(link) => link.is_down(),
            Self::Stdio(link) => link.is_down(),
        }
    }

    /// Lets what has arrived be read, such as the end of the stream: returns after the runtime has polled its sockets and run
    /// the tasks that read them.
    pub(crate) async fn catch_up(&self) {
        if matches!(self, Self::Sse(_)) {
            for _ in 0..TURNS_TO_READ {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Whether the session is that of the link itself, and has no id of its own.
    pub(crate) fn is_the_session(&self) -> bool {
        matches!(self, Self::Sse(_))
    }

    /// Where messages go.
    pub(crate) fn url(&self) -> Option<&Url> {
        match self {
            Self::StreamableHttp { url, .. } => Some(url),
            Self::Sse(link) => Some(link.endpoint()),
            Self::Stdio(_) => None,
        }
    }

    /// Whether each message is a request of its own, with headers of its own.
    pub(crate) fn is_http(&self) -> bool {
        matches!(self, Self::StreamableHttp { .. })
    }

    /// Whether it is a process of ours.
    pub(crate) fn is_process(&self) -> bool {
        matches!(self, Self::Stdio(_))
    }

    /// The last that came on a stream for all requests and was no message.
    pub(crate) fn skipped(&self) -> Option<String> {
        match self {
            Self::StreamableHttp { .. } => None,
            Self::Sse(link) => link.skipped(),
            Self::Stdio(link) => link.skipped(),
        }
    }

    /// Ends what the link holds open.
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
