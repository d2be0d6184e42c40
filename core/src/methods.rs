//! The methods of a client, once for all languages: a test of each face checks that it has every one.

use serde::Serialize;

use crate::retry::Safety;

/// One method of the client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MethodSpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// The method of the protocol behind it, where there is exactly one.
    pub rpc: Option<&'static str>,
    /// The member of the result that holds the list, where the method reads all pages.
    pub pages: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
}

const fn method(
    name: &'static str,
    rpc: Option<&'static str>,
    pages: Option<&'static str>,
    help: &'static str,
) -> MethodSpec {
    MethodSpec { name, rpc, pages, help }
}

/// The table of methods.
pub const METHODS: &[MethodSpec] = &[
    method("connect", None, None, "Connects, if not yet connected, in the way of the profile."),
    method(
        "initialize",
        Some("initialize"),
        None,
        "Connects by a handshake, if there was none yet; returns what the server said.",
    ),
    method("ping", Some("ping"), None, "Checks that the server answers."),
    method("list_tools", Some("tools/list"), Some("tools"), "All tools, over all pages."),
    method("list_tools_page", Some("tools/list"), None, "One page of tools, and the cursor of the next."),
    method("call_tool", Some("tools/call"), None, "Calls a tool."),
    method("request", None, None, "Sends any request."),
    method("notify", None, None, "Sends any notification."),
    method("close", None, None, "Ends the session and refuses further calls."),
];

/// One property of a client: a member of what the server said when the session was opened.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PropertySpec {
    /// The name, in Python's spelling; Node's is the same words in camel case.
    pub name: &'static str,
    /// The member of the answer to `initialize`.
    pub member: &'static str,
    /// One line of help.
    pub help: &'static str,
}

/// The table of properties. Each is empty until there was a handshake.
pub const PROPERTIES: &[PropertySpec] = &[
    PropertySpec { name: "server_info", member: "serverInfo", help: "Who the server is: name, version, title." },
    PropertySpec { name: "server_capabilities", member: "capabilities", help: "What the server can do." },
    PropertySpec { name: "protocol_version", member: "protocolVersion", help: "The protocol version of the session." },
    PropertySpec { name: "instructions", member: "instructions", help: "How to use the server, for a model." },
];

/// Methods of the protocol that change nothing on the server.
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
];

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
