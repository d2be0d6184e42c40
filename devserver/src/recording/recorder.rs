//! A proxy that forwards requests to a real server, and writes the session to a file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::events::Events;
use super::file::{Ended, FORMAT, Recorded, Recording, Response};
use super::redaction::Secrets;
use super::upstream::{Forward, Upstream, passed_on};
use crate::answer::{Answer, Payload};
use crate::body::Step;
use crate::calls::Plan;
use crate::exchange::Exchange;
use crate::faults::How;
use crate::headers::{EVENT_STREAM, SESSION_ID};
use crate::open_streams::Feed;
use crate::server_state::lock;

/// Headers of responses in the file, by the beginning of their names; none has secrets.
const RECORDED_HEADERS: &[&str] =
    &["content-type", "mcp-protocol-version", "omni-", "ratelimit", "retry-after", "x-ratelimit"];

/// The proxy.
pub(crate) struct Recorder(Arc<State>);

struct State {
    path: PathBuf,
    upstream: Upstream,
    session: Mutex<Session>,
}

/// What was recorded.
#[derive(Default)]
struct Session {
    get_status: Option<u16>,
    exchanges: Vec<Pending>,
    secrets: Secrets,
}

/// A request, and the id that its response has.
struct Pending {
    id: Option<Value>,
    recorded: Recorded,
}

/// Which request a stream belongs to; `None` for that of GET.
type Origin = Option<usize>;

/// The members of a message.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(default)]
    id: Option<Value>,
    #[serde(default, borrow)]
    method: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, borrow)]
    params: Option<&'a RawValue>,
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
}

impl Recorder {
    /// A recorder for the file at this path, in front of the server of this URL.
    pub(crate) fn new(path: &Path, upstream: Option<&Value>) -> Result<Self, String> {
        let url = upstream.ok_or("upstream: is required with record: the URL of the server")?;
        let url = url.as_str().ok_or("upstream: must be a string with record: the URL of the server")?;
        let upstream = Upstream::new(url).map_err(|what| format!("upstream: {what}"))?;
        let writable = std::fs::OpenOptions::new().create(true).append(true).open(path);
        writable.map_err(|error| format!("record: {} cannot be written: {error}", path.display()))?;
        let mut session = Session::default();
        if let Some(query) = upstream.query() {
            session.secrets.add_query(query);
        }
        Ok(Self(Arc::new(State { path: path.to_owned(), upstream, session: Mutex::new(session) })))
    }

    /// Forwards a request.
    pub(crate) fn prepare(&self, exchange: &Exchange) -> Plan {
        let state = Arc::clone(&self.0);
        let origin = state.session().begin(exchange);
        let forward = Forward {
            method: exchange.http_method.clone(),
            path: exchange.path.clone(),
            query: exchange.query.clone(),
            headers: exchange.headers.clone(),
            body: exchange.bytes.clone(),
        };
        Plan::Work(Box::pin(async move { state.forward(forward, origin).await }))
    }

    /// Writes the file.
    pub(crate) fn save(&self) {
        self.0.save();
    }
}

impl State {
    fn session(&self) -> std::sync::MutexGuard<'_, Session> {
        lock(&self.session)
    }

    fn save(&self) {
        let session = self.session();
        if session.exchanges.is_empty() && session.get_status.is_none() {
            return;
        }
        // The path was writable at the start; a failure now must not fail the client's request.
        let _ = session.recording().write(&self.path);
    }

    async fn forward(self: Arc<Self>, forward: Forward, origin: Origin) -> Answer {
        let is_get = forward.method == Method::GET;
        let response = match self.upstream.send(forward).await {
            Ok(response) => response,
            Err(error) => return Answer::json(502, &json!({"error": error})),
        };
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let content_type = head.headers.get(header::CONTENT_TYPE).cloned();
        let is_stream =
            content_type.as_ref().is_some_and(|value| value.as_bytes().starts_with(EVENT_STREAM.as_bytes()));
        self.session().head(origin, is_get, status, is_stream, &head.headers);
        let payload = match is_stream {
            true => {
                let (sender, receiver) = unbounded_channel();
                tokio::spawn(Arc::clone(&self).relay(origin, body, sender));
                Payload::Streamed(Bytes::new(), Feed::of_call(receiver))
            }
            false => {
                let Ok(body) = body.collect().await else {
                    return Answer::json(502, &json!({"error": "the upstream cut its response"}));
                };
                let bytes = body.to_bytes();
                self.session().body(origin, &bytes);
                match content_type {
                    None if bytes.is_empty() => Payload::Empty,
                    None => Payload::Body { content_type: HeaderValue::from_static("application/octet-stream"), bytes },
                    Some(content_type) => Payload::Body { content_type, bytes },
                }
            }
        };
        self.save();
        let mut answer = Answer::new(status, payload);
        answer.headers = passed_on(&head.headers);
        answer.headers.remove(header::CONTENT_TYPE);
        answer
    }

    /// Sends the pieces of a stream on. A message is recorded before the client receives it.
    async fn relay(self: Arc<Self>, origin: Origin, mut body: Incoming, client: UnboundedSender<Step>) {
        let mut events = Events::default();
        let ended = loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = client.closed() => break Some(Ended::Open),
            };
            match frame {
                None => break None,
                Some(Err(_)) => break Some(Ended::Cut),
                Some(Ok(frame)) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    for message in events.add(&bytes) {
                        self.session().message(origin, &message);
                    }
                    // The client may leave at this moment.
                    let _ = client.send(Step::Send(bytes));
                }
            }
        };
        self.session().end(origin, ended);
        self.save();
        if ended == Some(Ended::Cut) {
            let _ = client.send(Step::Cut(How::Fin));
        }
    }
}

