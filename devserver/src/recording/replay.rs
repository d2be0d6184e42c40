//! A server that plays a recorded session back.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::unbounded_channel;

use super::file::{Ended, Recorded, Recording, Response};
use super::redaction::Secrets;
use crate::answer::{Answer, Outcome, Payload};
use crate::body::Step;
use crate::calls::Plan;
use crate::client_requests::{Outlet, Over, ask};
use crate::exchange::Exchange;
use crate::faults::How;
use crate::generic::session_lost;
use crate::headers::{IDEMPOTENCY_KEY, JSON, SESSION_ID};
use crate::jsonrpc::{self, Incoming, Request};
use crate::ledger::ExecutionRecord;
use crate::listen;
use crate::open_streams::Feed;
use crate::server_state::{Shared, lock};
use crate::sessions::Standing;
use crate::sse;

/// How long a client may take to answer a request on the stream of GET.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The member of `_meta` with the id of a subscription, which is that of its request.
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// How many recorded requests a message names, and the length of each.
const NAMED: usize = 3;
const NAMED_LENGTH: usize = 200;

/// The session, and the requests that were replayed.
pub(crate) struct Replay {
    name: String,
    recording: Recording,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_used: Vec<bool>,
    /// Messages for the next stream of GET.
    waiting: Vec<String>,
}

/// Parameters that have to be equal.
type Params = Map<String, Value>;

impl Replay {
    /// Reads the file.
    pub(crate) fn new(path: &Path) -> Result<Self, String> {
        let mut recording = Recording::read(path).map_err(|what| format!("replay: {what}"))?;
        recording.exchanges.retain(|exchange| exchange.response.is_some());
        let state = State { is_used: vec![false; recording.exchanges.len()], ..State::default() };
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { name, recording, state: Mutex::new(state) })
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        let session = exchange.header(SESSION_ID);
        if session.is_some_and(|id| shared.sessions().standing(id) != Standing::Live) {
            return Plan::Answer(session_lost());
        }
        match exchange.http_method {
            Method::POST => self.post(shared, exchange, session),
            Method::GET => Plan::Answer(self.listen(shared, exchange, session)),
            Method::DELETE => {
                session.map(|id| shared.end_session(id));
                Plan::Answer(Answer::empty(204))
            }
            _ => Plan::Answer(Answer::empty(405)),
        }
    }

    fn listen(&self, shared: &Shared, exchange: &Exchange, session: Option<&str>) -> Answer {
        match self.recording.get_status {
            None => Answer::empty(405),
            Some(200) => {
                let answer = listen::open(shared, exchange, session);
                for message in std::mem::take(&mut lock(&self.state).waiting) {
                    shared.open_streams.send(session, &message);
                }
                answer
            }
            Some(status) => Answer::empty(status),
        }
    }

    fn post(&self, shared: &Arc<Shared>, exchange: &Exchange, session: Option<&str>) -> Plan {
        let (request, message) = match jsonrpc::read(&exchange.body) {
            Ok(Incoming::Request(request)) => (request, exchange),
            Ok(Incoming::Response) => {
                shared.asked.answered(&exchange.body);
                return Plan::Answer(Answer::empty(202));
            }
            Ok(Incoming::NothingOwed) => return self.notification(shared, exchange, session),
            Err(what) => {
                let error = json!({"code": jsonrpc::INVALID_REQUEST, "message": what});
                return Plan::Answer(Answer::error(400, Value::Null, &error));
            }
        };
        match self.find(request.method, params_of(message, request.params)) {
            Ok(recorded) => Plan::Work(self.play(shared, exchange, &request, recorded.clone(), session)),
            Err(what) => {
                let error = json!({"code": jsonrpc::INVALID_REQUEST, "message": what});
                Plan::Answer(Answer::error(200, request.id.clone(), &error))
            }
        }
    }

    fn notification(&self, shared: &Arc<Shared>, exchange: &Exchange, session: Option<&str>) -> Plan {
        let method = exchange.rpc_method().unwrap_or_default();
        let found = self.find(method, Params::new()).ok();
        let pushed = found.map(|recorded| recorded.pushed.clone()).unwrap_or_default();
        let status = found.and_then(|recorded| recorded.response.as_ref()).map_or(202, |response| response.status);
        self.push_at_once(shared, session, &pushed);
        Plan::Answer(Answer::empty(status))
    }

    /// The response to a request: each recorded one is used once, in order.
    fn find(&self, method: &str, params: Params) -> Result<&Recorded, String> {
        let exchanges = &self.recording.exchanges;
        let is_same = |recorded: &Recorded| {
            recorded.method == method && (ignores_params(method) || recorded_params(recorded) == params)
        };
        let same: Vec<usize> = (0..exchanges.len()).filter(|at| is_same(&exchanges[*at])).collect();
        let mut state = lock(&self.state);
        if let Some(next) = same.iter().copied().find(|at| !state.is_used[*at]) {
            state.is_used[next] = true;
            return Ok(&exchanges[next]);
        }
        match same.last() {
            // Only calls have effects: others get their last response again.
            Some(last) if method != "tools/call" => Ok(&exchanges[*last]),
            Some(_) => Err(format!(
                "{} has {} for {}, and this is request {}",
                self.name,
                if same.len() == 1 { "1 response".to_owned() } else { format!("{} responses", same.len()) },
                described(method, &params),
                same.len() + 1
            )),
            None => Err(self.unmatched(method, &params)),
        }
    }

    fn unmatched(&self, method: &str, params: &Params) -> String {
        let same_method = self.recording.exchanges.iter().filter(|recorded| recorded.method == method);
        let mut others: Vec<Params> = same_method.map(recorded_params).collect();
        // Of a tool that was called, its other calls.
        if others.iter().any(|other| other.get("name") == params.get("name")) {
            others.retain(|other| other.get("name") == params.get("name"));
        }
        let mut others: Vec<String> = others.iter().map(|other| described(method, other)).collect();
        others.dedup();
        let more = others.len().saturating_sub(NAMED);
        others.truncate(NAMED);
        let recorded = match (others.is_empty(), more) {
            (true, _) => format!("no {method}"),
            (false, 0) => others.join(", "),
            (false, more) => format!("{} and {more} more", others.join(", ")),
        };
        format!("{} has no response for {}; it has {recorded}", self.name, described(method, params))
    }

    /// Sends notifications on the stream of GET, or keeps them for the next one.
    fn push_at_once(&self, shared: &Shared, session: Option<&str>, messages: &[Box<RawValue>]) {
        for message in messages.iter().map(|message| one_line(message)) {
            if shared.open_streams.send(session, &message) == 0 {
                lock(&self.state).waiting.push(message);
            }
        }
    }

    /// The messages and the response of a request.
    fn play(
        &self,
        shared: &Arc<Shared>,
        exchange: &Exchange,
        request: &Request<'_>,
        recorded: Recorded,
        session: Option<&str>,
    ) -> crate::calls::Work {
        let (requests, notifications): (Vec<_>, Vec<_>) =
            recorded.pushed.iter().cloned().partition(|message| as_request(message).is_some());
        self.push_at_once(shared, session, &notifications);
        let response = recorded.response.unwrap_or_default();
        let played = Played {
            id: request.id.clone(),
            token: request.progress_token().cloned(),
            execution: execution(exchange, request, &response),
            response,
        };
        let (shared, over) = (Arc::clone(shared), Over::Get(session.map(str::to_owned)));
        Box::pin(async move {
            for request in requests.iter().filter_map(|message| as_request(message)) {
                // Without a stream, or without an answer, the response is sent all the same.
                let _ = tokio::time::timeout(ANSWER_WITHIN, ask(&shared, &Outlet::Nowhere, &over, &request)).await;
            }
            played.answer(&shared)
        })
    }
}

