//! The tools of the conformance suite that send requests to the client.

use serde_json::{Map, Value, json};

use super::content::text;
use super::rounds::{Questions, Step, one};
use super::{Decided, Invocation, Spec, nothing};
use crate::era::Caller;

pub(super) const SPECS: &[Spec] = &[
    Spec { name: "test_sampling", about: "Asks the client's model.", schemas: || takes("prompt"), decide: sampling },
    Spec { name: "test_elicitation", about: "Asks the user.", schemas: || takes("message"), decide: elicitation },
    Spec {
        name: "test_elicitation_sep1034_defaults",
        about: "Asks the user in a form with defaults.",
        schemas: nothing,
        decide: |invocation| {
            fill_in(invocation, "Please review and update the form fields with defaults", &with_defaults())
        },
    },
    Spec {
        name: "test_elicitation_sep1330_enums",
        about: "Asks the user in a form with choices.",
        schemas: nothing,
        decide: |invocation| fill_in(invocation, "Please select options from the enum fields", &with_choices()),
    },
    Spec {
        name: "test_streaming_elicitation",
        about: "Asks the user, never by a separate request on a stream.",
        schemas: nothing,
        decide: |invocation| named(invocation, "elicitation"),
    },
    Spec {
        name: "test_input_required_result_elicitation",
        about: "Asks the user for a name.",
        schemas: nothing,
        decide: |invocation| named(invocation, "user_name"),
    },
    Spec {
        name: "test_input_required_result_sampling",
        about: "Asks the client's model for a capital.",
        schemas: nothing,
        decide: |invocation| {
            let question = sample("capital_question", "What is the capital of France?");
            let conclude = |answers: &Map<String, Value>| {
                text_result(&format!("Sampling result: {}", sampled(answers, "capital_question")))
            };
            Questions::once(question, conclude).decide(invocation)
        },
    },
    Spec {
        name: "test_input_required_result_list_roots",
        about: "Asks for the client's roots.",
        schemas: nothing,
        decide: |invocation| {
            let question = one("client_roots", "roots/list", json!({}));
            Questions::once(question, |answers| text_result(&format!("Found {} root(s)", roots(answers))))
                .decide(invocation)
        },
    },
    Spec {
        name: "test_input_required_result_request_state",
        about: "Asks for a confirmation, with a state.",
        schemas: nothing,
        decide: |invocation| confirm(invocation, |_| text_result("state-ok: requestState validated")),
    },
    Spec {
        name: "test_input_required_result_tampered_state",
        about: "Asks for a confirmation, and verifies the state.",
        schemas: nothing,
        decide: |invocation| confirm(invocation, |_| text_result("integrity-ok: state verified")),
    },
    Spec {
        name: "test_input_required_result_multiple_inputs",
        about: "Sends three requests at once.",
        schemas: nothing,
        decide: |invocation| {
            let mut questions = form("user_name", "What is your name?", "name", "string");
            questions.extend(sample("greeting", "Generate a greeting"));
            questions.extend(one("client_roots", "roots/list", json!({})));
            let conclude = |answers: &Map<String, Value>| {
                let (name, greeting) = (field(answers, "user_name", "name"), sampled(answers, "greeting"));
                text_result(&format!("Name: {name}; Greeting: {greeting}; Roots: {}", roots(answers)))
            };
            Questions::once(questions, conclude).decide(invocation)
        },
    },
    Spec {
        name: "test_input_required_result_multi_round",
        about: "Sends requests one after another.",
        schemas: nothing,
        decide: |invocation| {
            let questions = Questions::new(|round, answers| match round {
                1 => Step::Ask(form("step1", "Step 1: What is your name?", "name", "string")),
                2 => Step::Ask(form("step2", "Step 2: What is your favorite color?", "color", "string")),
                _ => {
                    let (name, color) = (field(answers, "step1", "name"), field(answers, "step2", "color"));
                    Step::Done(text_result(&format!("Multi-round complete for {name} who likes {color}")))
                }
            });
            questions.decide(invocation)
        },
    },
    Spec {
        name: "test_input_required_result_capabilities",
        about: "Sends requests for the capabilities that the client declared.",
        schemas: nothing,
        decide: by_capabilities,
    },
];

fn takes(name: &str) -> Value {
    json!({"inputSchema": {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}})
}

fn text_result(content: &str) -> Value {
    json!({"content": [text(content)]})
}

/// A form of one field.
pub(super) fn form(key: &str, message: &str, field: &str, kind: &str) -> Map<String, Value> {
    let schema = json!({"type": "object", "properties": {field: {"type": kind}}, "required": [field]});
    one(key, "elicitation/create", json!({"message": message, "requestedSchema": schema}))
}

/// The text that a user entered in a field.
pub(super) fn field<'a>(answers: &'a Map<String, Value>, key: &str, field: &str) -> &'a str {
    let content = answers.get(key).and_then(|answer| answer.get("content"));
    content.and_then(|content| content.get(field)).and_then(Value::as_str).unwrap_or("unknown")
}

