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
use crate::retry::operation::{Correction, Operation, OperationName};
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
    /// The refusal of a server that may be of the other era by now, and the era that it was taken for.
    pub(super) doubt: Mutex<Option<(Era, AttemptError)>>,
    /// The era that the server was taken for, and the JSON-RPC code of a refusal by which it may be of the other one.
    pub(super) guessed: Mutex<Option<(Era, Option<i64>)>>,
    /// Whether the tools were listed for this call, as its headers were refused.
    pub(super) corrected: AtomicBool,
    /// The last failure, where it may mean that the session is lost for the next call, and the session that it came in.
    pub(super) suspected: Mutex<Option<(LossSign, Arc<Session>)>>,
    /// Whether a refused token was renewed.
    pub(super) renewed: AtomicBool,
}

impl InSession<'_> {
    /// Judges whether a failure may mean that the session is lost; then the call is sent once more in another, or the next call
    /// is sent in another.
    fn judge_session(
        &self,
        manager: &Arc<SessionManager>,
        session: &Arc<Session>,
        attempt: &Attempt,
        mut failure: AttemptError,
    ) -> AttemptError {
        let is_established = session.session_id().is_some() || session.link.is_the_session();
        if !session.era().has_sessions() || !is_established || failure.happened == FailureClass::SessionLost {
            return failure;
        }
        let named = loss::names_unknown_session(&failure);
        if named && !manager.context.settings.strict {
            failure = failure.at_most_rejected();
        }
        if failure.happened == FailureClass::Unauthorized
            && !named
            && attempt.token.is_some()
            && !self.renewed.swap(true, Ordering::Relaxed)
        {
            // Another token is tried first.
            return failure;
        }
        // A stream that is open is a session that is known, unless a text says otherwise.
        if !named && session.link.is_the_session() {
            return failure;
        }
        let kind = LossSign::of(&failure, self.call.name().shortest());
        match loss::suspicion(&failure, &manager.context.settings.profile, self.call.plan.safety) {
            Suspicion::None => failure,
            Suspicion::ForNextCall => {
                let suspected = Some((kind, Arc::clone(session)));
                *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = suspected;
                failure
            }
            Suspicion::SendAgain if !manager.suspects(&kind, session) => failure,
            Suspicion::SendAgain if self.call.plan.max_attempts <= 1 => {
                manager.lose_session(session.generation);
                failure
            }
            Suspicion::SendAgain => {
                manager.token_is_new.store(self.renewed.load(Ordering::Relaxed), Ordering::Relaxed);
                AttemptError { happened: FailureClass::SessionLost, ..failure }
            }
        }
    }

    /// Whether a refusal is a reason to find out anew of which era the server is. It is none where that was done for such a
    /// refusal before, and the server was of the same era.
    fn doubts_era(&self, manager: &Arc<SessionManager>, session: &Session, failure: &AttemptError) -> bool {
        let era = session.era();
        if era.is_final(session.link.is_process())
            || !era.is_contradicted_by(failure, &manager.context.settings.versions())
        {
            return false;
        }
        let guess = (era, failure.error.info().rpc_code);
        let before = self.guessed.lock().unwrap_or_else(PoisonError::into_inner).replace(guess);
        if before == Some(guess) {
            manager.confirm_era(guess.0, guess.1);
        }
        !manager.is_era_confirmed(guess.0, guess.1)
    }

    /// Whether the headers of this tool's calls are refused also where they were just learnt.
    fn is_refused_again(&self, manager: &SessionManager) -> bool {
        let name = format!("the headers of {}", self.call.name().shortest());
        if self.corrected.load(Ordering::Relaxed) {
            manager.context.note_invalid(name);
            return false;
        }
        manager.context.is_always_invalid(&name)
    }

    /// The call has failed: where its last failure may mean a lost session, the next call opens another.
    pub(super) fn suspect_session(&self, manager: &Arc<SessionManager>) {
        let suspected = self.suspected.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((kind, session)) = suspected
            && manager.suspects(&kind, &session)
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
        self.manager.connected().await
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
        let doubt = self.doubt.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((era, failure)) = doubt.filter(|(era, _)| *era == session.era()) {
            manager.confirm_era(era, failure.error.info().rpc_code);
            return Err(failure);
        }
        let _in_flight = session.in_flight.begin();
        if manager.context.is_closed() {
            // Its end may not wait for this one any more.
            return Err(AttemptError::not_sent(Error::client_closed()));
        }
        let target = RequestTarget { params: Some(self.params), key: self.key, ..RequestTarget::of(session) };
        let id = (!self.call.is_notification).then(|| manager.context.next_id());
        if let Some(id) = id {
            self.unanswered.sent(session, id);
        }
        session.requests.fetch_add(1, Ordering::Relaxed);
        *self.suspected.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let answered = self.call.exchange(manager, target, attempt, id).await;
        match answered {
            // Left open: if it is not sent again, the server is told.
            Err(failure) if failure.error.info().code == Code::AttemptTimeout => Err(failure),
            Err(failure) if self.doubts_era(manager, session, &failure) => {
                self.unanswered.settled();
                manager.forget_era();
                manager.set_aside(session);
                if !session.era().refusal_proves_not_run(&failure) && self.call.plan.safety == Safety::Plain {
                    // The code alone does not say that it did not run; that the server is of the other era by now does.
                    let doubt = (session.era(), failure.clone());
                    *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(doubt);
                }
                Err(AttemptError { happened: FailureClass::SessionLost, ..failure })
            }
            Err(mut failure) => {
                self.unanswered.settled();
                if failure.happened == FailureClass::Mismatch && self.is_refused_again(manager) {
                    failure.happened = FailureClass::Refused;
                }
                Err(self.judge_session(manager, session, attempt, failure))
            }
            Ok(reply) => {
                self.unanswered.settled();
                manager.suspicions.succeeded(|| self.call.name().shortest(), session.generation);
                manager.take_late_session_id(session, &reply.headers);
                Ok(reply)
            }
        }
    }

    fn correct(&self) -> Correction<'_> {
        let manager = self.manager;
        self.corrected.store(true, Ordering::Relaxed);
        Box::pin(async move {
            let params = Bytes::from_static(b"{}");
            let fresh = CallOptions::default().fresh(true);
            let list = LogicalCall::prepare(manager, TOOLS_LIST, "params", params, &fresh, None)
                .map_err(AttemptError::not_sent)?;
            // All pages: the tool may be on any.
            pagination::all(manager, list, "tools").await.map(drop).map_err(AttemptError::not_sent)
        })
    }

    fn was_shared(&self, session: &Arc<Session>) -> bool {
        session.requests.load(Ordering::Relaxed) > 1
    }

    fn failed(&self, session: &Arc<Session>, failure: &AttemptError) {
        if failure.happened == FailureClass::SessionLost || session.link.is_down() {
            self.manager.lose_session(session.generation);
        }
    }
}
