//! Runs a call until it has a result or a final error: cache, output validation and input rounds.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use http::HeaderValue;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use crate::config::header_rules;
use crate::error::attempt_error::AttemptError;
use crate::error::{Code, Delivery, Error, Result};
use crate::protocol::methods::TOOLS_CALL;
use crate::protocol::raw_result::RawReply;
use crate::retry::context::ClosePhase;
use crate::retry::operation::Operation;
use crate::retry::{executor, idempotency};
use crate::session::call::LogicalCall;
use crate::session::cancellation::CancelOnDrop;
use crate::session::handshake_operation::InHandshake;
use crate::session::input_rounds::{self, Rounds};
use crate::session::manager::SessionManager;
use crate::session::opening::SessionOpening;
use crate::session::session_operation::InSession;
use crate::session::{output_schemas, result_cache};

impl LogicalCall {
    /// Runs the call to a result, or to an error with its delivery.
    pub(crate) async fn run(&self, manager: &Arc<SessionManager>) -> Result<RawReply> {
        let key = if self.fresh || manager.context.is_closed() { None } else { self.cache_key(manager) };
        if let Some(cached) = key.as_ref().and_then(|key| manager.cache.get(key)) {
            return Ok(cached);
        }
        let key = key.map(|key| (key, manager.cache.now()));
        let begun = Instant::now();
        let attempts = async {
            let schema = match self.validate_output && self.method == TOOLS_CALL {
                true => {
                    manager.output_schema(&self.params, &self.opening_limits()).await.map_err(AttemptError::not_sent)?
                }
                false => None,
            };
            // Boxed because it is large: each enclosing future would contain it.
            let (reply, rounds) = Box::pin(self.rounds(manager)).await?;
            // The server has responded, whatever error follows.
            self.plan.state.reached(Delivery::Executed);
            if let Some(schema) = schema {
                output_schemas::check(manager, schema, &reply).await.map_err(AttemptError::not_retried)?;
            }
            Ok((reply, rounds))
        };
        let (reply, rounds) = self.within(attempts).await.map_err(|failure| {
            if failure.error.info().code == Code::TotalTimeout {
                manager.context.http.renew(begun);
            }
            let error = manager.context.redacted_of(failure.error, &header_rules::texts(&self.headers));
            match &self.key {
                Some((key, _)) if error.delivery() == Delivery::NotSent && self.claimed => {
                    manager.context.used_keys.release(key)
                }
                // The caller may use this key again, with the same payload only.
                Some((key, _)) => drop(manager.context.used_keys.claim(key, &self.method, &self.payload)),
                None => {}
            }
            error
        })?;
        // The result of input rounds depends on input that is not part of the key.
        let mut reply = reply;
        manager.context.redact_headers(&mut reply.headers);
        if let Some((key, moment)) = key.filter(|_| rounds == 0)
            && manager.session.current().is_some_and(|session| session.era().has_cacheable_results())
        {
            manager.cache.keep(key, &reply, moment);
        }
        reply.warnings.append(&mut manager.context.take_warnings());
        Ok(reply)
    }

    /// The key of the result in the cache; `None` if it must not be cached, as with headers of the caller.
    fn cache_key(&self, manager: &SessionManager) -> Option<result_cache::CacheKey> {
        let token = manager.context.tokens.current().map(|token| token.generation);
        if token.is_none() && manager.context.settings.credentials.are_renewed() {
            // The identity that the server would see is not known yet.
            return None;
        }
        self.headers.is_empty().then(|| result_cache::CacheKey::of(&self.method, &self.params, token)).flatten()
    }

