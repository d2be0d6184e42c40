/** The client: every method is one line. */

import { Caller } from "./caller.js";
import type { AnyOptions } from "./caller.js";
import { badOption } from "./errors.js";
import { asyncDispose } from "./symbols.js";
import type {
  CallOptions, CallToolResult, ClientOptions, CompleteResult, CompletionArgument, CompletionContext, CompletionReference, Counters,
  DiscoverResult, EmptyResult, GetPromptResult, Implementation, InitializeResult, ListPromptsResult,
  ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel, MetadataOptions, Prompt,
  ReadResourceResult, Resource, ResourceTemplate, ServerRecordInput, State, Tool, WithMetadata,
} from "./types.js";

/** A key, or options that may hold one. */
type KeyOrOptions = string | CallOptions | null;

/** A client of one MCP server. Any number of calls may run at once; they share the session and its connections. */
export class OmniMcpClient {
  readonly #caller: Caller;

  /** Nothing is sent yet: the first call connects. Throws a `ConfigError` for a bad option. */
  constructor(options?: ClientOptions);
  constructor(options?: ClientOptions | Caller) {
    this.#caller = options instanceof Caller ? options : new Caller("server", options);
  }

  /** The server's name, version and title. Undefined until connected. */
  get serverInfo(): Implementation | undefined {
    return this.#caller.property("server_info") as Implementation | undefined;
  }

  /** The server's capabilities. Undefined until connected. */
  get serverCapabilities(): Record<string, unknown> | undefined {
    return this.#caller.property("server_capabilities") as Record<string, unknown> | undefined;
  }

  /** The protocol version of the session. Undefined until connected. */
  get protocolVersion(): string | undefined {
    return this.#caller.property("protocol_version") as string | undefined;
  }

  /** The server's instructions for a model. Undefined where the server says nothing of it. */
  get instructions(): string | undefined {
    return this.#caller.property("instructions") as string | undefined;
  }

  /** The state of the client: idle, connecting, ready, recovering or closed. */
  get state(): State {
    return this.#caller.property("state") as State;
  }

  /** The activity of the client so far, in numbers that only grow. */
  get counters(): Counters {
    return this.#caller.property("counters") as Counters;
  }

  /** Connects to the server, if not connected yet, with or without a handshake as the profile prescribes. */
  async connect(): Promise<void> {
    await this.#caller.call("connect", "params", {}, {});
  }

  /** Connects to the server, if not connected yet; in the older protocol versions always by a handshake. */
  initialize(options: MetadataOptions): Promise<WithMetadata<InitializeResult>>;
  initialize(options?: CallOptions): Promise<InitializeResult>;
  initialize(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("initialize", "params", {}, {}, options);
  }

  /** Asks the server for its versions, capabilities and instructions. */
  discover(options: MetadataOptions): Promise<WithMetadata<DiscoverResult>>;
  discover(options?: CallOptions): Promise<DiscoverResult>;
  discover(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("discover", "params", {}, {}, options);
  }

  /** Checks that the server responds. */
  ping(options: MetadataOptions): Promise<WithMetadata<EmptyResult>>;
  ping(options?: CallOptions): Promise<EmptyResult>;
  ping(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("ping", "params", {}, {}, options);
  }

  /** Lists all tools, over all pages. */
  listTools(options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listTools(options?: CallOptions): Promise<ListToolsResult>;
  listTools(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_tools", "params", {}, {}, options);
  }

  /** Lists one page of tools: the first, or the one of a cursor. */
  listToolsPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listToolsPage(cursor?: string | null, options?: CallOptions): Promise<ListToolsResult>;
  listToolsPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_tools_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
  }

  /** Iterates over all tools; pages are fetched as they are needed. */
  iterTools(options?: CallOptions): AsyncGenerator<Tool> {
    return this.#caller.items("iter_tools", "tools", options) as AsyncGenerator<Tool>;
  }

