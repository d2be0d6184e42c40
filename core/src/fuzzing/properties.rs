//! Property tests: inputs from the tokens of their grammars. The seed is fixed, so that runs are reproducible.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestError, TestRunner};

const SSE: &[&str] = &[
    "\u{feff}",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "data",
    "data:",
    "data: ",
    "event",
    "event: message",
    "id: 1",
    "id",
    "id: a\0b",
    "retry: 500",
    "retry: 99999999999999999999",
    "retry: -1",
    "retry",
    ":",
    ": comment",
    "é",
    "😀",
    "\u{2028}",
    "x",
    " ",
];
const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "{}",
    "[]",
    "null",
    "true",
    "1",
    "\"1\"",
    "-0",
    "1e400",
    "7",
    "\"007\"",
    "9007199254740993",
    "\"jsonrpc\":\"2.0\"",
    "\"id\":1",
    "\"id\":\"1\"",
    "\"id\":null",
    "\"i\\u0064\":2",
    "\"method\":\"m\"",
    "\"method\":null",
    "\"params\":{\"a\":1.0}",
    "\"result\":{}",
    "\"result\":{\"b\": [1 ,2]}",
    "\"result\":null",
    "\"error\":{\"code\":-32000,\"message\":\"m\"}",
    "\"error\":[1,\"m\"]",
    "\"error\":null",
    "\"data\":{}",
    "\"code\":1",
    "\"_meta\":{}",
    "\"_meta\":{ }",
    "\"_meta\":{\"a\":1}",
    "\"name\":\"t\"",
    "\"arguments\":{}",
    "\\ud83d\\ude00",
    "\\ud800",
    "\\udc00",
    "\\u0000",
    "\"a\":",
    "\"\\ud800\"",
    "\"x\":\"y\"",
    " ",
    "\n",
    "\u{7f}",
    "é",
    "[\"2.0\",1,null,null,{}]",
];
const SCHEMAS: &[&str] = &[
    "{\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"a\"]}}",
    "{\"message\":\"m\",\"requestedSchema\":{\"properties\":{\"a\":{\"type\":\"integer\",\"default\":5,\"minimum\":0}},\"required\":[\"a\",\"b\"]}}",
    "{\"message\":\"m\",\"requestedSchema\":{\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"(a+)+$\",\"maxLength\":-1}}}}",
    "{\"message\":\"m\",\"mode\":\"url\",\"url\":\"https://example.com\"}",
    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}",
    "{\"type\":\"number\",\"multipleOf\":0}",
    "{\"$ref\":\"#\"}",
    "{\"minItems\":1e300}",
    "true",
    "false",
    "3",
];
const GIVEN: &[&str] = &[
    "{\"action\":\"accept\",\"content\":{\"a\":\"x\"}}",
    "{\"action\":\"accept\",\"content\":{\"a\":1}}",
    "{\"action\":\"accept\"}",
    "{\"action\":\"decline\",\"content\":5}",
    "{\"a\":\"é\"}",
    "{\"a\":null}",
    "[]",
    "null",
    "1e308",
    "\"x\"",
];
const HEADERS: &[&str] = &[
    "=?base64?",
    "?=",
    "=?BASE64?",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "é",
    "世界",
    "us-west1",
    "x-a",
    "Authorization",
    "Host",
    "MCP-Session-Id",
    "Idempotency-Key",
    "canary",
    ":",
    "a",
];
const WAITS: &[&str] = &[
    "0",
    "7",
    "99999999999999999999",
    "-",
    "+",
    ".",
    " ",
    "\n",
    "Sat, 21 Nov 2026 08:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Saturday, 21-Nov-26 08:00:00 GMT",
    "Sat Nov 21 08:00:00 2026",
    "Sat, 31 Feb 2026 25:61:61 GMT",
    "\u{e9}",
    "e9",
];
const ANSWERS: &[&str] = &[
    "retry-after: 1e9\n",
    "retry-after: 7\n",
    "x-request-id: req_\u{e9}\n",
    "content-type: text/html\n",
    "\n\n",
    "\n",
    "omni-required-scopes: a b\n",
    "{\"error\":{\"code\":\"x\",\"message\":\"\\u001b[31m\",\"retry_after\":-1}}",
    "{\"error\":{\"code\":\"rate_limit_exceeded\",\"retry_after\":1e300,\"request_id\":\"\\n\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"m\",\"data\":{\"omni_code\":\"mcp_invocation_failed\"}}}",
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"data\":{\"uri\":\"x\"}}}",
    "{\"detail\":[{\"a\":1}]}",
    "<html>",
    "\u{1b}[2J",
    "é",
];
const SERVER_TEXT: &[&str] = &[
    "omni_live_0123456789",
    "omni_live_",
    "omni_l",
    "mni_live_012345",
    "…",
    "\u{202e}",
    "\u{1b}[31m",
    "\n",
    "é",
    "[redacted]",
    "a",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// `head` bytes of any value, then tokens of a grammar with other bytes between them.
fn tokens(tokens: &'static [&'static str], head: usize, most: usize) -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        12 => select(tokens).prop_map(|token| token.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ];
    (vec(any::<u8>(), head), vec(token, 0..most)).prop_map(|(head, tokens)| [head, tokens.concat()].concat())
}

