//! Responses that may mean that the server has lost the session, other than 404: what they look like, and what was learnt of
//! those that did not mean it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::error::{Code, Delivery};
use crate::failure::{Failure, Tie};
use crate::profile::Profile;
use crate::retry::{Happened, Safety};

/// How many kinds of refusals are remembered.
const MOST_KINDS: usize = 256;
/// How far apart in a text, in bytes, the session and what is wrong with it may be named.
const NEAR: usize = 48;

/// What follows from a failed call in an open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// The session is not in question.
    None,
    /// The call did not run, or may run again: it is sent once more in a new session.
    SendAgain,
    /// The call is over; the next one opens a new session.
    ForNextCall,
}

/// Statuses of refusals that have a meaning of their own, which a new session does not change.
const OF_THE_CALL: &[u16] =
    &[402, 405, 406, 407, 408, 411, 413, 414, 415, 416, 417, 422, 423, 424, 425, 426, 429, 431, 451];

/// Judges a failed call in an open session of the older era. A profile that documents its errors has its own signs, and only a
/// text that names the session counts besides.
pub(crate) fn suspicion(failure: &Failure, profile: &Profile, safety: Safety) -> Suspicion {
    let info = failure.error.info();
    let Some(status) = info.status else { return Suspicion::None };
    if failure.tie == Tie::Code {
        return Suspicion::None;
    }
    let named = names_unknown_session(failure);
    let documented = !profile.catalogue.is_empty() || !profile.session_lost.is_empty();
    let may_run_again = info.delivery <= Delivery::Rejected || safety != Safety::Plain;
    match status {
        400..=499 if named && may_run_again => Suspicion::SendAgain,
        400..=499 if named => Suspicion::ForNextCall,
        400..=499 if documented || OF_THE_CALL.contains(&status) => Suspicion::None,
        400..=499 if info.delivery <= Delivery::Rejected => Suspicion::SendAgain,
        // Whatever is sent after it may run a second time; a call that is safe may.
        _ if named && safety != Safety::Plain => Suspicion::SendAgain,
        _ if named => Suspicion::ForNextCall,
        400..=499 => Suspicion::ForNextCall,
        _ if documented => Suspicion::None,
        500..=599 if status != 501 => Suspicion::ForNextCall,
        200..=299 if is_unreadable(failure) => Suspicion::ForNextCall,
        _ => Suspicion::None,
    }
}

fn is_unreadable(failure: &Failure) -> bool {
    let code = failure.error.info().code;
    matches!(failure.happened, Happened::BadAnswer | Happened::Unreadable)
        && matches!(code, Code::InvalidAnswer | Code::UnexpectedContentType)
}

/// Whether a response says in words that the server does not know the session. Such a call did not run.
pub(crate) fn names_unknown_session(failure: &Failure) -> bool {
    let info = failure.error.info();
    let speaks = failure.tie != Tie::Code
        && info.status.is_some()
        && matches!(
            failure.happened,
            Happened::Refused
                | Happened::Unauthorized
                | Happened::BadAnswer
                | Happened::Unreadable
                | Happened::ServerFault
                | Happened::Unavailable
        );
    speaks && (is_about_session(&info.message) || info.data.as_ref().is_some_and(|data| is_about_session(data.get())))
}

/// The session in the languages of servers, in lower case.
const SESSION: &[&str] = &[
    "session",
    "sesión",
    "sesion",
    "sessão",
    "sessao",
    "sitzung",
    "sessie",
    "sesja",
    "sesji",
    "oturum",
    "сесси",
    "сеанс",
    "会话",
    "會話",
    "セッション",
    "세션",
];
/// What is wrong with it.
const WRONG: &[&str] = &[
    "not found",
    "notfound",
    "not_found",
    "unknown",
    "invalid",
    "expired",
    "missing",
    "no valid",
    "not valid",
    "not exist",
    "n't exist",
    "no such",
    "no active",
    "no session",
    "terminated",
    "closed",
    "required",
    "not recogni",
    "unrecogni",
    "not initialized",
    "not initialised",
    "has ended",
    "timed out",
    "not active",
    "inactive",
    "lost",
    "gone",
    "stale",
    "nicht gefunden",
    "ungültig",
    "unbekannt",
    "abgelaufen",
    "introuvable",
    "invalide",
    "inconnue",
    "expirée",
    "no encontrada",
    "inválida",
    "caducad",
    "expirada",
    "não encontrada",
    "non trovata",
    "scaduta",
    "niet gevonden",
    "nie znalezion",
    "wygas",
    "bulunamadı",
    "не найден",
    "недейств",
    "истек",
    "不存在",
    "无效",
    "無效",
    "过期",
    "過期",
    "未找到",
    "失效",
    "見つかりません",
    "無効",
    "期限切れ",
    "찾을 수 없",
    "만료",
    "유효하지",
];
/// What servers say to the first call of a session that they have not seen begin.
const NOT_BEGUN: &[&str] =
    &["server not initialized", "not been initialized", "before initialization", "must initialize"];

