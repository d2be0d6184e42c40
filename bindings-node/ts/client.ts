/** The client: every method is one line. */

import { Caller } from "./calling.js";
import type { AnyOptions } from "./calling.js";
import { badOption } from "./errors.js";
import { asyncDispose } from "./symbols.js";
import type {
  CallOptions, CallToolResult, ClientOptions, Implementation, InitializeResult, ListToolsResult, MetadataOptions, ServerRecordInput,
  WithMetadata,
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

  /** Who the server is: name, version, title. Undefined until there was a handshake. */
  get serverInfo(): Implementation | undefined {
    return this.#caller.property("server_info") as Implementation | undefined;
  }

  /** What the server can do. Undefined until there was a handshake. */
  get serverCapabilities(): Record<string, unknown> | undefined {
    return this.#caller.property("server_capabilities") as Record<string, unknown> | undefined;
  }

  /** The protocol version of the session. Undefined until there was a handshake. */
  get protocolVersion(): string | undefined {
    return this.#caller.property("protocol_version") as string | undefined;
  }

  /** How to use the server, for a model. Undefined where the server says nothing of it. */
  get instructions(): string | undefined {
    return this.#caller.property("instructions") as string | undefined;
  }

  /** Connects, if not yet connected, in the way of the profile: with a handshake or without. */
  async connect(): Promise<void> {
    await this.#caller.call("connect", "params", {}, {});
  }

  /** Connects by a handshake, if there was none yet, and returns what the server said. */
  initialize(options: MetadataOptions): Promise<WithMetadata<InitializeResult>>;
  initialize(options?: CallOptions): Promise<InitializeResult>;
  initialize(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("initialize", "params", {}, {}, options);
  }

  /** Checks that the server answers. */
  ping(options: MetadataOptions): Promise<WithMetadata<Record<string, unknown>>>;
  ping(options?: CallOptions): Promise<Record<string, unknown>>;
  ping(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("ping", "params", {}, {}, options);
  }

  /** All tools, over all pages. */
  listTools(options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listTools(options?: CallOptions): Promise<ListToolsResult>;
  listTools(options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_tools", "params", {}, {}, options);
  }

  /** One page of tools: the first, or the one of a cursor. */
  listToolsPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listToolsPage(cursor?: string | null, options?: CallOptions): Promise<ListToolsResult>;
  listToolsPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#caller.call("list_tools_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
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

  /** Sends any request. */
  request<T = unknown>(method: string, params: object | null | undefined, options: MetadataOptions): Promise<WithMetadata<T>>;
  request<T = unknown>(method: string, params?: object | null, options?: CallOptions): Promise<T>;
  request(method: string, params?: object | null, options?: AnyOptions): Promise<unknown> {
    const given = params ?? {};
    return this.#caller.call("request", "params", given, { method, params: given }, options);
  }

  /** Sends any notification. Resolves when the server has accepted it. */
  async notify(method: string, params?: object | null): Promise<void> {
    const given = params ?? {};
    await this.#caller.call("notify", "params", given, { method, params: given });
  }

  /** Ends the session and refuses further calls. Takes 5 s at most, never rejects, and may be called again. */
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
