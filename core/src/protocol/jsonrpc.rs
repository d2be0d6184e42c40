//! The JSON-RPC 2.0 envelope. Payloads are extracted as text and not decoded.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::observe::deviations::Deviation;
use crate::protocol::lenient_json::{self, LossyString};

/// Error codes of JSON-RPC.
pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const INTERNAL_ERROR: i64 = -32603;
/// Error code of MCP up to 2025-11-25 (server/resources, Error Handling).
pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;

/// A request as bytes. `method` must have been checked; `params` is JSON text.
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

/// A notification as bytes.
pub(crate) fn notification(method: &str, params: &[u8]) -> Bytes {
    let mut body = Vec::with_capacity(48 + method.len() + params.len());
    body.extend_from_slice(b"{\"jsonrpc\":\"2.0\"");
    method_and_params(&mut body, method, params);
    body.into()
}

fn method_and_params(body: &mut Vec<u8>, method: &str, params: &[u8]) {
    body.extend_from_slice(b",\"method\":");
    // Serializing a string to a Vec does not fail.
    let _ = serde_json::to_writer(&mut *body, method);
    if !params.is_empty() {
        body.extend_from_slice(b",\"params\":");
        body.extend_from_slice(params);
    }
    body.push(b'}');
}

/// The response to a server request. `id` and `result` are JSON text.
pub(crate) fn result(id: &str, result: &str) -> Bytes {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}").into()
}

/// The error response to a server request.
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
    /// `None` if it is not a whole number.
    #[serde(default, deserialize_with = "whole_number")]
    pub(crate) code: Option<i64>,
    #[serde(default, deserialize_with = "any_text")]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) data: Option<Box<RawValue>>,
    /// Whether the response has an id: then the server has read the request.
    #[serde(skip)]
    pub(crate) has_id: bool,
}

/// The message is informative only: a response is accepted without one, and with lone surrogates in it.
fn any_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let given = Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get);
    Ok(given.map(|given| lenient_json::string(given).unwrap_or_else(|| given.to_owned())).unwrap_or_default())
}

/// A code, also as a float or as text.
fn whole_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let given = Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get);
    Ok(given.and_then(|given| {
        let text = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(given);
        text.parse().ok().or_else(|| whole(text))
    }))
}

/// The value of a whole JSON number, such as `1.0` or `-32e3`, if it is exact.
fn whole(text: &str) -> Option<i64> {
    /// Larger floats are not exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_number = text.len() <= 24 && text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let value: f64 = text.parse().ok().filter(|_| is_number)?;
    // The range was checked before.
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// A member that is present, even if it is null.
fn present<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A message and its deviations from the specification.
pub(crate) struct Read<'a> {
    pub(crate) message: Message<'a>,
    pub(crate) deviation: Option<(Deviation, &'static str)>,
}

/// Written before UTF-8 by some platforms.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Description of the deviation.
pub(crate) const MARKED: &str = "the server sent a message that begins with a byte-order mark";

/// A text without a byte-order mark.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Parses a message; `None` if the text is not one.
pub(crate) fn parse(text: &[u8]) -> Option<Message<'_>> {
    read(text).map(|read| read.message)
}

/// Parses one of several messages, with its deviations; `None` if the text is not a message.
pub(crate) fn read(text: &[u8]) -> Option<Read<'_>> {
    read_where(text, false)
}

/// Parses the only message of a body, with its deviations.
pub(crate) fn read_only(text: &[u8]) -> Option<Read<'_>> {
    read_where(text, true)
}

/// Whether an object has members that a response does not have. Without `jsonrpc`, it is then not a message but, for example, a
/// log line about the request.
fn has_more(text: &[u8]) -> bool {
    let members = lenient_json::members(without_mark(text));
    members.keys().any(|LossyString(name)| !matches!(name.as_str(), "jsonrpc" | "id" | "result" | "error"))
}

