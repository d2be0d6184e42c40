//! All that a server can offer, ask and answer: tools for tests of clients, resources, prompts, completion.
//!
//! The tools `test_*`, the resources `test://…` and the prompts are those that the official conformance suite asks a
//! server for; the others are our own.

mod ask;
mod asking;
mod changes;
mod content;
mod mirrored;
mod prompts;
mod resources;
mod rounds;
mod seal;
mod structured;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Outcome};
use crate::era::Caller;
use crate::exchange::Exchange;
use crate::jsonrpc::{self, Request};
use crate::methods;
use crate::modern::meta::Meta;
use crate::modern::{Refusal, results};
use crate::shared::{Shared, lock};
use crate::tools::{BadArguments, Kind, Ready, Tool, invalid, tool};
use seal::Seal;

/// The URIs that each session subscribed to; those without a session are one.
type Subscribed = HashMap<Option<String>, HashSet<String>>;

/// What changes while the server runs.
#[derive(Default)]
pub(crate) struct Everything {
    changed: AtomicBool,
    subscribed: Mutex<Subscribed>,
    seal: Seal,
}

impl Everything {
    pub(crate) fn tools_changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }
}

/// One call of one of the tools.
pub(crate) struct Turn<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) exchange: &'a Exchange,
    pub(crate) request: &'a Request<'a>,
    pub(crate) caller: &'a Caller,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a Map<String, Value>,
}

/// What becomes of a call.
pub(crate) enum Decision {
    /// Its tool runs, and these messages go before the answer.
    Run { ready: Ready, before: Vec<String> },
    /// No tool runs, not yet or not at all.
    Answer(Answer),
}

type Decided = Result<Decision, BadArguments>;

impl Decision {
    pub(crate) fn run(ready: Ready) -> Self {
        Self::Run { ready, before: Vec::new() }
    }

    fn result(result: &Value) -> Self {
        let text = result.to_string();
        Self::run(Ready::Act(Box::new(move || Ok(text.into()))))
    }
}

impl Turn<'_> {
    fn text(&self, name: &str) -> Result<Option<String>, BadArguments> {
        match self.arguments.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(&format!("{name} must be a string"))),
        }
    }

    fn needed_text(&self, name: &str) -> Result<String, BadArguments> {
        self.text(name)?.ok_or_else(|| invalid(&format!("{name} is required")))
    }

    fn flag(&self, name: &str) -> Result<bool, BadArguments> {
        match self.arguments.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(invalid(&format!("{name} must be a boolean"))),
        }
    }

    /// Whether the caller takes log messages of level `info` with this call.
    fn takes_logs(&self) -> bool {
        match self.caller {
            Caller::Legacy { .. } => true,
            Caller::Modern(meta) => meta.wants_log("info"),
        }
    }
}

/// One tool: its entry but for the name, and what becomes of a call.
struct Spec {
    name: &'static str,
    about: &'static str,
    /// The schemas of the entry.
    schemas: fn() -> Value,
    decide: fn(&Turn<'_>) -> Decided,
}

fn specs() -> impl Iterator<Item = &'static Spec> {
    let all = [content::SPECS, asking::SPECS, ask::SPECS, mirrored::SPECS, structured::SPECS, changes::SPECS];
    all.into_iter().flatten()
}

/// The schema of a tool without arguments.
fn nothing() -> Value {
    json!({"inputSchema": {"type": "object", "properties": {}}})
}

fn entry(spec: &Spec) -> Value {
    let mut entry = (spec.schemas)();
    entry["description"] = spec.about.into();
    entry
}

/// The tools. The address is that of this server.
pub(crate) fn offered(url: &str) -> Vec<Tool> {
    let mut tools: Vec<Tool> = specs()
        .map(|spec| {
            let entry = entry(spec);
            let offered = tool(spec.name, Kind::Everything, &entry);
            match mirrored::changed(spec.name, entry) {
                Some(changed) => offered.changing_to(&changed),
                None => offered,
            }
        })
        .collect();
    tools.push(tool(structured::REMOTE, Kind::Everything, &structured::remote(url)));
    tools
}

/// What becomes of a call of one of the tools.
pub(crate) fn decide(turn: &Turn<'_>) -> Decided {
    match specs().find(|spec| spec.name == turn.name) {
        Some(spec) => (spec.decide)(turn),
        None => Ok(structured::answer_remote()),
    }
}

/// What a method other than those of tools is answered.
struct Served {
    result: String,
    /// Who may keep it, where it may be kept.
    scope: Option<&'static str>,
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

/// A method of the legacy era; none where there is no such.
pub(crate) fn serve_legacy(shared: &Shared, request: &Request<'_>, session: Option<&str>) -> Option<Answer> {
    if !shared.options.everything {
        return None;
    }
    let served = match request.method {
        "resources/read" => resources::read(request, resources::NOT_FOUND_BEFORE),
        "resources/subscribe" | "resources/unsubscribe" => subscribe(shared, request, session),
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

/// A method of the modern era; none where there is no such.
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