fn is_about_session(text: &str) -> bool {
    let text = text.to_lowercase();
    let near = |at: usize, word: &str| {
        let begin = (0..=at.saturating_sub(NEAR)).rev().find(|begin| text.is_char_boundary(*begin)).unwrap_or_default();
        let end = (at + word.len() + NEAR).min(text.len());
        let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        WRONG.iter().any(|wrong| text[begin..end].contains(wrong))
    };
    NOT_BEGUN.iter().any(|words| text.contains(words))
        || SESSION.iter().any(|word| text.match_indices(word).any(|(at, word)| near(at, word)))
}

/// Refusals that are judged as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    status: u16,
    /// The tool, or the method where there is none.
    name: String,
    named: bool,
}

impl Kind {
    pub(crate) fn of(failure: &Failure, name: String) -> Self {
        let status = failure.error.info().status.unwrap_or_default();
        Self { status, name, named: names_unknown_session(failure) }
    }

    /// What the server did, in the words of a warning.
    pub(crate) fn deviation(&self) -> String {
        let what =
            if self.named { "with a text by which the session is lost" } else { "which may mean that it is lost" };
        format!("the server answered a call in an open session with HTTP {}, {what}", self.status)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// A new session was opened after it was seen in the session of this generation.
    SuspectedIn(u64),
    /// It came again in a new session: it says nothing about sessions.
    NoLoss,
}

/// What is known of a refusal as it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It may mean that the session is lost.
    Suspected,
    /// It came again in a new session: the one before was not lost.
    Refuted,
    /// It says nothing about sessions, as was learnt before.
    Unrelated,
}

/// What a client has learnt of such refusals.
#[derive(Debug, Default)]
pub(crate) struct Suspicions(Mutex<HashMap<Kind, Known>>);

impl Suspicions {
    /// Judges a refusal in the session of this generation. One that comes again in a newer session is none of sessions, now and
    /// later.
    pub(crate) fn judge(&self, kind: &Kind, generation: u64) -> Judged {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(kind) {
            Some(Known::NoLoss) => Judged::Unrelated,
            Some(Known::SuspectedIn(before)) if *before < generation => {
                known.insert(kind.clone(), Known::NoLoss);
                Judged::Refuted
            }
            Some(Known::SuspectedIn(_)) => Judged::Suspected,
            // Where there are so many, another session does not help.
            None if known.len() >= MOST_KINDS => Judged::Unrelated,
            None => {
                known.insert(kind.clone(), Known::SuspectedIn(generation));
                Judged::Suspected
            }
        }
    }