fn read_where(text: &[u8], is_only: bool) -> Option<Read<'_>> {
    let unmarked = without_mark(text);
    let mut deviation = (unmarked.len() < text.len()).then_some((Deviation::ByteOrderMark, MARKED));
    // serde also accepts a list of the members.
    if !unmarked.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let envelope: Envelope<'_> = serde_json::from_slice(unmarked).ok()?;
    let id = envelope.id.map(RawValue::get);
    match envelope.jsonrpc.map(RawValue::get) {
        Some("\"2.0\"") => {}
        // Without the member, only an object with nothing but members of a response is a message.
        None if envelope.method.is_none() && id.is_some() && (is_only || !has_more(text)) => {
            deviation = Some((Deviation::Envelope, "the server sent a response without \"jsonrpc\""));
        }
        Some(version) if says_two(version) => {
            deviation = Some((Deviation::Envelope, "the server sent \"jsonrpc\" in another form than \"2.0\""));
        }
        _ => return None,
    }
    if id.is_some_and(|id| id.parse::<i64>().is_err() && whole(id).is_some()) {
        deviation = Some((Deviation::Envelope, "the server sent the id of a request in another form, such as 1.0"));
    }
    let response = |outcome| Message::Response { id, outcome };
    let message = match (envelope.method, envelope.result, envelope.error) {
        (None, Some(result), None) => response(Ok(result)),
        (None, result, Some(error)) if result.is_none_or(|result| result.get() == "null") => {
            let (error, is_plain) = read_error(error.get())?;
            let error = RpcError { has_id: id.is_some_and(|id| our_id(id).is_some()), ..error };
            if !is_plain {
                deviation = Some((Deviation::Envelope, "the server sent an error that is not one of JSON-RPC"));
            }
            response(Err(error))
        }
        (Some(method), None, None) => match id {
            Some(id) => Message::Request { id, method, params: envelope.params },
            None => Message::Notification { method, params: envelope.params },
        },
        _ => return None,
    };
    Some(Read { message, deviation })
}

/// Whether an unusual form of the version means JSON-RPC 2.0.
fn says_two(version: &str) -> bool {
    let version = version.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(version);
    lenient_json::string(&format!("\"{version}\""))
        .is_some_and(|version| matches!(version.as_str(), "2.0" | "2" | "2.00"))
}

/// An error, and whether it has the specified form.
fn read_error(error: &str) -> Option<(RpcError, bool)> {
    #[derive(Deserialize)]
    struct AsItShouldBe {
        #[serde(rename = "code")]
        _code: i64,
        #[serde(default, rename = "message")]
        _message: Option<LossyString>,
    }
    if error.starts_with('"') {
        return lenient_json::string(error)
            .map(|message| (RpcError { code: None, message, data: None, has_id: false }, false));
    }
    // serde also accepts a list of the members.
    let read = error.starts_with('{').then(|| serde_json::from_str(error).ok()).flatten()?;
    Some((read, serde_json::from_str::<AsItShouldBe>(error).is_ok()))
}

/// Id of the request that an invalid response names: the id of an object that has a result or an error and no method.
pub(crate) fn addressed(text: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Addressed<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    // Lone surrogates in other members do not matter.
    let text = String::from_utf8_lossy(without_mark(text));
    let members = lenient_json::members(text.as_bytes());
    let has_version = members.get("jsonrpc").is_some_and(|version| version.get() != "null");
    let is_response = !members.contains_key("method")
        && (members.contains_key("result") || members.contains_key("error"))
        && (has_version || !has_more(text.as_bytes()));
    // A duplicate id identifies no request.
    let addressed: Addressed<'_> = serde_json::from_str(&text).ok().filter(|_| is_response)?;
    our_id(addressed.id.get())
}

/// The known part of a truncated response.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TruncatedResponse {
    pub(crate) id: Option<u64>,
    /// Whether it has the beginning of a result.
    pub(crate) has_result: bool,
}

