//! Responses of a token endpoint (RFC 6749 sections 5.1 and 5.2), including deviating ones.

use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::util::sanitize::{identifier, preview};

/// The content of a response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenResponse {
    /// A token, as JSON in the standard's form, and the deviations of the response.
    Token { body: Vec<u8>, deviations: Vec<&'static str> },
    /// A refusal, with its text.
    Refused { code: Option<String>, text: String },
    /// Neither.
    Unreadable,
}

/// Reads a body.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> TokenResponse {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let members = match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => members,
        _ if status.is_success() => return TokenResponse::Unreadable,
        _ => return TokenResponse::Refused { code: None, text: readable(text) },
    };
    match members.get("access_token") {
        Some(Value::String(token)) if status.is_success() => {
            let (expires_in, deviations) = differences(&members, headers, text.len() != body.len());
            let mut token = json!({ "access_token": token, "token_type": "Bearer" });
            if let Some(seconds) = expires_in {
                token["expires_in"] = seconds.into();
            }
            TokenResponse::Token { body: token.to_string().into_bytes(), deviations }
        }
        // Some servers refuse with a success status.
        _ => match refusal(&members) {
            Some((code, text)) => TokenResponse::Refused { code: Some(code), text },
            None if status.is_success() => TokenResponse::Unreadable,
            None => {
                TokenResponse::Refused { code: None, text: description(&members).unwrap_or_else(|| readable(text)) }
            }
        },
    }
}

/// The seconds that the token is valid, if stated, and the deviations from the standard.
fn differences(
    members: &Map<String, Value>,
    headers: &HeaderMap,
    has_byte_order_mark: bool,
) -> (Option<u64>, Vec<&'static str>) {
    let mut deviations = Vec::new();
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence.starts_with("application/") && essence.ends_with("json")
    });
    if !is_json {
        deviations.push("a Content-Type that is not application/json");
    }
    if has_byte_order_mark {
        deviations.push("a byte-order mark");
    }
    match members.get("token_type").and_then(Value::as_str) {
        Some(kind) if kind.trim().eq_ignore_ascii_case("bearer") => {}
        Some(_) => deviations.push("another token_type than Bearer"),
        None => deviations.push("no token_type"),
    }
    if members.get("scope").is_some_and(|scope| !scope.is_string()) {
        deviations.push("a scope that is not a string");
    }
    let seconds = match members.get("expires_in") {
        None => return (None, deviations),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => {
            deviations.push("an expires_in that is a string");
            text.trim().parse().ok()
        }
        Some(_) => None,
    };
    let seconds = seconds.filter(|seconds| (1.0..1e10).contains(seconds));
    if seconds.is_none() {
        // The token is used until it is refused.
        deviations.push("an expires_in that is not a number of seconds");
    }
    (seconds.map(|seconds| seconds as u64), deviations)
}

/// The code and the text of a refusal.
fn refusal(members: &Map<String, Value>) -> Option<(String, String)> {
    let code = match members.get("error")? {
        Value::String(code) => code,
        Value::Object(error) => ["code", "type", "error"].iter().find_map(|name| error.get(*name)?.as_str())?,
        _ => return None,
    };
    let description = description(members).unwrap_or_default();
    Some((identifier(code.as_bytes()), preview(format!("{code} {description}").trim().as_bytes())))
}

/// The description in a refusal.
fn description(members: &Map<String, Value>) -> Option<String> {
    let within = |members: &Map<String, Value>| {
        ["error_description", "message", "detail", "errorSummary", "title"]
            .iter()
            .find_map(|name| members.get(*name)?.as_str().map(str::to_owned))
    };
    let nested = || members.get("error").and_then(Value::as_object).and_then(within);
    within(members).or_else(nested).map(|text| preview(text.as_bytes()))
}

