/** What clients of servers and of registries share: opening, the one path of every call, and closing. */

import { inspect } from "node:util";

import { onAbort } from "./cancel.js";
import { Context } from "./context.js";
import { encode, encodeOptions } from "./encode.js";
import { CallCancelledError, badOption, fromCore } from "./errors.js";
import { splitHooks, thrownFor } from "./hooks.js";
import type { Hooks } from "./hooks.js";
import { CANCELLED, WITH_PROGRESS, ask, closed, openClient } from "./native.js";
import type { Hear, NativeClient, NativePages, Settled } from "./native.js";
import type { AbortSignalLike, CallOptions, Metadata, MetadataOptions, Progress } from "./types.js";

/** What an implementation takes, whichever of its overloads was called. */
export type AnyOptions = CallOptions | MetadataOptions;

/** To what a client is opened. */
export type Target = "server" | "record" | "gaia" | "sema4";

/** An open native client. */
export class Caller {
  readonly #native: NativeClient;
  readonly #number: number;
  readonly #context: Context | undefined;
  /** The caller's own functions, which the channel turns to. */
  readonly hooks!: Hooks;

  /** Throws a `ConfigError` for a bad option or member. */
  constructor(to: Target, options: object | null | undefined, record?: object) {
    const { hooks, rest, context } = splitHooks(options);
    const text = record === undefined ? "" : encode("record", record, record);
    Object.defineProperty(this, "hooks", { value: hooks });
    this.#context = context;
    const given = encodeOptions(rest);
    const opened = openClient(this, to, text, given);
    if (typeof opened === "string") {
      context?.end();
      throw fromCore(opened);
    }
    ({ native: this.#native, number: this.#number } = opened);
  }

  /** The one path of every call. `value` is what the caller gave, `field` its name, and `params` what it becomes. */
  async call(method: string, field: string, value: object, params: object, options?: AnyOptions | null): Promise<unknown> {
    const json = encode(field, value, params);
    const { text, ...read } = readOptions(options);
    return this.#settled(read, (id, flags) => { this.#native.call(id, method, json, text, flags); });
  }

  /** The pages of the list that a method gives, as they are asked for. */
  async *pages(method: string, params: object, options?: AnyOptions | null): AsyncGenerator {
    if (options?.withMetadata === true) throw badOption("withMetadata", "must not be given: items have no metadata");
    const { text, ...read } = readOptions(options);
    const pages: NativePages | string = this.#native.pages(method, encodeOptions(params), text);
    if (typeof pages === "string") throw fromCore(pages);
    for (;;) {
      const page = await this.#settled(read, (id, flags) => { this.#native.nextPage(id, pages, flags); });
      if (page === null) return;
      yield page;
    }
  }

  /** The items of a list that stand in this member of its pages, one by one. */
  async *items(method: string, member: string, options?: AnyOptions | null): AsyncGenerator {
    for await (const page of this.pages(method, {}, options) as AsyncIterable<Record<string, unknown[]>>) yield* page[member] ?? [];
  }

  /** A property of what the server said, where it is known. */
  property(name: string): unknown {
    const text = this.#native.property(name);
    return text === null ? undefined : JSON.parse(text);
  }

  async close(): Promise<void> {
    await ask((id) => { this.#native.close(id); });
    closed(this.#number);
    this.#context?.end();
  }

  async #settled({ signal, onProgress }: Heard, start: (id: number, flags: number) => void): Promise<unknown> {
    const flags = (onProgress === undefined ? 0 : WITH_PROGRESS) + (signal?.aborted === true ? CANCELLED : 0);
    let unhear: (() => void) | undefined;
    const context = onProgress && new Context("OmniMcpCall");
    const settled = await ask(
      (id) => {
        start(id, flags);
        unhear = signal && onAbort(signal, () => { this.#native.cancel(id); });
      },
      onProgress && context?.bind(hearing(onProgress)),
    );
    unhear?.();
    context?.end();
    return resultOf(settled, this.hooks, signal);
  }
}

function resultOf(settled: Settled, hooks: Hooks, signal?: AbortSignalLike): unknown {
  if (!settled.ok) {
    const error = fromCore(settled.text);
    if (error instanceof CallCancelledError) because(error, signal?.reason);
    const failure = thrownFor(hooks, error);
    if (failure !== undefined) because(error, failure.thrown);
    throw error;
  }
  const result: unknown = JSON.parse(settled.text);
  return typeof settled.metadata === "string" ? { result, metadata: readMetadata(settled.metadata) } : result;
}

interface Heard {
  signal?: AbortSignalLike;
  onProgress?: (progress: Progress) => unknown;
}

interface ReadOptions extends Heard {
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

/** What a listener throws, now or later, is its own failure and not the call's. */
function hearing(onProgress: (progress: Progress) => unknown): Hear {
  return (params, processed) => {
    let given: unknown;
    try {
      given = onProgress(JSON.parse(params) as Progress);
    } catch (failure) {
      warn(failure);
    }
    if (typeof given === "object" && given !== null && "then" in given) {
      void Promise.resolve(given).catch(warn).then(processed);
    } else {
      processed();
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