  /** Calls a tool. The third argument is an idempotency key, or options; with a key, options may follow. */
  callTool<T = Record<string, unknown>>(
    name: string, args: object | null | undefined, options: MetadataOptions,
  ): Promise<WithMetadata<CallToolResult<T>>>;
  callTool<T = Record<string, unknown>>(
    name: string, args: object | null | undefined, idempotencyKey: string | null | undefined, options: MetadataOptions,
  ): Promise<WithMetadata<CallToolResult<T>>>;
  callTool<T = Record<string, unknown>>(
    name: string, args?: object | null, keyOrOptions?: KeyOrOptions, options?: CallOptions,
  ): Promise<CallToolResult<T>>;
  callTool(
    name: string, args?: object | null, keyOrOptions?: KeyOrOptions | AnyOptions, options?: AnyOptions,
  ): Promise<unknown> {
    const given = args ?? {};
    return this.#caller.call("call_tool", "arguments", given, { name, arguments: given }, withKey(keyOrOptions, options));
  }

  /** Lists all resources, over all pages. */
  listResources(options: MetadataOptions): Promise<WithMetadata<ListResourcesResult>>;
  listResources(options?: CallOptions): Promise<ListResourcesResult>;
  listResources(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_resources", "params", {}, {}, options);
  }

  /** Lists one page of resources: the first, or the one of a cursor. */
  listResourcesPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListResourcesResult>>;
  listResourcesPage(cursor?: string | null, options?: CallOptions): Promise<ListResourcesResult>;
  listResourcesPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_resources_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
  }

  /** Iterates over all resources; pages are fetched as they are needed. */
  iterResources(options?: CallOptions): AsyncGenerator<Resource> {
    return this.#caller.items("iter_resources", "resources", options) as AsyncGenerator<Resource>;
  }

  /** Lists all resource templates, over all pages. */
  listResourceTemplates(options: MetadataOptions): Promise<WithMetadata<ListResourceTemplatesResult>>;
  listResourceTemplates(options?: CallOptions): Promise<ListResourceTemplatesResult>;
  listResourceTemplates(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_resource_templates", "params", {}, {}, options);
  }

  /** Lists one page of resource templates: the first, or the one of a cursor. */
  listResourceTemplatesPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListResourceTemplatesResult>>;
  listResourceTemplatesPage(cursor?: string | null, options?: CallOptions): Promise<ListResourceTemplatesResult>;
  listResourceTemplatesPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_resource_templates_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
  }

  /** Iterates over all resource templates; pages are fetched as they are needed. */
  iterResourceTemplates(options?: CallOptions): AsyncGenerator<ResourceTemplate> {
    return this.#caller.items("iter_resource_templates", "resourceTemplates", options) as AsyncGenerator<ResourceTemplate>;
  }

  /** Reads a resource. */
  readResource(uri: string, options: MetadataOptions): Promise<WithMetadata<ReadResourceResult>>;
  readResource(uri: string, options?: CallOptions): Promise<ReadResourceResult>;
  readResource(uri: string, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("read_resource", "uri", { uri }, { uri }, options);
  }

  /** Subscribes to changes of a resource, which arrive as notifications, also in a later session. */
  subscribeResource(uri: string, options: MetadataOptions): Promise<WithMetadata<EmptyResult>>;
  subscribeResource(uri: string, options?: CallOptions): Promise<EmptyResult>;
  subscribeResource(uri: string, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("subscribe_resource", "uri", { uri }, { uri }, options);
  }

  /** Unsubscribes from changes of a resource. */
  unsubscribeResource(uri: string, options: MetadataOptions): Promise<WithMetadata<EmptyResult>>;
  unsubscribeResource(uri: string, options?: CallOptions): Promise<EmptyResult>;
  unsubscribeResource(uri: string, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("unsubscribe_resource", "uri", { uri }, { uri }, options);
  }

  /** Lists all prompts, over all pages. */
  listPrompts(options: MetadataOptions): Promise<WithMetadata<ListPromptsResult>>;
  listPrompts(options?: CallOptions): Promise<ListPromptsResult>;
  listPrompts(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_prompts", "params", {}, {}, options);
  }

  /** Lists one page of prompts: the first, or the one of a cursor. */
  listPromptsPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListPromptsResult>>;
  listPromptsPage(cursor?: string | null, options?: CallOptions): Promise<ListPromptsResult>;
  listPromptsPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_prompts_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
  }

  /** Iterates over all prompts; pages are fetched as they are needed. */
  iterPrompts(options?: CallOptions): AsyncGenerator<Prompt> {
    return this.#caller.items("iter_prompts", "prompts", options) as AsyncGenerator<Prompt>;
  }

  /** Gets a prompt, filled in with arguments. */
  getPrompt(name: string, args: Record<string, string> | null | undefined, options: MetadataOptions): Promise<WithMetadata<GetPromptResult>>;
  getPrompt(name: string, args?: Record<string, string> | null, options?: CallOptions): Promise<GetPromptResult>;
  getPrompt(name: string, args?: Record<string, string> | null, options?: AnyOptions): Promise<unknown> {
    const given = args ?? {};
    return this.#caller.call("get_prompt", "arguments", given, { name, arguments: given }, options);
  }

  /** Suggests values for an argument of a prompt or a resource template. `context` holds the arguments that are settled already. */
  complete(
    ref: CompletionReference, argument: CompletionArgument, context: CompletionContext | null | undefined, options: MetadataOptions,
  ): Promise<WithMetadata<CompleteResult>>;
  complete(
    ref: CompletionReference, argument: CompletionArgument, context?: CompletionContext | null, options?: CallOptions,
  ): Promise<CompleteResult>;
  complete(
    ref: CompletionReference, argument: CompletionArgument, context?: CompletionContext | null, options?: AnyOptions,
  ): Promise<unknown> {
    const params = { ref, argument, context: context ?? undefined };
    return this.#caller.call("complete", "params", params, params, options);
  }

  /** Sets the least level of the log messages that the server sends as notifications, also in a later session. */
  setLoggingLevel(level: LoggingLevel, options: MetadataOptions): Promise<WithMetadata<EmptyResult>>;
  setLoggingLevel(level: LoggingLevel, options?: CallOptions): Promise<EmptyResult>;
  setLoggingLevel(level: LoggingLevel, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("set_logging_level", "level", { level }, { level }, options);
  }

  /** Sends any request. */
  request<T = unknown>(method: string, params: object | null | undefined, options: MetadataOptions): Promise<WithMetadata<T>>;
  request<T = unknown>(method: string, params?: object | null, options?: CallOptions): Promise<T>;
  request(method: string, params?: object | null, options?: AnyOptions): Promise<unknown> {
    const given = params ?? {};
    return this.#caller.call("request", "params", given, { method, params: given }, options);
  }

  /** Sends any notification, and returns when the server has accepted it. */
  async notify(method: string, params?: object | null): Promise<void> {
    const given = params ?? {};
    await this.#caller.call("notify", "params", given, { method, params: given });
  }

  /** Ends the session and refuses further calls. Takes 5 s at most, never fails, and may be called again. */
  async close(): Promise<void> {
    await this.#caller.close();
  }

  /** For `await using`: closes the client. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a client for a record of GAIA, Sema4.ai or Odock: which one it is, its members tell. Options that are given go
 * before what the record says. Rejects with a `ConfigError` that names the record's member, before anything is sent.
 */
export async function connect(record: ServerRecordInput, options?: ClientOptions): Promise<OmniMcpClient> {
  const client = new (OmniMcpClient as new (opened: Caller) => OmniMcpClient)(new Caller("record", options, record));
  try {
    await client.connect();
  } catch (failure) {
    await client.close();
    throw failure;
  }
  return client;
}

function withKey(keyOrOptions?: KeyOrOptions | AnyOptions, options?: AnyOptions): AnyOptions | undefined {
  if (typeof keyOrOptions === "string") {
    if (options?.idempotencyKey !== undefined) throw badOption("idempotencyKey", "must be given once, here or as the third argument");
    return { ...options, idempotencyKey: keyOrOptions };
  }
  return keyOrOptions && options ? { ...keyOrOptions, ...options } : keyOrOptions ?? options;
}
