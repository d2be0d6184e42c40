//! A plain MCP server: revision 2025-11-25, and by option 2026-07-28.

use std::sync::Arc;

use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome};
use crate::calls::{Call, Done, Plan};
use crate::era::{self, Caller};
use crate::everything::{self, Decision, Invocation};
use crate::exchange::Exchange;
use crate::headers;
use crate::jsonrpc::{self, Incoming, Request};
use crate::messages;
use crate::methods::{self, Versions};
use crate::modern::{self, Supported, results};
use crate::omni;
use crate::options::{Era, KeyOptions, Options, SessionMode, Transport};
use crate::server_state::{Scripted, Shared};
use crate::service_error::ServiceError;
use crate::sessions::Standing;
use crate::tools::{self, Kind};
use crate::{legacy, listen};

const DEFAULT_VERSION: &str = "2025-11-25";
const SUPPORTED_VERSIONS: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

const SESSION_NOT_FOUND: i64 = -32001;
const REFUSED: i64 = -32000;

/// The settings of the server.
pub(crate) struct Generic {
    keys: Option<Vec<KeyOptions>>,
    versions: Versions,
    modern: Vec<String>,
    /// The versions that `server/discover` lists.
    all_versions: Vec<String>,
    era: Era,
}

/// An error response without an id. Code 0 stands for no body.
struct Refusal {
    status: u16,
    code: i64,
    message: String,
    header: Option<(&'static str, String)>,
}

fn refusal(status: u16, code: i64, message: &str) -> Refusal {
    Refusal { status, code, message: message.to_owned(), header: None }
}

impl Refusal {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.header = Some((name, value.to_owned()));
        self
    }

    fn into_answer(self) -> Answer {
        let answer = match self.code {
            0 => Answer::empty(self.status),
            code => {
                let error = json!({"code": code, "message": self.message});
                Answer::error(self.status, Value::Null, &error)
            }
        };
        match self.header {
            Some((name, value)) => answer.with(name, &value),
            None => answer,
        }
    }
}

fn session_not_found() -> Refusal {
    refusal(404, SESSION_NOT_FOUND, "Session not found")
}

/// The response to a request of an unknown session.
pub(crate) fn session_lost() -> Answer {
    session_not_found().into_answer()
}

/// The error of a fault rule; this profile has no codes, so the code is in the data.
pub(crate) fn scripted(exchange: &Exchange, scripted: &Scripted<'_>) -> Answer {
    let failed = ServiceError::scripted(&[], scripted);
    let error = json!({"code": REFUSED, "message": failed.message, "data": {"code": failed.code}});
    let answer = Answer::error(failed.status, exchange.rpc_id(), &error);
    match scripted.retry_after {
        Some(wait) => answer.with("retry-after", &wait.text()),
        None => answer,
    }
}

impl Generic {
    pub(crate) fn new(options: &Options) -> Self {
        let mut versions = Versions::new(options, DEFAULT_VERSION, SUPPORTED_VERSIONS);
        let modern = era::modern_versions(options);
        let mut all_versions = modern.clone();
        if options.era == Era::Dual {
            versions.supported.retain(|version| !modern.contains(version));
            all_versions.extend(versions.supported.iter().cloned());
        }
        Self {
            keys: options.require_key.then(|| options.keys.clone()),
            versions,
            modern,
            all_versions,
            era: options.era,
        }
    }

    fn is_modern(&self, exchange: &Exchange) -> bool {
        era::is_modern(self.era, &self.versions, &self.modern, exchange)
    }

    fn serve_modern(
        &self,
        shared: &Arc<Shared>,
        exchange: &Exchange,
        key: Option<usize>,
        request: &Request<'_>,
    ) -> Plan {
        modern::serve(shared, &Supported { modern: &self.modern, all: &self.all_versions }, exchange, key, request)
    }