    /// A call succeeded: what was suspected of its kind was the loss of a session, and may be again.
    pub(crate) fn succeeded(&self, name: impl FnOnce() -> String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_empty() {
            let name = name();
            known.retain(|kind, known| kind.name != name || (*known == Known::NoLoss && !kind.named));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn failure(happened: Happened, code: Code, status: u16, message: &str, tie: Tie) -> Failure {
        let mut failure = Failure::of(happened, Error::new(code, message).with_delivery(happened.delivery()));
        failure.error.info_mut().status = Some(status);
        failure.tie = tie;
        failure
    }

    #[test]
    fn texts_that_name_a_session_that_is_not_known() {
        for text in [
            "Bad Request: No valid session ID provided",
            "Unauthorized: Session not found",
            "Unknown session",
            "Invalid or missing session ID",
            "Mcp-Session-Id header is required",
            "Session expired, please reinitialize",
            "session 1f0c does not exist",
            "Session has been terminated",
            "No active session",
            "Bad Request: Server not initialized",
            r#"{"error":"SESSION_NOT_FOUND"}"#,
            "SessionNotFoundException: s1",
            "Sitzung nicht gefunden",
            "Ungültige Sitzung",
            "Sesión no encontrada",
            "Sessão expirada",
            "session introuvable",
            "会话不存在或已过期",
            "セッションが見つかりません",
            "세션을 찾을 수 없습니다",
            "Сессия не найдена",
            "Oturum bulunamadı",
        ] {
            assert!(is_about_session(text), "{text}");
        }
        for text in [
            "",
            "forbidden",
            "Invalid argument q",
            "the session was booked",
            "Unauthorized",
            "obsession is not a virtue that this tool, which has a long text and more of it, would call unknown",
            "tool not found",
        ] {
            assert!(!is_about_session(text), "{text}");
        }
    }

    #[test]
    fn what_a_failure_means_for_the_session() {
        let generic = Profile::named("generic").unwrap();
        let omni = Profile::named("omni").unwrap();
        use Suspicion::{ForNextCall, None, SendAgain};
        let gone = "Session not found";
        for (happened, code, status, message, tie, plain, keyed, at_omni) in [
            (Happened::Refused, Code::BadRequest, 400, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Unauthorized, Code::Unauthorized, 401, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::Forbidden, 403, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::Conflict, 409, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::BadRequest, 410, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::BadRequest, 412, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::BadRequest, 419, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::BadRequest, 440, "no", Tie::Status, SendAgain, SendAgain, None),
            (Happened::Refused, Code::BadRequest, 498, "no", Tie::Status, SendAgain, SendAgain, None),
            // They say what is wrong with the request.
            (Happened::Refused, Code::BadRequest, 405, "no", Tie::Status, None, None, None),
            (Happened::Refused, Code::BadRequest, 413, "no", Tie::Status, None, None, None),
            (Happened::Refused, Code::BadRequest, 415, "no", Tie::Status, None, None, None),
            (Happened::Refused, Code::InvalidParams, 422, "no", Tie::Status, None, None, None),
            (Happened::Refused, Code::InvalidParams, 422, gone, Tie::Status, SendAgain, SendAgain, SendAgain),
            (Happened::RateLimited, Code::RateLimited, 429, "no", Tie::Status, None, None, None),
            (Happened::Refused, Code::Forbidden, 403, gone, Tie::Code, None, None, None),
            (Happened::Refused, Code::BadRequest, 400, gone, Tie::Id, SendAgain, SendAgain, SendAgain),
            (Happened::ServerFault, Code::ServerFailed, 500, "no", Tie::Status, ForNextCall, ForNextCall, None),
            (Happened::ServerFault, Code::ServerUnavailable, 503, gone, Tie::Id, ForNextCall, SendAgain, ForNextCall),
            (Happened::Refused, Code::ServerFailed, 501, "no", Tie::Status, None, None, None),
            (Happened::BadAnswer, Code::InvalidAnswer, 200, "no", Tie::Status, ForNextCall, ForNextCall, None),
            (Happened::Unreadable, Code::InvalidAnswer, 200, "no", Tie::Status, ForNextCall, ForNextCall, None),
            (
                Happened::Unreadable,
                Code::UnexpectedContentType,
                200,
                gone,
                Tie::Status,
                ForNextCall,
                SendAgain,
                ForNextCall,
            ),
            (Happened::Unusable, Code::InvalidAnswer, 200, gone, Tie::Status, None, None, None),
            (Happened::BadAnswer, Code::AnswerCut, 200, "no", Tie::Status, None, None, None),
            (Happened::BadAnswer, Code::AnswerCut, 200, gone, Tie::Status, ForNextCall, SendAgain, ForNextCall),
            (Happened::Lost, Code::ConnectionLost, 200, gone, Tie::Status, None, None, None),
        ] {
            let failure = failure(happened, code, status, message, tie);
            assert_eq!(suspicion(&failure, generic, Safety::Plain), plain, "{status} {message}");
            assert_eq!(suspicion(&failure, generic, Safety::Keyed), keyed, "{status} {message}");
            let at_omni = if at_omni == ForNextCall && keyed == SendAgain { SendAgain } else { at_omni };
            assert_eq!(suspicion(&failure, omni, Safety::Keyed), at_omni, "{status} {message}");
        }
        let mut ran = failure(Happened::Refused, Code::RpcError, 400, "no", Tie::Id);
        ran.error.info_mut().delivery = Delivery::MaybeExecuted;
        assert_eq!(suspicion(&ran, generic, Safety::Plain), ForNextCall, "it may have run");
    }

    #[test]
    fn a_refusal_that_comes_again_in_a_new_session_is_none_of_a_session() {
        let known = Suspicions::default();
        let kind = |tool: &str| Kind { status: 403, name: tool.to_owned(), named: false };
        assert_eq!(known.judge(&kind("a"), 1), Judged::Suspected);
        assert_eq!(known.judge(&kind("a"), 1), Judged::Suspected, "another call in the same session");
        assert_eq!(known.judge(&kind("a"), 2), Judged::Refuted);
        assert_eq!(known.judge(&kind("a"), 3), Judged::Unrelated);
        assert_eq!(known.judge(&kind("b"), 3), Judged::Suspected, "another tool");
        known.succeeded(|| "b".to_owned());
        assert_eq!(known.judge(&kind("b"), 4), Judged::Suspected, "its session was lost before, and is lost again");
        known.succeeded(|| "a".to_owned());
        assert_eq!(known.judge(&kind("a"), 4), Judged::Unrelated, "what was learnt stays");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let known = Suspicions::default();
        let kinds = (0..1000).map(|number| Kind { status: 403, name: number.to_string(), named: false });
        let opened = kinds.filter(|kind| known.judge(kind, 1) == Judged::Suspected).count();
        assert_eq!(opened, MOST_KINDS);
    }
}
