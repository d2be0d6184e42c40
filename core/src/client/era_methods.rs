//! Methods that are carried out by other requests in one of the eras.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use crate::error::attempt_error::AttemptError;
use crate::error::{Error, Result};
use crate::protocol::era::Execution;
use crate::protocol::legacy;
use crate::protocol::methods::{SET_LEVEL, SUBSCRIBE, UNSUBSCRIBE};
use crate::protocol::raw_result::RawReply;
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::subscriptions::{Subscriptions, not_subscribed};

/// Runs a call of a method whose execution depends on the era of the server.
pub(crate) async fn run(core: &Arc<SessionManager>, method: &str, mut call: LogicalCall) -> Result<RawReply> {
    let session = connected(core, &call).await?;
    let wanted = method == SUBSCRIBE;
    let reply = match session.era().execution(method) {
        Execution::Request => {
            let reply = call.run(core).await?;
            if matches!(method, SUBSCRIBE | UNSUBSCRIBE) {
                // Restored in further sessions.
                core.subscriptions.want(&member(&call, "uri"), wanted);
            }
            reply
        }
        Execution::OtherRequest(other) => {
            call.set_method(other);
            call.ask_anew();
            RawReply { result: Bytes::from_static(b"{}"), ..call.run(core).await? }
        }
        Execution::Handshake => {
            let initialized =
                call.within(core.shake_hands()).await.map_err(|failure| core.context.redacted(failure.error))?;
            RawReply { result: legacy::as_discover_result(&initialized.result), ..initialized }
        }
        Execution::EachRequest => empty(),
        Execution::SubscriptionStream => subscribe(core, &session, &call, wanted).await?,
    };
    if method == SET_LEVEL {
        let level = member(&call, "level");
        *core.log_level.write().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }
    Ok(reply)
}

/// Subscribes or unsubscribes by opening the stream of subscriptions again.
async fn subscribe(
    core: &Arc<SessionManager>,
    session: &Arc<Session>,
    call: &LogicalCall,
    wanted: bool,
) -> Result<RawReply> {
    let uri = member(call, "uri");
    core.keep_subscribed(session);
    let (change, is_new) = core.subscriptions.want(&uri, wanted);
    if !wanted {
        return Ok(empty());
    }
    let mut pending = PendingSubscription { subscriptions: &core.subscriptions, uri: &uri, stays: !is_new };
    let acknowledged = call.in_time(core.subscriptions.came_to(change, &uri)).await;
    if !acknowledged.map_err(|failure| core.context.redacted(failure.error))? {
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

async fn connected(core: &Arc<SessionManager>, call: &LogicalCall) -> Result<Arc<Session>> {
    let not_sent = |failure: AttemptError| -> Error {
        // Only the session was opened; the call itself was not sent.
        core.context.redacted(failure.error).not_sent()
    };
    call.within(core.peer()).await.map_err(not_sent)
}

fn member(call: &LogicalCall, name: &str) -> String {
    let params: Value = serde_json::from_slice(call.params()).unwrap_or_default();
    params[name].as_str().unwrap_or_default().to_owned()
}

fn empty() -> RawReply {
    RawReply { result: Bytes::from_static(b"{}"), ..RawReply::default() }
}
