//! Octomind's hosted MCP service: its routes and error responses.

mod tools;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Payload};
use crate::calls::{Call, Done, Plan};
use crate::era::Caller;
use crate::exchange::Exchange;
use crate::generic::accepts;
use crate::headers;
use crate::jsonrpc::{self, Incoming, Request};
use crate::listen;
use crate::methods::{self, Versions};
use crate::omni;
use crate::options::{KeyOptions, Options};
use crate::server_state::{Shared, lock};
use crate::sessions::Standing;
pub(crate) use tools::{Run, Spec, offered};

const DEFAULT_VERSION: &str = "2025-11-25";
const SUPPORTED_VERSIONS: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

const REFUSED: i64 = -32000;
const SESSION_NOT_FOUND: i64 = -32001;
const ALLOWED: &str = "GET, POST, DELETE";

/// With a key of this prefix `initialize` succeeds, and every tool fails.
const BAD_KEY: &str = "bad";

/// The state of the service.
pub(crate) struct Octomind {
    keys: Vec<KeyOptions>,
    versions: Versions,
    /// The key of each session.
    opened_with: Mutex<HashMap<String, Arc<str>>>,
}

/// An error response.
type Refused = Box<Answer>;

fn refused(status: u16, code: i64, message: &str) -> Refused {
    Answer::error(status, Value::Null, &json!({"code": code, "message": message})).into()
}

fn body(status: u16, content_type: &'static str, text: &'static str) -> Refused {
    Answer::new(status, Payload::Body { content_type: HeaderValue::from_static(content_type), bytes: text.into() })
        .into()
}

fn no_valid_session() -> Refused {
    refused(400, REFUSED, "Bad Request: No valid session ID provided")
}

/// The response of Express to an exception.
fn internal_server_error() -> Refused {
    let page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n\
                <body>\n<pre>Internal Server Error</pre>\n</body>\n</html>\n";
    body(500, "text/html; charset=utf-8", page)
}

/// The response to a request of an unknown session.
pub(crate) fn session_lost(exchange: &Exchange) -> Answer {
    *match exchange.http_method == Method::POST {
        true => no_valid_session(),
        false => internal_server_error(),
    }
}

/// The response to a request of a session on another replica.
pub(crate) fn session_elsewhere(exchange: &Exchange) -> Answer {
    *match exchange.http_method == Method::POST {
        true => refused(404, REFUSED, "Session transport not found on this server"),
        false => refused(404, SESSION_NOT_FOUND, "Session not found"),
    }
}

