// The table of client methods. `include!` reads it with a macro `methods!` of the including file: `protocol/methods.rs` makes
// `METHODS` of it, `client/methods.rs` the methods of `Client`, and the runner of the test vectors its calls.
//
// Forms of a row:
// - `method`: one request. Name, parameters, result, description, protocol method; `kind` if it needs code of its own.
// - `list`: three methods: all pages, one page, an iterator. The member of the result with the items, and their type.
// - `manual`: as `method`, but the method of `Client` is written by hand.
//
// A parameter has a name, a type (see `ParamSpec`), `required` or `optional`, and a description. Parameters after `;` are options
// of the call, which Python and Node take as parameters of the method. Properties of a protocol method: see `ProtocolMethod`.

methods! {
    manual {
        connect(),
        doc: "Connects to the server, unless already connected. The profile decides whether a handshake is performed.",
        protocol: Some(protocol("initialize").safe()),
        kind: Connect,
    }
    method {
        initialize() -> InitializeResult "The versions, capabilities and instructions of the server.",
        doc: "Connects to the server, unless already connected. Before 2026-07-28 always performs the handshake.",
        protocol: protocol("initialize").safe(),
        kind: Initialize,
    }
    method {
        discover() -> DiscoverResult "The versions, capabilities and instructions of the server.",
        doc: "Requests the versions, capabilities and instructions of the server.",
        protocol: protocol("server/discover").safe().cacheable(),
        kind: ByEra,
    }
    method {
        ping() -> object "The server's empty result.",
        doc: "Checks that the server responds.",
        protocol: protocol("ping").safe().empty_result(),
        kind: ByEra,
    }
    list {
        list_tools, list_tools_page, iter_tools,
        items: "tools" of Tool in ListToolsResult,
        doc: "tools",
        protocol: protocol("tools/list").safe().cacheable().invalidated_by("notifications/tools/list_changed"),
    }
    method {
        call_tool(
            name: string required "The tool's name.",
            arguments: object optional "The tool's arguments.";
            idempotency_key: string optional
                "Idempotency key, 1 to 255 visible ASCII characters. The server runs calls with the same key once."
        ) -> CallToolResult "The result of the tool. `isError` is true if the tool reports a failure.",
        doc: "Calls a tool.",
        protocol: protocol("tools/call").keyed().requests_input().named_by("name").list("content"),
    }
    list {
        list_resources, list_resources_page, iter_resources,
        items: "resources" of Resource in ListResourcesResult,
        doc: "resources",
        protocol: protocol("resources/list").safe().cacheable().invalidated_by("notifications/resources/list_changed"),
    }
    list {
        list_resource_templates, list_resource_templates_page, iter_resource_templates,
        items: "resourceTemplates" of ResourceTemplate in ListResourceTemplatesResult,
        doc: "resource templates",
        protocol: protocol("resources/templates/list")
            .safe()
            .cacheable()
            .invalidated_by("notifications/resources/list_changed"),
    }
    method {
        read_resource(uri: string required "The resource's URI.") -> ReadResourceResult "The resource's contents.",
        doc: "Reads a resource.",
        protocol: protocol("resources/read")
            .safe()
            .cacheable()
            .invalidated_by("notifications/resources/updated")
            .requests_input()
            .named_by("uri")
            .list("contents"),
    }
    method {
        subscribe_resource(uri: string required "The resource's URI.") -> object "The server's empty result.",
        doc: "Subscribes to changes of a resource. Changes arrive as notifications; the subscription is restored in new sessions.",
        protocol: protocol("resources/subscribe").safe().empty_result(),
        kind: ByEra,
    }
    method {
        unsubscribe_resource(uri: string required "The resource's URI.") -> object "The server's empty result.",
        doc: "Unsubscribes from changes of a resource.",
        protocol: protocol("resources/unsubscribe").safe().empty_result(),
        kind: ByEra,
    }
    list {
        list_prompts, list_prompts_page, iter_prompts,
        items: "prompts" of Prompt in ListPromptsResult,
        doc: "prompts",
        protocol: protocol("prompts/list").safe().cacheable().invalidated_by("notifications/prompts/list_changed"),
    }
    method {
        get_prompt(
            name: string required "The prompt's name.",
            arguments: strings optional "The prompt's arguments."
        ) -> GetPromptResult "The prompt's messages.",
        doc: "Gets a prompt with its arguments filled in.",
        protocol: protocol("prompts/get").safe().requests_input().named_by("name").list("messages"),
    }
    method {
        complete(
            r#ref: CompletionReference required "The prompt or the resource template.",
            argument: CompletionArgument required "Name and current value of the argument.",
            context: CompletionContext optional "Arguments that already have a value."
        ) -> CompleteResult "The suggested values.",
        doc: "Suggests values for an argument of a prompt or a resource template.",
        protocol: protocol("completion/complete").safe(),
    }
    method {
        set_logging_level(level: LoggingLevel required "Minimum level.") -> object "The server's empty result.",
        doc: "Sets the minimum level of log messages from the server. They arrive as notifications; the level is restored in new sessions.",
        protocol: protocol("logging/setLevel").safe().empty_result(),
        kind: ByEra,
    }
    manual {
        request(
            method: string required "Method name.",
            params: object optional "Params of the request."
        ) -> any "The result from the server.",
        doc: "Sends a request of any method.",
        protocol: None,
        kind: AnyRequest,
    }
    manual {
        notify(method: string required "Method name.", params: object optional "Params of the notification."),
        doc: "Sends a notification of any method. Returns when the server has accepted it.",
        protocol: None,
        kind: Notify,
    }
    manual {
        close(),
        doc: "Ends the session; further calls are refused. Takes at most 5 s, never fails, and may be called repeatedly.",
        protocol: None,
        kind: Close,
    }
}
