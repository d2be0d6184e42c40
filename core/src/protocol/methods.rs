//! The table of client methods. The methods of the bindings are generated from it.

use serde::Serialize;

use crate::protocol::param_spec::{ParamSpec, ResultSpec, optional, required};
use crate::protocol::safety::Safety;

/// One method of the client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MethodSpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// The protocol method, if there is exactly one.
    pub rpc: Option<&'static str>,
    /// The member of the result that contains the list, for methods that read all pages.
    pub pages: Option<&'static str>,
    /// Whether it is an iterator over items that fetches pages on demand.
    pub iterates: bool,
    /// The parameters, in order, before the options of the call.
    pub params: &'static [ParamSpec],
    /// The result, if any.
    pub result: Option<ResultSpec>,
    /// Whether it takes the options of a call.
    pub options: bool,
    /// Description.
    pub help: &'static str,
}

impl MethodSpec {
    const fn params(mut self, params: &'static [ParamSpec]) -> Self {
        self.params = params;
        self
    }

    const fn gives(mut self, gives: &'static str, help: &'static str) -> Self {
        self.result = Some(ResultSpec { gives, help });
        self
    }

    const fn without_options(mut self) -> Self {
        self.options = false;
        self
    }
}

const fn method(
    name: &'static str,
    rpc: Option<&'static str>,
    pages: Option<&'static str>,
    help: &'static str,
) -> MethodSpec {
    MethodSpec { name, rpc, pages, iterates: false, params: &[], result: None, options: true, help }
}

const fn iterator(name: &'static str, rpc: &'static str, pages: &'static str, help: &'static str) -> MethodSpec {
    MethodSpec { iterates: true, ..method(name, Some(rpc), Some(pages), help) }
}

const CURSOR: &[ParamSpec] = &[optional("cursor", "string", "Cursor of the page. Default: the first page.")];
const URI: &[ParamSpec] = &[required("uri", "string", "The resource's URI.")];
const ALL_PAGES: &str = "One result with the items of all pages.";
const ONE_PAGE: &str = "The page, with `nextCursor` if another page follows.";
const ONE_BY_ONE: &str = "The items, in order.";
const EMPTY: &str = "The server's empty result.";

/// The table of methods.
pub const METHODS: &[MethodSpec] = &[
    method(
        "connect",
        None,
        None,
        "Connects to the server, unless already connected. The profile decides whether a handshake is performed.",
    ),
    method(
        "initialize",
        Some("initialize"),
        None,
        "Connects to the server, unless already connected. Before 2026-07-28 always performs the handshake.",
    )
    .gives("InitializeResult", "The versions, capabilities and instructions of the server."),
    method("discover", None, None, "Requests the versions, capabilities and instructions of the server.")
        .gives("DiscoverResult", "The versions, capabilities and instructions of the server."),
    method("ping", None, None, "Checks that the server responds.").gives("object", EMPTY),
    method("list_tools", Some("tools/list"), Some("tools"), "Lists all tools, over all pages.")
        .gives("ListToolsResult", ALL_PAGES),
    method("list_tools_page", Some("tools/list"), None, "Lists one page of tools.")
        .params(CURSOR)
        .gives("ListToolsResult", ONE_PAGE),
    iterator("iter_tools", "tools/list", "tools", "Iterates over all tools; pages are fetched on demand.")
        .gives("Tool", ONE_BY_ONE),
    method("call_tool", Some("tools/call"), None, "Calls a tool.")
        .params(&[
            required("name", "string", "The tool's name."),
            optional("arguments", "object", "The tool's arguments."),
            optional(
                "idempotency_key",
                "string",
                "Idempotency key, 1 to 255 visible ASCII characters. The server runs calls with the same key once.",
            ),
        ])
        .gives("CallToolResult", "The result of the tool. `isError` is true if the tool reports a failure."),
    method("list_resources", Some("resources/list"), Some("resources"), "Lists all resources, over all pages.")
        .gives("ListResourcesResult", ALL_PAGES),
    method("list_resources_page", Some("resources/list"), None, "Lists one page of resources.")
        .params(CURSOR)
        .gives("ListResourcesResult", ONE_PAGE),
    iterator(
        "iter_resources",
        "resources/list",
        "resources",
        "Iterates over all resources; pages are fetched on demand.",
    )
    .gives("Resource", ONE_BY_ONE),
    method(
        "list_resource_templates",
        Some("resources/templates/list"),
        Some("resourceTemplates"),
        "Lists all resource templates, over all pages.",
    )
    .gives("ListResourceTemplatesResult", ALL_PAGES),
    method(
        "list_resource_templates_page",
        Some("resources/templates/list"),
        None,
        "Lists one page of resource templates.",
    )
    .params(CURSOR)
    .gives("ListResourceTemplatesResult", ONE_PAGE),
    iterator(
        "iter_resource_templates",
        "resources/templates/list",
        "resourceTemplates",
        "Iterates over all resource templates; pages are fetched on demand.",
    )
    .gives("ResourceTemplate", ONE_BY_ONE),
    method("read_resource", Some("resources/read"), None, "Reads a resource.")
        .params(URI)
        .gives("ReadResourceResult", "The resource's contents."),
    method(
        "subscribe_resource",
        None,
        None,
        "Subscribes to changes of a resource. Changes arrive as notifications; the subscription is restored in new sessions.",
    )
    .params(URI)
    .gives("object", EMPTY),
    method("unsubscribe_resource", None, None, "Unsubscribes from changes of a resource.")
        .params(URI)
        .gives("object", EMPTY),
    method("list_prompts", Some("prompts/list"), Some("prompts"), "Lists all prompts, over all pages.")
        .gives("ListPromptsResult", ALL_PAGES),
    method("list_prompts_page", Some("prompts/list"), None, "Lists one page of prompts.")
        .params(CURSOR)
        .gives("ListPromptsResult", ONE_PAGE),
    iterator(
        "iter_prompts",
        "prompts/list",
        "prompts",
        "Iterates over all prompts; pages are fetched on demand.",
    )
    .gives("Prompt", ONE_BY_ONE),
    method("get_prompt", Some("prompts/get"), None, "Gets a prompt with its arguments filled in.")
        .params(&[
            required("name", "string", "The prompt's name."),
            optional("arguments", "strings", "The prompt's arguments."),
        ])
        .gives("GetPromptResult", "The prompt's messages."),
    method(
        "complete",
        Some("completion/complete"),
        None,
        "Suggests values for an argument of a prompt or a resource template.",
    )
    .params(&[
        required("ref", "CompletionReference", "The prompt or the resource template."),
        required("argument", "CompletionArgument", "Name and current value of the argument."),
        optional("context", "CompletionContext", "Arguments that already have a value."),
    ])
    .gives("CompleteResult", "The suggested values."),
    method(
        "set_logging_level",
        None,
        None,
        "Sets the minimum level of log messages from the server. They arrive as notifications; the level is restored in new sessions.",
    )
    .params(&[required("level", "LoggingLevel", "Minimum level.")])
    .gives("object", EMPTY),
    method("request", None, None, "Sends a request of any method.")
        .params(&[
            required("method", "string", "Method name."),
            optional("params", "object", "Params of the request."),
        ])
        .gives("any", "The result from the server."),
    method("notify", None, None, "Sends a notification of any method. Returns when the server has accepted it.")
        .params(&[
            required("method", "string", "Method name."),
            optional("params", "object", "Params of the notification."),
        ])
        .without_options(),
    method(
        "close",
        None,
        None,
        "Ends the session; further calls are refused. Takes at most 5 s, never fails, and may be called repeatedly.",
    )
    .without_options(),
];

