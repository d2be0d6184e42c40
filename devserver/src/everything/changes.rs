//! Tools that change what the server offers, and notify subscribers.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Decided, Decision, Invocation, Spec, nothing};
use crate::messages;
use crate::options::Transport;
use crate::push::Push;
use crate::server_state::{Shared, lock};
use crate::stdout;
use crate::tools::{Ready, text};

pub(super) const SPECS: &[Spec] = &[
    Spec {
        name: "change_tools",
        about: "Annotates another parameter of mirrored, and notifies subscribers.",
        schemas: nothing,
        decide: |invocation| {
            act(invocation, |shared| {
                shared.everything.changed.store(true, Ordering::SeqCst);
                announce(shared, "notifications/tools/list_changed");
            })
        },
    },
    Spec {
        name: "touch_resource",
        about: "Notifies the subscribers of a resource that it changed.",
        schemas: || {
            json!({"inputSchema": {
                "type": "object", "properties": {"uri": {"type": "string"}}, "required": ["uri"]
            }})
        },
        decide: |invocation| {
            let uri = invocation.needed_text("uri")?;
            act(invocation, move |shared| touch(shared, &uri))
        },
    },
    Spec {
        name: "end_streams",
        about: "Ends every open stream properly.",
        schemas: nothing,
        decide: |invocation| act(invocation, |shared| shared.open_streams.end_all()),
    },
    Spec {
        name: "test_trigger_tool_change",
        about: "Notifies subscribers that the tools changed.",
        schemas: nothing,
        decide: |invocation| act(invocation, |shared| announce(shared, "notifications/tools/list_changed")),
    },
    Spec {
        name: "test_trigger_prompt_change",
        about: "Notifies subscribers that the prompts changed.",
        schemas: nothing,
        decide: |invocation| act(invocation, |shared| announce(shared, "notifications/prompts/list_changed")),
    },
];

fn act(invocation: &Invocation<'_>, act: impl FnOnce(&Shared) + Send + 'static) -> Decided {
    let shared = std::sync::Arc::clone(invocation.shared);
    Ok(Decision::run(Ready::Act(Box::new(move || {
        act(&shared);
        Ok(text("done"))
    }))))
}

fn announce(shared: &Shared, method: &str) {
    let push = Push::notification(method, None);
    shared.open_streams.push(&push);
    if has_old_client(shared) {
        stdout::print(&push.text());
    }
}

/// Whether standard output belongs to an initialized client: it receives notifications without a subscription.
fn has_old_client(shared: &Shared) -> bool {
    shared.options.transport == Transport::Stdio && shared.sessions().version(messages::ONLY).is_some()
}

fn touch(shared: &Shared, uri: &str) {
    let push = Push::notification("notifications/resources/updated", Some(json!({"uri": Value::from(uri)})));
    shared.open_streams.send_to_subscriptions(&push);
    let subscribed = lock(&shared.everything.subscribed);
    for (session, _) in subscribed.iter().filter(|(_, uris)| uris.contains(uri)) {
        match shared.options.transport {
            Transport::Stdio => stdout::print(&push.text()),
            _ => {
                shared.open_streams.send(session.as_deref(), &push.text());
            }
        }
    }
}
