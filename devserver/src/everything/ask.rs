//! Tools that send the client a given request, also an invalid one.

use serde_json::{Map, Value, json};

use super::rounds::{self, Questions, Step};
use super::seal::Standing;
use super::{Decided, Decision, Invocation, Spec};
use crate::client_requests::Over;
use crate::era::Caller;
use crate::methods;
use crate::modern::{Refusal, results};
use crate::tools::invalid;

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "ask",
        about: "Sends a request to the client, and returns its response.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object",
                "properties": {
                    "method": {"type": "string"},
                    "params": {"type": "object"},
                    "over": {"type": "string", "enum": ["post", "get"], "default": "post"},
                    "times": {"type": "integer", "minimum": -1, "default": 1},
                    "anyway": {"type": "boolean", "default": false}
                },
                "required": ["method"]
            }})
        },
        decide: ask,
    },
    Spec {
        name: "ask_oddly",
        about: "Returns an invalid input request of the modern era.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object",
                "properties": {"how": {"type": "string", "enum": [
                    "no_requests_no_state", "requests_not_an_object", "request_without_method",
                    "state_only", "unknown_result_type"
                ]}},
                "required": ["how"]
            }})
        },
        decide: ask_oddly,
    },
];

fn ask(invocation: &Invocation<'_>) -> Decided {
    let mut request = json!({"method": invocation.needed_text("method")?});
    match invocation.arguments.get("params") {
        None | Some(Value::Null) => {}
        Some(Value::Object(params)) => request["params"] = Value::Object(params.clone()),
        Some(_) => return Err(invalid("params must be an object")),
    }
    let times = match invocation.arguments.get("times") {
        None | Some(Value::Null) => 1,
        Some(times) => {
            times.as_i64().filter(|n| *n >= -1).ok_or_else(|| invalid("times must be an integer from -1"))?
        }
    };
    let over = match (invocation.text("over")?.as_deref(), invocation.caller) {
        (None | Some("post"), _) => Over::Call,
        (Some("get"), Caller::Legacy { session }) => Over::Get(session.clone()),
        (Some("get"), Caller::Modern(_)) => return Err(invalid("over get is of the legacy era")),
        _ => return Err(invalid("over must be post or get")),
    };
    let questions = Questions::new(move |round, answers| match times == -1 || round <= times {
        true => Step::Ask(Map::from_iter([(format!("ask-{round}"), request.clone())])),
        false => Step::Done(answered(answers.get(&format!("ask-{times}")).unwrap_or(&Value::Null))),
    });
    questions.forgetting().over(over).anyway(invocation.flag("anyway")?).decide(invocation)
}

/// A result that contains the client's response.
fn answered(answer: &Value) -> Value {
    json!({
        "content": [{"type": "text", "text": answer.to_string()}],
        "structuredContent": {"answer": answer}
    })
}

fn ask_oddly(invocation: &Invocation<'_>) -> Decided {
    let Caller::Modern(_) = invocation.caller else {
        return Err(invalid("ask_oddly is of the modern era"));
    };
    let how = invocation.needed_text("how")?;
    let required = |body: Value| {
        Decision::Answer(rounds::input_required(invocation.shared, invocation.request, &body.to_string()))
    };
    Ok(match how.as_str() {
        "no_requests_no_state" => required(json!({})),
        "requests_not_an_object" => required(json!({"inputRequests": ["ask-1"]})),
        "request_without_method" => required(json!({"inputRequests": {"ask-1": {"params": {}}}})),
        "unknown_result_type" => {
            let result = results::of_type("oddity", "", r#"{"content":[]}"#);
            Decision::Answer(methods::answer(invocation.shared, invocation.request, result, Vec::new()))
        }
        "state_only" => {
            let seal = &invocation.shared.everything.seal;
            match invocation
                .request
                .param("requestState")
                .map(|state| state.as_str().and_then(|s| seal.open(invocation.name, s)))
            {
                None => {
                    let state = seal.close(invocation.name, &Standing { round: 1, kept: Map::new() });
                    required(json!({"requestState": state}))
                }
                Some(Some(_)) => Decision::result(&answered(&json!({"how": how}))),
                Some(None) => {
                    let refusal = Refusal::invalid_params(200, "requestState was not issued by this server");
                    Decision::Answer(refusal.into_answer(invocation.request.id))
                }
            }
        }
        _ => return Err(invalid("how is none of those that there are")),
    })
}