    pub(crate) fn prepare(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Plan {
        if shared.options.transport == Transport::Sse {
            return Plan::Answer(self.bootstrap(shared, exchange).unwrap_or_else(Refusal::into_answer));
        }
        let plan = match (&exchange.http_method, exchange.path.as_str()) {
            (_, path) if path != "/mcp" => Err(refusal(404, 0, "")),
            (&Method::POST, _) => self.post(shared, exchange),
            (&Method::GET | &Method::DELETE, _) if self.is_modern(exchange) => {
                Err(refusal(405, 0, "").with("allow", "POST"))
            }
            (&Method::GET, _) if shared.options.get_stream => self.listen(shared, exchange).map(Plan::Answer),
            (&Method::DELETE, _) => self.delete(shared, exchange).map(Plan::Answer),
            _ => Err(refusal(405, 0, "").with("allow", "GET, POST, DELETE")),
        };
        plan.unwrap_or_else(|refusal| Plan::Answer(refusal.into_answer()))
    }

    /// The index of the key of a request, or the error response.
    pub(crate) fn admit(&self, shared: &Shared, exchange: &Exchange) -> Result<Option<usize>, Box<Answer>> {
        self.authorize(shared, exchange).map_err(|refusal| refusal.into_answer().into())
    }

    /// Serves a message where the transport is the session: nothing if no response is required, or a code and
    /// what is wrong.
    pub(crate) fn message(
        &self,
        shared: &Arc<Shared>,
        exchange: &Exchange,
        key: Option<usize>,
        session: Option<&str>,
    ) -> Result<Option<Plan>, (i64, &'static str)> {
        if !exchange.is_json {
            return Err((jsonrpc::PARSE_ERROR, "Parse error"));
        }
        let incoming = jsonrpc::read(&exchange.body).map_err(|what| (jsonrpc::INVALID_REQUEST, what))?;
        Ok(match &incoming {
            Incoming::NothingOwed => None,
            Incoming::Response => {
                shared.asked.answered(&exchange.body);
                None
            }
            Incoming::Request(request) if self.is_modern(exchange) => {
                Some(self.serve_modern(shared, exchange, key, request))
            }
            Incoming::Request(request) if request.method == "initialize" => {
                let session = session.unwrap_or(messages::ONLY);
                Some(Plan::Answer(methods::hello(shared, &self.versions, request, session)))
            }
            Incoming::Request(request) => Some(serve(shared, exchange, key, request, session)),
        })
    }

    fn authorize(&self, shared: &Shared, exchange: &Exchange) -> Result<Option<usize>, Refusal> {
        let challenge = match (&shared.options.auth, &shared.oauth) {
            (Some(auth), _) => auth.refuses(&exchange.headers).map(str::to_owned),
            (None, Some(oauth)) => oauth.refuses(&exchange.headers),
            (None, None) => None,
        };
        if let Some(challenge) = challenge {
            return Err(refusal(401, REFUSED, "Unauthorized").with("www-authenticate", &challenge));
        }
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        match omni::auth::check(keys, &exchange.headers) {
            Ok(at) => Ok(Some(at)),
            Err("auth_rejected") => Err(refusal(403, REFUSED, "Forbidden")),
            Err(_) => Err(refusal(401, REFUSED, "Unauthorized").with("www-authenticate", "Bearer")),
        }
    }

    /// The routes of the HTTP+SSE transport, except for its messages.
    fn bootstrap(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, Refusal> {
        match (&exchange.http_method, exchange.path.as_str()) {
            (&Method::GET, "/sse") => {
                self.authorize(shared, exchange)?;
                Ok(legacy::open(shared, exchange))
            }
            (_, "/sse") => Err(refusal(405, 0, "").with("allow", "GET")),
            (_, "/messages") => Err(refusal(405, 0, "").with("allow", "POST")),
            _ => Err(refusal(404, 0, "")),
        }
    }

    /// The live session of a request; `None` if it needs none.
    fn session<'a>(shared: &Shared, exchange: &'a Exchange) -> Result<Option<&'a str>, Refusal> {
        match (exchange.header(headers::SESSION_ID), shared.options.sessions) {
            (_, SessionMode::None) | (None, SessionMode::Optional) => Ok(None),
            (None, SessionMode::Required) => {
                let message = "Bad Request: Mcp-Session-Id header is required";
                Err(refusal(400, REFUSED, message))
            }
            (Some(id), _) => match shared.sessions().standing(id) {
                Standing::Live => Ok(Some(id)),
                _ => Err(session_not_found()),
            },
        }
    }

