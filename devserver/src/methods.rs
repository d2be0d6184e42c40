//! The MCP methods that all profiles serve in the same form.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Payload};
use crate::jsonrpc::{self, Request};
use crate::options::{Answering, Options, Profile, SessionMode};
use crate::pages;
use crate::server_state::Shared;

/// The versions of a profile.
pub(crate) struct Versions {
    pub(crate) default: String,
    pub(crate) supported: Vec<String>,
}

impl Versions {
    pub(crate) fn new(options: &Options, default: &str, supported: &[&str]) -> Self {
        Self {
            default: options.default_version.clone().unwrap_or_else(|| default.to_owned()),
            supported: options
                .supported_versions
                .clone()
                .unwrap_or_else(|| supported.iter().map(|v| (*v).to_owned()).collect()),
        }
    }

    pub(crate) fn knows(&self, version: &str) -> bool {
        self.default == version || self.supported.iter().any(|v| v == version)
    }

    pub(crate) fn agree<'a>(&'a self, request: &Request<'a>) -> &'a str {
        request
            .param("protocolVersion")
            .and_then(Value::as_str)
            .filter(|version| self.knows(version))
            .unwrap_or(&self.default)
    }
}

/// `initialize`: opens a session if the server has sessions.
pub(crate) fn initialize(shared: &Shared, versions: &Versions, request: &Request<'_>) -> Answer {
    let answer = greeting(shared, versions, request);
    match shared.options.sessions {
        SessionMode::None => answer,
        _ => {
            let session = shared.open_session();
            shared.sessions().agreed(&session, versions.agree(request));
            answer.with(crate::headers::SESSION_ID, &session)
        }
    }
}

/// `initialize` where the transport is the session, with this id.
pub(crate) fn hello(shared: &Shared, versions: &Versions, request: &Request<'_>, session: &str) -> Answer {
    shared.sessions().agreed(session, versions.agree(request));
    greeting(shared, versions, request)
}

fn greeting(shared: &Shared, versions: &Versions, request: &Request<'_>) -> Answer {
    let result = json!({
        "protocolVersion": versions.agree(request),
        "capabilities": capabilities(shared),
        "serverInfo": server_info(),
        "instructions": INSTRUCTIONS,
    });
    answer(shared, request, result.to_string(), Vec::new())
}

/// The `instructions` of `initialize` and `server/discover`.
pub(crate) const INSTRUCTIONS: &str = "A dev server on loopback. Observation values are sample values, not FRED data.";

/// The name of the server.
pub(crate) fn server_info() -> Value {
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "title": "Dev server",
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// The capabilities of the server.
pub(crate) fn capabilities(shared: &Shared) -> Value {
    // OMNI documents no notifications of the server.
    let mut capabilities = json!({"tools": {"listChanged": shared.options.profile == Profile::Generic}});
    if speaks_of_logging(shared) {
        capabilities["logging"] = json!({});
    }
    if shared.options.everything {
        capabilities["resources"] = json!({"subscribe": true, "listChanged": true});
        capabilities["prompts"] = json!({"listChanged": true});
        capabilities["completions"] = json!({});
    }
    capabilities
}

/// Whether the server declares the logging capability.
pub(crate) fn speaks_of_logging(shared: &Shared) -> bool {
    shared.options.log_messages > 0 || shared.options.profile == Profile::Generic
}

/// `tools/list`, page by page; `None` for an unknown cursor.
pub(crate) fn list_tools(shared: &Shared, request: &Request<'_>) -> Option<Answer> {
    Some(answer(shared, request, tools_page(shared, request)?, Vec::new()))
}

/// The result of [`list_tools`].
pub(crate) fn tools_page(shared: &Shared, request: &Request<'_>) -> Option<String> {
    let definitions: Vec<&str> = shared.tools.iter().map(|tool| tool.definition(shared)).collect();
    pages::page("tools", &definitions, shared.options.tools_page_size, request)
}

/// The notifications before the response to a call.
pub(crate) fn notifications(shared: &Shared, progress_token: Option<&Value>) -> Vec<String> {
    logs(shared).chain(progress(shared, progress_token)).collect()
}

/// The log messages that the options specify, all of level `info`.
pub(crate) fn logs(shared: &Shared) -> impl Iterator<Item = String> {
    (1..=shared.options.log_messages).map(|n| {
        jsonrpc::notification(
            "notifications/message",
            &json!({"level": "info", "logger": "devserver", "data": format!("message {n}")}),
        )
    })
}

/// The progress that the options specify.
pub(crate) fn progress(shared: &Shared, progress_token: Option<&Value>) -> impl Iterator<Item = String> {
    let total = shared.options.progress;
    progress_token.into_iter().flat_map(move |token| {
        (1..=total).map(move |n| {
            jsonrpc::notification(
                "notifications/progress",
                &json!({
                    "progressToken": token, "progress": n, "total": total,
                    "message": format!("step {n} of {total}")
                }),
            )
        })
    })
}

/// A result, as JSON or event stream as the options specify.
pub(crate) fn answer(shared: &Shared, request: &Request<'_>, result: String, before: Vec<String>) -> Answer {
    reply(shared, request.id.clone(), Outcome::Result(result.into()), before)
}

/// A response with status 200, as JSON or event stream as the options specify.
pub(crate) fn reply(shared: &Shared, id: Value, outcome: Outcome, before: Vec<String>) -> Answer {
    let sse = shared.options.answer == Answering::Sse || !before.is_empty();
    Answer::new(200, Payload::Rpc { id, outcome, before, sse })
}
