/** What clients of servers and of registries share: opening, making calls, closing. */

import { inspect } from "node:util";

import { onAbort } from "./abort.js";
import { splitCallbacks } from "./callbacks.js";
import type { Callbacks } from "./callbacks.js";
import { Context } from "./context.js";
import { encode, encodeOptions } from "./encode.js";
import { CallCancelledError, badOption, fromCall, fromCore } from "./errors.js";
import { CANCELLED, WITH_METADATA, WITH_PROGRESS, closed, openClient, run } from "./native.js";
import type { NativeClient, NativePages, ProgressHandler, Settled } from "./native.js";
import type { CallOptions, ClientOptions } from "./options.js";
import type { Progress } from "./protocol.js";
import type { AbortSignalLike, Metadata } from "./types.js";

/** The name of the reason of `AbortSignal.timeout()`. */
const TIMEOUT = "TimeoutError";

/** An idempotency key, or options that may hold one. */
export type KeyOrOptions = string | CallOptions | null;

/** The URL of a server: a string, or a `URL`. */
export type Url = string | { readonly href: string };

/** The URL and the options of a client, of the arguments of its constructor. */
export function clientArguments(
  first: Url | ClientOptions | null | undefined, second: ClientOptions | null | undefined,
): [options: ClientOptions | null | undefined, url?: string] {
  if (typeof first === "string") {
    if (first === "") throw badOption("url", "must not be empty", "invalid_argument");
    return [second, first];
  }
  if (typeof first === "object" && first !== null && "href" in first && typeof first.href === "string") return [second, first.href];
  if (isGiven(second)) throw badOption("url", "must be a string or a URL if there is a second argument", "invalid_argument");
  return [first as ClientOptions | null | undefined];
}

/** What a client is opened for. */
export type Target = "server" | "record" | "gaia" | "sema4";

/** An open native client. */
export class Caller {
  readonly #native: NativeClient;
  /** The number of a client; views have none. */
  readonly #number: number = 0;
  readonly #context: Context | undefined;
  readonly callbacks!: Callbacks;

  /** The client of a view, which must live as long as the view. */
  readonly #client: Caller | undefined;

