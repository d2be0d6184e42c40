//! Tools that return every kind of content, log messages and progress.

use serde_json::{Value, json};

use super::{Decided, Decision, Invocation, Spec, nothing};
use crate::era::Caller;
use crate::jsonrpc;
use crate::modern::Refusal;
use crate::tools::{Failed, Ready};

/// A picture of one red pixel.
pub(super) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// The shortest valid WAV file.
const SOUND: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "test_simple_text",
        about: "Returns text.",
        schemas: nothing,
        decide: |_| content(&[text("This is a simple text response for testing.")]),
    },
    Spec {
        name: "test_image_content",
        about: "Returns an image.",
        schemas: nothing,
        decide: |_| content(&[picture()]),
    },
    Spec {
        name: "test_audio_content",
        about: "Returns audio.",
        schemas: nothing,
        decide: |_| content(&[json!({"type": "audio", "data": SOUND, "mimeType": "audio/wav"})]),
    },
    Spec {
        name: "test_embedded_resource",
        about: "Returns a resource.",
        schemas: nothing,
        decide: |_| {
            let text = "This is an embedded resource content.";
            content(&[resource("test://embedded-resource", "text/plain", text)])
        },
    },
    Spec {
        name: "test_multiple_content_types",
        about: "Returns text, an image and a resource.",
        schemas: nothing,
        decide: |_| {
            let data = json!({"test": "data", "value": 123}).to_string();
            let resource = resource("test://mixed-content-resource", "application/json", &data);
            content(&[text("Multiple content types test:"), picture(), resource])
        },
    },
    Spec {
        name: "test_tool_with_logging",
        about: "Logs three messages before the result.",
        schemas: nothing,
        decide: |invocation| {
            let data = ["Tool execution started", "Tool processing data", "Tool execution completed"];
            log(invocation, &data, "Tool with logging executed successfully")
        },
    },
    Spec {
        name: "test_logging_tool",
        about: "Logs one message before the result.",
        schemas: nothing,
        decide: |invocation| log(invocation, &["Logging"], "Logging evaluated"),
    },
    Spec {
        name: "test_tool_with_progress",
        about: "Reports progress three times before the result.",
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
        decide: |invocation| match invocation.caller {
            Caller::Modern(meta) => match meta.lacks(&json!({"method": "sampling/createMessage"})) {
                Some((capability, required)) => {
                    let required = [(capability.to_owned(), required)].into_iter().collect();
                    Ok(Decision::Answer(Refusal::missing_capability(required).into_answer(invocation.request.id)))
                }
                None => content(&[text("The client declared it.")]),
            },
            Caller::Legacy { .. } => content(&[text("There are no capabilities to look at in a call.")]),
        },
    },
    Spec {
        name: "json_schema_2020_12_tool",
        about: "Has an inputSchema with many keywords of JSON Schema 2020-12.",
        schemas: rich_schema,
        decide: |invocation| {
            let arguments = Value::Object(invocation.arguments.clone());
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

fn log(invocation: &Invocation<'_>, data: &[&str], answer: &str) -> Decided {
    let messages = data.iter().filter(|_| invocation.takes_logs()).map(|data| {
        let params = json!({"level": "info", "logger": "devserver", "data": data});
        jsonrpc::notification("notifications/message", &params)
    });
    with(messages.collect(), &text(answer))
}

fn progress(invocation: &Invocation<'_>) -> Decided {
    let token = invocation.request.progress_token();
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
