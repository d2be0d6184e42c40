/** The client: every method is one line over `#call`. */

import { inspect } from "node:util";

import { CallCancelledError, badOption, fromCore } from "./errors.js";
import { onAbort } from "./cancel.js";
import { encode, encodeOptions } from "./encode.js";
import { CANCELLED, WITH_PROGRESS, ask, openClient } from "./native.js";
import type { NativeClient } from "./native.js";
import { asyncDispose } from "./symbols.js";
import type {
  CallOptions, CallToolResult, ClientOptions, InitializeResult, ListToolsResult, Metadata, MetadataOptions, Progress,
  WithMetadata,
} from "./types.js";

/** A key, or options that may hold one. */
type KeyOrOptions = string | CallOptions | null;

/** What an implementation takes, whichever of its overloads was called. */
type AnyOptions = CallOptions | MetadataOptions;

/** A client of one MCP server. Any number of calls may run at once; they share the session and its connections. */
export class OmniMcpClient {
  readonly #native: NativeClient;

  /** Nothing is sent yet: the first call connects. Throws a `ConfigError` for a bad option. */
  constructor(options?: ClientOptions) {
    const opened = openClient(encodeOptions(options));
    if (typeof opened === "string") throw fromCore(opened);
    this.#native = opened;
  }

  /** Connects, if not yet connected, and returns what the server said. */
  initialize(options: MetadataOptions): Promise<WithMetadata<InitializeResult>>;
  initialize(options?: CallOptions): Promise<InitializeResult>;
  initialize(options?: AnyOptions): Promise<unknown> {
    return this.#call("initialize", "params", {}, {}, options);
  }

  /** Checks that the server answers. */
  ping(options: MetadataOptions): Promise<WithMetadata<Record<string, unknown>>>;
  ping(options?: CallOptions): Promise<Record<string, unknown>>;
  ping(options?: AnyOptions): Promise<unknown> {
    return this.#call("ping", "params", {}, {}, options);
  }

  /** All tools, over all pages. */
  listTools(options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listTools(options?: CallOptions): Promise<ListToolsResult>;
  listTools(options?: AnyOptions): Promise<unknown> {
    return this.#call("list_tools", "params", {}, {}, options);
  }

  /** One page of tools: the first, or the one of a cursor. */
  listToolsPage(cursor: string | null | undefined, options: MetadataOptions): Promise<WithMetadata<ListToolsResult>>;
  listToolsPage(cursor?: string | null, options?: CallOptions): Promise<ListToolsResult>;
  listToolsPage(cursor?: string | null, options?: AnyOptions): Promise<unknown> {
    return this.#call("list_tools_page", "cursor", {}, { cursor: cursor ?? undefined }, options);
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
    return this.#call("call_tool", "arguments", given, { name, arguments: given }, withKey(keyOrOptions, options));
  }

  /** Sends any request. */
  request<T = unknown>(method: string, params: object | null | undefined, options: MetadataOptions): Promise<WithMetadata<T>>;
  request<T = unknown>(method: string, params?: object | null, options?: CallOptions): Promise<T>;
  request(method: string, params?: object | null, options?: AnyOptions): Promise<unknown> {
    const given = params ?? {};
    return this.#call("request", "params", given, { method, params: given }, options);
  }

  /** Sends any notification. Resolves when the server has accepted it. */
  async notify(method: string, params?: object | null): Promise<void> {
    const given = params ?? {};
    await this.#call("notify", "params", given, { method, params: given });
  }

  /** Ends the session and refuses further calls. Takes 5 s at most, never rejects, and may be called again. */
  async close(): Promise<void> {
    await ask((id) => {
      this.#native.close(id);
    });
  }

  /** For `await using`: closes the client. */
  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The one path of every call. `value` is what the caller gave, `field` its name, and `params` what it becomes. */
  async #call(method: string, field: string, value: object, params: object, options?: AnyOptions): Promise<unknown> {
    const { signal, onProgress, text } = readOptions(options);
    const json = encode(field, value, params);
    const flags = (onProgress === undefined ? 0 : WITH_PROGRESS) + (signal?.aborted === true ? CANCELLED : 0);
    let unhear: (() => void) | undefined;
    const settled = await ask(
      (id) => {
        this.#native.call(id, method, json, text, flags);
        unhear = signal && onAbort(signal, () => { this.#native.cancel(id); });
      },
      onProgress === undefined ? undefined : hearing(onProgress),
    );
    unhear?.();
    if (!settled.ok) {
      const error = fromCore(settled.text);
      if (error instanceof CallCancelledError) because(error, signal?.reason);
      throw error;
    }
    const result: unknown = JSON.parse(settled.text);
    return typeof settled.metadata === "string" ? { result, metadata: readMetadata(settled.metadata) } : result;
  }
}

interface ReadOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => unknown;
  /** What is left for the core, as JSON text. */
  text: string;
}

const NO_OPTIONS: ReadOptions = { text: "" };

function readOptions(options: AnyOptions | null | undefined): ReadOptions {
  if (options === undefined || options === null) return NO_OPTIONS;
  if (typeof options !== "object") return { text: encodeOptions(options) };
  const { signal, onProgress, ...rest } = options;
  if (signal && !isSignal(signal)) throw badOption("signal", "must be an AbortSignal");
  if (onProgress !== undefined && typeof onProgress !== "function") throw badOption("onProgress", "must be a function");
  return { signal, onProgress, text: encodeOptions(rest) };
}

/** Whether it works as a signal; it may come from another realm or be a polyfill's. */
function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value
    && "addEventListener" in value && typeof value.addEventListener === "function"
    && "removeEventListener" in value && typeof value.removeEventListener === "function";
}

function because(error: Error, cause: unknown): void {
  Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
}

function withKey(keyOrOptions?: KeyOrOptions | AnyOptions, options?: AnyOptions): AnyOptions | undefined {
  if (typeof keyOrOptions === "string") {
    if (options?.idempotencyKey !== undefined) throw badOption("idempotencyKey", "must be given once, here or as the third argument");
    return { ...options, idempotencyKey: keyOrOptions };
  }
  return keyOrOptions && options ? { ...keyOrOptions, ...options } : keyOrOptions ?? options;
}

/** What a listener throws, now or later, is its own failure and not the call's. */
function hearing(onProgress: (progress: Progress) => unknown): (params: string) => void {
  return (params) => {
    try {
      Promise.resolve(onProgress(JSON.parse(params) as Progress)).catch(warn);
    } catch (failure) {
      warn(failure);
    }
  };
}

function warn(failure: unknown): void {
  process.emitWarning(`onProgress failed: ${inspect(failure)}`, "OmniMcpWarning");
}

/** Metadata as the core writes it. */
interface CoreMetadata {
  status: number;
  headers: Record<string, string>;
  request_id: string | null;
  session_id: string | null;
  attempts: number;
  idempotency_key: string | null;
  replayed: boolean;
}

function readMetadata(json: string): Metadata {
  const { status, headers, attempts, replayed, ...sent } = JSON.parse(json) as CoreMetadata;
  return {
    status,
    headers,
    requestId: sent.request_id ?? undefined,
    sessionId: sent.session_id ?? undefined,
    attempts,
    idempotencyKey: sent.idempotency_key ?? undefined,
    replayed,
  };
}
