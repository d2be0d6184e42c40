//! Control routes over HTTP, for a server that runs as a separate program.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use crate::answer::{Answer, Payload};
use crate::fault_rules::ScriptError;
use crate::faults::Rule;
use crate::headers;
use crate::push::{Push, PushError};
use crate::reading::{self, Spelling};
use crate::server_state::Shared;
use crate::wait::Wait;

/// Paths below which requests are control requests, and not recorded.
pub(crate) const PREFIX: &str = "/__dev/";

/// Parses rules: a list, or one.
pub(crate) fn read_rules(text: &[u8]) -> Result<Vec<Rule>, ScriptError> {
    read_rules_spelled(text, Spelling::Snake)
}

/// The same, with names in this spelling.
pub(crate) fn read_rules_spelled(text: &[u8], spelling: Spelling) -> Result<Vec<Rule>, ScriptError> {
    let rules = reading::parse(text, "rules").and_then(|value| match value {
        value @ Value::Array(_) => reading::read(value, "rules", spelling),
        value => reading::read(value, "", spelling).map(|rule| vec![rule]),
    });
    rules.map_err(ScriptError)
}

/// Parses a message to push.
pub(crate) fn read_push(text: &[u8]) -> Result<Push, PushError> {
    reading::parse(text, "message").and_then(|value| reading::read(value, "", Spelling::Snake)).map_err(PushError)
}

/// The ledger as JSON text.
pub(crate) fn ledger_json(shared: &Shared) -> String {
    let snapshot = shared.snapshot();
    serde_json::to_string(&snapshot).unwrap_or_else(|error| json!({"error": error.to_string()}).to_string())
}

fn done() -> Answer {
    Answer::json(200, &json!({"ok": true}))
}

fn failed(what: &dyn std::fmt::Display) -> Answer {
    Answer::json(400, &json!({"error": what.to_string()}))
}

/// Serves one control request.
pub(crate) async fn serve(shared: &Arc<Shared>, method: &Method, path: &str, bytes: Bytes) -> Answer {
    let behind = path.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix("upstream/"));
    if let (Some(upstream), Some(rest)) = (&shared.upstream, behind) {
        return Box::pin(serve(upstream, method, &format!("{PREFIX}{rest}"), bytes)).await;
    }
    match (method.as_str(), path.strip_prefix(PREFIX)) {
        ("GET", Some("ledger")) => Answer::new(
            200,
            Payload::Body { content_type: HeaderValue::from_static(headers::JSON), bytes: ledger_json(shared).into() },
        ),
        ("POST", Some("script")) => {
            match read_rules(&bytes).and_then(|rules| shared.script().add(rules, Spelling::Snake)) {
                Ok(()) => done(),
                Err(error) => failed(&error),
            }
        }
        ("DELETE", Some("script")) => {
            shared.script().clear();
            done()
        }
        ("POST", Some("reset")) => {
            shared.reset();
            done()
        }
        ("POST", Some("expire-sessions")) => {
            shared.end_all_sessions();
            done()
        }
        ("POST", Some("move-sessions")) => {
            shared.move_all_sessions();
            done()
        }
        ("POST", Some("push")) => match read_push(&bytes) {
            Ok(push) => Answer::json(200, &json!({"ok": true, "streams": shared.open_streams.push(&push)})),
            Err(error) => failed(&error),
        },
        ("POST", Some("drop-streams")) => {
            shared.open_streams.cut_all();
            done()
        }
        ("POST", Some("restart")) => {
            // This connection ends with the others, without a response.
            shared.restarts.restart(0, Duration::ZERO).await;
            std::future::pending().await
        }
        ("POST", Some("end-streams")) => {
            shared.open_streams.end_all();
            done()
        }
        ("POST", Some("revoke-tokens")) => {
            shared.revoke_tokens();
            done()
        }
        ("POST", Some("wait")) => wait(shared, &bytes).await,
        _ => Answer::json(404, &json!({"error": "there is no such control"})),
    }
}

async fn wait(shared: &Arc<Shared>, bytes: &Bytes) -> Answer {
    let wait = match Wait::from_json(&String::from_utf8_lossy(bytes), Spelling::Snake) {
        Ok(wait) => wait,
        Err(error) => return failed(&error),
    };
    let shared = Arc::clone(shared);
    match tokio::task::spawn_blocking(move || shared.ledger.wait(&wait, Spelling::Snake)).await {
        Ok(Ok(holds)) => Answer::json(200, &json!({"ok": holds})),
        Ok(Err(error)) => failed(&error),
        Err(_) => Answer::empty(500),
    }
}
