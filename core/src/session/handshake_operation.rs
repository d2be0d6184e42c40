//! A request of the handshake.

use std::sync::Arc;

use crate::auth::token::Token;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Result};
use crate::oauth::access_token;
use crate::protocol::era;
use crate::protocol::methods::INITIALIZE;
use crate::protocol::raw_result::RawReply;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::operation::{Operation, OperationName};
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;
use crate::session::opening::SessionOpening;
use crate::session::request::RequestTarget;

/// A request of the handshake.
pub(super) struct InHandshake<'a>(
    pub(super) &'a Arc<SessionManager>,
    pub(super) &'a LogicalCall,
    pub(super) &'a SessionOpening,
);

impl Operation for InHandshake<'_> {
    type Prepared = ();
    type Reply = RawReply;
    const OPENS: bool = true;
    const IS_HANDSHAKE: bool = true;

    fn name(&self) -> OperationName {
        self.1.name()
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

    fn renews(&self) -> bool {
        self.2.renews()
    }

    async fn send(&self, _: &Arc<Context>, (): &(), attempt: &Attempt) -> Result<RawReply, AttemptError> {
        let manager = self.0;
        // Only the first request of a handshake may open a link.
        let begins = era::is_opening_request(&self.1.method);
        let (link, inbound) = match begins {
            true => attempt.in_time(self.2.link(manager, attempt)).await?,
            false => self.2.open_link().await.filter(|(link, _)| !link.is_down()).ok_or_else(link_lost)?,
        };
        let headers = self.2.headers();
        let codec = self.2.codec();
        inbound.set_opening_era(codec.era());
        let target = RequestTarget::in_handshake(&link, &inbound, &headers, &codec).with_key(self.1.key.as_ref());
        let id = (!self.1.is_notification).then(|| manager.context.next_id());
        self.1.exchange(manager, target, attempt, id).await.map_err(|mut failure| {
            if !begins && link.is_down() {
                failure.class = FailureClass::SessionLost;
            } else if link.is_process() && link.is_down() {
                let is_first = failure.error.info().code == Code::ProcessExited && self.2.is_first_end();
                if !(is_first && self.1.method == INITIALIZE) {
                    // A program that ended twice before its first response, or wrote one, would end again.
                    failure.class = FailureClass::Refused;
                }
            } else if self.1.is_notification
                && failure.error.info().status.is_some()
                && !matches!(failure.class, FailureClass::SessionLost | FailureClass::Unauthorized)
            {
                // It arrived; a retry would have the same result.
                failure.class = FailureClass::Refused;
            }
            failure
        })
    }
}

/// The link ended during the handshake.
pub(crate) fn link_lost() -> AttemptError {
    AttemptError::new(
        FailureClass::SessionLost,
        Code::SessionLost,
        "the connection to the server ended within the handshake",
    )
}
