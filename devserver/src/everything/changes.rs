//! Tools that change what the server offers, and tell those who listen.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Decided, Decision, Spec, Turn, nothing};
use crate::lines;
use crate::messages;
use crate::options::Transport;
use crate::push::Push;
use crate::shared::{Shared, lock};
use crate::tools::{Ready, text};

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "change_tools",
        about: "Annotates another parameter of mirrored, and tells those who listen.",
        schemas: nothing,
        decide: |turn| {
            act(turn, |shared| {
                shared.everything.changed.store(true, Ordering::SeqCst);
                announce(shared, "notifications/tools/list_changed");
            })
        },
    },
    Spec {
        name: "touch_resource",
        about: "Tells those who subscribed to a resource that it changed.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object", "properties": {"uri": {"type": "string"}}, "required": ["uri"]
            }})
        },
        decide: |turn| {
            let uri = turn.needed_text("uri")?;
            act(turn, move |shared| touch(shared, &uri))
        },
    },
    Spec {
        name: "end_streams",
        about: "Ends every stream that is held open as it should end.",
        schemas: nothing,
        decide: |turn| act(turn, |shared| shared.held.end_all()),
    },
    Spec {
        name: "test_trigger_tool_change",
        about: "Tells those who listen that the tools changed.",
        schemas: nothing,
        decide: |turn| act(turn, |shared| announce(shared, "notifications/tools/list_changed")),
    },
    Spec {
        name: "test_trigger_prompt_change",
        about: "Tells those who listen that the prompts changed.",
        schemas: nothing,
        decide: |turn| act(turn, |shared| announce(shared, "notifications/prompts/list_changed")),
    },
];

fn act(turn: &Turn<'_>, act: impl FnOnce(&Shared) + Send + 'static) -> Decided {
    let shared = std::sync::Arc::clone(turn.shared);
    Ok(Decision::run(Ready::Act(Box::new(move || {
        act(&shared);
        Ok(text("done"))
    }))))
}

fn announce(shared: &Shared, method: &str) {
    let push = Push::notification(method, None);
    shared.held.push(&push);
    if has_old_client(shared) {
        lines::print(&push.text());
    }
}

/// Whether standard output is that of a client that shook hands: it listens without having asked.
fn has_old_client(shared: &Shared) -> bool {
    shared.options.transport == Transport::Stdio && shared.sessions().version(messages::ONLY).is_some()
}

fn touch(shared: &Shared, uri: &str) {
    let push = Push::notification("notifications/resources/updated", Some(json!({"uri": Value::from(uri)})));
    shared.held.tell_subscriptions(&push);
    let subscribed = lock(&shared.everything.subscribed);
    for (session, _) in subscribed.iter().filter(|(_, uris)| uris.contains(uri)) {
        match shared.options.transport {
            Transport::Stdio => lines::print(&push.text()),
            _ => {
                shared.held.say(session.as_deref(), &push.text());
            }
        }
    }
}