impl Octomind {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            keys: options.keys.clone(),
            versions: Versions::new(options, DEFAULT_VERSION, SUPPORTED_VERSIONS),
            opened_with: Mutex::default(),
        }
    }

    pub(crate) fn prepare(&self, shared: &Shared, exchange: &Exchange) -> Plan {
        let plan = match (&exchange.http_method, exchange.path.as_str()) {
            (&Method::GET, "/health") => Ok(Plan::Answer(health(shared))),
            (&Method::POST, "/mcp") => self.post(shared, exchange),
            (&Method::GET, "/mcp") if shared.options.get_stream => self.listen(shared, exchange).map(Plan::Answer),
            (&Method::DELETE, "/mcp") => self.delete(shared, exchange).map(Plan::Answer),
            (_, "/mcp") => Err(refused(405, REFUSED, "Method not allowed.").with("allow", ALLOWED).into()),
            _ => Err(body(404, "text/html; charset=utf-8", "<pre>Not Found</pre>\n")),
        };
        plan.unwrap_or_else(|refused| Plan::Answer(*refused))
    }

    /// The open session of a request.
    fn session<'a>(shared: &Shared, exchange: &'a Exchange) -> Result<&'a str, Refused> {
        let Some(id) = exchange.header(headers::SESSION_ID) else {
            return Err(session_lost(exchange).into());
        };
        match shared.sessions().standing(id) {
            Standing::Live => Ok(id),
            Standing::Elsewhere => Err(session_elsewhere(exchange).into()),
            Standing::Ended | Standing::NeverSeen => Err(session_lost(exchange).into()),
        }
    }

    fn check_version(&self, exchange: &Exchange) -> Result<(), Refused> {
        match exchange.header(headers::PROTOCOL_VERSION) {
            Some(version) if !self.versions.knows(version) => {
                let supported = self.versions.supported.join(", ");
                let message =
                    format!("Bad Request: Unsupported protocol version: {version} (supported versions: {supported})");
                Err(refused(400, REFUSED, &message))
            }
            _ => Ok(()),
        }
    }

    fn listen(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, Refused> {
        let session = Self::session(shared, exchange)?;
        if !accepts(&exchange.headers, &[headers::EVENT_STREAM]) {
            return Err(refused(406, REFUSED, "Not Acceptable: Client must accept text/event-stream"));
        }
        self.check_version(exchange)?;
        match listen::open_only(shared, exchange, Some(session)) {
            Some(answer) => Ok(answer.with(headers::SESSION_ID, session)),
            None => Err(refused(409, REFUSED, "Conflict: Only one SSE stream is allowed per session")),
        }
    }

    fn delete(&self, shared: &Shared, exchange: &Exchange) -> Result<Answer, Refused> {
        let session = Self::session(shared, exchange)?;
        self.check_version(exchange)?;
        shared.end_session(session);
        lock(&self.opened_with).remove(session);
        Ok(Answer::empty(200))
    }

    fn post(&self, shared: &Shared, exchange: &Exchange) -> Result<Plan, Refused> {
        let is_json =
            exchange.header(header::CONTENT_TYPE.as_str()).is_some_and(|value| value.starts_with(headers::JSON));
        if !is_json {
            return Err(refused(415, REFUSED, "Unsupported Media Type: Content-Type must be application/json"));
        }
        if !exchange.is_json {
            return Err(refused(400, jsonrpc::PARSE_ERROR, "Parse error: Invalid JSON"));
        }
        let opens = exchange.rpc_method() == Some("initialize") && exchange.header(headers::SESSION_ID).is_none();
        let bearer = omni::auth::bearer(&exchange.headers);
        let session = match opens {
            // Only the presence of the key is checked, and only here.
            true if bearer.is_none() => return Err(body(401, "text/plain", "Unauthorized")),
            true => None,
            false => Some(Self::session(shared, exchange)?),
        };
        if !accepts(&exchange.headers, &[headers::JSON, headers::EVENT_STREAM]) {
            let message = "Not Acceptable: Client must accept both application/json and text/event-stream";
            return Err(refused(406, REFUSED, message));
        }
        let incoming = jsonrpc::read(&exchange.body)
            .map_err(|_| refused(400, jsonrpc::PARSE_ERROR, "Parse error: Invalid JSON-RPC message"))?;
        let Some(session) = session else {
            return match &incoming {
                Incoming::Request(request) => {
                    Ok(Plan::Answer(self.initialize(shared, request, bearer.unwrap_or_default())))
                }
                Incoming::NothingOwed | Incoming::Response => Err(no_valid_session()),
            };
        };
        if exchange.rpc_method() == Some("initialize") {
            let message = "Invalid Request: Server already initialized";
            return Err(refused(400, jsonrpc::INVALID_REQUEST, message));
        }
        self.check_version(exchange)?;
        Ok(match incoming {
            Incoming::Request(request) => self.serve(shared, exchange, session, &request),
            Incoming::NothingOwed | Incoming::Response => Plan::Answer(Answer::empty(202)),
        })
    }

    fn initialize(&self, shared: &Shared, request: &Request<'_>, key: &str) -> Answer {
        let session = shared.open_session();
        lock(&self.opened_with).insert(session.clone(), key.into());
        shared.sessions().agreed(&session, self.versions.agree(request));
        let result = json!({
            "protocolVersion": self.versions.agree(request),
            "capabilities": {"tools": {"listChanged": true}, "resources": {"listChanged": true}},
            "serverInfo": {"name": "Octomind MCP Server", "version": env!("CARGO_PKG_VERSION")},
            "instructions": "A dev server on loopback that plays Octomind's end-to-end testing tools. Begin with \
                             getTestTargets; most tools need its ids.",
        });
        methods::answer(shared, request, result.to_string(), Vec::new()).with(headers::SESSION_ID, &session)
    }

    fn serve(&self, shared: &Shared, exchange: &Exchange, session: &str, request: &Request<'_>) -> Plan {
        let answered = |outcome| methods::reply(shared, request.id.clone(), outcome, Vec::new());
        let result = |result: Value| answered(Outcome::Result(result.to_string().into()));
        let error = |code: i64, message: &str| {
            answered(Outcome::Error(json!({"code": code, "message": message}).to_string().into()))
        };
        Plan::Answer(match request.method {
            "ping" => result(json!({})),
            "tools/list" => {
                methods::list_tools(shared, request).unwrap_or_else(|| error(jsonrpc::INVALID_PARAMS, "Invalid cursor"))
            }
            "tools/call" => match self.call(shared, exchange, session, request) {
                Ok(plan) => return plan,
                // The TypeScript server returns these errors as results, for the model.
                Err(message) => {
                    let message = format!("MCP error {}: {message}", jsonrpc::INVALID_PARAMS);
                    answered(Outcome::Result(crate::tools::failure(&message)))
                }
            },
            "resources/list" => result(tools::resources()),
            "resources/templates/list" => result(tools::resource_templates()),
            "resources/read" => match request.param("uri").and_then(Value::as_str).and_then(tools::resource) {
                Some(contents) => result(contents),
                None => error(jsonrpc::INVALID_PARAMS, "Resource not found"),
            },
            _ => error(jsonrpc::METHOD_NOT_FOUND, "Method not found"),
        })
    }

    fn call(&self, shared: &Shared, exchange: &Exchange, session: &str, request: &Request<'_>) -> Result<Plan, String> {
        let name = request.param("name").and_then(Value::as_str).ok_or("name must be a string")?;
        let tool = shared.tool(name).ok_or_else(|| format!("Tool {name} not found"))?;
        let arguments = omni::arguments(request).ok_or("arguments must be an object")?;
        let mut ready = crate::tools::check(tool, &arguments, &exchange.bytes).map_err(|bad| bad.message)?;
        let key = lock(&self.opened_with).get(session).cloned().unwrap_or_default();
        if let crate::tools::Ready::Octomind(run) = &mut ready {
            run.refused = key.starts_with(BAD_KEY);
        }
        Ok(Plan::Call(Call {
            id: request.id.clone(),
            tool: name.to_owned(),
            ready,
            arguments,
            progress_token: request.progress_token().cloned(),
            before: Vec::new(),
            caller: Caller::Legacy { session: None },
            key: self.keys.iter().position(|known| *known.key == *key),
            idempotency_key: exchange.header(headers::IDEMPOTENCY_KEY).map(str::to_owned),
            claim: None,
            request_id: exchange.request_id_text().to_owned(),
            entry: exchange.entry,
        }))
    }
}

fn health(shared: &Shared) -> Answer {
    let sessions = shared.sessions().live();
    Answer::json(200, &json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "sessions": sessions}))
}

/// The response to a call that ran.
pub(crate) fn finish(shared: &Shared, done: Done) -> Answer {
    let mut before = methods::notifications(shared, done.progress_token.as_ref());
    before.extend(done.before);
    let result = done.outcome.unwrap_or_else(|failed| tools::failed(&done.tool, &failed.0));
    methods::reply(shared, done.id, Outcome::Result(result), before)
}