  /** `source` is the record, or the URL of the server. Throws a `ConfigError` for a bad option or member. */
  constructor(to: Target | Caller, options: object | null | undefined, source?: object | string) {
    if (to instanceof Caller) {
      Object.defineProperty(this, "callbacks", { value: to.callbacks });
      const view = to.#native.withOptions(encodeOptions(options));
      if (typeof view === "string") throw fromCore(view);
      this.#native = view;
      this.#client = to;
      return;
    }
    const { callbacks, rest, context } = splitCallbacks(options);
    Object.defineProperty(this, "callbacks", { value: callbacks });
    this.#context = context;
    try {
      const text = typeof source === "object" ? encode("record", source, source) : source ?? "";
      const opened = openClient(this, to, text, encodeOptions(rest));
      if (typeof opened === "string") throw fromCore(opened);
      ({ native: this.#native, number: this.#number } = opened);
    } catch (failure) {
      context?.end();
      throw failure;
    }
  }

  /** Makes a call with `params`. Errors name the argument `value` as `field`. */
  async call(
    method: string, field: string, value: object, params: object, options?: CallOptions | null, withMetadata = false,
  ): Promise<unknown> {
    const json = encode(field, value, params);
    const { text, ...handlers } = readOptions(options);
    const extra = withMetadata ? WITH_METADATA : 0;
    return this.#settled(handlers, (id, flags) => { this.#native.call(id, method, json, text, flags + extra); });
  }

  /** The pages of the list that a method returns, requested as they are needed. */
  async *pages(method: string, params: object, options?: CallOptions | null): AsyncGenerator {
    const { text, ...handlers } = readOptions(options);
    const pages: NativePages | string = this.#native.pages(method, encodeOptions(params), text);
    if (typeof pages === "string") throw fromCore(pages);
    for (;;) {
      const page = await this.#settled(handlers, (id, flags) => { this.#native.nextPage(id, pages, flags); });
      if (page === null) return;
      yield page;
    }
  }

  /** The items of a list, one by one; `member` is the member of its pages that holds them. */
  async *items(method: string, member: string, options?: CallOptions | null): AsyncGenerator {
    for await (const page of this.pages(method, {}, options) as AsyncIterable<Record<string, unknown[]>>) yield* page[member] ?? [];
  }

  /** A property of the client; `undefined` while it is not known. */
  property(name: string): unknown {
    const text = this.#native.property(name);
    return text === null ? undefined : JSON.parse(text);
  }

  /** The text that `inspect` shows for the client: profile, address without secrets, and state. */
  describe(name: string): string {
    return `<${name} ${String(this.property("description"))}>`;
  }

  /** A view whose calls have these options as defaults. Closing it does nothing. */
  withOptions(options: object | null | undefined): Caller {
    return new Caller(this, options);
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) return;
    try {
      await run((id) => { this.#native.close(id); });
    } finally {
      closed(this.#number);
      this.#context?.end();
    }
  }

  async #settled({ signal, onProgress }: Handlers, start: (id: number, flags: number) => void): Promise<unknown> {
    const flags = (onProgress === undefined ? 0 : WITH_PROGRESS) + (signal?.aborted === true ? CANCELLED : 0);
    let removeListener: (() => void) | undefined;
    const context = onProgress && new Context("OmniMcpCall");
    try {
      const settled = await run(
        (id) => {
          start(id, flags);
          removeListener = signal && onAbort(signal, () => { this.#native.cancel(id); });
        },
        onProgress && context?.bind(progressHandler(onProgress)),
      );
      return resultOf(settled, this.callbacks, signal);
    } finally {
      removeListener?.();
      context?.end();
    }
  }
}

function resultOf(settled: Settled, callbacks: Callbacks, signal?: AbortSignalLike): unknown {
  if (!settled.ok) {
    const error = fromCall(settled.text, (id) => callbacks.causeOf(id));
    // Without the frames that made the error, the stack begins near the call.
    Error.captureStackTrace(error, resultOf);
    throw error instanceof CallCancelledError ? withReason(error, signal?.reason) : error;
  }
  const result: unknown = JSON.parse(settled.text);
  return typeof settled.metadata === "string" ? { result, metadata: readMetadata(settled.metadata) } : result;
}

/** The error of a call that its signal cancelled; named as fetch does, after the timeout if there was one. */
function withReason(error: CallCancelledError, reason: unknown): CallCancelledError {
  Object.defineProperty(error, "cause", { value: reason, configurable: true, writable: true });
  if (reason instanceof Error && reason.name === TIMEOUT) {
    Object.defineProperty(error, "name", { value: TIMEOUT, configurable: true, writable: true });
    error.stack = error.stack?.replace(/^AbortError/, TIMEOUT);
  }
  return error;
}

interface Handlers {
  signal?: AbortSignalLike;
  onProgress?: (progress: Progress) => unknown;
}

interface ReadOptions extends Handlers {
  /** The other options, as JSON text. */
  text: string;
}

const NO_OPTIONS: ReadOptions = { text: "" };

function readOptions(options: CallOptions | null | undefined): ReadOptions {
  if (options === undefined || options === null) return NO_OPTIONS;
  if (typeof options !== "object") return { text: encodeOptions(options) };
  const { signal, onProgress, ...rest } = options;
  if (isGiven(signal) && !isSignal(signal)) throw badOption("signal", "must be an AbortSignal");
  if (isGiven(onProgress) && typeof onProgress !== "function") throw badOption("onProgress", "must be a function", "invalid_argument");
  return { signal: signal ?? undefined, onProgress: onProgress ?? undefined, text: encodeOptions(rest) };
}

/** The options of a call whose third argument is an idempotency key, or options. */
export function withKey(keyOrOptions?: KeyOrOptions, options?: CallOptions | null): CallOptions | undefined {
  if (typeof keyOrOptions === "string") {
    if (isGiven(options?.idempotencyKey)) throw badOption("idempotencyKey", "must be given once, here or as the third argument");
    return { ...options, idempotencyKey: keyOrOptions };
  }
  return keyOrOptions && options ? { ...keyOrOptions, ...options } : keyOrOptions ?? options ?? undefined;
}

/** Null is the same as undefined. */
function isGiven<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

/** Duck typing: a signal may come from another realm or from a polyfill. */
function isSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value
    && "addEventListener" in value && typeof value.addEventListener === "function"
    && "removeEventListener" in value && typeof value.removeEventListener === "function";
}

/** A callback that fails, now or later, causes a warning; the call continues. */
function progressHandler(onProgress: (progress: Progress) => unknown): ProgressHandler {
  return (params, processed) => {
    let returned: unknown;
    try {
      returned = onProgress(JSON.parse(params) as Progress);
    } catch (failure) {
      warn(failure);
    }
    if (typeof returned === "object" && returned !== null && "then" in returned) {
      void Promise.resolve(returned).catch(warn).then(processed);
    } else {
      processed();
    }
  };
}

function warn(failure: unknown): void {
  process.emitWarning(`onProgress failed: ${inspect(failure)}`, "OmniMcpWarning");
}

/** Metadata in the core's format. */
interface CoreMetadata {
  status: number;
  headers: Record<string, string>;
  request_id: string | null;
  session_id: string | null;
  attempts: number;
  idempotency_key: string | null;
  replayed: boolean;
  cached: boolean;
  warnings: string[];
  looks_like_error: boolean;
}

function readMetadata(json: string): Metadata {
  const { status, headers, attempts, replayed, cached, warnings, ...sent } = JSON.parse(json) as CoreMetadata;
  return {
    status,
    headers,
    requestId: sent.request_id ?? undefined,
    sessionId: sent.session_id ?? undefined,
    attempts,
    idempotencyKey: sent.idempotency_key ?? undefined,
    replayed,
    cached,
    warnings,
    looksLikeError: sent.looks_like_error,
  };
}
