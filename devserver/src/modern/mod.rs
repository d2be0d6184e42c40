//! The modern era: requests without a handshake, each of which carries all that is needed to serve it.

mod headers;
pub(crate) mod listen;
pub(crate) mod meta;
pub(crate) mod results;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::calls::Plan;
use crate::era::Caller;
use crate::everything;
use crate::exchange::Exchange;
use crate::generic;
use crate::jsonrpc::{self, Request};
use crate::methods;
use crate::options::Transport;
use crate::shared::Shared;
pub(crate) use headers::PARAMETER;
use meta::Meta;

const HEADER_MISMATCH: i64 = -32020;
const MISSING_CAPABILITY: i64 = -32021;
const UNSUPPORTED_VERSION: i64 = -32022;

/// An answer that says no.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl Refusal {
    pub(crate) fn invalid_params(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: jsonrpc::INVALID_PARAMS, message: message.into(), data: None }
    }

    fn header_mismatch(message: String) -> Self {
        Self { status: 400, code: HEADER_MISMATCH, message: format!("Header mismatch: {message}"), data: None }
    }

    /// The capabilities are those that the client would have to declare.
    pub(crate) fn missing_capability(required: Map<String, Value>) -> Self {
        let names: Vec<&str> = required.keys().map(String::as_str).collect();
        let message = format!("The client did not declare what this needs: {}", names.join(", "));
        let data = Some(json!({"requiredCapabilities": required}));
        Self { status: 400, code: MISSING_CAPABILITY, message, data }
    }

    fn unsupported_version(supported: &[String], requested: Option<&str>) -> Self {
        Self {
            status: 400,
            code: UNSUPPORTED_VERSION,
            message: format!("Unsupported protocol version; this server speaks {}", supported.join(", ")),
            data: Some(json!({"supported": supported, "requested": requested.unwrap_or_default()})),
        }
    }

    fn method_not_found() -> Self {
        let message = "Method not found".to_owned();
        Self { status: 404, code: jsonrpc::METHOD_NOT_FOUND, message, data: None }
    }

    pub(crate) fn into_answer(self, id: &Value) -> Answer {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(data) = self.data {
            error["data"] = data;
        }
        Answer::error(self.status, id.clone(), &error)
    }
}

/// The versions that a modern server speaks, and those that it names.
pub(crate) struct Spoken<'a> {
    pub(crate) modern: &'a [String],
    pub(crate) all: &'a [String],
}

/// Serves one request.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    spoken: &Spoken<'_>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
) -> Plan {
    let plan = check(shared, spoken, exchange, request)
        .and_then(|meta| dispatch(shared, spoken, exchange, key, request, meta));
    plan.unwrap_or_else(|refusal| Plan::Answer(refusal.into_answer(request.id)))
}

/// What is looked at before the method.
fn check(shared: &Shared, spoken: &Spoken<'_>, exchange: &Exchange, request: &Request<'_>) -> Result<Meta, Refusal> {
    let is_http = shared.options.transport == Transport::Http;
    if request.method == "initialize" && !meta::is_of_a_request(&exchange.body) {
        // An old client has no other way to learn what is spoken here.
        let requested = request.param("protocolVersion").and_then(Value::as_str);
        return Err(Refusal::unsupported_version(spoken.all, requested));
    }
    let header = if is_http { Some(headers::version(exchange)?) } else { None };
    let meta = Meta::read(request).map_err(|what| Refusal::invalid_params(400, what))?;
    if header.is_some_and(|header| header != meta.version) {
        let message = format!("MCP-Protocol-Version does not match the body value {:?}", meta.version);
        return Err(Refusal::header_mismatch(message));
    }
    if !spoken.modern.contains(&meta.version) {
        return Err(Refusal::unsupported_version(spoken.all, Some(&meta.version)));
    }
    if is_http {
        headers::check_standard(exchange, request)?;
    }
    Ok(meta)
}

fn dispatch(
    shared: &Arc<Shared>,
    spoken: &Spoken<'_>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
    meta: Meta,
) -> Result<Plan, Refusal> {
    Ok(match request.method {
        "server/discover" => {
            let result = json!({
                "supportedVersions": spoken.all,
                "capabilities": methods::capabilities(shared),
                "instructions": methods::INSTRUCTIONS,
            });
            Plan::Answer(results::cacheable(shared, request, &result.to_string(), "public"))
        }
        "tools/list" => {
            let page = methods::tools_page(shared, request);
            let page = page.ok_or_else(|| Refusal::invalid_params(200, "Invalid cursor"))?;
            Plan::Answer(results::cacheable(shared, request, &page, "public"))
        }
        "tools/call" => {
            if shared.options.transport == Transport::Http {
                headers::check_arguments(shared, exchange, request)?;
            }
            generic::call(shared, exchange, key, request, Caller::Modern(meta))
                .map_err(|message| Refusal::invalid_params(200, message))?
        }
        "subscriptions/listen" => Plan::Answer(listen::open(shared, request)?),
        _ if shared.options.everything => Plan::Answer(
            everything::serve_modern(shared, request, &meta).unwrap_or_else(|| Err(Refusal::method_not_found()))?,
        ),
        _ => return Err(Refusal::method_not_found()),
    })
}
