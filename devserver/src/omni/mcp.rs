//! POST /mcp of the OMNI service: all checks in the order of the service, and the methods.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::errors::{self, OmniError};
use super::idempotency::{self, Verdict};
use super::{Omni, auth, is_refused, session_not_found};
use crate::answer::{Answer, Outcome};
use crate::calls::{Call, Done, Plan};
use crate::era::Caller;
use crate::exchange::Exchange;
use crate::headers;
use crate::jsonrpc::{self, Incoming, Request};
use crate::methods;
use crate::server_state::Shared;
use crate::tools::{self, Kind, Tool};

const READ: &str = "mcp.tools.read";
const INVOKE: &str = "mcp.invoke";

/// The scope that a tool needs in addition to `mcp.invoke`.
fn scope_of(tool: &Tool) -> Option<&'static str> {
    matches!(tool.kind, Kind::Search | Kind::Series).then_some("fred.read")
}

/// The scopes that a request would need, for the error of a fault rule.
pub(super) fn scopes_of(exchange: &Exchange) -> Vec<&'static str> {
    match exchange.rpc_method() {
        Some("tools/list") => vec![READ],
        _ => vec![INVOKE, "fred.read"],
    }
}

impl Omni {
    pub(super) fn post(&self, shared: &Shared, exchange: &Exchange) -> Plan {
        // The id is unknown before the message is understood.
        let mut id = Value::Null;
        self.serve(shared, exchange, &mut id)
            .unwrap_or_else(|error| Plan::Answer(error.to_rpc(id, exchange.request_id_text())))
    }

    fn serve(&self, shared: &Shared, exchange: &Exchange, id: &mut Value) -> Result<Plan, OmniError> {
        let key = auth::check(&self.keys, &exchange.headers).map_err(OmniError::new)?;
        if !exchange.is_json {
            return Err(OmniError::new("invalid_json"));
        }
        let incoming =
            jsonrpc::read(&exchange.body).map_err(|what| OmniError::nameless(400, jsonrpc::INVALID_REQUEST, what))?;
        if let Incoming::Request(request) = &incoming {
            *id = request.id.clone();
        }
        let opens = exchange.rpc_method() == Some("initialize");
        if !opens && is_refused(shared, exchange.header(headers::SESSION_ID)) {
            return Err(session_not_found());
        }
        let Incoming::Request(request) = incoming else {
            return Ok(Plan::Answer(Answer::empty(202)));
        };
        let answer = match request.method {
            "initialize" => methods::initialize(shared, &self.versions, &request),
            "ping" => empty_result(shared, &request),
            "logging/setLevel" if methods::speaks_of_logging(shared) => empty_result(shared, &request),
            "tools/list" => self.list(shared, key, &request)?,
            "tools/call" => return self.call(shared, exchange, key, &request),
            _ => {
                let message = "there is no such method";
                return Err(OmniError::nameless(400, jsonrpc::METHOD_NOT_FOUND, message));
            }
        };
        Ok(Plan::Answer(answer))
    }

    fn require(&self, key: usize, scopes: &[&str]) -> Result<(), OmniError> {
        match auth::has_scopes(&self.keys[key], scopes) {
            true => Ok(()),
            false => Err(errors::insufficient_scope(scopes)),
        }
    }

    fn take_token(&self, key: usize) -> Result<(), OmniError> {
        self.limiter.as_ref().map_or(Ok(()), |l| l.take(key))
    }

    fn list(&self, shared: &Shared, key: usize, request: &Request<'_>) -> Result<Answer, OmniError> {
        self.require(key, &[READ])?;
        self.take_token(key)?;
        let page = methods::list_tools(shared, request)
            .ok_or_else(|| OmniError::new("invalid_parameter").message("cursor is not valid"))?;
        shared.ledger.billed();
        Ok(page)
    }

