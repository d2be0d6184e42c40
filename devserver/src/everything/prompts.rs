//! The prompts.

use serde_json::{Value, json};

use super::asking;
use super::content::PIXEL;
use super::methods::Served;
use super::resources::page;
use super::rounds::{Advance, Questions};
use crate::answer::{Answer, Outcome};
use crate::jsonrpc::Request;
use crate::modern::meta::Meta;
use crate::modern::{Refusal, results};
use crate::server_state::Shared;

/// The prompt that sends a request before its result, in the modern era.
const ASKS: &str = "test_input_required_result_prompt";

fn all() -> [Value; 5] {
    let argument = |name: &str| json!({"name": name, "description": "An argument.", "required": true});
    [
        json!({"name": "test_simple_prompt", "title": "Simple", "description": "A prompt without arguments."}),
        json!({
            "name": "test_prompt_with_arguments", "title": "With arguments", "description": "A prompt with two arguments.",
            "arguments": [argument("arg1"), argument("arg2")]
        }),
        json!({
            "name": "test_prompt_with_embedded_resource", "title": "With a resource",
            "description": "A prompt that holds a resource.", "arguments": [argument("resourceUri")]
        }),
        json!({"name": "test_prompt_with_image", "title": "With a picture", "description": "A prompt with a picture."}),
        json!({"name": ASKS, "title": "That asks", "description": "A prompt that asks for its context."}),
    ]
}

pub(super) fn list(shared: &Shared, request: &Request<'_>) -> Option<String> {
    page(shared, request, "prompts", &all())
}

fn user_message(content: &Value) -> Value {
    json!({"role": "user", "content": content})
}

fn text(text: &str) -> Value {
    user_message(&json!({"type": "text", "text": text}))
}

pub(super) fn get(request: &Request<'_>) -> Result<Served, Refusal> {
    let invalid = |message: &str| Refusal::invalid_params(200, message);
    let argument = |name: &str| {
        let given = request.param("arguments").and_then(|arguments| arguments.get(name)).and_then(Value::as_str);
        given.ok_or_else(|| invalid(&format!("argument {name} must be a string")))
    };
    let name = request.param("name").and_then(Value::as_str).ok_or_else(|| invalid("name must be a string"))?;
    let messages = match name {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (argument("arg1")?, argument("arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => vec![
            user_message(&json!({"type": "resource", "resource": {
                "uri": argument("resourceUri")?, "mimeType": "text/plain",
                "text": "Embedded resource content for testing."
            }})),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![
            user_message(&json!({"type": "image", "data": PIXEL, "mimeType": "image/png"})),
            text("Please analyze the image above."),
        ],
        ASKS => vec![text("Prompt without context")],
        _ => return Err(invalid(&format!("Unknown prompt: {name}"))),
    };
    Ok(Served { result: json!({"messages": messages}).to_string(), scope: None })
}

/// Whether a request is for that prompt.
pub(super) fn asks(request: &Request<'_>) -> bool {
    request.param("name").and_then(Value::as_str) == Some(ASKS)
}

pub(super) fn ask(shared: &Shared, request: &Request<'_>, meta: &Meta) -> Result<Answer, Refusal> {
    let question = asking::form("user_context", "What context should the prompt use?", "context", "string");
    let questions = Questions::once(question, |answers| {
        let context = asking::field(answers, "user_context", "context");
        json!({"messages": [text(&format!("Prompt with context: {context}"))]})
    });
    Ok(match questions.advance(shared, request, meta, ASKS)? {
        Advance::Ask(answer) => answer,
        Advance::Done(result) => {
            let outcome = Outcome::Result(result.to_string().into());
            results::reply(shared, request.id.clone(), outcome, Vec::new())
        }
    })
}
