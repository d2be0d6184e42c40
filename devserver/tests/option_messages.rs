//! Messages for invalid options, rules and messages: they name the field and what is allowed.
#![allow(clippy::unwrap_used)]

mod common;

use common::start;
use omni_mcp_devserver::{DevServer, Field, Form, Options, Spelling};
use serde_json::{Value, json};

/// Terms of the JSON library that no message contains.
const INTERNALS: &[&str] =
    &["variant", "untagged", "at line", "missing field", "unknown field", "invalid type", "expected"];

fn refused(options: &Value, spelling: Spelling) -> String {
    let message = DevServer::start_spelled(&options.to_string(), spelling).unwrap_err().to_string();
    assert!(!INTERNALS.iter().any(|text| message.contains(text)), "{message}");
    message.strip_prefix("bad dev server options: ").unwrap().to_owned()
}

#[test]
fn name_the_field_and_what_is_allowed() {
    let rule = |fault: Value| json!({"faults": [{"fault": fault}]});
    let cases = [
        (json!([]), "must be an object, got a list"),
        (json!({"profil": "omni"}), "profil: there is no such field; did you mean profile?"),
        (json!({"port": 70_000}), "port: must be an integer from 0 to 65535, got 70000"),
        (json!({"progress": "3"}), "progress: must be an integer from 0 to 4294967295, got a string"),
        (json!({"seed": -1}), "seed: must be an integer of at least 0, got -1"),
        (json!({"conflict_rpc_code": "x"}), "conflict_rpc_code: must be an integer, got a string"),
        (
            rule(json!({"kind": "rpc_error", "code": "x", "message": ""})),
            "faults[0].fault.code: must be an integer, got a string",
        ),
        (json!({"set_cookies": ["a=b", 1]}), "set_cookies[1]: must be a string, got 1"),
        (json!({"keys": [{"scopes": []}]}), "keys[0].key: is required"),
        (
            json!({"rate_limit": {"per_minute": 1.5}}),
            "rate_limit.per_minute: must be an integer from 0 to 4294967295, got 1.5",
        ),
        (json!({"tls": {"versions": ["1.1"]}}), "tls.versions[0]: must be one of 1.2, 1.3, got a string"),
        (json!({"auth": {"token": "x"}}), "auth.type: is required"),
        (json!({"auth": {"type": "digest"}}), "auth.type: must be one of bearer, basic, api_key_header, got a string"),
        (
            json!({"stdio": {"nth": true}}),
            "stdio.nth: must be an integer of at least 0 or a list, each an integer of at least 0, got true",
        ),
        (rule(json!({})), "faults[0].fault.kind: is required"),
        (
            rule(json!({"kind": "hang", "when": 1})),
            "faults[0].fault.when: must be one of before_execution, after_execution, got 1",
        ),
        (
            rule(json!({"kind": "status", "status": "503"})),
            "faults[0].fault.status: must be an integer from 0 to 65535, got a string",
        ),
        (
            rule(json!({"kind": "malformed_json", "ms": 1})),
            "faults[0].fault.ms: there is no such field; none are allowed",
        ),
        (
            rule(json!({"kind": "omni_error", "omni_code": "rate_limited", "retry_after": 0.1})),
            "faults[0].fault.retry_after: must be an integer of at least 0 or a string, got 0.1",
        ),
        (
            json!({"profile": "odock", "upstream": {"era": "old"}}),
            "upstream.era: must be one of legacy, modern, dual, got a string",
        ),
        (json!({"profile": "odock", "servers": [{"slug": "a"}]}), "servers[0].transport: is required"),
    ];
    for (options, message) in cases {
        assert_eq!(refused(&options, Spelling::Snake), message);
    }
}