/// One property of a client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PropertySpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// The member of the `initialize` or `server/discover` result; `None` for local properties.
    pub member: Option<&'static str>,
    /// The type of its values, as [`ParamSpec`] has types, `State` or `Counters`.
    #[serde(rename = "type")]
    pub gives: &'static str,
    /// Description.
    pub help: &'static str,
}

/// The table of properties. Properties from the server are empty until connected.
pub const PROPERTIES: &[PropertySpec] = &[
    PropertySpec {
        name: "server_info",
        member: Some("serverInfo"),
        gives: "Implementation",
        help: "The server's name, version and title.",
    },
    PropertySpec {
        name: "server_capabilities",
        member: Some("capabilities"),
        gives: "object",
        help: "The server's capabilities.",
    },
    PropertySpec {
        name: "protocol_version",
        member: Some("protocolVersion"),
        gives: "string",
        help: "The protocol version of the session.",
    },
    PropertySpec {
        name: "instructions",
        member: Some("instructions"),
        gives: "string",
        help: "The server's instructions for a model.",
    },
    PropertySpec {
        name: "state",
        member: None,
        gives: "State",
        help: "The connection state: idle, connecting, ready, recovering or closed.",
    },
    PropertySpec {
        name: "counters",
        member: None,
        gives: "Counters",
        help: "The activity of the client since its creation.",
    },
];

/// Safe or idempotent protocol methods.
const SAFE: &[&str] = &[
    INITIALIZE,
    DISCOVER,
    PING,
    TOOLS_LIST,
    "resources/list",
    "resources/templates/list",
    RESOURCES_READ,
    "prompts/list",
    PROMPTS_GET,
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
pub(crate) const PROMPTS_GET: &str = "prompts/get";
pub(crate) const INITIALIZE: &str = "initialize";
pub(crate) const DISCOVER: &str = "server/discover";
pub(crate) const PING: &str = "ping";
/// The method that lists tools.
pub(crate) const TOOLS_LIST: &str = "tools/list";
/// The only method with idempotency keys.
pub(crate) const TOOLS_CALL: &str = "tools/call";

/// Safety of repeating a request.
pub(crate) fn safety(rpc: &str, has_honoured_key: bool) -> Safety {
    if SAFE.contains(&rpc) {
        Safety::Safe
    } else if rpc == TOOLS_CALL && has_honoured_key {
        Safety::Keyed
    } else {
        Safety::Plain
    }
}
