//! Input rounds: a server of the modern era responds with requests for input, and the call is sent again with the responses
//! to them (specification 2026-07-28, basic/patterns/mrtr).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::config::header_rules;
use crate::error::{Code, Error};
use crate::protocol::params;
use crate::protocol::raw_result::RawReply;
use crate::session::manager::SessionManager;
use crate::session::server_requests::{self, RequestRefusal};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InputRequired {
    #[serde(default)]
    input_requests: Option<BTreeMap<String, InputRequest>>,
    #[serde(default)]
    request_state: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct InputRequest {
    method: String,
    #[serde(default)]
    params: Option<Box<RawValue>>,
}

/// The idempotency key of a further round of a call, from round 2: its payload differs, so the key of the call would be refused. The same
/// for the same call.
pub(super) fn key_of_round(key: &str, round: u32) -> String {
    let of_round = format!("{key}-r{round}");
    if of_round.len() <= header_rules::MAX_LENGTH {
        return of_round;
    }
    let hash = Sha256::digest(of_round);
    format!("idem_{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The input rounds of one call.
#[derive(Default)]
pub(crate) struct Rounds {
    made: u32,
    /// Rounds in a row without requests for input.
    without_requests: u32,
}

impl Rounds {
    /// The number of rounds; the key of a further round contains it.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }

    /// The params of the next round: those of the call, the responses to the requests for input, and the unchanged state of
    /// the server.
    pub(crate) async fn next(
        &mut self,
        manager: &SessionManager,
        params: &Bytes,
        reply: &RawReply,
    ) -> Result<Bytes, Error> {
        self.made += 1;
        if self.made > manager.context.settings.max_input_rounds {
            let message = format!("the server required input more often than max_input_rounds ({})", self.made - 1);
            return Err(stopped(reply, Code::TooManyRounds, message));
        }
        let required: InputRequired = serde_json::from_slice(&reply.result).map_err(|_| {
            stopped(reply, Code::InvalidInputRequest, "the requests for input of the server cannot be read")
        })?;
        let state = required.request_state.filter(|state| state.get() != "null");
        if state.as_ref().is_some_and(|state| !state.get().starts_with('"')) {
            return Err(stopped(reply, Code::InvalidInputRequest, "the requestState is not a string"));
        }
        let mut members: Vec<(&str, String)> = Vec::new();
        match (&required.input_requests, &state) {
            (None, None) => {
                let message = "the server requires input, but sent neither inputRequests nor a requestState";
                return Err(stopped(reply, Code::InvalidInputRequest, message));
            }
            (None, Some(_)) => {
                // The server only wants the call again. Wait between such rounds.
                if self.without_requests > 0 {
                    tokio::time::sleep(manager.context.settings.backoff.wait(self.without_requests, fastrand::f64()))
                        .await;
                }
                self.without_requests += 1;
            }
            (Some(requests), _) => {
                self.without_requests = 0;
                members.push(("inputResponses", answers(manager, requests, reply).await?));
            }
        }
        if let Some(state) = state {
            members.push(("requestState", state.get().to_owned()));
        }
        params::with_members(params, &members).map(Bytes::from)
    }
}

async fn answers(
    manager: &SessionManager,
    requests: &BTreeMap<String, InputRequest>,
    reply: &RawReply,
) -> Result<String, Error> {
    let mut answers = BTreeMap::new();
    // One after the other, so that a person gets one question at a time.
    for (name, request) in requests {
        let params = request.params.as_ref().map(|params| params.get());
        let method = crate::util::sanitize::preview(request.method.as_bytes());
        let answer = server_requests::call(manager, &request.method, params).await.map_err(|why| match why {
            RequestRefusal::Undeclared => stopped(
                reply,
                Code::InputNotSupported,
                format!("the server requires {method}, which the client did not declare"),
            ),
            RequestRefusal::Malformed(why) => stopped(
                reply,
                Code::InvalidInputRequest,
                format!("the request {method} of the server is invalid: {why}"),
            ),
            RequestRefusal::Failed(why) => {
                let reason = crate::util::sanitize::preview(why.reason.as_bytes());
                let message = format!("the callback for {method} failed: {reason}");
                let mut error = stopped(reply, Code::InputFailed, message);
                error.info_mut().cause_id = why.cause_id;
                error
            }
        })?;
        let answer = RawValue::from_string(answer).unwrap_or_default();
        answers.insert(name.as_str(), answer);
    }
    Ok(serde_json::to_string(&answers).unwrap_or_default())
}

/// The error of a call that is not sent again: the server responded, and required input.
fn stopped(reply: &RawReply, code: Code, message: impl Into<String>) -> Error {
    let mut error = reply.unexpected(code, message).rejected();
    let info = error.info_mut();
    info.retryable = false;
    info.data = serde_json::from_slice(&reply.result).ok();
    error
}