#[test]
fn are_in_the_spelling_of_the_caller() {
    let cases = [
        (json!({"toolNmes": []}), "toolNmes: there is no such field; did you mean toolNames?"),
        (json!({"toolNames": [1]}), "toolNames[0]: must be a string, got 1"),
        (
            json!({"faults": [{"fault": {"kind": "?"}}]}),
            "faults[0].fault.kind: must be one of delay, hang, status, omni_error, service_error, reset, truncate, stream_cut, \
             malformed_json, malformed_event, wrong_id, string_id, accepted, content_type, empty_body, session_lost, \
             session_elsewhere, duplicate_event, reordered_events, slow_drip, pause, bomb, endless_stream, rpc_error, \
             raw_body, raw_response, raw_output, reset_stream, go_away, stall, redirect, restart, got a string",
        ),
        (json!({"toolNames": ["a"], "tool_names": ["b"]}), "toolNames: is given twice"),
        (json!({"toolsPageSize": 0}), "toolsPageSize must be at least 1"),
        (json!({"keys": [{"key": "a"}]}), "keys[0].key must be omni_live_… or omni_test_… in visible ASCII"),
        (
            json!({"rateLimit": {"perMinute": "1"}}),
            "rateLimit.perMinute: must be an integer from 0 to 4294967295, got a string",
        ),
        (
            json!({"tools": [{"name": "a", "result": 1, "delayMs": 1e9 as u64}]}),
            "tools[0].delayMs: must be a number of milliseconds from 0 to 3600000",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(refused(&options, Spelling::Camel), message);
    }
    // A name that the caller chose stays as it is.
    let headers = json!({"retry_after": "\n"});
    let rule = json!({"fault": {"kind": "status", "status": 200, "headers": headers}});
    assert_eq!(
        refused(&json!({"faults": [rule]}), Spelling::Camel),
        "faults[0]: header \"retry_after\" cannot be sent"
    );
    let server = start(json!({}));
    let script = server.script_spelled(&rule.to_string(), Spelling::Camel).unwrap_err().to_string();
    assert_eq!(script, "bad fault rule: rule 0: header \"retry_after\" cannot be sent");
    let condition = server.wait_spelled(r#"{"count": "requests"}"#, Spelling::Camel).unwrap_err().to_string();
    assert_eq!(condition, "bad wait condition: give atLeast or atMost");
    let options =
        json!({"profile": "generic", "toolNames": ["a"], "oauth": {"expiresIn": 5}, "rate_limit": {"perMinute": 5}});
    DevServer::start_spelled(&options.to_string(), Spelling::Camel).unwrap();
    let options = json!({"profile": "odock", "upstream": {"toolNames": ["a"]}});
    DevServer::start_spelled(&options.to_string(), Spelling::Camel).unwrap();
}

#[test]
fn of_text_that_is_no_json() {
    let message = |text: &str| DevServer::start_json(text).unwrap_err().to_string();
    assert_eq!(message("{"), "bad dev server options: options: the JSON text ends too early");
    assert_eq!(message("{x}"), "bad dev server options: options: no valid JSON (line 1, column 2)");
}

#[test]
fn of_rules_conditions_and_pushes() {
    let server = start(json!({}));
    let rule = |text: &str| server.script_json(text).unwrap_err().to_string();
    assert_eq!(
        rule(r#"[{"fault": {"kind": "hang"}, "time": 1}]"#),
        "bad fault rule: rules[0].time: there is no such field; did you mean times?"
    );
    assert_eq!(rule(r#"{"fault": "hang"}"#), "bad fault rule: fault: must be an object, got a string");
    let condition = server.wait_json(r#"{"count": "request"}"#).unwrap_err().to_string();
    assert!(condition.contains("count: must be one of requests, answers, executions"), "{condition}");
    let push = server.push_json("{}").unwrap_err().to_string();
    assert!(push.contains("method: is required"), "{push}");
}

fn fields(form: &Form) -> &[Field] {
    match form {
        Form::Fields(fields) => &fields.fields,
        _ => panic!("no fields"),
    }
}

/// A value that the form does not allow, if there is one.
fn misfit(form: &Form) -> Option<Value> {
    match form {
        Form::Json => None,
        Form::Nullable(form) => misfit(form),
        Form::Text | Form::Path | Form::Choice(_) => Some(json!(true)),
        Form::Either(_) | Form::Number | Form::Integer(..) | Form::Boolean => Some(json!({"x": 1})),
        _ => Some(json!("x")),
    }
}

#[test]
fn every_option_is_described_and_checked() {
    let described = Options::description();
    let text = serde_json::to_value(Options::default()).unwrap();
    let mut names: Vec<&str> = fields(&described).iter().map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, text.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>());
    for field in fields(&described) {
        assert!(!field.help.is_empty() && !field.required, "{}", field.name);
        if let Some(value) = misfit(&field.form) {
            let message = refused(&json!({ &field.name: value }), Spelling::Snake);
            assert!(message.starts_with(&format!("{}: must be ", field.name)), "{message}");
        }
    }
}
