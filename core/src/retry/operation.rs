//! The interface of an operation for the loop over attempts.

use std::pin::Pin;
use std::sync::Arc;

use crate::auth::token::Token;
use crate::error::attempt_error::AttemptError;
use crate::protocol::raw_result::RawReply;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;

/// The result of [`Operation::learn_headers`]. Boxed, because it runs operations itself.
pub(crate) type LearnHeaders<'a> = Pin<Box<dyn Future<Output = Result<(), AttemptError>> + Send + 'a>>;

/// A request that may take several attempts: a message to an MCP server, a request to a registry or a token endpoint.
pub(crate) trait Operation: Sync {
    /// The prerequisite of an attempt, such as an open session.
    type Prepared: Send + Sync;
    /// The result of a successful attempt.
    type Reply: Send;
    /// Whether it is part of opening a session, so that it starts even if the client was closed meanwhile.
    const OPENS: bool = false;
    /// Whether it is a request of the handshake.
    const IS_HANDSHAKE: bool = false;
    /// Whether an attempt takes one of the client's connections (the option max_connections).
    const TAKES_SLOT: bool = false;

    /// Its name in log records.
    fn name(&self) -> OperationName;

    /// The HTTP status of the response, if it has one.
    fn status(_reply: &Self::Reply) -> Option<u16> {
        None
    }

    /// Prepares an attempt, with its own retries: a failure ends the operation.
    fn prepare(&self, context: &Arc<Context>) -> impl Future<Output = Result<Self::Prepared, AttemptError>> + Send;

    /// The failure that ends the operation before another attempt, if what was prepared shows that the last failure is final.
    fn final_failure(&self, _prepared: &Self::Prepared) -> Option<AttemptError> {
        None
    }

    /// The token to send. `None` if its requests carry no token that is renewed.
    fn token(&self, _context: &Arc<Context>) -> impl Future<Output = Result<Option<Arc<Token>>, AttemptError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Sends once.
    fn send(
        &self,
        context: &Arc<Context>,
        prepared: &Self::Prepared,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<Self::Reply, AttemptError>> + Send;

    /// Learns the headers that the server requires, after it refused a request because of them.
    fn learn_headers(&self) -> LearnHeaders<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether other calls used the lost session too, so that it is worth opening more than once.
    fn was_shared(&self, _prepared: &Self::Prepared) -> bool {
        false
    }

    /// Whether a refused token may be renewed.
    fn renews(&self) -> bool {
        true
    }

    /// Called with each failure, for example to drop a lost session.
    fn failed(&self, _prepared: &Self::Prepared, _failure: &AttemptError) {}
}

/// The name of an operation in log records.
pub(crate) struct OperationName {
    /// The method of the protocol, or a description of the request.
    pub(crate) method: String,
    /// The tool that is called.
    pub(crate) tool: Option<String>,
}

impl OperationName {
    /// The tool if there is one, else the method.
    pub(crate) fn shortest(self) -> String {
        self.tool.unwrap_or(self.method)
    }

    /// The name of a request that is not a method of the protocol.
    pub(crate) fn of(what: &str) -> Self {
        Self { method: what.to_owned(), tool: None }
    }
}

/// A reply, and how many attempts were made.
pub(crate) struct Completed<T> {
    pub(crate) reply: T,
    pub(crate) attempts: u32,
    pub(crate) request_id: String,
}

impl Completed<RawReply> {
    /// The reply, with these in its metadata.
    pub(crate) fn into_reply(self) -> RawReply {
        RawReply { attempts: self.attempts, request_id: Some(self.request_id), ..self.reply }
    }
}
