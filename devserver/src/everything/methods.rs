//! The methods other than those of tools.

use serde_json::{Value, json};

use super::{prompts, resources};
use crate::answer::{Answer, Outcome};
use crate::jsonrpc::{self, Request};
use crate::log_level;
use crate::methods;
use crate::modern::meta::Meta;
use crate::modern::{Refusal, results};
use crate::server_state::{Shared, lock};

/// The response to a method other than those of tools.
pub(super) struct Served {
    pub(super) result: String,
    /// The cache scope of a cacheable result.
    pub(super) scope: Option<&'static str>,
}

fn lists(shared: &Shared, request: &Request<'_>) -> Option<Result<Served, Refusal>> {
    let page = match request.method {
        "resources/list" => resources::list(shared, request),
        "resources/templates/list" => resources::templates(shared, request),
        "prompts/list" => prompts::list(shared, request),
        _ => return None,
    };
    let page = page.ok_or_else(|| Refusal::invalid_params(200, "Invalid cursor"));
    Some(page.map(|result| Served { result, scope: Some("public") }))
}

fn complete(request: &Request<'_>) -> Result<Served, Refusal> {
    let argument = request.param("argument").and_then(|argument| argument.get("value")).and_then(Value::as_str);
    let typed = argument.ok_or_else(|| Refusal::invalid_params(200, "argument.value must be a string"))?;
    let values: Vec<&str> = ["paris", "park", "party", "test"].into_iter().filter(|v| v.starts_with(typed)).collect();
    let result = json!({"completion": {"values": values, "total": values.len(), "hasMore": false}});
    Ok(Served { result: result.to_string(), scope: None })
}

/// A method of the legacy era; `None` if it is unknown.
pub(crate) fn serve_legacy(shared: &Shared, request: &Request<'_>, session: Option<&str>) -> Option<Answer> {
    if !shared.options.everything {
        return None;
    }
    let served = match request.method {
        "resources/read" => resources::read(request, resources::NOT_FOUND_BEFORE),
        "resources/subscribe" | "resources/unsubscribe" => subscribe(shared, request, session),
        "logging/setLevel" => set_level(shared, request, session),
        "prompts/get" => prompts::get(request),
        "completion/complete" => complete(request),
        _ => lists(shared, request)?,
    };
    Some(match served {
        Ok(served) => methods::answer(shared, request, served.result, Vec::new()),
        Err(refusal) => {
            let mut error = json!({"code": refusal.code, "message": refusal.message});
            if let Some(data) = refusal.data {
                error["data"] = data;
            }
            methods::reply(shared, request.id.clone(), Outcome::Error(error.to_string().into()), Vec::new())
        }
    })
}

fn set_level(shared: &Shared, request: &Request<'_>, session: Option<&str>) -> Result<Served, Refusal> {
    let level = request.param("level").and_then(Value::as_str).and_then(log_level::place);
    let level = level.ok_or_else(|| Refusal::invalid_params(200, "level must be a log level"))?;
    lock(&shared.everything.levels).insert(session.map(str::to_owned), level);
    Ok(Served { result: "{}".to_owned(), scope: None })
}

fn subscribe(shared: &Shared, request: &Request<'_>, session: Option<&str>) -> Result<Served, Refusal> {
    let uri = request.param("uri").and_then(Value::as_str);
    let uri = uri.ok_or_else(|| Refusal::invalid_params(200, "uri must be a string"))?;
    let mut subscribed = lock(&shared.everything.subscribed);
    let uris = subscribed.entry(session.map(str::to_owned)).or_default();
    match request.method {
        "resources/subscribe" => uris.insert(uri.to_owned()),
        _ => uris.remove(uri),
    };
    Ok(Served { result: "{}".to_owned(), scope: None })
}

/// A method of the modern era; `None` if it is unknown.
pub(crate) fn serve_modern(shared: &Shared, request: &Request<'_>, meta: &Meta) -> Option<Result<Answer, Refusal>> {
    let served = match request.method {
        "resources/read" => resources::read(request, jsonrpc::INVALID_PARAMS),
        "prompts/get" if prompts::asks(request) => return Some(prompts::ask(shared, request, meta)),
        "prompts/get" => prompts::get(request),
        "completion/complete" => complete(request),
        _ => lists(shared, request)?,
    };
    Some(served.map(|served| match served.scope {
        Some(scope) => results::cacheable(shared, request, &served.result, scope),
        None => results::reply(shared, request.id.clone(), Outcome::Result(served.result.into()), Vec::new()),
    }))
}
