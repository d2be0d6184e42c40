//! Tools that ask the client what they are told to ask, rightly and wrongly.

use serde_json::{Map, Value, json};

use super::rounds::{self, Questions, Step};
use super::seal::Standing;
use super::{Decided, Decision, Spec, Turn};
use crate::era::Caller;
use crate::methods;
use crate::modern::{Refusal, results};
use crate::talk::Over;
use crate::tools::invalid;

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "ask",
        about: "Asks the client, and answers what it answered.",
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
        about: "Answers a result of the modern era that asks in a way that no server should.",
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

fn ask(turn: &Turn<'_>) -> Decided {
    let mut request = json!({"method": turn.needed_text("method")?});
    match turn.arguments.get("params") {
        None | Some(Value::Null) => {}
        Some(Value::Object(params)) => request["params"] = Value::Object(params.clone()),
        Some(_) => return Err(invalid("params must be an object")),
    }
    let times = match turn.arguments.get("times") {
        None | Some(Value::Null) => 1,
        Some(times) => {
            times.as_i64().filter(|n| *n >= -1).ok_or_else(|| invalid("times must be an integer from -1"))?
        }
    };
    let over = match (turn.text("over")?.as_deref(), turn.caller) {
        (None | Some("post"), _) => Over::Call,
        (Some("get"), Caller::Legacy { session }) => Over::Get(session.clone()),
        (Some("get"), Caller::Modern(_)) => return Err(invalid("over get is of the legacy era")),
        _ => return Err(invalid("over must be post or get")),
    };
    let questions = Questions::new(move |round, answers| match times == -1 || round <= times {
        true => Step::Ask(Map::from_iter([(format!("ask-{round}"), request.clone())])),
        false => Step::Done(answered(answers.get(&format!("ask-{times}")).unwrap_or(&Value::Null))),
    });
    questions.forgetting().over(over).anyway(turn.flag("anyway")?).decide(turn)
}

/// A result that tells what the client answered.
fn answered(answer: &Value) -> Value {
    json!({
        "content": [{"type": "text", "text": answer.to_string()}],
        "structuredContent": {"answer": answer}
    })
}

fn ask_oddly(turn: &Turn<'_>) -> Decided {
    let Caller::Modern(_) = turn.caller else {
        return Err(invalid("ask_oddly is of the modern era"));
    };
    let how = turn.needed_text("how")?;
    let required = |body: Value| Decision::Answer(rounds::input_required(turn.shared, turn.request, &body.to_string()));
    Ok(match how.as_str() {
        "no_requests_no_state" => required(json!({})),
        "requests_not_an_object" => required(json!({"inputRequests": ["ask-1"]})),
        "request_without_method" => required(json!({"inputRequests": {"ask-1": {"params": {}}}})),
        "unknown_result_type" => {
            let result = results::of_type("oddity", "", r#"{"content":[]}"#);
            Decision::Answer(methods::answer(turn.shared, turn.request, result, Vec::new()))
        }
        "state_only" => {
            let seal = &turn.shared.everything.seal;
            match turn.request.param("requestState").map(|state| state.as_str().and_then(|s| seal.open(turn.name, s))) {
                None => {
                    let state = seal.close(turn.name, &Standing { round: 1, kept: Map::new() });
                    required(json!({"requestState": state}))
                }
                Some(Some(_)) => Decision::result(&answered(&json!({"how": how}))),
                Some(None) => {
                    let refusal = Refusal::invalid_params(200, "requestState is not what was given out");
                    Decision::Answer(refusal.into_answer(turn.request.id))
                }
            }
        }
        _ => return Err(invalid("how is none of those that there are")),
    })
}
