//! Everything that a server can offer and request: tools for tests of clients, resources, prompts, completion.
//!
//! The tools `test_*`, the resources `test://…` and the prompts are those that the official conformance suite expects
//! of a server; the others are specific to this project.

mod ask;
mod asking;
mod changes;
mod content;
mod methods;
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

use crate::answer::Answer;
use crate::era::Caller;
use crate::exchange::Exchange;
use crate::jsonrpc::Request;
use crate::log_level;
use crate::server_state::{Shared, lock};
use crate::tools::{BadArguments, Kind, Ready, Tool, invalid, tool};
pub(crate) use methods::{serve_legacy, serve_modern};
use seal::Seal;

/// The URIs to which each session subscribed; requests without a session share one entry.
type Subscribed = HashMap<Option<String>, HashSet<String>>;

/// State that changes while the server runs.
#[derive(Default)]
pub(crate) struct Everything {
    changed: AtomicBool,
    subscribed: Mutex<Subscribed>,
    /// The index of the lowest level of log messages that each session requested.
    levels: Mutex<HashMap<Option<String>, usize>>,
    seal: Seal,
}

impl Everything {
    pub(crate) fn tools_changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }
}

/// One call of one of the tools.
pub(crate) struct Invocation<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) exchange: &'a Exchange,
    pub(crate) request: &'a Request<'a>,
    pub(crate) caller: &'a Caller,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a Map<String, Value>,
}

/// The outcome of a call.
pub(crate) enum Decision {
    /// The tool runs, and these messages precede the response.
    Run { ready: Ready, before: Vec<String> },
    /// No tool runs, or none yet.
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

impl Invocation<'_> {
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

    /// Whether the caller accepts log messages of level `info` with this call.
    fn takes_logs(&self) -> bool {
        match self.caller {
            Caller::Legacy { session } => {
                let least = lock(&self.shared.everything.levels).get(session).copied();
                least.is_none_or(|least| log_level::place("info") >= Some(least))
            }
            Caller::Modern(meta) => meta.wants_log("info"),
        }
    }
}

/// One tool: its entry without the name, and its function.
struct Spec {
    name: &'static str,
    about: &'static str,
    /// The schemas of the entry.
    schemas: fn() -> Value,
    decide: fn(&Invocation<'_>) -> Decided,
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

/// Runs the function of one of the tools.
pub(crate) fn decide(invocation: &Invocation<'_>) -> Decided {
    match specs().find(|spec| spec.name == invocation.name) {
        Some(spec) => (spec.decide)(invocation),
        None => Ok(structured::answer_remote()),
    }
}
