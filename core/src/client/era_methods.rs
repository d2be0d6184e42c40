//! Methods that are carried out by other requests in one of the eras.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use crate::error::attempt_error::AttemptError;
use crate::error::{Delivery, Error, Result};
use crate::protocol::era::Execution;
use crate::protocol::legacy;
use crate::protocol::methods::{SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE};
use crate::protocol::raw_result::RawReply;
use crate::retry::context::ClosePhase;
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::subscriptions::{self, Subscriptions, not_subscribed};

/// Runs a call of a method whose execution depends on the era of the server.
pub(crate) async fn run(manager: &Arc<SessionManager>, method: &str, mut call: LogicalCall) -> Result<RawReply> {
    let session = connected(manager, &call).await?;
    let wanted = method == SUBSCRIBE;
    let reply = match session.era().execution(method) {
        Execution::Request => {
            let reply = call.run(manager).await?;
            if matches!(method, SUBSCRIBE | UNSUBSCRIBE) {
                // Restored in further sessions.
                manager.subscriptions.want(&member(&call, "uri"), wanted);
            }
            reply
        }
        Execution::OtherRequest(other) => {
            call.set_method(other);
            call.bypass_cache();
            RawReply { result: Bytes::from_static(b"{}"), ..call.run(manager).await? }
        }
        Execution::Handshake => {
            let initialized = call
                .within(call.handshake_result(manager))
                .await
                .map_err(|failure| manager.context.redacted(failure.error))?;
            RawReply { result: legacy::as_discover_result(&initialized.result), ..initialized }
        }
        Execution::EachRequest => empty(),
        Execution::SubscriptionStream => subscribe(manager, &session, &call, wanted).await?,
    };
    if method == SET_LEVEL {
        let level = member(&call, "level");
        *manager.log_level.write().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }
    Ok(reply)
}

/// Subscribes or unsubscribes by opening the stream of subscriptions again.
async fn subscribe(
    manager: &Arc<SessionManager>,
    session: &Arc<Session>,
    call: &LogicalCall,
    wanted: bool,
) -> Result<RawReply> {
    let uri = member(call, "uri");
    subscriptions::keep(manager, session);
    let (change, is_new) = manager.subscriptions.want(&uri, wanted);
    if !wanted {
        return Ok(empty());
    }
    let mut pending = PendingSubscription { subscriptions: &manager.subscriptions, uri: &uri, stays: !is_new };
    // From now on, the task of the stream may send the request at any time.
    call.state().reached(Delivery::MaybeExecuted);
    let outcome = async {
        tokio::select! {
            biased;
            outcome = manager.subscriptions.outcome_of(change, &uri) => outcome,
            // `close` ends the stream, so there is no outcome any more.
            () = manager.context.close_phase(ClosePhase::Closing) => {
                Err(AttemptError::not_retried(Error::client_closed().maybe_executed()))
            }
        }
    };
    let acknowledged = call.in_time(outcome).await;
    if !acknowledged.map_err(|failure| manager.context.redacted(failure.error))? {
        return Err(not_subscribed().rejected());
    }
    pending.stays = true;
    Ok(empty())
}

/// Removes a subscription on drop, unless it was acknowledged.
struct PendingSubscription<'a> {
    subscriptions: &'a Subscriptions,
    uri: &'a str,
    stays: bool,
}

impl Drop for PendingSubscription<'_> {
    fn drop(&mut self) {
        if !self.stays {
            self.subscriptions.want(self.uri, false);
        }
    }
}

async fn connected(manager: &Arc<SessionManager>, call: &LogicalCall) -> Result<Arc<Session>> {
    let not_sent = |failure: AttemptError| -> Error {
        // Only the session was opened; the call itself was not sent.
        manager.context.redacted(failure.error).not_sent()
    };
    call.within(call.session(manager)).await.map_err(not_sent)
}

fn member(call: &LogicalCall, name: &str) -> String {
    let params: Value = serde_json::from_slice(call.params()).unwrap_or_default();
    params[name].as_str().unwrap_or_default().to_owned()
}

fn empty() -> RawReply {
    RawReply { result: Bytes::from_static(b"{}"), ..RawReply::default() }
}
