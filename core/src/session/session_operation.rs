//! A call in an open session.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderValue;

use crate::auth::token::Token;
use crate::config::call_options::CallOptions;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;
use crate::error::{Code, Error, Result};
use crate::oauth::access_token;
use crate::protocol::era::Era;
use crate::protocol::methods::TOOLS_LIST;
use crate::protocol::raw_result::RawReply;
use crate::protocol::safety::Safety;
use crate::retry::attempt::Attempt;
use crate::retry::context::Context;
use crate::retry::operation::{LearnHeaders, Operation, OperationName};
use crate::session::call::LogicalCall;
use crate::session::cancellation::CancelOnDrop;
use crate::session::loss::{self, LossSign, Suspicion};
use crate::session::manager::SessionManager;
use crate::session::open_session::Session;
use crate::session::pagination;
use crate::session::request::RequestTarget;

/// A call in an open session.
pub(super) struct InSession<'a> {
    pub(super) manager: &'a Arc<SessionManager>,
    pub(super) call: &'a LogicalCall,
    pub(super) params: &'a Bytes,
    pub(super) key: Option<&'a (String, HeaderValue)>,
    pub(super) unanswered: &'a CancelOnDrop,
    /// The last refusal, if only a changed era would prove that the call did not run, and the era that the server was taken for.
    pub(super) uncertain: Mutex<Option<(Era, AttemptError)>>,
    /// The era that the server was taken for, and the JSON-RPC code of the last refusal that contradicts it.
    pub(super) contradicted: Mutex<Option<(Era, Option<i64>)>>,
    /// Whether the tools were listed again because the headers of this call were refused.
    pub(super) learned_headers: AtomicBool,
    /// The last failure, if the next call is to open a new session because of it, and its session.
    pub(super) suspected: Mutex<Option<(LossSign, Arc<Session>)>>,
    /// The last session that counts this call.
    pub(super) counted_in: Mutex<Option<u64>>,
    /// Whether a refused token was renewed.
    pub(super) renewed: AtomicBool,
}

impl InSession<'_> {
    /// Judges whether a failure means that the session is lost. Then the call is sent again in a new session, or the next
    /// call opens one.
    fn handle_session_loss(
        &self,
        manager: &Arc<SessionManager>,
        session: &Arc<Session>,
        attempt: &Attempt,
        mut failure: AttemptError,
    ) -> AttemptError {
        let is_established = session.session_id().is_some() || session.link.is_the_session();
        if !session.era().has_sessions() || !is_established || failure.class == FailureClass::SessionLost {
            return failure;
        }
        let named = loss::names_unknown_session(&failure);
        if named && !manager.context.settings.strict {
            failure = failure.at_most_rejected();
        }
        if failure.class == FailureClass::Unauthorized
            && !named
            && attempt.token.is_some()
            && !self.renewed.swap(true, Ordering::Relaxed)
        {
            // Try another token first.
            return failure;
        }
        // An open stream proves that the server knows the session, unless its text contradicts that.
        if !named && session.link.is_the_session() {
            return failure;
        }
        let sign = || LossSign::of(&failure, named, self.call.name().shortest());
        match loss::suspicion(&failure, named, &manager.context.settings.profile, self.call.plan.safety) {
            Suspicion::None => failure,
            Suspicion::ForNextCall => {
                let suspected = Some((sign(), Arc::clone(session)));
                *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = suspected;
                failure
            }
            Suspicion::SendAgain if !manager.suspects(&sign(), session) => failure,
            Suspicion::SendAgain if self.call.plan.max_attempts <= 1 => {
                manager.lose_session(session.generation);
                failure
            }
            Suspicion::SendAgain => {
                manager.token_is_new.store(self.renewed.load(Ordering::Relaxed), Ordering::Relaxed);
                AttemptError { class: FailureClass::SessionLost, ..failure }
            }
        }
    }

    /// Whether a refusal requires another detection of the era. It does not if an earlier detection after the same refusal
    /// confirmed the era.
    fn must_detect_era(&self, manager: &Arc<SessionManager>, session: &Session, failure: &AttemptError) -> bool {
        let era = session.era();
        if !era.can_change(session.link.is_process())
            || !era.is_contradicted_by(failure, &manager.context.settings.versions())
        {
            return false;
        }
        let contradiction = (era, failure.error.info().rpc_code);
        let before = self.contradicted.lock().unwrap_or_else(PoisonError::into_inner).replace(contradiction);
        if before == Some(contradiction) {
            manager.record_era_confirmed(contradiction.0, contradiction.1);
        }
        !manager.is_era_confirmed(contradiction.0, contradiction.1)
    }

    /// Whether the headers of this tool are refused again directly after they were learned.
    fn is_refused_again(&self, manager: &SessionManager) -> bool {
        let name = format!("the headers of {}", self.call.name().shortest());
        if self.learned_headers.load(Ordering::Relaxed) {
            manager.context.note_invalid(name);
            return false;
        }
        manager.context.is_always_invalid(&name)
    }

    /// The call failed: if its last failure may mean a lost session, the next call opens a new one.
    pub(super) fn suspect_session(&self, manager: &Arc<SessionManager>) {
        let suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sign, session)) = suspected
            && manager.suspects(&sign, &session)
        {
            manager.lose_session(session.generation);
        }
    }
}

