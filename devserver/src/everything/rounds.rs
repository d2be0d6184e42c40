//! Requests that need responses of the client: in the legacy era the server sends requests during the call, in the
//! modern era it returns its input requests, and the client repeats the call.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Invocation;
use super::seal::Standing;
use super::{Decided, Decision};
use crate::answer::Answer;
use crate::client_requests::{self, Over};
use crate::era::Caller;
use crate::jsonrpc::Request;
use crate::methods;
use crate::modern::meta::Meta;
use crate::modern::{Refusal, results};
use crate::server_state::Shared;
use crate::tools::Ready;

/// The next step.
pub(super) enum Step {
    /// These requests to the client, by their keys.
    Ask(Map<String, Value>),
    /// The result.
    Done(Value),
}

/// The next step, by the round from 1 and the client's responses so far.
type Next = Box<dyn Fn(i64, &Map<String, Value>) -> Step + Send + Sync>;

/// The requests of a tool or prompt.
pub(super) struct Questions {
    next: Next,
    /// Whether responses are kept beyond the next round.
    remembers: bool,
    /// Also send requests for capabilities that the client did not declare.
    anyway: bool,
    over: Over,
}

/// One request with a key.
pub(super) fn one(key: &str, method: &str, params: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), json!({"method": method, "params": params}))])
}

impl Questions {
    pub(super) fn new(next: impl Fn(i64, &Map<String, Value>) -> Step + Send + Sync + 'static) -> Self {
        Self { next: Box::new(next), remembers: true, anyway: false, over: Over::Call }
    }

    /// The requests of one round.
    pub(super) fn once(requests: Map<String, Value>, conclude: fn(&Map<String, Value>) -> Value) -> Self {
        Self::new(move |round, answers| match round {
            1 => Step::Ask(requests.clone()),
            _ => Step::Done(conclude(answers)),
        })
    }

    pub(super) fn over(mut self, over: Over) -> Self {
        self.over = over;
        self
    }

    pub(super) fn anyway(mut self, anyway: bool) -> Self {
        self.anyway = anyway;
        self
    }

    pub(super) fn forgetting(mut self) -> Self {
        self.remembers = false;
        self
    }

    /// The outcome of a call of a tool with these requests.
    pub(super) fn decide(self, invocation: &Invocation<'_>) -> Decided {
        Ok(match invocation.caller {
            Caller::Legacy { .. } => Decision::run(self.into_talk()),
            Caller::Modern(meta) => match self.advance(invocation.shared, invocation.request, meta, invocation.name) {
                Ok(Advance::Done(result)) => Decision::result(&result),
                Ok(Advance::Ask(answer)) => Decision::Answer(answer),
                Err(refusal) => Decision::Answer(refusal.into_answer(invocation.request.id)),
            },
        })
    }

    fn into_talk(self) -> Ready {
        Ready::Talk(Box::new(move |shared, outlet| {
            Box::pin(async move {
                let mut answers = Map::new();
                for round in 1.. {
                    let requests = match (self.next)(round, &answers) {
                        Step::Ask(requests) => requests,
                        Step::Done(result) => return Ok(Arc::from(result.to_string())),
                    };
                    self.forget(&mut answers);
                    for (key, request) in requests {
                        let answer = client_requests::ask(&shared, &outlet, &self.over, &request).await?;
                        answers.insert(key, answer);
                    }
                }
                Ok(Arc::from("{}"))
            })
        }))
    }

    fn forget(&self, answers: &mut Map<String, Value>) {
        if !self.remembers {
            answers.clear();
        }
    }

    /// One round of the modern era.
    pub(super) fn advance(
        &self,
        shared: &Shared,
        request: &Request<'_>,
        meta: &Meta,
        name: &str,
    ) -> Result<Advance, Refusal> {
        let state = match request.param("requestState") {
            None => None,
            Some(state) => {
                let standing = state.as_str().and_then(|state| shared.everything.seal.open(name, state));
                Some(
                    standing
                        .ok_or_else(|| Refusal::invalid_params(200, "requestState was not issued by this server"))?,
                )
            }
        };
        let responses = request.param("inputResponses").and_then(Value::as_object);
        let Standing { mut round, mut kept } = state.unwrap_or_else(|| Standing { round: 1, kept: Map::new() });
        let mut requests = match (self.next)(round, &kept) {
            Step::Done(result) => return Ok(Advance::Done(result)),
            Step::Ask(requests) => requests,
        };
        if let Some(responses) = responses {
            let given = requests.keys().filter_map(|key| Some((key.clone(), responses.get(key)?.clone())));
            let given: Vec<(String, Value)> = given.filter(|(_, response)| response.is_object()).collect();
            if !self.remembers && given.len() == requests.len() {
                kept.clear();
            }
            kept.extend(given);
            // Missing responses are requested again.
            requests.retain(|key, _| !kept.contains_key(key));
            if requests.is_empty() {
                round += 1;
                requests = match (self.next)(round, &kept) {
                    Step::Done(result) => return Ok(Advance::Done(result)),
                    Step::Ask(requests) => requests,
                };
            }
        }
        if !self.anyway {
            let lacking: Map<String, Value> =
                requests.values().filter_map(|request| meta.lacks(request)).map(|(c, v)| (c.to_owned(), v)).collect();
            if !lacking.is_empty() {
                return Err(Refusal::missing_capability(lacking));
            }
        }
        let state = shared.everything.seal.close(name, &Standing { round, kept });
        let body = json!({"inputRequests": requests, "requestState": state}).to_string();
        Ok(Advance::Ask(input_required(shared, request, &body)))
    }
}

/// The outcome of a round of the modern era.
pub(super) enum Advance {
    Ask(Answer),
    Done(Value),
}

/// An `input_required` result with these members.
pub(super) fn input_required(shared: &Shared, request: &Request<'_>, body: &str) -> Answer {
    methods::answer(shared, request, results::of_type("input_required", "", body), Vec::new())
}
