//! Tools that answer every kind of content, and tell of their progress.

use serde_json::{Value, json};

use super::{Decided, Decision, Spec, Turn, nothing};
use crate::era::Caller;
use crate::jsonrpc;
use crate::modern::Refusal;
use crate::tools::{Failed, Ready};

/// A picture of one red pixel.
pub(super) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// The shortest sound that there is.
const SOUND: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "test_simple_text",
        about: "Answers a text.",
        schemas: nothing,
        decide: |_| content(&[text("This is a simple text response for testing.")]),
    },
    Spec {
        name: "test_image_content",
        about: "Answers a picture.",
        schemas: nothing,
        decide: |_| content(&[picture()]),
    },
    Spec {
        name: "test_audio_content",
        about: "Answers a sound.",
        schemas: nothing,
        decide: |_| content(&[json!({"type": "audio", "data": SOUND, "mimeType": "audio/wav"})]),
    },
    Spec {
        name: "test_embedded_resource",
        about: "Answers a resource.",
        schemas: nothing,
        decide: |_| {
            let text = "This is an embedded resource content.";
            content(&[resource("test://embedded-resource", "text/plain", text)])
        },
    },
    Spec {
        name: "test_multiple_content_types",
        about: "Answers a text, a picture and a resource.",
        schemas: nothing,
        decide: |_| {
            let data = json!({"test": "data", "value": 123}).to_string();
            let resource = resource("test://mixed-content-resource", "application/json", &data);
            content(&[text("Multiple content types test:"), picture(), resource])
        },
    },
    Spec {
        name: "test_tool_with_logging",
        about: "Logs three messages before it answers.",
        schemas: nothing,
        decide: |turn| {
            let data = ["Tool execution started", "Tool processing data", "Tool execution completed"];
            log(turn, &data, "Tool with logging executed successfully")
        },
    },
    Spec {
        name: "test_logging_tool",
        about: "Logs one message before it answers.",
        schemas: nothing,
        decide: |turn| log(turn, &["Logging"], "Logging evaluated"),
    },
    Spec {
        name: "test_tool_with_progress",
        about: "Tells of its progress three times before it answers.",
        schemas: nothing,
        decide: progress,
    },
    Spec {
        name: "test_error_handling",
        about: "Fails.",
        schemas: nothing,
        decide: |_| {
            let failed = || Err(Failed("This tool intentionally returns an error for testing".to_owned()));
            Ok(Decision::run(Ready::Act(Box::new(failed))))
        },
    },
    Spec {
        name: "test_missing_capability",
        about: "Needs a client that declares sampling.",
        schemas: nothing,
        decide: |turn| match turn.caller {
            Caller::Modern(meta) => match meta.lacks(&json!({"method": "sampling/createMessage"})) {
                Some((capability, required)) => {
                    let required = [(capability.to_owned(), required)].into_iter().collect();
                    Ok(Decision::Answer(Refusal::missing_capability(required).into_answer(turn.request.id)))
                }
                None => content(&[text("The client declared it.")]),
            },
            Caller::Legacy { .. } => content(&[text("There are no capabilities to look at in a call.")]),
        },
    },
    Spec {
        name: "json_schema_2020_12_tool",
        about: "Has an inputSchema with much of JSON Schema 2020-12 in it.",
        schemas: rich_schema,
        decide: |turn| {
            let arguments = Value::Object(turn.arguments.clone());
            content(&[text(&format!("JSON Schema 2020-12 tool called with: {arguments}"))])
        },
    },
];

pub(super) fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn picture() -> Value {
    json!({"type": "image", "data": PIXEL, "mimeType": "image/png"})
}

fn resource(uri: &str, mime: &str, text: &str) -> Value {
    json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime, "text": text}})
}

fn content(content: &[Value]) -> Decided {
    Ok(Decision::result(&json!({"content": content})))
}

fn with(before: Vec<String>, content: &Value) -> Decided {
    let result = json!({"content": [content]}).to_string();
    Ok(Decision::Run { ready: Ready::Act(Box::new(move || Ok(result.into()))), before })
}

fn log(turn: &Turn<'_>, data: &[&str], answer: &str) -> Decided {
    let messages = data.iter().filter(|_| turn.takes_logs()).map(|data| {
        let params = json!({"level": "info", "logger": "devserver", "data": data});
        jsonrpc::notification("notifications/message", &params)
    });
    with(messages.collect(), &text(answer))
}

fn progress(turn: &Turn<'_>) -> Decided {
    let token = turn.request.progress_token();
    let steps = token.into_iter().flat_map(|token| {
        [0, 50, 100].into_iter().map(move |done| {
            let message = format!("Completed step {done} of 100");
            let params = json!({"progressToken": token, "progress": done, "total": 100, "message": message});
            jsonrpc::notification("notifications/progress", &params)
        })
    });
    with(steps.collect(), &text(&token.unwrap_or(&Value::Null).to_string()))
}

fn rich_schema() -> Value {
    json!({"inputSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"}
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false
    }})
}
