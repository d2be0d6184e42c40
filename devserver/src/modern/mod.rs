//! The modern era: requests without a handshake, each with everything that is needed to serve it.

mod headers;
pub(crate) mod listen;
pub(crate) mod meta;
mod refusal;
pub(crate) mod results;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::Plan;
use crate::era::Caller;
use crate::everything;
use crate::exchange::Exchange;
use crate::generic;
use crate::jsonrpc::Request;
use crate::methods;
use crate::options::Transport;
use crate::server_state::Shared;
pub(crate) use headers::PARAMETER;
use meta::Meta;
pub(crate) use refusal::Refusal;

/// The versions that a modern server supports, and those that it names.
pub(crate) struct Supported<'a> {
    pub(crate) modern: &'a [String],
    pub(crate) all: &'a [String],
}

/// Serves one request.
pub(crate) fn serve(
    shared: &Arc<Shared>,
    supported: &Supported<'_>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
) -> Plan {
    let plan = check(shared, supported, exchange, request)
        .and_then(|meta| dispatch(shared, supported, exchange, key, request, meta));
    plan.unwrap_or_else(|refusal| Plan::Answer(refusal.into_answer(request.id)))
}

/// Checks that precede the method.
fn check(
    shared: &Shared,
    supported: &Supported<'_>,
    exchange: &Exchange,
    request: &Request<'_>,
) -> Result<Meta, Refusal> {
    let is_http = shared.options.transport == Transport::Http;
    if request.method == "initialize" && !meta::is_of_a_request(&exchange.body) {
        // A legacy client learns only from this response which versions are supported.
        let requested = request.param("protocolVersion").and_then(Value::as_str);
        return Err(Refusal::unsupported_version(supported.all, requested));
    }
    let header = if is_http { Some(headers::version(exchange)?) } else { None };
    let meta = Meta::read(request).map_err(|what| Refusal::invalid_params(400, what))?;
    if header.is_some_and(|header| header != meta.version) {
        let message = format!("MCP-Protocol-Version does not match the body value {:?}", meta.version);
        return Err(Refusal::header_mismatch(message));
    }
    if !supported.modern.contains(&meta.version) {
        return Err(Refusal::unsupported_version(supported.all, Some(&meta.version)));
    }
    if is_http {
        headers::check_standard(exchange, request)?;
    }
    Ok(meta)
}

fn dispatch(
    shared: &Arc<Shared>,
    supported: &Supported<'_>,
    exchange: &Exchange,
    key: Option<usize>,
    request: &Request<'_>,
    meta: Meta,
) -> Result<Plan, Refusal> {
    Ok(match request.method {
        "server/discover" => {
            let result = json!({
                "supportedVersions": supported.all,
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
