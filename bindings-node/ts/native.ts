/** The native side: what it offers, where it is found, and the channel over which its answers come back. */

import { createRequire } from "node:module";
import { join } from "node:path";

import { askHook, tell } from "./hooks.js";
import type { Hooks } from "./hooks.js";

/** A client; see `src/client.rs`. */
export interface NativeClient {
  call(id: number, method: string, params: string, options: string, flags: number): void;
  pages(name: string, params: string, options: string): NativePages | string;
  nextPage(id: number, pages: NativePages, flags: number): void;
  property(name: string): string | null;
  cancel(id: number): void;
  close(id: number): void;
}

/** The pages of a list. */
export type NativePages = object;

/** A dev server; see `src/testing.rs`. */
export interface NativeDevServer {
  readonly url: string;
  readonly apiKey: string;
  readonly ca: string | null;
  readonly clientCert: string | null;
  readonly clientKey: string | null;
  readonly proxy: string | null;
  ledger(): string;
  script(rules: string): string | null;
  clearScript(): void;
  expireSessions(): void;
  moveSessions(): void;
  dropStreams(): void;
  restart(downMs: number): void;
  revokeTokens(): void;
  push(message: string): string | null;
  resetLedger(): void;
  wait(id: number, condition: string): void;
  close(id: number): void;
}

/** A client with functions of its own. */
interface Hooked {
  readonly hooks: Hooks;
}

interface Channel {
  hold(): void;
  release(): void;
  answer(question: number, ok: boolean, text: string): void;
}

interface Binding {
  Channel: new (onEvent: (id: number, kind: number, text: string, metadata?: string | null) => void) => Channel;
  openClient(
    channel: Channel, to: string, record: string, options: string, number: number, hooks: string[],
  ): NativeClient | string;
  startDevServer(channel: Channel, options: string): NativeDevServer | string;
  tables(): string;
  unsendable(field: string, reason: string): string;
  shownRecord(record: string): string;
  looksLikeError(result: string): boolean;
}

/** Flags of a call, to be added up. */
export const WITH_PROGRESS = 1;
export const CANCELLED = 2;

/** What an event says of its call; `src/channel.rs` has the same numbers. */
const RESULT = 0;
const PROGRESS = 2;
const NOTIFICATION = 3;
const QUESTION = 4;
const WARNING = 5;
const LOG = 6;
const STATE = 7;

/** Which of a client's functions hears an event of a kind. */
const HEARS = { [NOTIFICATION]: "onNotification", [LOG]: "onLog", [STATE]: "onState" } as const;

/** How a call ended: its result or its error, as JSON text. */
export interface Settled {
  ok: boolean;
  text: string;
  metadata: string | null | undefined;
}

interface Call {
  settle: (settled: Settled) => void;
  hear: ((params: string) => void) | undefined;
}

const binding = load();
const calls = new Map<number, Call>();
const channel = new binding.Channel(onEvent);
const clients = new Map<number, WeakRef<Hooked>>();
const gone = new FinalizationRegistry<number>((number) => clients.delete(number));
let lastId = 0;
let lastClient = 0;

/** The tables of options, methods, kinds and codes, as JSON text. */
export const tables = (): string => binding.tables();

/** The error for a value that JSON text cannot carry, as JSON text. */
export const unsendable = (field: string, reason: string): string => binding.unsendable(field, reason);

/** A record without its secrets, as JSON text. */
export const shownRecord = (record: string): string => binding.shownRecord(record);

/** Whether a tool's result, as JSON text, reads like a failure. */
export const looksLikeErrorText = (result: string): boolean => binding.looksLikeError(result);

/** Makes a client, or says why not as JSON text. */
export const openClient = (
  to: string, record: string, options: string, number: number, hooks: string[],
): NativeClient | string => binding.openClient(channel, to, record, options, number, hooks);

/** Gives a client a number, under which its own functions are found as long as it is there. */
export function register(client: Hooked): number {
  lastClient = (lastClient + 1) >>> 0;
  if (Object.keys(client.hooks).length > 0) {
    // Weakly: a function that knows its client must not keep it.
    clients.set(lastClient, new WeakRef(client));
    gone.register(client, lastClient);
  }
  return lastClient;
}

/** Starts a dev server, or says why not. */
export const startDevServer = (options: string): NativeDevServer | string => binding.startDevServer(channel, options);

/** Starts something under a fresh number, and waits for its one end. While anything is awaited, the process lives. */
export function ask(start: (id: number) => void, hear?: (params: string) => void): Promise<Settled> {
  return new Promise((resolve) => {
    do lastId = (lastId + 1) >>> 0;
    while (calls.has(lastId));
    start(lastId);
    calls.set(lastId, { settle: resolve, hear });
    if (calls.size === 1) channel.hold();
  });
}

function onEvent(id: number, kind: number, text: string, metadata?: string | null): void {
  if (kind in HEARS || kind === QUESTION) {
    onOwn(id, kind, text, Number(metadata));
    return;
  }
  if (kind === WARNING) {
    process.emitWarning(text, "OmniMcpWarning");
    return;
  }
  const call = calls.get(id);
  if (call === undefined) return;
  if (kind === PROGRESS) {
    call.hear?.(text);
    return;
  }
  calls.delete(id);
  if (calls.size === 0) channel.release();
  call.settle({ ok: kind === RESULT, text, metadata });
}

/** A client's server, or the client itself, turns to one of the client's own functions. */
function onOwn(client: number, kind: number, text: string, question: number): void {
  const hooks = clients.get(client)?.deref()?.hooks;
  if (kind in HEARS) {
    if (hooks !== undefined) tell(hooks, HEARS[kind as keyof typeof HEARS], text);
  } else if (hooks === undefined) {
    channel.answer(question, false, "the client is gone");
  } else {
    askHook(hooks, text, (ok, answer) => { channel.answer(question, ok, answer); });
  }
}

/** Loads the binary that lies beside this file, under the name of its platform. */
function load(): Binding {
  const require = createRequire(__filename);
  const platform = `${process.platform}-${process.arch}`;
  const suffixes = { linux: ["-gnu", "-musl"], win32: ["-msvc"] }[process.platform as string] ?? [""];
  const failures: unknown[] = [];
  for (const suffix of suffixes) {
    try {
      return require(join(__dirname, `omni-mcp.${platform}${suffix}.node`)) as Binding;
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new AggregateError(failures, `@omni/omni-mcp-js has no usable binary for ${platform}`);
}
