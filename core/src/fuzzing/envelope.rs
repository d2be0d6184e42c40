//! The JSON-RPC envelope: the parser is compared with a second implementation.

use super::members::Members;
use crate::protocol::jsonrpc::{self, Message};

/// `text`: any text.
///
/// # Panics
/// If the parsers differ, or if a payload is changed.
pub fn envelope(text: &[u8]) {
    let parsed = jsonrpc::parse(text);
    if let Some(message) = &parsed {
        payloads_are_kept(message);
        if let Message::Response { id: Some(id), .. } = message {
            for ours in [0, 1, 7, u64::MAX] {
                let is_float = id.contains(['.', 'e', 'E']) && !id.starts_with('"');
                let as_float = || id.parse::<f64>().is_ok_and(|id| id.fract() == 0.0 && id == ours as f64);
                let is_ours = *id == ours.to_string()
                    || *id == format!("\"{ours}\"")
                    || (is_float && id.len() <= 24 && ours < 8 && as_float());
                assert_eq!(jsonrpc::our_id(id) == Some(ours), is_ours, "{id} for {ours}");
            }
        }
    }
    // Bytes that are not UTF-8 must not cause a panic.
    if let Ok(text) = std::str::from_utf8(text) {
        assert_eq!(parsed.as_ref().map(shape), expected(text), "{text}");
    }
}

/// A message with its parts as text.
#[derive(Debug, PartialEq)]
enum Shape {
    Result(Option<String>, String),
    Error(Option<String>, Option<i64>, String, Option<String>),
    Request(String, String, Option<String>),
    Notification(String, Option<String>),
}

fn shape(message: &Message<'_>) -> Shape {
    let owned = |text: &Option<&str>| text.map(str::to_owned);
    match message {
        Message::Response { id, outcome: Ok(result) } => Shape::Result(owned(id), result.get().to_owned()),
        Message::Response { id, outcome: Err(error) } => {
            let data = error.data.as_ref().map(|data| data.get().to_owned());
            Shape::Error(owned(id), error.code, error.message.clone(), data)
        }
        Message::Request { id, method, params } => {
            Shape::Request((*id).to_owned(), method.to_string(), params.map(|params| params.get().to_owned()))
        }
        Message::Notification { method, params } => {
            Shape::Notification(method.to_string(), params.map(|params| params.get().to_owned()))
        }
    }
}

/// The rules of the envelope. Members that are null count as absent, except the result.
fn expected(text: &str) -> Option<Shape> {
    let members = Members::of(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let given = |name: &str| match members.all(name)[..] {
        [] => Some(None),
        [value] => Some(Some(value.to_owned())),
        // Duplicate members are ambiguous.
        _ => None,
    };
    let one = |name: &str| given(name).map(|value| value.filter(|value| value != "null"));
    let (version, id, method, params) = (one("jsonrpc")?, one("id")?, one("method")?, one("params")?);
    let (result, error) = (given("result")?, one("error")?);
    let method: Option<String> = method.map(|method| serde_json::from_str(&method)).transpose().ok()?;
    let is_version = match version {
        // With further members it may be JSON of another kind.
        None => {
            let is_of_a_response = |name: &str| ["jsonrpc", "id", "result", "error"].contains(&name);
            method.is_none() && id.is_some() && members.0.iter().all(|(name, _)| is_of_a_response(name))
        }
        Some(version) => {
            let version = serde_json::from_str::<String>(&version).unwrap_or(version);
            ["2.0", "2", "2.00"].contains(&version.as_str())
        }
    };
    if !is_version {
        return None;
    }
    let error = match error {
        Some(error) => Some(error_of(&error)?),
        None => None,
    };
    match (method, result, error) {
        (None, Some(result), None) => Some(Shape::Result(id, result)),
        (None, None, Some((code, message, data))) => Some(Shape::Error(id, code, message, data)),
        (None, Some(result), Some((code, message, data))) if result == "null" => {
            Some(Shape::Error(id, code, message, data))
        }
        (Some(method), None, None) => Some(match id {
            Some(id) => Shape::Request(id, method, params),
            None => Shape::Notification(method, params),
        }),
        _ => None,
    }
}

fn error_of(text: &str) -> Option<(Option<i64>, String, Option<String>)> {
    if let Ok(message) = serde_json::from_str::<String>(text) {
        return Some((None, message, None));
    }
    let members = Members::of(text)?;
    let one = |name: &str| match members.all(name)[..] {
        [] | ["null"] => Some(None),
        [value] => Some(Some(value.to_owned())),
        _ => None,
    };
    let code = one("code")?.and_then(|code| {
        let text = serde_json::from_str::<String>(&code).unwrap_or(code);
        let as_float = text.parse::<f64>().ok().filter(|code| code.fract() == 0.0 && code.abs() <= 9e15);
        text.parse::<i64>().ok().or(as_float.filter(|_| text.len() <= 24).map(|code| code as i64))
    });
    let message = one("message")?.map(|message| serde_json::from_str::<String>(&message).unwrap_or(message));
    Some((code, message.unwrap_or_default(), one("data")?))
}

/// A message that is parsed and serialized stays the same.
fn payloads_are_kept(message: &Message<'_>) {
    let before = shape(message);
    let again = match message {
        Message::Response { id, outcome: Ok(result) } => jsonrpc::result(id.unwrap_or("null"), result.get()),
        Message::Response { .. } => return,
        Message::Request { id, method, params } => {
            let params = params.map_or("", |params| params.get());
            let sent = jsonrpc::request(7, true, method, params.as_bytes());
            assert_eq!(jsonrpc::parse(&sent).as_ref().map(shape), Some(with_id(&before, "\"7\"")));
            let refusal = jsonrpc::error(id, jsonrpc::METHOD_NOT_FOUND, method);
            let Some(Message::Response { id: Some(answered), outcome: Err(error) }) = jsonrpc::parse(&refusal) else {
                panic!("the error is not a message: {refusal:?}");
            };
            assert_eq!((answered, error.message.as_str()), (*id, method.as_ref()));
            return;
        }
        Message::Notification { method, params } => {
            jsonrpc::notification(method, params.map_or("", |params| params.get()).as_bytes())
        }
    };
    assert_eq!(jsonrpc::parse(&again).as_ref().map(shape), Some(before));
}

fn with_id(shape: &Shape, id: &str) -> Shape {
    match shape {
        Shape::Request(_, method, params) => Shape::Request(id.to_owned(), method.clone(), params.clone()),
        _ => panic!("not a request"),
    }
}
