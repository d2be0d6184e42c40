//! The JSON-RPC 2.0 envelope. Payloads stay text: they are cut out, never decoded.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::loose::Loose;

/// JSON-RPC's own error codes.
pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const INTERNAL_ERROR: i64 = -32603;
/// MCP's own, of revisions up to 2025-11-25 (server/resources, Error Handling).
pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;

/// A request as bytes to send. `method` is one of ours or was checked; `params` is JSON text.
pub(crate) fn request(id: u64, as_string: bool, method: &str, params: &[u8]) -> Bytes {
    let quote: &[u8] = if as_string { b"\"" } else { b"" };
    let mut body = Vec::with_capacity(64 + method.len() + params.len());
    body.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    body.extend_from_slice(quote);
    body.extend_from_slice(id.to_string().as_bytes());
    body.extend_from_slice(quote);
    method_and_params(&mut body, method, params);
    body.into()
}

/// A notification as bytes to send.
pub(crate) fn notification(method: &str, params: &[u8]) -> Bytes {
    let mut body = Vec::with_capacity(48 + method.len() + params.len());
    body.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    method_and_params(&mut body, method, params);
    body.into()
}

fn method_and_params(body: &mut Vec<u8>, method: &str, params: &[u8]) {
    body.extend_from_slice(b",\"method\":");
    // Writing a string to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut *body, method);
    if !params.is_empty() {
        body.extend_from_slice(b",\"params\":");
        body.extend_from_slice(params);
    }
    body.push(b'}');
}

/// The answer to a server's request. `id` and `result` are JSON text.
pub(crate) fn result(id: &str, result: &str) -> Bytes {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}").into()
}

/// The refusal of a server's request.
pub(crate) fn error(id: &str, code: i64, message: &str) -> Bytes {
    let message = serde_json::Value::from(message);
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":{code},\"message\":{message}}}}}").into()
}

/// A message from the server.
pub(crate) enum Message<'a> {
    Response { id: Option<&'a str>, outcome: Result<&'a RawValue, RpcError> },
    Request { id: &'a str, method: Cow<'a, str>, params: Option<&'a RawValue> },
    Notification { method: Cow<'a, str>, params: Option<&'a RawValue> },
}

/// The `error` of a response.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    #[serde(default, deserialize_with = "text_or_null")]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: Option<Box<RawValue>>,
    /// Whether the response named an id: then the server has read the request.
    #[serde(skip)]
    pub(crate) has_id: bool,
}

/// The message is for people only: an answer is not refused for the lack of one, or of half a character in it.
fn text_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<Loose>::deserialize(deserializer)?.map(|Loose(text)| text).unwrap_or_default())
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Reads one message; `None` where the text is none.
pub(crate) fn parse(text: &[u8]) -> Option<Message<'_>> {
    // A list would be read as the members in their order.
    if !text.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let envelope: Envelope<'_> = serde_json::from_slice(text).ok()?;
    if envelope.jsonrpc != "2.0" {
        return None;
    }
    let id = envelope.id.map(RawValue::get);
    match (envelope.method, envelope.result, envelope.error) {
        (None, Some(result), None) if result.get().starts_with('{') => {
            Some(Message::Response { id, outcome: Ok(result) })
        }
        (None, None, Some(error)) if error.get().starts_with('{') => {
            let error: RpcError = serde_json::from_str(error.get()).ok()?;
            let has_id = id.is_some_and(|id| our_id(id).is_some());
            Some(Message::Response { id, outcome: Err(RpcError { has_id, ..error }) })
        }
        (Some(method), None, None) => Some(match id {
            Some(id) => Message::Request { id, method, params: envelope.params },
            None => Message::Notification { method, params: envelope.params },
        }),
        _ => None,
    }
}

/// The id of ours that a text is: the number, or a server's rendering of it as a string.
pub(crate) fn our_id(id: &str) -> Option<u64> {
    let digits = id.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(id);
    // No other rendering, such as `+7` or `007`.
    let is_ours = !digits.starts_with(['+', '0']) || digits == "0";
    is_ours.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_object() {
        let text = request(7, false, "tools/list", b"{\"cursor\":\"a\"}");
        assert_eq!(text, r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":"a"}}"#);
        assert_eq!(request(7, true, "ping", b""), r#"{"jsonrpc":"2.0","id":"7","method":"ping"}"#);
        assert_eq!(notification("a\"b", b""), r#"{"jsonrpc":"2.0","method":"a\"b"}"#);
    }

    #[test]
    fn payloads_are_cut_out_unchanged() {
        let text = br#"{"jsonrpc":"2.0","id":1,"result":{"n":9007199254740993,"__proto__":1.0}}"#;
        let Some(Message::Response { id: Some("1"), outcome: Ok(result) }) = parse(text) else { panic!() };
        assert_eq!(result.get(), r#"{"n":9007199254740993,"__proto__":1.0}"#);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":3}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}} x"#,
            r#"["2.0",1,null,null,{}]"#,
            r#"{"jsonrpc":"2.0","id":1,"error":[1,"m"]}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":2}}"#,
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn ids_match_as_number_or_string() {
        assert_eq!((our_id("7"), our_id("\"7\"")), (Some(7), Some(7)));
        assert_eq!(our_id("0"), Some(0));
        for id in ["8", "\"8\"", "7.5", "\"+7\"", "\"007\"", "\"\"", "null"] {
            assert_ne!(our_id(id), Some(7), "{id}");
        }
    }
}