/// The known part of truncated JSON; `None` for other text.
pub(crate) fn truncated_response(text: &[u8]) -> Option<TruncatedResponse> {
    struct Reader<'s>(&'s mut TruncatedResponse);
    impl<'de> serde::de::Visitor<'de> for Reader<'_> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(LossyString(name)) = map.next_key()? {
                match name.as_str() {
                    "id" => self.0.id = our_id(map.next_value::<&RawValue>()?.get()),
                    name => {
                        self.0.has_result |= name == "result";
                        map.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
            }
            Ok(())
        }
    }
    let mut known = TruncatedResponse::default();
    let mut reader = serde_json::Deserializer::from_slice(without_mark(text));
    let read = serde::Deserializer::deserialize_map(&mut reader, Reader(&mut known));
    read.is_err_and(|error| error.is_eof()).then_some(known)
}

/// The id of a request from JSON text: an exact number in any form, or a string of its digits.
pub(crate) fn our_id(id: &str) -> Option<u64> {
    let digits = id.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_string = digits.is_some();
    let digits = digits.unwrap_or(id);
    // No other form, such as `+7` or `007`.
    let is_ours = !digits.starts_with(['+', '0']) || digits == "0";
    let exact = is_ours.then(|| digits.parse().ok()).flatten();
    exact.or_else(|| whole(id).filter(|_| !is_string).and_then(|id| u64::try_from(id).ok()))
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
    fn payloads_are_not_changed() {
        let text = br#"{"jsonrpc":"2.0","id":1,"result":{"n":9007199254740993,"__proto__":1.0}}"#;
        let Some(Message::Response { id: Some("1"), outcome: Ok(result) }) = parse(text) else { panic!() };
        assert_eq!(result.get(), r#"{"n":9007199254740993,"__proto__":1.0}"#);
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}} x"#,
            r#"["2.0",1,null,null,{}]"#,
            r#"{"jsonrpc":"2.0","id":1,"error":[1,"m"]}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":2}}"#,
            r#"{"id":1,"id":1,"result":{}}"#,
            r#"{"result":{}}"#,
            r#"{"error":"Session not found"}"#,
            r#"{"method":"GET","id":1}"#,
            r#"{"jsonrpc":3,"id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":false}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":7}"#,
            // Lines of logs about a request.
            r#"{"level":50,"id":1,"error":"db slow"}"#,
            r#"{"level":30,"id":1,"result":{"n":1}}"#,
            r#"{"level":"error","id":1,"error":{"name":"X","stack":"..."}}"#,
            r#"{"id":1,"result":"cache miss","time":null}"#,
            r#"{"jsonrpc":null,"id":1,"result":{},"msg":"done"}"#,
            r#"{"i\u0064":1,"result":{},"\ud800":1}"#,
            "\u{feff}\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn ids_match_as_number_or_string() {
        assert_eq!((our_id("7"), our_id("\"7\"")), (Some(7), Some(7)));
        assert_eq!(our_id("0"), Some(0));
        for id in ["7.0", "7e0", "70e-1", "0.7e1"] {
            assert_eq!(our_id(id), Some(7), "{id}");
        }
        for id in
            ["8", "\"8\"", "7.5", "\"+7\"", "\"007\"", "\"7.0\"", "\"\"", "null", "7.00000000000000000000001", "-7.0"]
        {
            assert_ne!(our_id(id), Some(7), "{id}");
        }
    }

    #[test]
    fn the_only_message_of_a_body_may_have_further_members() {
        for text in [
            r#"{"status":500,"id":1,"error":{"code":-32603,"message":"no"}}"#,
            r#"{"jsonrpc":null,"id":1,"result":{},"took_ms":3}"#,
        ] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
            let deviation = read_only(text.as_bytes()).unwrap().deviation.map(|(deviation, _)| deviation);
            assert_eq!(deviation, Some(Deviation::Envelope), "{text}");
        }
        assert!(read_only(br#"{"level":30,"id":1,"msg":"x"}"#).is_none());
        assert!(read_only(br#"{"result":{}}"#).is_none());
    }

    fn deviation(text: &str) -> Option<Deviation> {
        read(text.as_bytes()).unwrap_or_else(|| panic!("{text}")).deviation.map(|(deviation, _)| deviation)
    }

    #[test]
    fn deviating_envelopes_are_accepted() {
        for text in [
            r#"{"id":1,"result":{}}"#,
            r#"{"jsonrpc":null,"id":1,"result":{}}"#,
            r#"{"jsonrpc":"2","id":1,"result":{}}"#,
            r#"{"jsonrpc":2,"id":1,"result":{}}"#,
            r#"{"jsonrpc":2.0,"id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1.0,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1e0,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":"-32602","message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602.0,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":{"text":"no"}}}"#,
        ] {
            assert_eq!(deviation(text), Some(Deviation::Envelope), "{text}");
            let Some(Message::Response { id: Some(id), .. }) = parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(our_id(id), Some(1), "{text}");
        }
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"no"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":null,"params":null,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":3}"#,
        ] {
            assert_eq!(deviation(text), None, "{text}");
        }
        assert_eq!(deviation("\u{feff} {\"jsonrpc\":\"2.0\",\"method\":\"a\"}"), Some(Deviation::ByteOrderMark));
    }

    #[test]
    fn codes_and_messages_of_errors_may_have_any_form() {
        for (error, code, message) in [
            (r#"{"code":-32602,"message":"m"}"#, Some(-32602), "m"),
            (r#"{"code":-32602.0,"message":"m"}"#, Some(-32602), "m"),
            (r#"{"code":-3.2602e4,"message":"m"}"#, Some(-32602), "m"),
            (r#"{"code":"-32602","message":"m"}"#, Some(-32602), "m"),
            (r#"{"code":"E_FAIL","message":"m"}"#, None, "m"),
            (r#"{"code":1.5,"message":"m"}"#, None, "m"),
            (r#"{"code":null,"message":["a"]}"#, None, r#"["a"]"#),
            (r#""text""#, None, "text"),
        ] {
            let text = format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#);
            let Some(Message::Response { outcome: Err(read), .. }) = parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!((read.code, read.message.as_str()), (code, message), "{text}");
        }
    }

    #[test]
    fn invalid_responses_can_have_a_valid_id() {
        for (text, id) in [
            (&br#"{"jsonrpc":"2.0","id":7,"result":{},"result":{}}"#[..], Some(7)),
            (br#"{"jsonrpc":"1.0","id":"7","result":{}}"#, Some(7)),
            (br#"{"jsonrpc":"2.0","id":7,"error":[1]}"#, Some(7)),
            (b"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"text\":\"\xff\"}}", Some(7)),
            (br#"{"id":7,"id":8,"result":{}}"#, None),
            (br#"{"level":30,"id":7,"msg":"x"}"#, None),
            (br#"{"level":50,"id":7,"error":"db slow"}"#, None),
            (br#"{"jsonrpc":null,"level":50,"id":7,"result":[]}"#, None),
            (br#"{"id":7,"result":{},"error":7}"#, Some(7)),
            (br#"{"id":7,"method":"x","result":{}}"#, None),
            (br#"[7]"#, None),
        ] {
            assert_eq!(addressed(text), id, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn truncated_responses_can_have_a_valid_id() {
        let known = |id, has_result| Some(TruncatedResponse { id, has_result });
        for (text, expected) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"text":"a"#, known(Some(7), true)),
            (r#"{"jsonrpc":"2.0","id":7,"error":{"co"#, known(Some(7), false)),
            (r#"{"result":{"a":1},"id":7"#, known(Some(7), true)),
            (r#"{"jsonrpc":"2.0","id":7"#, known(Some(7), false)),
            (r#"{"jsonrpc":"2.0","i"#, known(None, false)),
            ("", known(None, false)),
            (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, None),
            ("<html>", None),
            ("Internal error", None),
        ] {
            assert_eq!(truncated_response(text.as_bytes()), expected, "{text}");
        }
    }
}
