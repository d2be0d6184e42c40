//! The MCP methods that every profile answers alike.

use serde_json::{Value, json};

use crate::answer::{Answer, Outcome, Payload};
use crate::jsonrpc::{self, Request};
use crate::options::{Answering, Options, Profile, SessionMode};
use crate::shared::Shared;

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

/// `initialize`: opens a session where sessions are given out.
pub(crate) fn initialize(shared: &Shared, versions: &Versions, request: &Request<'_>) -> Answer {
    let answer = hello(shared, versions, request);
    match shared.options.sessions {
        SessionMode::None => answer,
        _ => answer.with(crate::headers::SESSION_ID, &shared.open_session()),
    }
}

/// `initialize` where the transport itself is the session.
pub(crate) fn hello(shared: &Shared, versions: &Versions, request: &Request<'_>) -> Answer {
    // OMNI documents no pushes.
    let mut capabilities = json!({"tools": {"listChanged": shared.options.profile == Profile::Generic}});
    if speaks_of_logging(shared) {
        capabilities["logging"] = json!({});
    }
    let result = json!({
        "protocolVersion": versions.agree(request),
        "capabilities": capabilities,
        "serverInfo": {
            "name": env!("CARGO_PKG_NAME"),
            "title": "Dev server",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "instructions": "A dev server on loopback. Observation values are sample values, not FRED data.",
    });
    answer(shared, request, result.to_string(), Vec::new())
}

/// Whether the server declares the logging capability.
pub(crate) fn speaks_of_logging(shared: &Shared) -> bool {
    shared.options.log_messages > 0 || shared.options.profile == Profile::Generic
}

/// `tools/list`, page by page; none for a cursor that is not ours.
pub(crate) fn list_tools(shared: &Shared, request: &Request<'_>) -> Option<Answer> {
    let from = match request.param("cursor") {
        None | Some(Value::Null) => 0,
        Some(cursor) => cursor_place(cursor.as_str()?)?,
    };
    let rest = shared.tools.get(from..)?;
    let size = shared.options.tools_page_size.unwrap_or(rest.len());
    let page = &rest[..size.min(rest.len())];
    let definitions: Vec<&str> = page.iter().map(|tool| tool.definition.as_str()).collect();
    let next = match page.len() < rest.len() {
        true => format!(r#","nextCursor":"{:08x}""#, (from + page.len()) ^ CURSOR_MASK),
        false => String::new(),
    };
    let result = format!(r#"{{"tools":[{}]{next}}}"#, definitions.join(","));
    Some(answer(shared, request, result, Vec::new()))
}

/// Makes cursors look as opaque as they are meant to be.
const CURSOR_MASK: usize = 0x5eed_5eed;

fn cursor_place(cursor: &str) -> Option<usize> {
    let place = usize::from_str_radix(cursor, 16).ok()? ^ CURSOR_MASK;
    (place > 0).then_some(place)
}

/// What a call is told before its answer.
pub(crate) fn notifications(shared: &Shared, progress_token: Option<&Value>) -> Vec<String> {
    let logs = (1..=shared.options.log_messages).map(|n| {
        jsonrpc::notification(
            "notifications/message",
            &json!({"level": "info", "logger": "devserver", "data": format!("message {n}")}),
        )
    });
    let total = shared.options.progress;
    let progress = progress_token.into_iter().flat_map(|token| {
        (1..=total).map(move |n| {
            jsonrpc::notification(
                "notifications/progress",
                &json!({
                    "progressToken": token, "progress": n, "total": total,
                    "message": format!("step {n} of {total}")
                }),
            )
        })
    });
    logs.chain(progress).collect()
}

/// A result, in the way that the options ask for.
pub(crate) fn answer(shared: &Shared, request: &Request<'_>, result: String, before: Vec<String>) -> Answer {
    reply(shared, request.id.clone(), Outcome::Result(result.into()), before)
}

/// An answer with status 200, in the way that the options ask for.
pub(crate) fn reply(shared: &Shared, id: Value, outcome: Outcome, before: Vec<String>) -> Answer {
    let sse = shared.options.answer == Answering::Sse || !before.is_empty();
    Answer::new(200, Payload::Rpc { id, outcome, before, sse })
}