fn sample(key: &str, prompt: &str) -> Map<String, Value> {
    let messages = json!([{"role": "user", "content": {"type": "text", "text": prompt}}]);
    one(key, "sampling/createMessage", json!({"messages": messages, "maxTokens": 100}))
}

fn sampled<'a>(answers: &'a Map<String, Value>, key: &str) -> &'a str {
    field(answers, key, "text")
}

fn roots(answers: &Map<String, Value>) -> usize {
    let roots = answers.get("client_roots").and_then(|answer| answer.get("roots")).and_then(Value::as_array);
    roots.map_or(0, Vec::len)
}

fn sampling(invocation: &Invocation<'_>) -> Decided {
    let question = sample("sampling", &invocation.needed_text("prompt")?);
    Questions::once(question, |answers| text_result(&format!("LLM response: {}", sampled(answers, "sampling"))))
        .decide(invocation)
}

fn elicitation(invocation: &Invocation<'_>) -> Decided {
    let question = form("elicitation", &invocation.needed_text("message")?, "response", "string");
    Questions::once(question, |answers| text_result(&format!("User response: {}", filled_in(answers))))
        .decide(invocation)
}

/// The user's response to a form.
fn filled_in(answers: &Map<String, Value>) -> String {
    let member = |name: &str| answers.get("elicitation").and_then(|answer| answer.get(name));
    let action = member("action").and_then(Value::as_str).unwrap_or("unknown");
    format!("action={action}, content={}", member("content").unwrap_or(&json!({})))
}

fn fill_in(invocation: &Invocation<'_>, message: &str, properties: &Value) -> Decided {
    let schema = json!({"type": "object", "properties": properties, "required": []});
    let params = json!({"message": message, "requestedSchema": schema});
    let question = one("elicitation", "elicitation/create", params);
    Questions::once(question, |answers| text_result(&format!("Elicitation completed: {}", filled_in(answers))))
        .decide(invocation)
}

fn named(invocation: &Invocation<'_>, key: &'static str) -> Decided {
    let questions = Questions::new(move |round, answers| match round {
        1 => Step::Ask(form(key, "What is your name?", "name", "string")),
        _ => Step::Done(text_result(&format!("Hello, {}!", field(answers, key, "name")))),
    });
    questions.decide(invocation)
}

fn confirm(invocation: &Invocation<'_>, conclude: fn(&Map<String, Value>) -> Value) -> Decided {
    Questions::once(form("confirm", "Please confirm", "ok", "boolean"), conclude).decide(invocation)
}

fn by_capabilities(invocation: &Invocation<'_>) -> Decided {
    let mut questions = form("elicit_input", "Elicitation input", "value", "string");
    questions.extend(sample("sample_input", "Sample request"));
    if let Caller::Modern(meta) = invocation.caller {
        questions.retain(|_, request| meta.lacks(request).is_none());
    }
    let conclude = |answers: &Map<String, Value>| {
        let keys: Vec<&str> = answers.keys().map(String::as_str).collect();
        text_result(&format!("capabilities-ok: received {}", keys.join(",")))
    };
    match questions.is_empty() {
        true => Questions::new(|_, _| Step::Done(text_result("No supported capabilities declared"))).decide(invocation),
        false => Questions::once(questions, conclude).decide(invocation),
    }
}

fn with_defaults() -> Value {
    json!({
        "name": {"type": "string", "description": "User name", "default": "John Doe"},
        "age": {"type": "integer", "description": "User age", "default": 30},
        "score": {"type": "number", "description": "User score", "default": 95.5},
        "status": {
            "type": "string", "description": "User status",
            "enum": ["active", "inactive", "pending"], "default": "active"
        },
        "verified": {"type": "boolean", "description": "Verification status", "default": true}
    })
}

fn with_choices() -> Value {
    let titled = |suffix: &str| {
        let choice = |n: &str, title: &str| json!({"const": format!("value{n}"), "title": format!("{title} {suffix}")});
        json!([choice("1", "First"), choice("2", "Second"), choice("3", "Third")])
    };
    let options = json!(["option1", "option2", "option3"]);
    json!({
        "untitledSingle": {"type": "string", "description": "Select one option", "enum": options},
        "titledSingle": {"type": "string", "description": "Select one option with titles", "oneOf": titled("Option")},
        "legacyEnum": {
            "type": "string", "description": "Select one option", "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"]
        },
        "untitledMulti": {
            "type": "array", "description": "Select multiple options", "minItems": 1, "maxItems": 3,
            "items": {"type": "string", "enum": options}
        },
        "titledMulti": {
            "type": "array", "description": "Select multiple options with titles", "minItems": 1, "maxItems": 3,
            "items": {"anyOf": titled("Choice")}
        }
    })
}
