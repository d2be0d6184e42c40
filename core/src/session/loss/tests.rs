use super::Suspicion::{ForNextCall, None, SendAgain};
use super::*;
use crate::error::Error;

fn failure(class: FailureClass, code: Code, status: u16, message: &str, refers_to_call: RefersToCall) -> AttemptError {
    let mut failure = AttemptError::of(class, Error::new(code, message).with_delivery(class.delivery()));
    failure.error.info_mut().status = Some(status);
    failure.refers_to_call = refers_to_call;
    failure.with_server_text(message, true)
}

#[test]
fn texts_that_name_an_unknown_session() {
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

/// A failure, and what it means for a plain and a keyed call at `generic`, and for a keyed call at `omni`.
type Row = (FailureClass, Code, u16, &'static str, RefersToCall, Suspicion, Suspicion, Suspicion);

fn check_suspicions(rows: &[Row]) {
    let generic = Profile::named("generic").unwrap();
    let omni = Profile::named("omni").unwrap();
    for (class, code, status, message, refers_to_call, plain, keyed, at_omni) in rows.iter().copied() {
        let failure = failure(class, code, status, message, refers_to_call);
        let suspicion = |profile, safety| suspicion(&failure, names_unknown_session(&failure), profile, safety);
        assert_eq!(suspicion(generic, Safety::Plain), plain, "{status} {message}");
        assert_eq!(suspicion(generic, Safety::Keyed), keyed, "{status} {message}");
        let at_omni = if at_omni == ForNextCall && keyed == SendAgain { SendAgain } else { at_omni };
        assert_eq!(suspicion(omni, Safety::Keyed), at_omni, "{status} {message}");
    }
}

const GONE: &str = "Session not found";

#[test]
fn refusals_that_may_mean_a_lost_session() {
    check_suspicions(&[
        (FailureClass::Refused, Code::BadRequest, 400, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Unauthorized, Code::Unauthorized, 401, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::Forbidden, 403, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::Conflict, 409, "no", RefersToCall::No, None, None, None),
        // It may have run, whatever the text.
        (FailureClass::ServerFault, Code::ServerTimeout, 408, GONE, RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::Conflict, 409, GONE, RefersToCall::No, None, None, None),
        (FailureClass::RateLimited, Code::RateLimited, 425, GONE, RefersToCall::No, None, None, None),
        (FailureClass::RateLimited, Code::RateLimited, 429, GONE, RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 460, GONE, RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 499, GONE, RefersToCall::No, None, None, None),
        // Texts of a tool, or of a service behind the server.
        (
            FailureClass::Refused,
            Code::InvalidParams,
            422,
            "checkout session expired",
            RefersToCall::No,
            None,
            None,
            None,
        ),
        (FailureClass::Refused, Code::BadRequest, 424, "payment session expired", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 400, "no", RefersToCall::ById, ForNextCall, SendAgain, None),
        (FailureClass::Refused, Code::BadRequest, 410, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::BadRequest, 412, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::BadRequest, 419, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::BadRequest, 440, "no", RefersToCall::No, SendAgain, SendAgain, None),
        (FailureClass::Refused, Code::BadRequest, 498, "no", RefersToCall::No, SendAgain, SendAgain, None),
        // They refuse the request itself.
        (FailureClass::Refused, Code::BadRequest, 405, "no", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 413, "no", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 415, "no", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::InvalidParams, 422, "no", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::InvalidParams, 422, GONE, RefersToCall::No, SendAgain, SendAgain, SendAgain),
        (FailureClass::RateLimited, Code::RateLimited, 429, "no", RefersToCall::No, None, None, None),
        (FailureClass::Refused, Code::Forbidden, 403, GONE, RefersToCall::ByCode, None, None, None),
        (FailureClass::Refused, Code::BadRequest, 400, GONE, RefersToCall::ById, SendAgain, SendAgain, SendAgain),
    ]);
    let ran = failure(FailureClass::Refused, Code::RpcError, 400, "no", RefersToCall::ById)
        .with_delivery(Delivery::MaybeExecuted);
    let generic = Profile::named("generic").unwrap();
    let named = names_unknown_session(&ran);
    assert_eq!(suspicion(&ran, named, generic, Safety::Plain), ForNextCall, "it may have run");
}

#[test]
fn other_responses_that_may_mean_a_lost_session() {
    check_suspicions(&[
        (
            FailureClass::ServerFault,
            Code::ServerFailed,
            500,
            "database session closed",
            RefersToCall::No,
            ForNextCall,
            ForNextCall,
            None,
        ),
        (FailureClass::ServerFault, Code::ServerFailed, 500, "no", RefersToCall::No, ForNextCall, ForNextCall, None),
        (
            FailureClass::ServerFault,
            Code::ServerUnavailable,
            503,
            GONE,
            RefersToCall::ById,
            ForNextCall,
            SendAgain,
            ForNextCall,
        ),
        (FailureClass::Refused, Code::ServerFailed, 501, "no", RefersToCall::No, None, None, None),
        (FailureClass::BadAnswer, Code::InvalidAnswer, 200, "no", RefersToCall::No, ForNextCall, ForNextCall, None),
        (FailureClass::Unreadable, Code::InvalidAnswer, 200, "no", RefersToCall::No, ForNextCall, ForNextCall, None),
        (
            FailureClass::Unreadable,
            Code::UnexpectedContentType,
            200,
            GONE,
            RefersToCall::No,
            ForNextCall,
            SendAgain,
            ForNextCall,
        ),
        (FailureClass::Unusable, Code::InvalidAnswer, 200, GONE, RefersToCall::No, None, None, None),
        (FailureClass::BadAnswer, Code::AnswerCut, 200, "no", RefersToCall::No, None, None, None),
        (FailureClass::BadAnswer, Code::AnswerCut, 200, GONE, RefersToCall::No, ForNextCall, SendAgain, ForNextCall),
        (FailureClass::Lost, Code::ConnectionLost, 200, GONE, RefersToCall::No, None, None, None),
    ]);
}

#[test]
fn a_refusal_repeated_in_a_new_session_does_not_mean_a_lost_session() {
    let known = Suspicions::default();
    let sign = |tool: &str| LossSign { status: 403, name: tool.to_owned(), named: false };
    assert_eq!(known.assess(&sign("a"), 1), SignMeaning::Suspected);
    assert_eq!(known.assess(&sign("a"), 1), SignMeaning::Suspected, "another call in the same session");
    assert_eq!(known.assess(&sign("a"), 2), SignMeaning::Refuted);
    assert_eq!(known.assess(&sign("a"), 3), SignMeaning::Unrelated);
    assert_eq!(known.assess(&sign("b"), 3), SignMeaning::Suspected, "another tool");
    known.succeeded(|| "b".to_owned(), 3);
    assert_eq!(known.assess(&sign("b"), 3), SignMeaning::Suspected);
    known.succeeded(|| "b".to_owned(), 4);
    assert_eq!(known.assess(&sign("b"), 4), SignMeaning::Suspected, "its session was lost before, and is lost again");
    known.succeeded(|| "a".to_owned(), 4);
    assert_eq!(known.assess(&sign("a"), 4), SignMeaning::Unrelated, "what was learned stays");
    known.assess(&sign("c"), 4);
    known.succeeded(|| "c".to_owned(), 4);
    assert_eq!(
        known.assess(&sign("c"), 5),
        SignMeaning::Refuted,
        "a success in the same session does not prove its loss"
    );
    let named = LossSign { status: 400, name: "d".to_owned(), named: true };
    known.assess(&named, 5);
    assert_eq!(known.assess(&named, 6), SignMeaning::Refuted);
    known.succeeded(|| "d".to_owned(), 6);
    assert_eq!(known.assess(&named, 7), SignMeaning::Unrelated, "a text of the tool stays one");
}

#[test]
fn the_memory_of_refusals_is_bounded() {
    let known = Suspicions::default();
    let sign = |number: usize| LossSign { status: 403, name: number.to_string(), named: false };
    for number in 0..1000 {
        assert_eq!(known.assess(&sign(number), 1), SignMeaning::Suspected, "the oldest is forgotten");
    }
    assert_eq!(known.0.lock().unwrap().len(), MAX_SIGNS);
    assert_eq!(known.assess(&sign(999), 2), SignMeaning::Refuted);
    assert_eq!(known.assess(&sign(0), 2), SignMeaning::Suspected);
}

#[test]
fn texts_only_about_a_session_of_the_protocol() {
    for text in [
        "Session not found",
        "Unknown session",
        "Bad Request: No valid session ID provided",
        "Unauthorized: Session not found",
        "MCP error -32000: Error: Session expired",
        "Session expired, please reinitialize",
        "Session has been terminated",
        "Session terminated",
        "Invalid or missing session ID",
        "Session ID missing",
        "Mcp-Session-Id header is required",
        "SessionNotFoundException: s1",
        r#"{"error":"Session not found"}"#,
        r#"{"error":{"code":-32001,"message":"Session not found"}}"#,
        "Sitzung nicht gefunden",
        "Ungültige Sitzung",
        "Sesión no encontrada",
        "session introuvable",
        "会话不存在或已过期",
        "セッションが見つかりません",
        "Сессия не найдена",
    ] {
        assert!(is_only_about_session(text), "{text}");
    }
    for text in [
        "Browser session closed after click",
        "Session closed after click",
        "database session lost",
        "database session closed by commit",
        "the browser session timed out",
        "upstream session timed out",
        "Gateway Timeout: tls session timed out waiting for upstream",
        "payment session expired",
        "<html>Your session has expired",
        r#"{"log":"order placed; db session closed"}"#,
        r#"{"content":[{"type":"text","text":"Session closed"}]}"#,
        "the order was placed; session not found afterwards",
        "Session not found: of the twelve that were asked for, eleven were booked and paid, and one could not be booked at all",
        "",
    ] {
        assert!(!is_only_about_session(text), "{text}");
    }
}

#[test]
fn a_failure_of_a_tool_names_no_session() {
    let ran = failure(FailureClass::Refused, Code::ToolFailed, 200, "Session not found", RefersToCall::No).executed();
    assert!(!names_unknown_session(&ran));
}