    fn check_version(&self, exchange: &Exchange) -> Result<(), Refusal> {
        match exchange.header(headers::PROTOCOL_VERSION) {
            Some(version) if !self.versions.knows(version) => {
                Err(refusal(400, REFUSED, "Bad Request: Unsupported protocol version"))
            }
            _ => Ok(()),
        }
    }

    fn listen(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, Refusal> {
        self.authorize(shared, exchange)?;
        must_accept(&exchange.headers, &[headers::EVENT_STREAM])?;
        let session = Self::session(shared, exchange)?;
        self.check_version(exchange)?;
        let answer = listen::open_only(shared, exchange, session)
            .ok_or_else(|| refusal(409, REFUSED, "Conflict: Only one SSE stream is allowed per session"))?;
        Ok(match session {
            Some(session) => answer.with(headers::SESSION_ID, session),
            None => answer,
        })
    }

    fn delete(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, Refusal> {
        self.authorize(shared, exchange)?;
        if shared.options.sessions == SessionMode::None {
            return Err(refusal(405, 0, "").with("allow", "GET, POST"));
        }
        if let Some(session) = Self::session(shared, exchange)? {
            shared.end_session(session);
        }
        Ok(Answer::empty(204))
    }

    fn post(&self, shared: &Arc<Shared>, exchange: &Exchange) -> Result<Plan, Refusal> {
        let key = self.authorize(shared, exchange)?;
        must_accept(&exchange.headers, &[headers::JSON, headers::EVENT_STREAM])?;
        let is_json =
            exchange.header(header::CONTENT_TYPE.as_str()).is_some_and(|value| value.starts_with(headers::JSON));
        if !is_json {
            return Err(refusal(415, REFUSED, "Content-Type must be application/json"));
        }
        if !exchange.is_json {
            return Err(refusal(400, jsonrpc::PARSE_ERROR, "Parse error"));
        }
        let incoming = jsonrpc::read(&exchange.body).map_err(|what| refusal(400, jsonrpc::INVALID_REQUEST, what))?;
        if self.is_modern(exchange) {
            return match &incoming {
                Incoming::Request(request) => Ok(self.serve_modern(shared, exchange, key, request)),
                Incoming::NothingOwed => Ok(Plan::Answer(Answer::empty(202))),
                Incoming::Response => {
                    Err(refusal(400, jsonrpc::INVALID_REQUEST, "a client sends no responses in this revision"))
                }
            };
        }
        if let Incoming::Request(request) = &incoming
            && request.method == "initialize"
        {
            return Ok(Plan::Answer(methods::initialize(shared, &self.versions, request)));
        }
        let session = Self::session(shared, exchange)?;
        self.check_version(exchange)?;
        match incoming {
            Incoming::Request(request) => Ok(serve(shared, exchange, key, &request, session)),
            Incoming::Response => {
                shared.asked.answered(&exchange.body);
                Ok(Plan::Answer(Answer::empty(202)))
            }
            Incoming::NothingOwed => Ok(Plan::Answer(Answer::empty(202))),
        }
    }

    pub(crate) fn finish(shared: &Shared, done: Done) -> Answer {
        let token = done.progress_token.as_ref();
        let mut before = match &done.caller {
            Caller::Modern(meta) if !meta.wants_log("info") => methods::progress(shared, token).collect(),
            _ => methods::notifications(shared, token),
        };
        before.extend(done.before);
        let result = done.outcome.unwrap_or_else(|failed| tools::failure(&failed.0));
        reply(shared, &done.caller, done.id, Outcome::Result(result), before)
    }
}

/// A response with status 200, in the form of the caller's era.
pub(crate) fn reply(shared: &Shared, caller: &Caller, id: Value, outcome: Outcome, before: Vec<String>) -> Answer {
    match caller {
        Caller::Legacy { .. } => methods::reply(shared, id, outcome, before),
        Caller::Modern(_) => results::reply(shared, id, outcome, before),
    }
}

fn serve(
    shared: &Arc<Shared>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
    session: Option<&str>,
) -> Plan {
    let error = |code: i64, message: String| {
        let error = json!({"code": code, "message": message}).to_string();
        let outcome = Outcome::Error(error.into());
        methods::reply(shared, request.id.clone(), outcome, Vec::new())
    };
    Plan::Answer(match request.method {
        "ping" => methods::answer(shared, request, "{}".to_owned(), Vec::new()),
        "logging/setLevel" if !shared.options.everything => {
            methods::answer(shared, request, "{}".to_owned(), Vec::new())
        }
        "tools/list" => methods::list_tools(shared, request)
            .unwrap_or_else(|| error(jsonrpc::INVALID_PARAMS, "Invalid cursor".to_owned())),
        "tools/call" => {
            match call(shared, exchange, key, request, Caller::Legacy { session: session.map(str::to_owned) }) {
                Ok(plan) => return plan,
                Err(message) => error(jsonrpc::INVALID_PARAMS, message),
            }
        }
        _ => everything::serve_legacy(shared, request, session)
            .unwrap_or_else(|| error(jsonrpc::METHOD_NOT_FOUND, "Method not found".to_owned())),
    })
}

/// An accepted call, or the response to a refused one.
pub(crate) fn call(
    shared: &Arc<Shared>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
    caller: Caller,
) -> Result<Plan, String> {
    let name = request.param("name").and_then(Value::as_str).ok_or("name must be a string")?;
    let tool = shared.tool(name).ok_or_else(|| format!("Unknown tool: {name}"))?;
    let arguments = omni::arguments(request).ok_or("arguments must be an object")?;
    let decided = match tool.kind {
        Kind::Everything => {
            everything::decide(&Invocation { shared, exchange, request, caller: &caller, name, arguments: &arguments })
        }
        _ => tools::check(tool, &arguments, &exchange.bytes).map(Decision::run),
    };
    let (ready, before) = match decided {
        Ok(Decision::Run { ready, before }) => (ready, before),
        Ok(Decision::Answer(answer)) => return Ok(Plan::Answer(answer)),
        // The revision requires that bad input is a result, for the model.
        Err(bad) => {
            let outcome = Outcome::Result(tools::failure(&bad.message));
            return Ok(Plan::Answer(reply(shared, &caller, request.id.clone(), outcome, Vec::new())));
        }
    };
    Ok(Plan::Call(Call {
        id: request.id.clone(),
        tool: name.to_owned(),
        ready,
        arguments,
        progress_token: request.progress_token().cloned(),
        before,
        caller,
        key,
        idempotency_key: exchange.header(headers::IDEMPOTENCY_KEY).map(str::to_owned),
        claim: None,
        request_id: exchange.request_id_text().to_owned(),
        entry: exchange.entry,
    }))
}

/// Whether an `Accept` header contains all of these types.
pub(crate) fn accepts(headers: &HeaderMap, types: &[&str]) -> bool {
    let listed: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|item| item.split(';').next())
        .map(str::trim)
        .collect();
    types.iter().all(|wanted| listed.iter().any(|have| have == wanted || *have == "*/*"))
}

fn must_accept(headers: &HeaderMap, types: &[&str]) -> Result<(), Refusal> {
    match accepts(headers, types) {
        true => Ok(()),
        false => {
            let message = format!("Not Acceptable: Client must accept {}", types.join(" and "));
            Err(refusal(406, REFUSED, &message))
        }
    }
}