/// A body that is not JSON, for messages: the title of an HTML page, or the text.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.contains("_token") {
        // It may contain a token.
        return String::new();
    }
    if !text.starts_with('<') {
        return preview(text.as_bytes());
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len()).and_then(|from| {
        let to = from + lower[from..].find('<')?;
        text.get(from..to)
    });
    match title.map(str::trim).filter(|title| !title.is_empty()) {
        Some(title) => preview(format!("a page of HTML, {title}").as_bytes()),
        None => "a page of HTML or XML".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(status: u16, content_type: &'static str, body: &str) -> TokenResponse {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type))]);
        read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn tokens_in_deviating_responses_are_read() {
        const JSON: &str = "application/json";
        for (content_type, others, expires_in, count) in [
            (JSON, r#""token_type":"bearer","expires_in":3600,"scope":"a b""#, Some(3600), 0),
            ("application/json; charset=utf-8", r#""token_type":"BEARER","expires_in":3600.0"#, Some(3600), 0),
            ("text/plain;charset=UTF-8", r#""token_type":"Bearer""#, None, 1),
            ("text/html", r#""token_type":"Bearer""#, None, 1),
            (JSON, r#""scope":["a","b"],"token_type":"Bearer""#, None, 1),
            (JSON, r#""scope":null,"token_type":null"#, None, 2),
            (JSON, r#""scope":{},"token_type":5"#, None, 2),
            (JSON, r#""token_type":"N_A""#, None, 1),
            (JSON, r#""token_type":"Bearer ","refresh_token":5,"id_token":{}"#, None, 0),
            (JSON, r#""token_type":"Bearer","expires_in":"3600""#, Some(3600), 1),
            (JSON, r#""token_type":"Bearer","expires_in":" 3599.7 ""#, Some(3599), 1),
            (JSON, r#""token_type":"Bearer","expires_in":3599.9"#, Some(3599), 0),
            (JSON, r#""token_type":"Bearer","expires_in":-1"#, None, 1),
            (JSON, r#""token_type":"Bearer","expires_in":0"#, None, 1),
            (JSON, r#""token_type":"Bearer","expires_in":1e30"#, None, 1),
            (JSON, r#""token_type":"Bearer","expires_in":99999999999999999999999"#, None, 1),
            (JSON, r#""token_type":"Bearer","expires_in":null"#, None, 1),
            (JSON, r#""token_type":"Bearer","expires_in":"PT1H""#, None, 2),
            (JSON, r#""token_type":"Bearer","expires_in":[3600]"#, None, 1),
            (JSON, r#""token_type":"Bearer","error":null"#, None, 0),
        ] {
            let TokenResponse::Token { body, deviations } =
                read_as(200, content_type, &format!(r#"{{"access_token":"t",{others}}}"#))
            else {
                panic!("{others}")
            };
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (body["access_token"].as_str(), body["expires_in"].as_u64()),
                (Some("t"), expires_in),
                "{others}"
            );
            assert_eq!(deviations.len(), count, "{others} {deviations:?}");
        }
        let marked = read_as(201, JSON, "\u{feff}{\"access_token\":\"t\",\"token_type\":\"Bearer\"}");
        assert!(matches!(marked, TokenResponse::Token { deviations, .. } if deviations == ["a byte-order mark"]));
    }

    #[test]
    fn responses_without_a_token_are_unreadable() {
        for body in [
            "",
            "{}",
            "[]",
            "t",
            r#""t""#,
            r#"{"access_token":5}"#,
            r#"{"access_token":null}"#,
            r#"{"token":"t"}"#,
            "access_token=t",
        ] {
            assert_eq!(read_as(200, "application/json", body), TokenResponse::Unreadable, "{body}");
        }
    }

    #[test]
    fn refusals_are_readable() {
        for (status, body, code, text) in [
            (400, r#"{"error":"invalid_scope","error_description":"no"}"#, Some("invalid_scope"), "invalid_scope no"),
            (
                400,
                r#"{"error":"invalid_client","error_description":null,"error_uri":5}"#,
                Some("invalid_client"),
                "invalid_client",
            ),
            (200, r#"{"error":"bad_client","error_description":"no"}"#, Some("bad_client"), "bad_client no"),
            (401, r#"{"error":{"code":"InvalidClient","message":"no"}}"#, Some("InvalidClient"), "InvalidClient no"),
            (401, r#"{"status":401,"error":"Unauthorized","message":"no"}"#, Some("Unauthorized"), "Unauthorized no"),
            (401, r#"{"message":"no"}"#, None, "no"),
            (400, r#"{"error":5,"detail":"no"}"#, None, "no"),
            (400, r#"{"access_token":"t"}"#, None, ""),
            (400, "refresh_token=t", None, ""),
            (400, r#"{"reason":"no"}"#, None, r#"{"reason":"no"}"#),
            (401, "Unauthorized", None, "Unauthorized"),
            (403, "<!DOCTYPE html><HTML><Title> Access denied </Title></HTML>", None, "a page of HTML, Access denied"),
            (403, "<html><body>x", None, "a page of HTML or XML"),
            (401, "", None, ""),
        ] {
            let expected = TokenResponse::Refused { code: code.map(str::to_owned), text: text.to_owned() };
            assert_eq!(read_as(status, "application/json", body), expected, "{body}");
        }
    }
}