impl Session {
    /// Adds a request or notification; other requests of HTTP are only forwarded.
    fn begin(&mut self, exchange: &Exchange) -> Origin {
        self.secrets.add_headers(&exchange.headers);
        if exchange.http_method != Method::POST || !exchange.body.is_object() {
            return None;
        }
        let message: Message<'_> = serde_json::from_slice(&exchange.bytes).ok()?;
        let method = message.method?.into_owned();
        let params = message.params.map(ToOwned::to_owned);
        let recorded = Recorded { method, params, ..Recorded::default() };
        self.exchanges.push(Pending { id: message.id, recorded });
        Some(self.exchanges.len() - 1)
    }

    /// Adds the head of a response.
    fn head(&mut self, origin: Origin, is_get: bool, status: u16, is_stream: bool, headers: &HeaderMap) {
        self.secrets.add_headers(headers);
        let Some(at) = origin else {
            if is_get {
                self.get_status.get_or_insert(status);
            }
            return;
        };
        let is_recorded = |name: &str| RECORDED_HEADERS.iter().any(|beginning| name.starts_with(beginning));
        let recorded = headers.iter().filter(|(name, _)| is_recorded(name.as_str()));
        self.exchanges[at].recorded.response = Some(Response {
            status,
            headers: recorded
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect(),
            session: headers.contains_key(SESSION_ID) && self.exchanges[at].recorded.method == "initialize",
            events: is_stream.then(Vec::new),
            ended: is_stream.then_some(Ended::Open),
            ..Response::default()
        });
    }

    /// Adds a body that is no stream.
    fn body(&mut self, origin: Origin, bytes: &Bytes) {
        let response = origin.and_then(|at| self.exchanges[at].recorded.response.as_mut());
        let Some(response) = response.filter(|_| !bytes.is_empty()) else { return };
        let text = String::from_utf8_lossy(bytes);
        if !serde_json::from_str(&text).is_ok_and(|message| answered(response, &message)) {
            response.body = Some(text.into_owned());
        }
    }

    /// Adds a message of a stream.
    fn message(&mut self, origin: Origin, text: &str) {
        let Ok(message) = serde_json::from_str::<Message<'_>>(text) else { return };
        let is_response = message.method.is_none() && (message.result.is_some() || message.error.is_some());
        if is_response {
            // A stream that was cut is resumed on another one.
            let waits = |pending: &Pending| {
                pending.id == message.id
                    && pending.recorded.response.as_ref().is_some_and(|it| it.result.is_none() && it.error.is_none())
            };
            let at = origin.or_else(|| self.exchanges.iter().position(waits));
            if let Some(response) = at.and_then(|at| self.exchanges[at].recorded.response.as_mut()) {
                answered(response, &message);
                response.ended = None;
            }
            return;
        }
        let Ok(raw) = RawValue::from_string(text.to_owned()) else { return };
        match origin {
            Some(at) => {
                if let Some(response) = &mut self.exchanges[at].recorded.response {
                    response.events.get_or_insert_default().push(raw);
                }
            }
            None => self.exchanges.last_mut().into_iter().for_each(|last| last.recorded.pushed.push(raw.clone())),
        }
    }

    /// Notes how a stream ended.
    fn end(&mut self, origin: Origin, ended: Option<Ended>) {
        if let Some(response) = origin.and_then(|at| self.exchanges[at].recorded.response.as_mut())
            && response.result.is_none()
            && response.error.is_none()
        {
            response.ended = ended;
        }
    }

    /// The session without its secrets.
    fn recording(&self) -> Recording {
        let exchanges = self.exchanges.iter().map(|pending| self.redacted(&pending.recorded)).collect();
        Recording { format: FORMAT, get_status: self.get_status, exchanges }
    }

    fn redacted(&self, recorded: &Recorded) -> Recorded {
        let json = |json: &RawValue| self.secrets.redact_json(json);
        let list = |list: &[Box<RawValue>]| list.iter().map(|item| json(item)).collect();
        let response = recorded.response.as_ref().map(|response| Response {
            headers: response.headers.iter().map(|(name, value)| (name.clone(), self.secrets.redact(value))).collect(),
            events: response.events.as_deref().map(list),
            result: response.result.as_deref().map(json),
            error: response.error.as_deref().map(json),
            body: response.body.as_deref().map(|body| self.secrets.redact(body)),
            ..response.clone()
        });
        Recorded {
            method: recorded.method.clone(),
            params: recorded.params.as_deref().map(json),
            pushed: list(&recorded.pushed),
            response,
        }
    }
}

/// Adds the outcome of a response; false if the message has none.
fn answered(response: &mut Response, message: &Message<'_>) -> bool {
    response.result = message.result.map(ToOwned::to_owned);
    response.error = message.error.filter(|_| message.result.is_none()).map(ToOwned::to_owned);
    response.without_id = message.id.is_none();
    message.result.is_some() || message.error.is_some()
}
