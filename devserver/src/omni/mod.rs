//! The OMNI hosted MCP service: its routes.

pub(crate) mod auth;
pub(crate) mod errors;
pub(crate) mod idempotency;
mod mcp;
pub(crate) use mcp::arguments;
pub(crate) mod rate_limit;

use bytes::Bytes;
use http::Method;

use crate::answer::{Answer, Payload};
use crate::calls::{Done, Plan};
use crate::exchange::Exchange;
use crate::headers;
use crate::listen;
use crate::methods::Versions;
use crate::omni::errors::OmniError;
use crate::omni::idempotency::Store;
use crate::omni::rate_limit::Limiter;
use crate::options::{KeyOptions, Options};
use crate::server_state::Shared;
use crate::sessions::Standing;

const DEFAULT_VERSION: &str = "2025-11-05";
const SUPPORTED_VERSIONS: &[&str] = &["2025-11-05", "2025-06-18", "2025-03-26"];

/// The state of the service.
pub(crate) struct Omni {
    keys: Vec<KeyOptions>,
    versions: Versions,
    limiter: Option<Limiter>,
    store: Store,
}

impl Omni {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: options.keys.clone(),
            versions: Versions::new(options, DEFAULT_VERSION, SUPPORTED_VERSIONS),
            limiter: options.rate_limit.map(|limit| Limiter::new(limit, options.keys.len())),
            store: Store::default(),
        }
    }

    pub(crate) fn prepare(&self, shared: &Shared, exchange: &Exchange) -> Plan {
        let answer = match (&exchange.http_method, exchange.path.as_str()) {
            (&Method::POST, "/mcp") => return self.post(shared, exchange),
            (&Method::GET, "/mcp") => self.listen(shared, exchange),
            (&Method::DELETE, "/mcp") => self.delete(shared, exchange),
            (&Method::GET, "/sse") => self.bootstrap(shared, exchange),
            (_, "/mcp") => Err(method_not_allowed("GET, POST, DELETE")),
            (_, "/sse") => Err(method_not_allowed("GET")),
            _ => Err(OmniError::bad_request("not_found", 404, "there is no such route")),
        };
        Plan::Answer(answer.unwrap_or_else(|error| error.to_rest(exchange.request_id_text())))
    }

    /// GET /mcp: the stream of a session, or the rest of a cut stream.
    fn listen(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, OmniError> {
        auth::check(&self.keys, &exchange.headers).map_err(OmniError::new)?;
        let session = exchange.header(headers::SESSION_ID);
        if is_refused(shared, session) {
            return Err(session_not_found());
        }
        if !shared.options.get_stream {
            return Err(method_not_allowed("POST, DELETE"));
        }
        let session = match session {
            Some(id) => id.to_owned(),
            None => shared.open_session(),
        };
        Ok(listen::open(shared, exchange, Some(&session)).with(headers::SESSION_ID, &session))
    }

    /// DELETE /mcp: an unknown session is not an error.
    fn delete(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, OmniError> {
        auth::check(&self.keys, &exchange.headers).map_err(OmniError::new)?;
        if let Some(id) = exchange.header(headers::SESSION_ID) {
            shared.end_session(id);
        }
        Ok(Answer::empty(204))
    }

    /// GET /sse: sends the endpoint for messages.
    fn bootstrap(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, OmniError> {
        auth::check(&self.keys, &exchange.headers).map_err(OmniError::new)?;
        let first = Bytes::from_static(b"event: endpoint\ndata: /mcp\n\n");
        let answer = Answer::new(200, Payload::Open(first));
        Ok(match shared.options.deprecated_sse {
            true => answer
                .with("deprecation", "@1767225600")
                .with("sunset", "Fri, 01 Jan 2027 00:00:00 GMT")
                .with("link", "</mcp>; rel=\"successor-version\""),
            false => answer,
        })
    }

    /// The response to a call that ran: stored and billed.
    pub(crate) fn finish(&self, shared: &Shared, done: Done) -> Answer {
        mcp::finish(self, shared, done)
    }

    /// The burst and the calls per minute of the current rate limit.
    pub(crate) fn rate_figures(&self) -> Option<(u32, u32)> {
        self.limiter.as_ref().map(Limiter::figures)
    }
}

/// The service's response for a code, in the form of this route.
pub(crate) fn scripted(
    exchange: &Exchange,
    code: &str,
    status: Option<u16>,
    retry_after: Option<String>,
    rate_figures: Option<(u32, u32)>,
) -> Answer {
    let mut error = match code {
        "rate_limit_exceeded" => rate_limit::exceeded(retry_after.as_deref().unwrap_or("1"), rate_figures),
        "insufficient_scope" => errors::insufficient_scope(&mcp::scopes_of(exchange)),
        _ => OmniError::new(code),
    };
    if let Some(status) = status {
        error = error.status(status);
    }
    if let Some(wait) = retry_after {
        error = error.header("retry-after", wait);
    }
    answer_error(exchange, &error)
}

/// The response to a request of an unknown session.
pub(crate) fn session_lost(exchange: &Exchange) -> Answer {
    answer_error(exchange, &session_not_found())
}

/// An error in the form of this route.
fn answer_error(exchange: &Exchange, error: &OmniError) -> Answer {
    match exchange.http_method == Method::POST && exchange.path == "/mcp" {
        true => error.to_rpc(exchange.rpc_id(), exchange.request_id_text()),
        false => error.to_rest(exchange.request_id_text()),
    }
}

fn method_not_allowed(allow: &str) -> OmniError {
    OmniError::bad_request("method_not_allowed", 405, "the route has no such method").header("allow", allow)
}

/// An ended session is refused; one that was never issued only by option.
fn is_refused(shared: &Shared, session: Option<&str>) -> bool {
    session.is_some_and(|id| match shared.sessions().standing(id) {
        Standing::Live => false,
        Standing::Ended | Standing::Elsewhere => true,
        Standing::NeverSeen => shared.options.require_session,
    })
}

fn session_not_found() -> OmniError {
    OmniError::nameless(404, crate::jsonrpc::INVALID_REQUEST, "the session is not known")
}