    fn call(&self, shared: &Shared, exchange: &Exchange, key: usize, request: &Request<'_>) -> Result<Plan, OmniError> {
        let name = request.param("name").and_then(Value::as_str);
        let tool = name.and_then(|name| shared.tool(name));
        let mut scopes = vec![INVOKE];
        scopes.extend(tool.and_then(scope_of));
        self.require(key, &scopes)?;
        self.take_token(key)?;

        let name = name.ok_or_else(|| invalid_payload("params.name must be a string"))?;
        let tool = tool.ok_or_else(|| OmniError::new("unknown_tool"))?;
        let arguments = arguments(request).ok_or_else(|| invalid_payload("params.arguments must be an object"))?;
        let ready = tools::check(tool, &arguments, &exchange.bytes)
            .map_err(|bad| OmniError::new(bad.omni_code).message(&bad.message))?;

        let idempotency_key = exchange
            .header(headers::IDEMPOTENCY_KEY)
            .filter(|key| !key.is_empty())
            .ok_or_else(|| OmniError::new("missing_idempotency_key"))?;
        if !idempotency::is_acceptable(idempotency_key) {
            return Err(OmniError::new("invalid_parameter")
                .message("Idempotency-Key must be at most 255 visible ASCII characters"));
        }
        let fingerprint = idempotency::fingerprint(request.method, request.params);
        let claim = match self.store.claim(key, idempotency_key, fingerprint) {
            Verdict::Run(claim) => claim,
            Verdict::Replay(result) => {
                return Ok(Plan::Answer(replay(shared, exchange, request, result)));
            }
            Verdict::InFlight => {
                return Err(OmniError::new("idempotency_conflict").rpc_code(shared.options.conflict_rpc_code));
            }
            Verdict::OtherPayload => {
                return Err(OmniError::bad_request(
                    &shared.options.changed_payload_code,
                    422,
                    "this Idempotency-Key was used with another payload",
                ));
            }
        };
        Ok(Plan::Call(Call {
            id: request.id.clone(),
            tool: name.to_owned(),
            ready,
            arguments,
            progress_token: request.progress_token().cloned(),
            before: Vec::new(),
            caller: Caller::Legacy { session: None },
            key: Some(key),
            idempotency_key: Some(idempotency_key.to_owned()),
            claim: Some(claim),
            request_id: exchange.request_id_text().to_owned(),
            entry: exchange.entry,
        }))
    }
}

/// The arguments of a call, empty if absent; `None` if they are not an object.
pub(crate) fn arguments(request: &Request<'_>) -> Option<Map<String, Value>> {
    match request.param("arguments") {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::Object(arguments)) => Some(arguments.clone()),
        Some(_) => None,
    }
}

fn empty_result(shared: &Shared, request: &Request<'_>) -> Answer {
    methods::answer(shared, request, "{}".to_owned(), Vec::new())
}

fn invalid_payload(message: &str) -> OmniError {
    OmniError::new("invalid_payload").message(message)
}

fn replay(shared: &Shared, exchange: &Exchange, request: &Request<'_>, result: Arc<str>) -> Answer {
    shared.ledger.replayed(exchange.entry);
    let outcome = Outcome::Result(result);
    methods::reply(shared, request.id.clone(), outcome, Vec::new()).with(headers::IDEMPOTENCY_REPLAYED, "true")
}

pub(super) fn finish(omni: &Omni, shared: &Shared, done: Done) -> Answer {
    match done.outcome {
        Ok(result) => {
            if let Some(claim) = done.claim {
                omni.store.complete(claim, Arc::clone(&result));
            }
            shared.ledger.billed();
            let mut before = methods::notifications(shared, done.progress_token.as_ref());
            before.extend(done.before);
            methods::reply(shared, done.id, Outcome::Result(result), before)
        }
        Err(failed) => {
            if let Some(claim) = &done.claim {
                omni.store.release(claim);
            }
            OmniError::new("mcp_invocation_failed").status(400).message(&failed.0).to_rpc(done.id, &done.request_id)
        }
    }
}
