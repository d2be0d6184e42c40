//! Recognizes the texts, in several languages, by which servers state that they do not know a session.

use serde_json::Value;

/// The longest text, in characters, that can be only about the session.
const MAX_TEXT_LENGTH: usize = 100;
/// The largest distance in a text, in bytes, between the session and its defect.
const MAX_DISTANCE: usize = 48;

/// Whether a text names the session header and a defect of it.
pub(super) fn names_header(text: &str) -> bool {
    text.to_lowercase().contains("mcp-session-id") && is_about_session(text)
}

/// Prefixes of the messages of servers, in lower case.
const PREFIXES: &[&str] = &[
    "bad request:",
    "not found:",
    "error:",
    "unauthorized:",
    "forbidden:",
    "internal server error:",
    "service unavailable:",
    "mcp error",
    "\"",
    "-",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    ":",
    " ",
];

/// How a text about a session of the protocol begins, and whether more text may follow. After the others, further text may be
/// that of a tool, as in "session closed after the click".
const PHRASES: &[(&str, bool)] = &[
    ("session not found", true),
    ("session_not_found", true),
    ("sessionnotfound", true),
    ("session does not exist", true),
    ("unknown session", true),
    ("invalid session", true),
    ("invalid or missing session", true),
    ("invalid or expired session", true),
    ("missing session", true),
    ("no valid session", true),
    ("no active session", true),
    ("no such session", true),
    ("session id", true),
    ("mcp-session-id", true),
    ("session expired", false),
    ("session has expired", false),
    ("session terminated", false),
    ("session has been terminated", false),
    ("session closed", false),
    ("session is closed", false),
    ("session has ended", false),
    ("server not initialized", false),
];

/// Whether a text states only that the server does not know the session.
pub(super) fn is_only_about_session(text: &str) -> bool {
    let strings = match serde_json::from_str::<Value>(text) {
        Ok(Value::String(text)) => vec![text],
        Ok(Value::Object(members)) => {
            let of_error = members.get("error").and_then(Value::as_object);
            let all = of_error.unwrap_or(&members);
            ["error", "message", "detail", "title"]
                .iter()
                .filter_map(|name| all.get(*name)?.as_str())
                .map(str::to_owned)
                .collect()
        }
        _ => vec![text.to_owned()],
    };
    strings.iter().any(|text| begins_with_session(text))
}

fn begins_with_session(text: &str) -> bool {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT_LENGTH || !is_about_session(text) {
        return false;
    }
    let text = text.to_lowercase();
    let mut rest = text.as_str();
    while let Some(next) = PREFIXES.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = next;
    }
    let ends = |behind: &str| !behind.trim_start().starts_with(char::is_alphanumeric);
    let phrase = PHRASES
        .iter()
        .any(|(phrase, is_free)| rest.strip_prefix(phrase).is_some_and(|behind| *is_free || ends(behind)));
    // In other languages the session or its defect comes first.
    phrase || is_in_other_language(rest)
}

/// Whether a text begins with the session, or with its defect, in a language other than English.
fn is_in_other_language(text: &str) -> bool {
    let wrong = DEFECTS
        .iter()
        .filter(|defect| !defect.is_ascii() || ASCII_DEFECTS.contains(defect))
        .find_map(|defect| text.strip_prefix(defect));
    let rest = wrong.map_or(text, |rest| rest.trim_start_matches(|c: char| c.is_alphabetic()).trim_start());
    let of_other = |session: &&&str| **session != "session" || wrong.is_some();
    SESSION.iter().filter(of_other).any(|session| rest.starts_with(session))
        || ["session introuvable", "session invalide", "session inconnue", "session expirée"]
            .iter()
            .any(|text| rest.starts_with(text))
}

/// Defects in other languages that have only ASCII letters.
const ASCII_DEFECTS: &[&str] = &["unbekannt"];

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
/// Defects of a session.
const DEFECTS: &[&str] = &[
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
/// Texts of servers that receive the first request of an unknown session.
const NOT_INITIALIZED: &[&str] =
    &["server not initialized", "not been initialized", "before initialization", "must initialize"];

/// Whether a text names the session and a defect of it near to each other.
pub(super) fn is_about_session(text: &str) -> bool {
    let text = text.to_lowercase();
    let has_defect_near = |at: usize, session: &str| {
        let begin =
            (0..=at.saturating_sub(MAX_DISTANCE)).rev().find(|begin| text.is_char_boundary(*begin)).unwrap_or_default();
        let end = (at + session.len() + MAX_DISTANCE).min(text.len());
        let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        DEFECTS.iter().any(|wrong| text[begin..end].contains(wrong))
    };
    NOT_INITIALIZED.iter().any(|part| text.contains(part))
        || SESSION.iter().any(|session| text.match_indices(session).any(|(at, found)| has_defect_near(at, found)))
}