/// A response that is being replayed.
struct Played {
    id: Value,
    token: Option<Value>,
    response: Response,
    execution: Option<ExecutionRecord>,
}

impl Played {
    fn answer(self, shared: &Arc<Shared>) -> Answer {
        if let Some(execution) = self.execution.clone() {
            shared.began();
            shared.ledger.ended(|seq| ExecutionRecord { seq, ..execution });
        }
        let events = self.events();
        let asks = events.iter().any(|event| as_request(event).is_some());
        let session = self.response.session.then(|| shared.open_session());
        let (status, headers) = (self.response.status, self.response.headers.clone());
        let payload = match asks || self.response.ended.is_some() {
            true => self.stream(shared, events),
            false => self.payload(events),
        };
        let mut answer = Answer::new(status, payload);
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
                && name != header::CONTENT_TYPE
            {
                answer.headers.append(name, value);
            }
        }
        match session {
            Some(session) => answer.with(SESSION_ID, &session),
            None => answer,
        }
    }

    /// The recorded messages, with the progress token and the id of this request.
    fn events(&self) -> Vec<Box<RawValue>> {
        let recorded = self.response.events.iter().flatten();
        recorded.filter_map(|event| with_ids(event, &self.id, self.token.as_ref())).collect()
    }

    fn outcome(&self) -> Option<(Value, Outcome)> {
        let id = if self.response.without_id { Value::Null } else { self.id.clone() };
        let outcome = match (&self.response.result, &self.response.error) {
            (Some(result), _) => Outcome::Result(one_line(result).into()),
            (None, Some(error)) => Outcome::Error(one_line(error).into()),
            (None, None) => return None,
        };
        Some((id, outcome))
    }

    fn payload(self, events: Vec<Box<RawValue>>) -> Payload {
        let sse = self.response.events.is_some();
        if let Some((id, outcome)) = self.outcome() {
            let before = events.iter().map(|event| one_line(event)).collect();
            return Payload::Rpc { id, outcome, before, sse };
        }
        match self.response.body {
            Some(body) => {
                let content_type = self.response.headers.get(header::CONTENT_TYPE.as_str());
                let content_type = content_type.and_then(|value| HeaderValue::try_from(value).ok());
                let content_type = content_type.unwrap_or(HeaderValue::from_static(JSON));
                Payload::Body { content_type, bytes: body.into() }
            }
            None if sse => Payload::Resumed(events.iter().map(|event| sse::event(None, &one_line(event))).collect()),
            None => Payload::Empty,
        }
    }

    /// A stream that waits for the client's answers to its requests, or that does not end properly.
    fn stream(self, shared: &Arc<Shared>, events: Vec<Box<RawValue>>) -> Payload {
        let (sender, receiver) = unbounded_channel();
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let outlet = Outlet::Post(sender.clone());
            for event in events {
                match as_request(&event) {
                    // Ends also when the client leaves.
                    Some(request) => drop(ask(&shared, &outlet, &Over::Call, &request).await),
                    None => drop(outlet.send(&shared, &one_line(&event))),
                }
            }
            // The client may have left.
            let _ = match (self.outcome(), self.response.ended) {
                (Some((id, outcome)), _) => sender.send(Step::Send(sse::event(None, &jsonrpc::render(&id, &outcome)))),
                (None, Some(Ended::Cut)) => sender.send(Step::Cut(How::Fin)),
                (None, Some(Ended::Open)) => {
                    sender.closed().await;
                    Ok(())
                }
                (None, None) => Ok(()),
            };
        });
        Payload::Streamed(Bytes::new(), Feed::of_call(receiver))
    }
}