    /// Repeats the call as long as the server requires input. Returns the number of rounds too.
    async fn rounds(&self, manager: &Arc<SessionManager>) -> Result<(RawReply, u32), AttemptError> {
        let unanswered = CancelOnDrop::new(manager);
        let mut rounds = Rounds::default();
        let mut params = self.params.clone();
        let mut attempts = 0;
        loop {
            let of_round = self.key_of_round(manager, &rounds, &params)?;
            let operation = InSession {
                manager,
                call: self,
                params: &params,
                key: of_round.as_ref().or(self.key.as_ref()),
                unanswered: &unanswered,
                uncertain: Mutex::default(),
                contradicted: Mutex::default(),
                learned_headers: AtomicBool::new(false),
                suspected: Mutex::default(),
                counted_in: Mutex::default(),
                renewed: AtomicBool::new(false),
            };
            let serial = self.serialize(manager).await;
            let mut reply = self.send(manager, &operation).await.map_err(|mut failure| {
                operation.suspect_session(manager);
                failure.error.info_mut().attempts += attempts;
                failure
            })?;
            drop(serial);
            attempts += reply.attempts;
            reply.attempts = attempts;
            // The key of the caller, with which the whole call can be repeated.
            reply.idempotency_key = self.key.as_ref().map(|(key, _)| key.clone());
            if !reply.input_required {
                return Ok((reply, rounds.made()));
            }
            // The server responded without running the call, whatever happens to the input.
            self.plan.state.reached(Delivery::Rejected);
            params = tokio::select! {
                biased;
                () = manager.context.close_phase(ClosePhase::Closing) => {
                    Err(reply.unexpected(Code::ClientClosed, "the client was closed during an input round").rejected())
                }
                next = rounds.next(manager, &self.params, &reply) => next,
            }
            .map_err(AttemptError::not_retried)?;
        }
    }

    /// The key of a further round. Its payload differs, so the server would refuse the key of the call.
    fn key_of_round(
        &self,
        manager: &SessionManager,
        rounds: &Rounds,
        params: &[u8],
    ) -> Result<Option<(String, HeaderValue)>, AttemptError> {
        let (Some((key, _)), round @ 1..) = (&self.key, rounds.made()) else { return Ok(None) };
        let rejected = |error: Error| AttemptError::not_retried(error.rejected());
        let key = input_rounds::key_of_round(key, round + 1);
        manager.context.used_keys.claim(&key, &self.method, params).map_err(rejected)?;
        let header = idempotency::header(&key).map_err(rejected)?;
        Ok(Some((key, header)))
    }

    /// Waits for earlier tool calls if `force_serial_tool_calls` is set.
    async fn serialize<'a>(&self, manager: &'a SessionManager) -> Option<MutexGuard<'a, ()>> {
        let in_line = manager.context.settings.force_serial_tool_calls && self.method == TOOLS_CALL;
        if in_line { Some(manager.serial.lock().await) } else { None }
    }

    /// Runs the call as part of the handshake.
    pub(crate) async fn run_opening(
        &self,
        manager: &Arc<SessionManager>,
        opening: &SessionOpening,
    ) -> Result<RawReply, AttemptError> {
        self.send(manager, &InHandshake(manager, self, opening)).await
    }

    async fn send<O: Operation<Reply = RawReply>>(
        &self,
        manager: &Arc<SessionManager>,
        operation: &O,
    ) -> Result<RawReply, AttemptError> {
        Ok(executor::run_counted(&manager.context, &self.plan, operation).await?.into_reply())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::config::call_options::CallOptions;
    use crate::config::client_options::ClientConfig;

    /// Each enclosing future contains this one, so its large parts are boxed.
    #[test]
    fn the_future_of_a_call_is_small() {
        let settings = ClientConfig::default().api_key("k").resolve(|_| None).unwrap();
        let manager = Arc::new(SessionManager::new(settings).unwrap());
        let params = Bytes::from_static(br#"{"name":"t"}"#);
        let call =
            LogicalCall::prepare(&manager, TOOLS_CALL, "arguments", params, &CallOptions::default(), None).unwrap();
        let size = size_of_val(&call.run(&manager));
        assert!(size <= 4096, "{size} bytes");
    }
}