/// A JSON object of random members, mostly those of a message.
fn objects() -> impl Strategy<Value = Vec<u8>> {
    let members =
        JSON.iter().copied().filter(|token| token.starts_with('"') && token.contains("\":") && !token.ends_with(':'));
    let members: Vec<_> = members.collect();
    let of_a_few = vec(select(members), 0..6);
    (of_a_few, any::<bool>()).prop_map(|(members, is_message)| {
        let version = if is_message { "\"jsonrpc\":\"2.0\"," } else { "" };
        format!("{{{version}{}}}", members.join(",")).into_bytes()
    })
}

fn lines(first: &'static [&'static str], second: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    (select(first), select(second)).prop_map(|(first, second)| format!("{first}\n{second}").into_bytes())
}

fn holds(cases: u32, strategy: impl Strategy<Value = Vec<u8>>, target: fn(&[u8])) {
    let config = Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&strategy, |input| -> TestCaseResult {
        target(&input);
        Ok(())
    });
    match run {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!("{why}\n  for {}", input.escape_ascii()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn event_streams_are_read_as_the_standard_says() {
    holds(2_000, tokens(SSE, 5, 40), super::event_stream);
}

#[test]
fn messages_are_what_json_rpc_says() {
    holds(2_000, prop_oneof![objects(), tokens(JSON, 0, 12)], super::envelope);
}

#[test]
fn an_answer_is_that_of_its_request() {
    let line = || prop_oneof![objects(), tokens(JSON, 0, 12)];
    let batch = vec(objects(), 0..3).prop_map(|objects| [&b"["[..], &objects.join(&b','), b"]"].concat());
    holds(1_000, vec(prop_oneof![line(), batch], 0..4).prop_map(|lines| lines.join(&b'\n')), super::inbox);
}

#[test]
fn waits_are_those_that_were_asked_for() {
    holds(2_000, prop_oneof![tokens(WAITS, 0, 4), vec(any::<u8>(), 9)], super::retry_after);
}

#[test]
fn headers_carry_any_text_and_no_other_header() {
    holds(2_000, prop_oneof![4 => tokens(HEADERS, 0, 8), 1 => lines(SCHEMAS, GIVEN)], super::headers);
}

#[test]
fn arguments_pass_as_they_are() {
    holds(2_000, prop_oneof![objects(), tokens(JSON, 0, 12)], super::arguments);
}

#[test]
fn messages_show_no_secret_and_no_control_character() {
    holds(
        2_000,
        tokens(SERVER_TEXT, 2, 12).prop_map(|mut input| {
            // Mostly a valid secret.
            if input.len() > 2 && input[0] < 200 {
                input[0] = 14;
                input.splice(2..2, *b"omni_live_0123456789");
            }
            input
        }),
        super::messages,
    );
}

#[test]
fn answers_of_any_kind_become_sound_errors() {
    holds(2_000, tokens(ANSWERS, 3, 8), super::answers);
}

#[test]
fn forms_of_any_kind_do_no_harm() {
    holds(1_000, prop_oneof![lines(SCHEMAS, GIVEN), tokens(JSON, 0, 12)], super::forms);
}