/// Whether every request of a method is the same: parameters of a handshake name the client.
fn ignores_params(method: &str) -> bool {
    matches!(method, "initialize" | "server/discover" | "ping") || method.starts_with("notifications/")
}

/// The parameters of a request to compare, without the secrets of its headers.
fn params_of(exchange: &Exchange, params: Option<&Params>) -> Params {
    let mut secrets = Secrets::default();
    secrets.add_headers(&exchange.headers);
    let mut params = Value::Object(params.cloned().unwrap_or_default());
    secrets.redact_value(&mut params);
    comparable(params)
}

fn recorded_params(recorded: &Recorded) -> Params {
    let params = recorded.params.as_ref().and_then(|params| serde_json::from_str(params.get()).ok());
    comparable(params.unwrap_or_default())
}

/// Without what differs between two sessions, and without empty arguments.
fn comparable(params: Value) -> Params {
    let Value::Object(mut params) = params else { return Params::new() };
    params.remove("_meta");
    if params.get("arguments").and_then(Value::as_object).is_some_and(Map::is_empty) {
        params.remove("arguments");
    }
    params
}

/// A request, for messages: `tools/call weather {"city":"Bern"}`.
fn described(method: &str, params: &Params) -> String {
    let mut text = match (method, params.get("name").and_then(Value::as_str), params.get("arguments")) {
        ("tools/call", Some(name), arguments) => {
            format!("{method} {name} {}", arguments.unwrap_or(&Value::Object(Map::new())))
        }
        _ => format!("{method} {}", Value::Object(params.clone())),
    };
    if let Some((end, _)) = text.char_indices().nth(NAMED_LENGTH) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The message, if it is a request of the server.
fn as_request(message: &RawValue) -> Option<Value> {
    let message: Value = serde_json::from_str(message.get()).ok()?;
    (message.get("id").is_some() && message.get("method").is_some()).then_some(message)
}

/// A message with the progress token and the id of a request; `None` for progress that it does not ask for.
fn with_ids(message: &RawValue, id: &Value, token: Option<&Value>) -> Option<Box<RawValue>> {
    let mut parsed: Value = serde_json::from_str(message.get()).ok()?;
    let is_progress = parsed["method"] == "notifications/progress";
    let params = parsed.get_mut("params");
    let of_subscription = params.and_then(|params| params.get_mut("_meta")?.get_mut(SUBSCRIPTION_ID));
    if let Some(subscription) = of_subscription {
        *subscription = id.clone();
    } else if is_progress {
        parsed["params"]["progressToken"] = token?.clone();
    } else {
        return Some(message.to_owned());
    }
    RawValue::from_string(parsed.to_string()).ok()
}

/// The text of JSON in one line: the data of an event.
fn one_line(json: &RawValue) -> String {
    json.get().replace(['\n', '\r'], " ")
}

/// A call that ran, for the ledger.
fn execution(exchange: &Exchange, request: &Request<'_>, response: &Response) -> Option<ExecutionRecord> {
    let tool = exchange.tool().filter(|_| response.result.is_some())?;
    Some(ExecutionRecord {
        seq: 0,
        tool: tool.to_owned(),
        arguments: request.param("arguments").cloned().unwrap_or_else(|| json!({})),
        idempotency_key: exchange.header(IDEMPOTENCY_KEY).map(str::to_owned),
        api_key: None,
        request_seq: exchange.entry.seq,
        ok: true,
    })
}
