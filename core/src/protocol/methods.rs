//! The methods of a client, once for all languages: a test of each face checks that it has every one.

use serde::Serialize;

use crate::protocol::safety::Safety;

/// One method of the client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MethodSpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// The method of the protocol behind it, where there is exactly one.
    pub rpc: Option<&'static str>,
    /// The member of the result that holds the list, where the method reads all pages.
    pub pages: Option<&'static str>,
    /// Whether the pages are fetched as they are needed, and their items given one by one.
    pub iterates: bool,
    /// One line of help.
    pub help: &'static str,
}

const fn method(
    name: &'static str,
    rpc: Option<&'static str>,
    pages: Option<&'static str>,
    help: &'static str,
) -> MethodSpec {
    MethodSpec { name, rpc, pages, iterates: false, help }
}

const fn iterator(name: &'static str, rpc: &'static str, pages: &'static str, help: &'static str) -> MethodSpec {
    MethodSpec { name, rpc: Some(rpc), pages: Some(pages), iterates: true, help }
}

/// The table of methods.
pub const METHODS: &[MethodSpec] = &[
    method("connect", None, None, "Connects, if not yet connected, in the way of the profile."),
    method(
        "initialize",
        Some("initialize"),
        None,
        "Connects, if not yet connected, in the older era always by a handshake; returns what the server said.",
    ),
    method("discover", None, None, "What the server says of itself: its versions, capabilities and instructions."),
    method("ping", None, None, "Checks that the server answers."),
    method("list_tools", Some("tools/list"), Some("tools"), "All tools, over all pages."),
    method("list_tools_page", Some("tools/list"), None, "One page of tools, and the cursor of the next."),
    iterator("iter_tools", "tools/list", "tools", "All tools, one by one; pages are fetched as they are needed."),
    method("call_tool", Some("tools/call"), None, "Calls a tool."),
    method("list_resources", Some("resources/list"), Some("resources"), "All resources, over all pages."),
    method("list_resources_page", Some("resources/list"), None, "One page of resources, and the cursor of the next."),
    iterator(
        "iter_resources",
        "resources/list",
        "resources",
        "All resources, one by one; pages are fetched as they are needed.",
    ),
    method(
        "list_resource_templates",
        Some("resources/templates/list"),
        Some("resourceTemplates"),
        "All templates of resources, over all pages.",
    ),
    method(
        "list_resource_templates_page",
        Some("resources/templates/list"),
        None,
        "One page of templates of resources, and the cursor of the next.",
    ),
    iterator(
        "iter_resource_templates",
        "resources/templates/list",
        "resourceTemplates",
        "All templates of resources, one by one; pages are fetched as they are needed.",
    ),
    method("read_resource", Some("resources/read"), None, "Reads a resource."),
    method("subscribe_resource", None, None, "Has the server tell of changes of a resource."),
    method("unsubscribe_resource", None, None, "Has the server tell of changes of a resource no more."),
    method("list_prompts", Some("prompts/list"), Some("prompts"), "All prompts, over all pages."),
    method("list_prompts_page", Some("prompts/list"), None, "One page of prompts, and the cursor of the next."),
    iterator(
        "iter_prompts",
        "prompts/list",
        "prompts",
        "All prompts, one by one; pages are fetched as they are needed.",
    ),
    method("get_prompt", Some("prompts/get"), None, "Gets a prompt, filled in with arguments."),
    method("complete", Some("completion/complete"), None, "Suggests values for an argument of a prompt or a template."),
    method("set_logging_level", None, None, "Sets the least level of the log messages that the server sends."),
    method("request", None, None, "Sends any request."),
    method("notify", None, None, "Sends any notification."),
    method("close", None, None, "Ends the session and refuses further calls."),
];

/// One property of a client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PropertySpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// The member of what the server said when the session was opened; none where the client knows it by itself.
    pub member: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
}

/// The table of properties. Those that the server says are empty until connected.
pub const PROPERTIES: &[PropertySpec] = &[
    PropertySpec { name: "server_info", member: Some("serverInfo"), help: "Who the server is: name, version, title." },
    PropertySpec { name: "server_capabilities", member: Some("capabilities"), help: "What the server can do." },
    PropertySpec {
        name: "protocol_version",
        member: Some("protocolVersion"),
        help: "The protocol version of the session.",
    },
    PropertySpec { name: "instructions", member: Some("instructions"), help: "How to use the server, for a model." },
    PropertySpec {
        name: "state",
        member: None,
        help: "How the client stands: idle, connecting, ready, recovering or closed.",
    },
    PropertySpec {
        name: "counters",
        member: None,
        help: "What the client has done so far, in numbers that only grow.",
    },
];

/// Methods of the protocol that change nothing on the server, or no more the second time than the first.
const SAFE: &[&str] = &[
    "initialize",
    "server/discover",
    "ping",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    SUBSCRIBE,
    UNSUBSCRIBE,
    SET_LEVEL,
    "subscriptions/listen",
];

pub(crate) const SUBSCRIBE: &str = "resources/subscribe";
pub(crate) const UNSUBSCRIBE: &str = "resources/unsubscribe";
pub(crate) const RESOURCES_READ: &str = "resources/read";
pub(crate) const SET_LEVEL: &str = "logging/setLevel";
pub(crate) const INITIALIZE: &str = "initialize";
pub(crate) const PING: &str = "ping";
/// The method that lists tools.
pub(crate) const TOOLS_LIST: &str = "tools/list";
/// The one method that takes idempotency keys.
pub(crate) const TOOLS_CALL: &str = "tools/call";

/// How much harm a second execution could do.
pub(crate) fn safety(rpc: &str, has_honoured_key: bool) -> Safety {
    if SAFE.contains(&rpc) {
        Safety::Safe
    } else if rpc == TOOLS_CALL && has_honoured_key {
        Safety::Keyed
    } else {
        Safety::Plain
    }
}