impl Operation for InSession<'_> {
    type Prepared = Arc<Session>;
    type Reply = RawReply;
    const TAKES_SLOT: bool = true;

    fn name(&self) -> OperationName {
        self.call.name()
    }

    fn status(reply: &RawReply) -> Option<u16> {
        Some(reply.status.as_u16())
    }

    async fn prepare(&self, _: &Arc<Context>) -> Result<Arc<Session>, AttemptError> {
        self.manager.connected(&self.call.opening_limits()).await
    }

    fn final_failure(&self, session: &Arc<Session>) -> Option<AttemptError> {
        let uncertain = self.uncertain.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (era, failure) = uncertain.filter(|(era, _)| *era == session.era())?;
        self.manager.record_era_confirmed(era, failure.error.info().rpc_code);
        Some(failure)
    }

    async fn token(&self, context: &Arc<Context>) -> Result<Option<Arc<Token>>, AttemptError> {
        access_token::current(context).await
    }

    async fn send(
        &self,
        _: &Arc<Context>,
        session: &Arc<Session>,
        attempt: &Attempt,
    ) -> Result<RawReply, AttemptError> {
        let manager = self.manager;
        let _in_flight = session.in_flight.begin();
        if manager.context.is_closed() {
            // `close` does not wait for this call any more.
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        let target = RequestTarget::of(session).with_params(self.params).with_key(self.key);
        let id = (!self.call.is_notification).then(|| manager.context.next_id());
        if let Some(id) = id {
            self.unanswered.sent(session, id);
        }
        if self.counted_in.lock().unwrap_or_else(PoisonError::into_inner).replace(session.generation)
            != Some(session.generation)
        {
            session.calls.fetch_add(1, Ordering::Relaxed);
        }
        *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let outcome = self.call.exchange(manager, target, attempt, id).await;
        match outcome {
            // The response may still come: if the call is not sent again, the server is notified of the cancellation.
            Err(failure) if failure.error.info().code == Code::AttemptTimeout => Err(failure),
            Err(failure) if self.must_detect_era(manager, session, &failure) => {
                self.unanswered.response_received();
                manager.forget_era();
                manager.set_aside(session);
                if !session.era().refusal_proves_not_run(&failure) && self.call.plan.safety == Safety::Plain {
                    let uncertain = (session.era(), failure.clone());
                    *self.uncertain.lock().unwrap_or_else(PoisonError::into_inner) = Some(uncertain);
                }
                Err(AttemptError { class: FailureClass::SessionLost, ..failure })
            }
            Err(mut failure) => {
                self.unanswered.response_received();
                if failure.class == FailureClass::Mismatch && self.is_refused_again(manager) {
                    failure.class = FailureClass::Refused;
                }
                Err(self.handle_session_loss(manager, session, attempt, failure))
            }
            Ok(reply) => {
                self.unanswered.response_received();
                manager.suspicions.succeeded(|| self.call.name().shortest(), session.generation);
                manager.take_late_session_id(session, &reply.headers);
                Ok(reply)
            }
        }
    }

    fn learn_headers(&self) -> LearnHeaders<'_> {
        let manager = self.manager;
        self.learned_headers.store(true, Ordering::Relaxed);
        Box::pin(async move {
            let params = Bytes::from_static(b"{}");
            let fresh = CallOptions::default().fresh(true);
            let list = LogicalCall::prepare(manager, TOOLS_LIST, "params", params, &fresh, None)
                .map_err(AttemptError::not_sent)?
                .within_limits(&self.call.opening_limits());
            // All pages, because the tool may be on any of them.
            pagination::all(manager, list, "tools").await.map(drop).map_err(|error| {
                // The class decides whether the call may succeed later, as the list may.
                let class = if error.is_retryable() { FailureClass::NotConnected } else { FailureClass::Refused };
                AttemptError::of(class, error.not_sent())
            })
        })
    }

    fn was_shared(&self, session: &Arc<Session>) -> bool {
        session.calls.load(Ordering::Relaxed) > 1
    }

    fn failed(&self, session: &Arc<Session>, failure: &AttemptError) {
        if failure.class == FailureClass::SessionLost || session.link.is_down() {
            self.manager.lose_session(session.generation);
        }
    }
}
