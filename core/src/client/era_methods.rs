//! Methods that differ between legacy and modern protocol versions.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::error::attempt_error::AttemptError;
use crate::error::{Error, Result};
use crate::protocol::modern;
use crate::protocol::raw_result::RawReply;
use crate::session::call::LogicalCall;
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::subscriptions::{Subscriptions, not_subscribed};

/// Result of `server/discover`, or of the legacy handshake.
pub(crate) async fn discover(core: &Arc<SessionManager>, call: LogicalCall) -> Result<RawReply> {
    let peer = connected(core, &call).await?;
    if peer.modern.is_some() {
        return call.run(core).await;
    }
    let welcome = call.within(core.shake_hands()).await.map_err(|failure| told(core, failure))?;
    let said: Value = serde_json::from_slice(&welcome.result).unwrap_or_default();
    let mut found = json!({
        "supportedVersions": [said["protocolVersion"]],
        "capabilities": said["capabilities"],
        "_meta": { "io.modelcontextprotocol/serverInfo": said["serverInfo"] },
    });
    if let Some(instructions) = said.get("instructions") {
        found["instructions"] = instructions.clone();
    }
    Ok(RawReply { result: found.to_string().into(), ..welcome })
}

/// Checks that the server responds: by `ping`, or by `server/discover` in modern versions, which have no ping.
pub(crate) async fn ping(core: &Arc<SessionManager>, mut call: LogicalCall) -> Result<RawReply> {
    let peer = connected(core, &call).await?;
    if peer.modern.is_none() {
        return call.run(core).await;
    }
    call.set_method(modern::DISCOVER);
    call.ask_anew();
    Ok(RawReply { result: Bytes::from_static(b"{}"), ..call.run(core).await? })
}

/// Sets the minimum level of log messages: by a request, or in modern versions in each further request.
pub(crate) async fn set_level(core: &Arc<SessionManager>, call: LogicalCall) -> Result<RawReply> {
    let level = member(&call, "level");
    let peer = connected(core, &call).await?;
    let reply = match peer.modern {
        Some(_) => empty(),
        None => call.run(core).await?,
    };
    *core.log_level.write().unwrap_or_else(PoisonError::into_inner) = Some(level);
    Ok(reply)
}

/// Subscribes or unsubscribes: by a request, or in modern versions by a new stream.
pub(crate) async fn subscribe(core: &Arc<SessionManager>, call: LogicalCall, wanted: bool) -> Result<RawReply> {
    let uri = member(&call, "uri");
    let peer = connected(core, &call).await?;
    if peer.modern.is_none() {
        let reply = call.run(core).await?;
        core.subscriptions.want(&uri, wanted);
        return Ok(reply);
    }
    core.keep_subscribed(&peer);
    let (change, is_new) = core.subscriptions.want(&uri, wanted);
    if !wanted {
        return Ok(empty());
    }
    let mut wanted = Wanted { subscriptions: &core.subscriptions, uri: &uri, stays: !is_new };
    let told_of =
        call.in_time(core.subscriptions.came_to(change, &uri)).await.map_err(|failure| told(core, failure))?;
    if !told_of {
        return Err(not_subscribed().rejected());
    }
    wanted.stays = true;
    Ok(empty())
}

/// Guard of a pending subscription. Removes it on drop, unless it was confirmed.
struct Wanted<'a> {
    subscriptions: &'a Subscriptions,
    uri: &'a str,
    stays: bool,
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        if !self.stays {
            self.subscriptions.want(self.uri, false);
        }
    }
}

async fn connected(core: &Arc<SessionManager>, call: &LogicalCall) -> Result<Arc<Session>> {
    // Only the session was opened; the call itself was not sent.
    call.within(core.peer()).await.map_err(|failure| told(core, failure).not_sent())
}

fn told(core: &SessionManager, failure: AttemptError) -> Error {
    core.redacted(failure.error)
}

fn member(call: &LogicalCall, name: &str) -> String {
    let params: Value = serde_json::from_slice(call.params()).unwrap_or_default();
    params[name].as_str().unwrap_or_default().to_owned()
}

fn empty() -> RawReply {
    RawReply { result: Bytes::from_static(b"{}"), ..RawReply::default() }
}
